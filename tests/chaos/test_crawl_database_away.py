"""A crawl whose database drops its connections, or whose disk is full for a while, loses nothing."""

import resource
import time
from collections.abc import Callable

from sqlalchemy import select, text

from recruit.insights.jobs import get_job
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.usecases import define_source, open_job
from recruit.sourcing.values import JobKind, JobStatus
from recruit.wiring import App
from recruit.worker.crawl import FINISHED, run_crawl_process
from tests.factories.site import many_firms, serve
from tests.factories.sourcing import make_spec

_FIRMS = 80


def _open_crawl(app: App, address: str) -> int:
    with app.transaction() as tx:
        source = define_source(tx, spec=make_spec(address))
        return open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id


def _new(app: App, job_id: int) -> int:
    with app.reading() as tx:
        return get_job(tx, job_id).new


def _wait_until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < give_up_at, "It did not come to pass."
        time.sleep(0.05)


def _found_all(app: App, job_id: int, asked: int) -> None:
    with app.reading() as tx:
        ids = set(tx.session.scalars(select(SourceRecord.record_id)))
        line = get_job(tx, job_id)
    assert ids == {f"/firms/{n}" for n in range(_FIRMS)}
    assert (line.status, line.new, line.read) == (JobStatus.DONE, _FIRMS, _FIRMS + 4)
    # Nothing was fetched twice: what had been read waited for the database. And robots.txt.
    assert asked == _FIRMS + 4 + 1


def _drop_connections(app: App) -> None:
    """Do to the crawler what a restarting PostgreSQL does; hold SQLite's only lock for a while."""
    with app.engine.connect() as connection:
        if app.engine.dialect.name == "postgresql":
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(
                text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
            )
        else:
            connection.execute(text("SELECT 1"))  # begins, and so holds the lock
            time.sleep(0.5)
        connection.rollback()


def test_a_crawl_outlives_a_database_that_drops_its_connections(app: App) -> None:
    with serve(many_firms(_FIRMS)) as site:
        site.delay_s = 0.03
        job_id = _open_crawl(app, site.address)
        process = run_crawl_process(job_id, app.settings)
        for records in (1, 20, 40):
            _wait_until(lambda wanted=records: _new(app, job_id) >= wanted)  # type: ignore[misc]
            _drop_connections(app)
        assert process.wait(60) == FINISHED
        _found_all(app, job_id, sum(site.asked.values()))


def test_a_crawl_goes_on_when_a_full_disk_has_room_again(app: App) -> None:
    with serve(many_firms(_FIRMS)) as site:
        site.delay_s = 0.03
        job_id = _open_crawl(app, site.address)
        process = run_crawl_process(job_id, app.settings)
        _wait_until(lambda: _new(app, job_id) >= 10)
        # No file of the crawler's may grow, which is what a full disk says.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        time.sleep(3)
        resource.prlimit(
            process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        assert process.wait(60) == FINISHED
        _found_all(app, job_id, sum(site.asked.values()))
