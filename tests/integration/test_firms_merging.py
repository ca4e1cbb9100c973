"""Firms are merged, split and made two again: every relation goes along, and undoing restores all."""

from typing import Any

import pytest
from sqlalchemy import select

from recruit.db.outbox import OutboxEntry
from recruit.db.transaction import Transaction
from recruit.firms.families import list_families, list_former_names
from recruit.firms.merging import (
    MergeRefused,
    SplitRefused,
    merge_firms,
    say_different,
    say_same,
    split_firm,
)
from recruit.firms.relations import list_relations
from recruit.firms.store import get_firm, list_contacts, list_firms
from recruit.firms.tables import Contact, Firm, FirmChange, FirmMember
from recruit.firms.undoing import UndoRefused, undo
from recruit.firms.usecases import resolve_firms
from recruit.firms.values import ChangeKind
from recruit.firms.verdicts import list_verdicts, load_said
from recruit.onboarding.tables import Candidate, Partner
from recruit.sequences.suppression import find_suppressed, lift_suppression, suppress
from recruit.sequences.tables import Enrollment, Reply, Suppression, Touch
from recruit.sequences.usecases import enroll_firm
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    SuppressionScope,
    TouchStatus,
)
from recruit.sync.tables import CrmLink
from recruit.wiring import App
from tests.factories.firms import store_sighting
from tests.factories.relations import picture, story_of
from tests.factories.sequences import SEQUENCE, make_sequence

NORTH = "https://northlight.example"
KESTREL = "https://kestrel.example"


def found(app: App, *sightings: dict[str, Any]) -> list[int]:
    """Let a source see these, resolve them, and return the ids of the firms, oldest first."""
    with app.transaction() as tx:
        for number, values in enumerate(sightings, start=1):
            store_sighting(tx, str(number), **values)
    with app.transaction() as tx:
        resolve_firms(tx)
        return [firm.id for firm in list_firms(tx)]


@pytest.fixture
def pair(app: App) -> tuple[int, int]:
    """Two firms with a contact each."""
    north, kestrel = found(
        app,
        {"name": "Northlight GmbH", "website": NORTH, "email": "ann@northlight.example"},
        {"name": "Kestrel Ops", "website": KESTREL, "email": "bea@kestrel.example"},
    )
    return north, kestrel


def outbox(tx: Transaction) -> set[int]:
    return set(tx.session.scalars(select(OutboxEntry.object_id)))


def rows_of(tx: Transaction, table: Any, firm_id: int) -> int:
    return len(tx.session.scalars(select(table).where(table.firm_id == firm_id)).all())


def test_a_merge_moves_every_relation_and_leaves_an_alias(app: App, pair: tuple[int, int]) -> None:
    north, kestrel = pair
    with app.transaction() as tx:
        story_of(tx, kestrel)
    with app.transaction() as tx:
        tx.session.execute(OutboxEntry.__table__.delete())
        merge_firms(tx, keep=north, away=kestrel, actor="Robin", why="Bought last year.")
    with app.reading() as tx:
        assert get_firm(tx, kestrel).id == north
        for relation in list_relations():
            query = select(relation.column).where(relation.column == kestrel)
            for name, value in relation.where:
                query = query.where(relation.table.c[name] == value)
            assert tx.session.execute(query).all() == [], relation.table.name
        for table in (Enrollment, Touch, Reply, Candidate, Partner):
            assert rows_of(tx, table, north) == 1, table
        link = tx.session.scalars(select(CrmLink)).one()
        assert link.object_id == north
        assert [c.email for c in list_contacts(tx, north)] == [
            "ann@northlight.example",
            "bea@kestrel.example",
        ]
        assert list_former_names(tx, north) == ["Kestrel Ops"]
        assert outbox(tx) >= {north, kestrel}


def test_undoing_a_merge_gives_everything_back(app: App, pair: tuple[int, int]) -> None:
    north, kestrel = pair
    with app.transaction() as tx:
        story_of(tx, kestrel)
        before = picture(tx)
    with app.transaction() as tx:
        done = merge_firms(tx, keep=north, away=kestrel, actor="Robin")
        assert picture(tx) != before
    with app.transaction() as tx:
        assert done.change_id is not None
        undo(tx, change_id=done.change_id, actor="Robin")
        assert picture(tx) == before
        assert load_said(tx) == {}
        kinds = [c.kind for c in tx.session.scalars(select(FirmChange).order_by(FirmChange.id))]
        assert kinds[-2:] == [ChangeKind.UNDONE, ChangeKind.UNDONE]


def test_what_came_of_a_firm_while_it_was_part_of_another_goes_back_with_it(
    app: App, pair: tuple[int, int]
) -> None:
    north, kestrel = pair
    with app.transaction() as tx:
        make_sequence(tx)
        done = merge_firms(tx, keep=north, away=kestrel, actor="Robin")
        bea = tx.session.scalars(select(Contact).where(Contact.email.startswith("bea"))).one()
        enrollment = enroll_firm(tx, sequence_name=SEQUENCE, firm_id=north, actor="Robin")
        enrollment.contact_id = bea.id
    with app.transaction() as tx:
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        enrollment = tx.session.scalars(select(Enrollment)).one()
        touch = tx.session.scalars(select(Touch)).one()
        assert (enrollment.firm_id, touch.firm_id) == (kestrel, kestrel)


def test_of_two_enrollments_in_one_sequence_one_ends_and_goes_on_after_an_undo(
    app: App, pair: tuple[int, int]
) -> None:
    north, kestrel = pair
    with app.transaction() as tx:
        make_sequence(tx)
        for firm_id in pair:
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="Robin")
        before = picture(tx)
    with app.transaction() as tx:
        done = merge_firms(tx, keep=north, away=kestrel, actor="Robin")
    with app.transaction() as tx:
        goes_on, ended = tx.session.scalars(select(Enrollment).order_by(Enrollment.id)).all()
        assert goes_on.status is EnrollmentStatus.ACTIVE
        assert (ended.status, ended.exit_reason) == (
            EnrollmentStatus.FINISHED,
            ExitReason.MERGED,
        )
        assert ended.exit_detail == (
            "Its firm was merged into Northlight GmbH, which is or was in “First contact” already."
        )
        touches = tx.session.scalars(select(Touch).order_by(Touch.id)).all()
        assert [t.status for t in touches] == [TouchStatus.PENDING, TouchStatus.CANCELLED]
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        assert picture(tx) == before


def test_a_second_partner_or_contact_stays_under_the_alias_and_is_found_by_the_family(
    app: App,
) -> None:
    shared = "hello@shared.example"
    north, kestrel = found(
        app,
        {"name": "Northlight GmbH", "website": NORTH, "email": shared},
        {"name": "Kestrel Ops", "website": KESTREL, "email": shared},
    )
    with app.transaction() as tx:
        for firm_id in (north, kestrel):
            tx.session.add(
                Partner(firm_id=firm_id, company={}, accepted_at=tx.now, accepted_by="Robin")
            )
        before = picture(tx)
    with app.transaction() as tx:
        done = merge_firms(tx, keep=north, away=kestrel, actor="Robin")
        assert rows_of(tx, Partner, kestrel) == rows_of(tx, Contact, kestrel) == 1
        assert list_families(tx, [north])[north] == (north, kestrel)
    with app.transaction() as tx:
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        assert picture(tx) == before


def test_a_merge_binds_later_runs_and_undoing_a_run_s_merge_does_too(app: App) -> None:
    first = {"name": "Northlight GmbH", "website": NORTH, "city": "Hamburg", "country": "DE"}
    (firm_id,) = found(app, first)
    with app.transaction() as tx:
        store_sighting(tx, "n-1", "registry", name="Kestrel Ops", website=KESTREL)
    with app.transaction() as tx:
        resolve_firms(tx)
    with app.transaction() as tx:
        other = store_sighting(tx, "n-1", "registry", name="Northlight", website=NORTH)
    with app.transaction() as tx:
        assert resolve_firms(tx).merged == 1
        change = tx.session.scalars(
            select(FirmChange).where(
                FirmChange.kind == ChangeKind.MERGED, FirmChange.firm_id == firm_id
            )
        ).one()
    with app.transaction() as tx:
        undo(tx, change_id=change.id, actor="Robin")
        assert len(list_firms(tx)) == 2
        assert list(load_said(tx).values()) == [False]
        store_sighting(tx, other.record_id, "registry", name="Northlight", website=NORTH)
    with app.transaction() as tx:
        resolve_firms(tx)
        assert len(list_firms(tx)) == 2


def test_a_split_makes_a_firm_with_what_hangs_on_its_sightings(app: App) -> None:
    (firm_id,) = found(
        app,
        {"name": "Northlight GmbH", "website": NORTH, "email": "ann@northlight.example"},
        {"name": "Northlight", "website": NORTH, "email": ["bea@northlight.example", "info@northlight.example"]},
        {"name": "Northlight", "website": NORTH, "email": "info@northlight.example"},
    )  # fmt: skip
    with app.transaction() as tx:
        make_sequence(tx)
        bea = tx.session.scalars(select(Contact).where(Contact.email.startswith("bea"))).one()
        enrollment = enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="Robin")
        enrollment.contact_id = bea.id
        records = list(tx.session.scalars(select(FirmMember.source_record_id)))
        before = picture(tx)
    with app.transaction() as tx:
        done = split_firm(tx, firm_id=firm_id, record_ids=[sorted(records)[1]], actor="Robin")
        assert {c.email for c in list_contacts(tx, done.firm_id)} == {
            "bea@northlight.example",
            "info@northlight.example",
        }
        assert {c.email for c in list_contacts(tx, firm_id)} == {
            "ann@northlight.example",
            "info@northlight.example",
        }
        assert rows_of(tx, Enrollment, done.firm_id) == rows_of(tx, Touch, done.firm_id) == 1
        assert list(load_said(tx).values()) == [False, False]
    with app.transaction() as tx:
        resolve_firms(tx)
        assert len(list_firms(tx)) == 2
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        after = picture(tx)
        assert get_firm(tx, done.firm_id).id == firm_id
        # The address that both firms state had become a contact of the other firm too.
        assert {key: after[key] for key in before} == before


def test_whom_never_to_write_to_survives_merge_split_and_undo(
    app: App, pair: tuple[int, int]
) -> None:
    north, kestrel = pair

    def suppressed(tx: Transaction, firm_id: int) -> bool:
        return find_suppressed(tx, "somebody@elsewhere.example", firm_id) is not None

    def never(tx: Transaction, firm_id: int) -> Suppression:
        return suppress(
            tx, scope=SuppressionScope.FIRM, key=str(firm_id), reason="Asked us.", actor="Robin"
        )

    with app.transaction() as tx:
        never(tx, kestrel)
        done = merge_firms(tx, keep=north, away=kestrel, actor="Robin")
        assert suppressed(tx, north)
    with app.transaction() as tx:
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        assert suppressed(tx, kestrel)
        # It was the other firm that asked, and they were one in error.
        assert not suppressed(tx, north)
    with app.transaction() as tx:
        done = merge_firms(tx, keep=kestrel, away=north, actor="Robin")
        never(tx, north)
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        assert suppressed(tx, north)
        assert suppressed(tx, kestrel)
    with app.transaction() as tx:
        merged = merge_firms(tx, keep=kestrel, away=north, actor="Robin")
        records = tx.session.scalars(select(FirmMember.source_record_id)).all()
        split = split_firm(tx, firm_id=kestrel, record_ids=[min(records)], actor="Robin")
        assert suppressed(tx, split.firm_id)
        for row in tx.session.scalars(
            select(Suppression).where(Suppression.key_text == str(kestrel))
        ):
            lift_suppression(tx, suppression_id=row.id, reason="They asked for it.", actor="Robin")
        assert suppressed(tx, split.firm_id)
        with pytest.raises(UndoRefused, match=f"have left firm {kestrel} since"):
            undo(tx, change_id=merged.change_id or 0, actor="Robin")


def test_same_and_different_bind_and_can_be_taken_back(app: App, pair: tuple[int, int]) -> None:
    with app.transaction() as tx:
        apart = say_different(tx, firm_ids=pair, actor="Robin", why="Two owners.")
        line = list_verdicts(tx, firm_id=pair[0])[0]
        assert (line.is_same, line.actor, line.why) == (False, "Robin", "Two owners.")
        assert line.verdict_id == apart.verdict_id
    with app.transaction() as tx:
        done = say_same(tx, firm_ids=(pair[1], pair[0]), actor="Robin")
        assert done.firm_id == pair[0]
        assert list(load_said(tx).values()) == [True]
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        # What the merge had overruled holds again.
        assert list(load_said(tx).values()) == [False]


def test_what_cannot_be_done_is_refused_with_a_remedy(app: App, pair: tuple[int, int]) -> None:
    north, kestrel = pair
    with app.transaction() as tx:
        done = merge_firms(tx, keep=north, away=kestrel, actor="Robin")
        records = list(tx.session.scalars(select(FirmMember.source_record_id)))

    def refused(error: type[Exception], words: str, act: Any) -> None:
        with app.transaction() as tx, pytest.raises(error, match=words):
            act(tx)

    refused(
        MergeRefused,
        "are one firm already",
        lambda tx: merge_firms(tx, keep=kestrel, away=north, actor="x"),
    )
    refused(
        MergeRefused,
        "undo their merge or split it",
        lambda tx: say_different(tx, firm_ids=pair, actor="x"),
    )
    for ids, words in (
        ([], "Name at least one"),
        (records, "all sightings of"),
        ([987], "has no sighting 987. It has: "),
    ):
        refused(SplitRefused, words, lambda tx, i=ids: split_firm(tx, firm_id=north, record_ids=i, actor="x"))  # fmt: skip
    refused(UndoRefused, "no change 987", lambda tx: undo(tx, change_id=987, actor="x"))
    first = 1
    refused(UndoRefused, "no merge or split", lambda tx: undo(tx, change_id=first, actor="x"))
    with app.transaction() as tx:
        undo(tx, change_id=done.change_id or 0, actor="Robin")
    refused(
        UndoRefused,
        "undone by Robin already",
        lambda tx: undo(tx, change_id=done.change_id or 0, actor="x"),
    )


def test_a_split_off_firm_that_was_merged_on_keeps_the_split_from_being_undone(app: App) -> None:
    (firm_id,) = found(app, *[{"name": "Northlight GmbH", "website": NORTH}] * 3)
    with app.transaction() as tx:
        records = sorted(tx.session.scalars(select(FirmMember.source_record_id)))
        split = split_firm(tx, firm_id=firm_id, record_ids=records[:1], actor="Robin")
        other = split_firm(tx, firm_id=firm_id, record_ids=records[1:2], actor="Robin")
        merged = merge_firms(tx, keep=split.firm_id, away=other.firm_id, actor="Robin")
    for change in (split, other):
        with app.transaction() as tx, pytest.raises(UndoRefused, match="Undo that first"):
            undo(tx, change_id=change.change_id or 0, actor="Robin")
    with app.transaction() as tx:
        for change in (merged, other, split):
            undo(tx, change_id=change.change_id or 0, actor="Robin")
        assert [firm.id for firm in list_firms(tx)] == [firm_id]


def test_every_relation_has_a_key_that_can_be_written_down(app: App) -> None:
    relations = list_relations()
    assert {r.table.name for r in relations} >= {
        "contact", "firm_member", "enrollment", "touch", "reply", "candidate", "partner",
        "crm_link", "crm_fact", "former_name", "listed_firm",
    }  # fmt: skip
    for relation in relations:
        for column in relation.key:
            assert column.type.python_type in {int, str}, f"{relation.table.name}.{column.name}"
    assert Firm.__table__ in {r.table for r in relations}
