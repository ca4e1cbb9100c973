"""The second lock: PostgreSQL shows a portal's transaction no other partner's rows, whatever a query forgot."""

import pytest
from sqlalchemy import Table, select, text
from sqlalchemy.exc import DBAPIError

from recruit.db.base import Base
from recruit.db.fence import owner_column
from recruit.db.transaction import Origin, act_for
from recruit.onboarding.tables import Award, Partner, PartnerMember, StepEvidence
from recruit.wiring import App
from tests.factories.onboarding import Stored, make_partner, publish_small_track


@pytest.fixture
def partners(app: App) -> tuple[Stored, Stored]:
    """Two partners who have done everything."""
    with app.transaction() as tx:
        publish_small_track(tx)
    return make_partner(app, 4), make_partner(app, 4)


def fenced_tables() -> dict[str, Table]:
    return {t.name: t for t in Base.metadata.sorted_tables if owner_column(t) is not None}


def owners_seen(app: App, table: Table, fence: int | None) -> set[int]:
    """Return whose rows a query without any WHERE sees."""
    act_for(Origin(fence=fence))
    try:
        with app.transaction() as tx:
            return set(tx.session.scalars(select(table.c[owner_column(table)])))  # type: ignore[index]
    finally:
        act_for(Origin())


def test_every_table_that_names_a_partner_is_fenced() -> None:
    names = set(fenced_tables())
    assert {"partner", "partner_member", "agreement_acceptance", "attempt", "award"} <= names
    columns = {t.name for t in Base.metadata.sorted_tables if "partner_id" in t.c}
    assert columns <= names


def test_a_query_that_forgets_its_partner_sees_no_other(
    app: App, partners: tuple[Stored, Stored]
) -> None:
    mine, other = (stored.partner_id for stored in partners)
    is_postgres = app.engine.dialect.name == "postgresql"
    both = {
        "partner",
        "partner_member",
        "agreement_acceptance",
        "partner_track",
        "attempt",
        "award",
    }
    for name, table in fenced_tables().items():
        everybody = owners_seen(app, table, None)
        assert everybody == ({mine, other} if name in both else everybody), name
        # SQLite has no such lock: there the queries' own is the only one.
        if is_postgres:
            assert owners_seen(app, table, mine) == everybody & {mine}, name
            assert owners_seen(app, table, 0) == set(), name


def test_the_fence_is_down_again_with_the_next_transaction_of_the_connection(
    app: App, partners: tuple[Stored, Stored]
) -> None:
    table = fenced_tables()["award"]
    for _ in range(3):
        owners_seen(app, table, partners[0].partner_id)
        assert len(owners_seen(app, table, None)) == 2


def test_rows_of_others_can_be_neither_changed_nor_taken_nor_made(
    app: App, partners: tuple[Stored, Stored]
) -> None:
    if app.engine.dialect.name == "sqlite":
        assert owners_seen(app, fenced_tables()["award"], 0) != set()
        return
    mine, other = (stored.partner_id for stored in partners)
    act_for(Origin(fence=mine))
    try:
        with app.transaction() as tx:
            tx.session.execute(text("UPDATE partner SET left_reason = 'taken over'"))
            tx.session.execute(text("DELETE FROM lesson_view"))
            deleted = tx.session.execute(text("DELETE FROM partner_commitment"))
            assert deleted.rowcount == 0  # type: ignore[attr-defined]
        columns = "partner_id, step_key, waived, note, actor, at"
        made = f"INSERT INTO step_evidence ({columns}) VALUES ({other}, 'x', true, '', '', now())"
        for statement in (f"UPDATE step_evidence SET partner_id = {other}", made):
            with pytest.raises(DBAPIError, match="row-level security"), app.transaction() as tx:
                tx.session.execute(text(statement))
    finally:
        act_for(Origin())
    with app.reading() as tx:
        assert tx.session.get_one(Partner, other).left_reason == ""
        assert tx.session.get_one(Partner, mine).left_reason == "taken over"
        assert tx.session.scalars(select(StepEvidence.partner_id)).all()
        assert tx.session.scalars(select(PartnerMember.id)).all()
        assert len(tx.session.scalars(select(Award.id)).all()) == 2
