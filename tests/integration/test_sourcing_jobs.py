from datetime import date, timedelta

import pytest
from sqlalchemy import select

from recruit.insights.jobs import (
    UnknownJobLine,
    get_job,
    list_job_problems,
    list_jobs,
    list_sources,
)
from recruit.sourcing.crawling.plan import CrawlPlan, Link, Page, PageResult, Role
from recruit.sourcing.frontier import (
    NotACrawl,
    claim_crawl,
    end_crawl,
    find_unfinished_crawl,
    list_waiting_crawls,
    settle_pages,
    take_pages,
)
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.usecases import (
    LEASE,
    JobIsOver,
    JobTaken,
    SourceIsOther,
    UnknownJob,
    UnknownSource,
    define_file_source,
    define_source,
    finish_job,
    open_job,
    record_problems,
    record_sightings,
    set_job_status,
)
from recruit.sourcing.values import FieldName, JobKind, JobStatus, Problem
from recruit.wiring import App
from tests.factories.sourcing import make_fact, make_sighting, make_spec

AGENT = "Recruit/0 (+mailto:a@b.example)"


def open_crawl(app: App) -> int:
    with app.transaction() as tx:
        source = define_source(tx, spec=make_spec())
        return open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id


def open_import(app: App) -> int:
    with app.transaction() as tx:
        source = define_file_source(tx, name="list", mapping=None)
        return open_job(tx, source_id=source.id, kind=JobKind.IMPORT).id


def claim(app: App, job_id: int, runner: str = "a") -> None:
    with app.transaction() as tx:
        claim_crawl(tx, job_id=job_id, runner=runner, user_agent=AGENT)


PLAN = CrawlPlan(make_spec(), AGENT, date(2026, 3, 3))


def take(app: App, job_id: int, under_way: tuple[int, ...] = ()) -> list[Page]:
    with app.transaction() as tx:
        return take_pages(tx, job_id=job_id, plan=PLAN, under_way=under_way, limit=100)


def settle(app: App, job_id: int, *results: PageResult, runner: str = "a") -> bool:
    with app.transaction() as tx:
        return settle_pages(tx, job_id=job_id, runner=runner, plan=PLAN, results=results)


def move(app: App, by: timedelta) -> None:
    app.clock.move_to(app.clock.now() + by)  # type: ignore[attr-defined]


def test_a_source_is_renewed_by_its_file(app: App) -> None:
    for title in ("Old", "New"):
        with app.transaction() as tx:
            source = define_source(tx, spec=make_spec(title=title))
    with app.reading() as tx:
        (line,) = list_sources(tx)
    assert (line.source_id, line.title, line.records, line.last_job_id) == (
        source.id,
        "New",
        0,
        None,
    )


def test_a_source_does_not_change_its_kind(app: App) -> None:
    open_crawl(app)
    with (
        pytest.raises(SourceIsOther, match="'directory' exists and is crawled"),
        app.transaction() as tx,
    ):
        define_file_source(tx, name="directory", mapping=None)


def test_sightings_are_new_then_same_then_changed(app: App) -> None:
    job_id = open_crawl(app)
    for facts, expected in (
        ((make_fact(),), (1, 0, 0)),
        ((make_fact(),), (0, 0, 1)),
        ((make_fact(), make_fact(FieldName.CITY, "Bonn")), (0, 1, 0)),
    ):
        with app.transaction() as tx:
            got = record_sightings(
                tx, job_id=job_id, sightings=[make_sighting("1", *facts)], read=1
            )
        assert (got.new, got.changed, got.same) == expected
    with app.reading() as tx:
        record = tx.session.scalars(select(SourceRecord)).one()
        line = get_job(tx, job_id)
    assert record.version == 2
    assert len(record.facts) == 2
    assert (line.read, line.new, line.changed, line.same) == (3, 1, 1, 1)


def test_a_record_id_that_comes_twice_in_an_import_counts_once(app: App) -> None:
    job_id = open_import(app)
    first, other = make_sighting("1"), make_sighting("1", make_fact(value="Other"))
    with app.transaction() as tx:
        in_batch = record_sightings(tx, job_id=job_id, sightings=[first, first, other])
    with app.transaction() as tx:
        later = record_sightings(tx, job_id=job_id, sightings=[other, first])
    assert (in_batch.new, in_batch.same, in_batch.repeated) == (1, 1, (other,))
    assert (later.changed, later.same, later.repeated) == (0, 1, (other,))


def test_what_no_database_stores_is_replaced(app: App) -> None:
    job_id = open_import(app)
    problem = Problem("row\x002", "na\x00me", "bad \ud800", "mend", "raw\x00")
    with app.transaction() as tx:
        record_sightings(tx, job_id=job_id, sightings=[make_sighting("a\x00b")])
        record_problems(tx, job_id=job_id, problems=[problem])
    with app.reading() as tx:
        (stored,) = list_job_problems(tx, job_id)
    assert (stored.place, stored.reason) == ("row\ufffd2", "bad \ufffd")


def test_a_finished_job_is_never_run_again(app: App) -> None:
    job_id = open_crawl(app)
    claim(app, job_id)
    for _ in range(2):
        with app.transaction() as tx:
            finish_job(tx, job_id=job_id, status=JobStatus.FAILED, message="why")
    with pytest.raises(JobIsOver, match=f"Job {job_id} is failed"):
        claim(app, job_id)
    with app.reading() as tx:
        line = get_job(tx, job_id)
    assert (line.message, line.finished_at) == ("why", app.clock.now())


def test_unknown_sources_and_jobs_are_named(app: App) -> None:
    with pytest.raises(UnknownSource, match="no source 99"), app.transaction() as tx:
        open_job(tx, source_id=99, kind=JobKind.CRAWL)
    with pytest.raises(UnknownJob, match="no sourcing job 99"), app.transaction() as tx:
        set_job_status(tx, job_id=99, status=JobStatus.PAUSED)
    with pytest.raises(UnknownJobLine, match="no job 99"), app.reading() as tx:
        get_job(tx, 99)


def test_a_job_belongs_to_one_process_as_long_as_that_lives(app: App) -> None:
    job_id = open_crawl(app)
    claim(app, job_id, "a")
    with pytest.raises(JobTaken, match="free in 15 s"):
        claim(app, job_id, "b")
    move(app, LEASE - timedelta(seconds=1))
    assert settle(app, job_id, runner="a")
    move(app, LEASE - timedelta(seconds=1))
    with pytest.raises(JobTaken):
        claim(app, job_id, "b")
    move(app, timedelta(seconds=2))
    claim(app, job_id, "b")
    assert not settle(app, job_id, runner="a")


def test_a_process_that_lost_its_job_records_nothing(app: App) -> None:
    job_id = open_crawl(app)
    claim(app, job_id, "a")
    (page,) = take(app, job_id)
    move(app, LEASE * 2)
    claim(app, job_id, "b")
    settle(app, job_id, PageResult(page, "ok", sighting=make_sighting()), runner="a")
    assert take(app, job_id) == [page]
    with app.reading() as tx:
        assert get_job(tx, job_id).read == 0


def test_links_join_the_frontier_once_and_settled_pages_leave_it(app: App) -> None:
    job_id = open_crawl(app)
    claim(app, job_id)
    (start,) = take(app, job_id)
    assert (start.url, start.role, start.depth) == (
        "https://directory.example/firms",
        Role.LISTING,
        0,
    )
    links = tuple(Link(f"https://directory.example/{n}", Role.ITEM) for n in range(3))
    result = PageResult(start, "ok", (*links, *links, Link(start.url, Role.LISTING)))
    assert settle(app, job_id, result)
    assert settle(app, job_id, result)  # as a second process might
    items = take(app, job_id)
    assert [(page.url, page.depth) for page in items] == [(link.url, 1) for link in links]
    assert take(app, job_id, under_way=(items[0].id, items[1].id)) == items[2:]
    with app.reading() as tx:
        line = get_job(tx, job_id)
    assert (line.read, line.expected) == (1, 4)


def test_a_paused_crawl_keeps_what_came_and_goes_on_later(app: App) -> None:
    job_id = open_crawl(app)
    claim(app, job_id)
    (page,) = take(app, job_id)
    with app.transaction() as tx:
        set_job_status(tx, job_id=job_id, status=JobStatus.PAUSED)
    assert not settle(app, job_id, PageResult(page, "ok", sighting=make_sighting()))
    with app.transaction() as tx:
        end_crawl(tx, job_id=job_id, runner="a", plan=PLAN, finished=False)
        line = get_job(tx, job_id)
        assert list_waiting_crawls(tx) == []
        assert find_unfinished_crawl(tx, source_id=1) == job_id
    assert (line.status, line.new) == (JobStatus.PAUSED, 1)
    claim(app, job_id, "b")


def test_a_cancelled_crawl_records_nothing_more(app: App) -> None:
    job_id = open_crawl(app)
    claim(app, job_id)
    (page,) = take(app, job_id)
    with app.transaction() as tx:
        finish_job(tx, job_id=job_id, status=JobStatus.CANCELLED)
    assert not settle(app, job_id, PageResult(page, "ok", sighting=make_sighting()))
    with app.transaction() as tx:
        end_crawl(tx, job_id=job_id, runner="a", plan=PLAN, finished=True)
        line = get_job(tx, job_id)
        assert find_unfinished_crawl(tx, source_id=1) is None
    assert (line.status, line.new) == (JobStatus.CANCELLED, 0)


def test_crawls_that_nobody_works_on_wait_for_a_process(app: App) -> None:
    queued, dead, alive = open_crawl(app), open_crawl(app), open_crawl(app)
    claim(app, dead)
    move(app, LEASE * 2)
    claim(app, alive)
    with app.reading() as tx:
        assert list_waiting_crawls(tx) == [queued, dead]


def test_an_import_is_no_crawl(app: App) -> None:
    with pytest.raises(NotACrawl, match="is an import"):
        claim(app, open_import(app))


def crawl_once(app: App, items: dict[str, str]) -> int:
    """Crawl a listing with these item pages (path -> outcome) to the end; return the job's id."""
    job_id = open_crawl(app)
    claim(app, job_id)
    (start,) = take(app, job_id)
    base = "https://directory.example"
    links = tuple(Link(f"{base}{path}", Role.ITEM) for path in items)
    settle(app, job_id, PageResult(start, "ok", links))
    for page in take(app, job_id):
        path = page.url.removeprefix(base)
        sighting = make_sighting(path) if items[path] == "ok" else None
        settle(app, job_id, PageResult(page, items[path], sighting=sighting))
    with app.transaction() as tx:
        end_crawl(tx, job_id=job_id, runner="a", plan=PLAN, finished=True)
    return job_id


def vanished(app: App) -> dict[str, bool]:
    with app.reading() as tx:
        rows = tx.session.scalars(select(SourceRecord)).all()
        return {row.record_id: row.vanished_at is not None for row in rows}


def test_a_firm_that_a_complete_crawl_does_not_see_is_marked_and_comes_back(app: App) -> None:
    crawl_once(app, {"/a": "ok", "/b": "ok"})
    crawl_once(app, {"/a": "ok", "/b": "http 404"})
    assert vanished(app) == {"/a": False, "/b": True}
    crawl_once(app, {"/a": "ok", "/b": "ok"})
    assert vanished(app) == {"/a": False, "/b": False}


def test_a_crawl_that_missed_a_page_marks_nobody(app: App) -> None:
    crawl_once(app, {"/a": "ok", "/b": "ok"})
    crawl_once(app, {"/a": "ok", "/b": "timeout"})
    assert vanished(app) == {"/a": False, "/b": False}


def test_a_crawl_without_a_firm_says_so(app: App) -> None:
    job_id = crawl_once(app, {})
    with app.reading() as tx:
        line = get_job(tx, job_id)
        assert [job.job_id for job in list_jobs(tx, 1)] == [job_id]
    assert (line.status, line.message) == (JobStatus.DONE, "No firm was found.")
