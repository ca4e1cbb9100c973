"""A sweep with nothing new asks for nothing, and yet nothing that a job brings is missed."""

from datetime import timedelta

from sqlalchemy import event, select

from recruit.firms.tables import Firm, FirmMember
from recruit.firms.usecases import resolve_firms
from recruit.firms.values import ResolutionReport
from recruit.sourcing.tables import SourceRecord, SourcingJob
from recruit.wiring import App
from tests.factories.firms import store_sighting


def resolve(app: App) -> ResolutionReport:
    with app.transaction() as tx:
        return resolve_firms(tx, actor="tester")


def finish_jobs(app: App, hours_ago: int) -> None:
    with app.transaction() as tx:
        for job in tx.session.scalars(select(SourcingJob)):
            job.finished_at = tx.now - timedelta(hours=hours_ago)


def test_a_sweep_after_which_no_job_worked_reads_no_sighting(app: App) -> None:
    with app.transaction() as tx:
        store_sighting(tx, "1", "directory", name="Northlight")
    assert resolve(app).new_firms == 1
    finish_jobs(app, hours_ago=5)
    asked: list[str] = []

    def remember(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(app.engine, "before_cursor_execute", remember)
    report = resolve(app)
    event.remove(app.engine, "before_cursor_execute", remember)
    assert (report.records, report.firms) == (0, 1)
    assert not [query for query in asked if "source_record.facts" in query]


def test_what_a_finished_job_brought_is_seen_though_it_ended_while_a_run_was_on(app: App) -> None:
    with app.transaction() as tx:
        store_sighting(tx, "1", "directory", name="Northlight")
    resolve(app)
    with app.transaction() as tx:
        store_sighting(tx, "2", "directory", name="Kestrel")
    finish_jobs(app, hours_ago=0)
    assert resolve(app).new_firms == 1


def test_a_firm_that_vanishes_between_sweeps_is_marked_and_comes_back(app: App) -> None:
    with app.transaction() as tx:
        sighting = store_sighting(tx, "1", "directory", name="Northlight").id
    resolve(app)
    with app.transaction() as tx:
        tx.session.get_one(SourceRecord, sighting).vanished_at = tx.now
    resolve(app)
    with app.reading() as tx:
        firm_id = tx.session.get_one(FirmMember, sighting).firm_id
        assert tx.session.get_one(Firm, firm_id).vanished_at is not None
    with app.transaction() as tx:
        tx.session.get_one(SourceRecord, sighting).vanished_at = None
    resolve(app)
    with app.reading() as tx:
        assert tx.session.get_one(Firm, firm_id).vanished_at is None
