"""The audit log on both databases: appended with the deed, refused any change, and telling of one made anyway."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from recruit.audit.usecases import Wanted, list_entries, record, verify_log, walk_export
from recruit.audit.values import Deed, Head
from recruit.db.transaction import Origin
from recruit.wiring import App
from tests.conftest import NOW


def write(app: App, count: int = 1, **over: str) -> None:
    """Record so many waivers, each in a transaction of its own."""
    for number in range(count):
        with app.transaction() as tx:
            record(
                tx,
                Deed.STEP_WAIVED,
                "partner",
                over.get("object_id", str(number)),
                actor=over.get("actor", "Alex Moor"),
                step="call",
                reason="A pilot, über alles 💩",
            )


def put_triggers_aside(connection: Connection) -> None:
    """Do as somebody who owns the database and is up to no good."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        return
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for name in names.scalars().all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def test_what_was_recorded_is_found_again_and_holds(app: App) -> None:
    write(app, 3)
    with app.transaction() as tx:
        tx.origin = Origin("Robin Vale", 12, "192.0.2.7")
        record(tx, Deed.KEY_ADDED, "api_key", 4, scopes=["read"])
    with app.reading() as tx:
        verdict = verify_log(tx)
        newest = list_entries(tx, Wanted(), limit=2)
        assert len(list(walk_export(tx))) == 4
    assert (verdict.rows, verdict.broken) == (4, None)
    assert [row.seq for row in newest] == [4, 3]
    row = newest[0]
    assert (row.actor, row.person_id, row.ip) == ("Robin Vale", 12, "192.0.2.7")
    assert (row.action, row.object_type, row.object_id) == ("api_key.added", "api_key", "4")
    assert row.details == '{"scopes":["read"]}'
    assert row.at == NOW.strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def test_a_deed_that_was_rolled_back_leaves_no_row(app: App) -> None:
    with pytest.raises(RuntimeError), app.transaction() as tx:
        record(tx, Deed.STEP_WAIVED, "partner", 1)
        raise RuntimeError
    with app.transaction() as tx:
        record(tx, Deed.STEP_WAIVED, "partner", 1)
        tx.session.rollback()
    with app.reading() as tx:
        assert list_entries(tx, Wanted()) == []


def test_rows_are_found_by_who_what_and_when(app: App) -> None:
    write(app, 2)
    write(app, 1, actor="Kim 100%_sure", object_id="77")
    with app.reading() as tx:

        def count(**wanted: object) -> int:
            return len(list_entries(tx, Wanted(**wanted)))  # type: ignore[arg-type]

        assert count(who="alex") == 2
        assert count(who="0%_s") == 1
        assert count(who="%") == 1
        assert count(object_type="partner", object_id="77") == 1
        assert count(action="step.waived") == 3
        assert count(since=NOW) == 3
        assert count(until=NOW) == 0
        assert len(list_entries(tx, Wanted(), before=2)) == 1


CHANGES = {
    "UPDATE audit_entry SET actor = 'Alex Moos' WHERE seq = 3": 3,
    "UPDATE audit_entry SET details = replace(details, 'call', 'cell') WHERE seq = 2": 2,
    "UPDATE audit_entry SET at = replace(at, '09:30', '09:31') WHERE seq = 5": 5,
    "UPDATE audit_entry SET person_id = 1 WHERE seq = 1": 1,
    "UPDATE audit_entry SET hash = upper(hash) WHERE seq = 4": 4,
    "UPDATE audit_entry SET seq = 0 WHERE seq = 1": 1,
    "DELETE FROM audit_entry WHERE seq = 2": 2,
    "DELETE FROM audit_entry WHERE seq = 5": 5,
    "DELETE FROM audit_entry": 1,
    "DELETE FROM audit_head": 1,
    "UPDATE audit_head SET seq = 4": 5,
}


def test_the_database_refuses_to_change_a_row(app: App) -> None:
    write(app, 5)
    statements = [statement for statement in CHANGES if "audit_entry" in statement]
    statements.append("INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1")
    if app.engine.dialect.name == "postgresql":
        statements[-1] = "TRUNCATE audit_entry"
    for statement in statements:
        with (
            pytest.raises(DBAPIError, match="append-only"),
            app.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
    with app.reading() as tx:
        assert verify_log(tx).rows == 5


def test_a_change_made_behind_the_triggers_back_is_told_and_its_row_named(app: App) -> None:
    write(app, 5)
    found = {}
    for statement in CHANGES:
        with app.transaction() as tx:
            put_triggers_aside(tx.session.connection())
            tx.session.connection().exec_driver_sql(statement)
            broken = verify_log(tx).broken
            found[statement] = broken.seq if broken else None
            tx.session.rollback()
    assert found == CHANGES
    with app.reading() as tx:
        assert verify_log(tx).broken is None


def test_a_log_made_anew_is_told_by_a_head_noted_before(app: App) -> None:
    write(app, 2)
    with app.reading() as tx:
        noted = verify_log(tx).head
    with app.engine.begin() as connection:
        put_triggers_aside(connection)
        connection.exec_driver_sql("DELETE FROM audit_entry")
        connection.exec_driver_sql("DELETE FROM audit_head")
    write(app, 3, actor="Mallory")
    with app.reading() as tx:
        assert verify_log(tx).broken is None
        found = verify_log(tx, noted=noted).broken
        missing = verify_log(tx, noted=Head(9, noted.hash)).broken
    assert found is not None
    assert found.seq == 2
    assert missing is not None
    assert missing.seq == 4


def test_many_who_write_at_once_make_one_chain(app: App) -> None:
    def act(number: int) -> None:
        write(app, 5, actor=f"Thread {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))
    with app.reading() as tx:
        verdict = verify_log(tx)
    assert (verdict.rows, verdict.broken) == (40, None)
