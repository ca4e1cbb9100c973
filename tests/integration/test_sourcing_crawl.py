"""The real crawler process against a real web site on loopback."""

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from recruit.insights.jobs import JobLine, get_job, list_job_problems
from recruit.sourcing.frontier import list_waiting_crawls
from recruit.sourcing.tables import Frontier, SourceRecord
from recruit.sourcing.usecases import define_source, finish_job, open_job, set_job_status
from recruit.sourcing.values import JobKind, JobStatus
from recruit.wiring import App
from recruit.worker.crawl import (
    FINISHED,
    REFUSED,
    STOPPED,
    run_crawl_process,
    settings_environment,
    stop_crawl_process,
)
from tests.factories.site import Reply, Site, firm, listing, many_firms, serve
from tests.factories.sourcing import make_spec


def open_crawl(app: App, address: str, **over: Any) -> int:
    with app.transaction() as tx:
        source = define_source(tx, spec=make_spec(address, **over))
        return open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id


def run(app: App, job_id: int) -> int:
    return run_crawl_process(job_id, app.settings).wait(60)


def read_job(app: App, job_id: int) -> JobLine:
    with app.reading() as tx:
        return get_job(tx, job_id)


def record_ids(app: App) -> set[str]:
    with app.reading() as tx:
        return set(tx.session.scalars(select(SourceRecord.record_id)))


def wait_until(condition: Callable[[], bool], patience_s: float = 30) -> None:
    give_up_at = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up_at, "It did not come to pass."
        time.sleep(0.02)


def test_a_site_with_every_trouble_is_crawled_to_its_end(app: App) -> None:
    inner = {"/secret": firm("Secret")}
    with serve(inner) as private, serve({}) as site:
        bomb = gzip.compress(b"<h1>Bomb</h1>" + b" " * 30_000_000)
        site.pages = {
            "/robots.txt": Reply("User-agent: *\nDisallow: /closed/", headers={"Content-Type": "text/plain"}),
            "/firms": listing(["/f/good", "/f/gone", "/closed/x", "/f/loop"], "/firms?page=2"),
            "/firms?page=2": listing(
                ["/f/inside", "/f/unnamed", "/f/pdf", "/f/hangs", "/f/bomb", "/f/lies", "/f/moved",
                 "/f/broken", "https://elsewhere.example/f", "/f/good#team"]
            ),
            "/f/good": firm("Good GmbH"),
            "/f/loop": Reply(status=302, headers={"Location": "/f/loop"}),
            "/f/inside": Reply(status=302, headers={"Location": f"{private.address}/secret"}),
            "/f/unnamed": Reply("<html><main><p>Details follow.</p></main></html>"),
            "/f/pdf": Reply(b"%PDF-1.4\x00\x01", headers={"Content-Type": "application/pdf"}),
            "/f/hangs": Reply(firm("Slow").body, delay_s=3),
            "/f/bomb": Reply(bomb, headers={"Content-Encoding": "gzip"}),
            "/f/lies": Reply("<main><h1>Lügner AG</h1></main>".encode("cp1252")),
            "/f/moved": Reply(status=301, headers={"Location": "/f/moved-here"}),
            "/f/moved-here": firm("Moved Ltd"),
            "/f/broken": Reply("oh no", status=500),
        }  # fmt: skip
        job_id = open_crawl(app, site.address)
        code = run(app, job_id)
    line = read_job(app, job_id)
    with app.reading() as tx:
        problems = {p.place.removeprefix(site.address): p for p in list_job_problems(tx, job_id)}
        rows = tx.session.scalars(select(Frontier).where(Frontier.job_id == job_id)).all()
        records = tx.session.scalars(select(SourceRecord)).all()
    outcomes = {row.url.removeprefix(site.address): row.outcome for row in rows}
    assert (code, line.status, line.message) == (FINISHED, JobStatus.DONE, "")
    assert outcomes == {
        "/firms": "ok",
        "/firms?page=2": "ok",
        "/f/good": "ok",
        "/f/gone": "http 404",
        "/closed/x": "robots",
        "/f/loop": "redirects",
        "/f/inside": "private",
        "/f/unnamed": "no name",
        "/f/pdf": "not html",
        "/f/hangs": "timeout",
        "/f/bomb": "too large",
        "/f/lies": "ok",
        "/f/moved": "ok",
        "/f/broken": "http 500",
    }
    assert set(problems) == {path for path, outcome in outcomes.items() if outcome != "ok"}
    assert all(problem.reason and problem.remedy for problem in problems.values())
    assert f'allow_private_hosts = ["{private.address[7:]}"]' in problems["/f/inside"].remedy
    assert not private.asked
    assert not site.asked["/closed/x"]
    assert all(agent.startswith("Recruit/") and "+mailto:" in agent for agent in site.agents)
    names = {
        r.record_id: next(f["value"] for f in r.facts if f["field"] == "name") for r in records
    }
    assert names["/f/good"] == "Good GmbH"
    assert names["/f/moved"] == "Moved Ltd"
    assert "gner AG" in names["/f/lies"]
    assert (line.read, line.expected, line.new) == (14, 14, 3)


def test_a_source_that_allows_no_private_host_reaches_none(app: App) -> None:
    with serve(many_firms(3)) as site:
        job_id = open_crawl(app, site.address, politeness={"delay_s": 0})
        assert run(app, job_id) == FINISHED
    assert not site.asked
    with app.reading() as tx:
        (problem,) = list_job_problems(tx, job_id)
    assert "private network" in problem.reason
    assert read_job(app, job_id).message == "No firm was found."


def test_a_polite_crawl_takes_its_time(app: App) -> None:
    with serve(many_firms(3)) as site:
        host = site.address[7:]
        polite = {"delay_s": 0.4, "allow_private_hosts": [host]}
        job_id = open_crawl(app, site.address, politeness=polite)
        started = time.monotonic()
        assert run(app, job_id) == FINISHED
    # robots.txt, one listing, three firms; a delay varies by half.
    assert time.monotonic() - started > 4 * 0.2
    assert read_job(app, job_id).new == 3


def test_a_budget_of_pages_is_kept_and_told(app: App) -> None:
    with serve(many_firms(60)) as site:
        job_id = open_crawl(app, site.address, budget={"pages": 10})
        assert run(app, job_id) == FINISHED
    line = read_job(app, job_id)
    assert line.read == 10
    assert line.message == "The budget of 10 pages is used up; 12 known pages not read."


@pytest.fixture
def slow_site() -> Any:
    with serve(many_firms(80)) as site:
        site.delay_s = 0.03
        yield site


def start(app: App, site: Site, *, records: int) -> tuple[int, subprocess.Popen[bytes]]:
    """Start a crawl and wait until it has stored some firms."""
    job_id = open_crawl(app, site.address)
    process = run_crawl_process(job_id, app.settings)
    wait_until(lambda: read_job(app, job_id).new >= records)
    return job_id, process


def test_a_killed_crawl_goes_on_and_loses_nothing(app: App, slow_site: Site) -> None:
    job_id, process = start(app, slow_site, records=20)
    process.kill()
    process.wait()
    asked_before = sum(slow_site.asked.values())
    before = read_job(app, job_id)
    assert (before.status, before.new < 80) == (JobStatus.RUNNING, True)
    slow_site.delay_s = 0
    assert run(app, job_id) == FINISHED
    after = read_job(app, job_id)
    assert record_ids(app) == {f"/firms/{n}" for n in range(80)}
    assert (after.status, after.new, after.read) == (JobStatus.DONE, 80, 84)
    # What had been settled was not asked for again; robots.txt was.
    assert sum(slow_site.asked.values()) - asked_before == 84 - before.read + 1


def test_a_crawl_that_is_asked_to_end_goes_back_into_the_queue(app: App, slow_site: Site) -> None:
    job_id, process = start(app, slow_site, records=1)
    assert stop_crawl_process(process) == STOPPED
    assert stop_crawl_process(process) == STOPPED
    assert not _lives(process.pid)
    assert read_job(app, job_id).status is JobStatus.QUEUED
    with app.reading() as tx:
        assert list_waiting_crawls(tx) == [job_id]
    slow_site.delay_s = 0
    assert run(app, job_id) == FINISHED
    assert read_job(app, job_id).new == 80


def test_a_crawl_that_is_paused_or_cancelled_elsewhere_ends(app: App, slow_site: Site) -> None:
    job_id, process = start(app, slow_site, records=20)
    with app.transaction() as tx:
        set_job_status(tx, job_id=job_id, status=JobStatus.PAUSED)
    assert process.wait(10) == STOPPED
    assert read_job(app, job_id).status is JobStatus.PAUSED
    process = run_crawl_process(job_id, app.settings)
    wait_until(lambda: read_job(app, job_id).status is JobStatus.RUNNING)
    with app.transaction() as tx:
        finish_job(tx, job_id=job_id, status=JobStatus.CANCELLED)
    assert process.wait(10) == STOPPED
    assert read_job(app, job_id).status is JobStatus.CANCELLED
    assert run(app, job_id) == REFUSED


def test_a_crawl_ends_when_its_parent_is_killed(app: App, slow_site: Site) -> None:
    slow_site.delay_s = 0.3
    job_id = open_crawl(app, slow_site.address)
    script = (
        "import sys, time; from recruit.worker.crawl import run_crawl_process; "
        f"print(run_crawl_process({job_id}).pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | settings_environment(app.settings),
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    wait_until(lambda: read_job(app, job_id).read > 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not _lives(child), 10)
    wait_until(lambda: read_job(app, job_id).status is JobStatus.QUEUED, 5)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_that_is_none_is_refused(app: App) -> None:
    assert run(app, 99) == REFUSED
    usage = subprocess.run(
        [sys.executable, "-m", "recruit.worker.crawl"], capture_output=True, text=True, check=False
    )
    assert (usage.returncode, "JOB_ID" in usage.stderr) == (REFUSED, True)


def test_a_firms_own_sites_are_read_one_by_one(app: App) -> None:
    page = "<title>Ember Systemhaus</title><p>Gegründet 1994, heute über 40 Mitarbeiter.</p>"
    with serve({"/": Reply(page)}) as site:
        job_id = open_crawl(
            app, site.address, kind="sites", listing={}, start_urls=[f"{site.address}/"]
        )
        assert run(app, job_id) == FINISHED
    assert read_job(app, job_id).new == 1
    with app.reading() as tx:
        (record,) = tx.session.scalars(select(SourceRecord))
    found = {fact["field"]: fact["value"] for fact in record.facts}
    assert found["name"] == "Ember Systemhaus"
    assert found["employees"] == {"low": 40, "high": None}
