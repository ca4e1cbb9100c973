"""Whatever is merged, split and undone in whatever order: no row is lost, none stands at two firms."""

from collections.abc import Callable
from contextlib import suppress as forgiving
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.firms.merging import (
    MergeRefused,
    Outcome,
    SplitRefused,
    merge_firms,
    split_firm,
)
from recruit.firms.relations import list_relations
from recruit.firms.store import list_firms
from recruit.firms.tables import FirmMember
from recruit.firms.undoing import UndoRefused, undo
from recruit.firms.usecases import resolve_firms
from recruit.sequences.suppression import find_suppressed, suppress
from recruit.sequences.values import SuppressionScope
from recruit.wiring import App
from tests.factories.firms import store_sighting
from tests.factories.relations import picture, story_of

FIRMS = 4
REFUSALS = (MergeRefused, SplitRefused, UndoRefused)
numbers = st.integers(0, 11)
steps = st.lists(
    st.tuples(st.sampled_from(["merge", "split", "undo"]), numbers, numbers), min_size=1, max_size=7
)


class RolledBack(Exception):
    """Ends an example without a trace."""


def build(tx: Transaction) -> None:
    """Firms of three sightings each; of two, a story that has every relation, in one sequence."""
    for number in range(FIRMS):
        for part in range(3):
            site = f"https://firm-{number}.example"
            emails = [f"a{part}@firm-{number}.example", "hello@shared.example"]
            store_sighting(tx, f"{number}-{part}", name=f"Northlight {number}x", website=site, email=emails)  # fmt: skip
    resolve_firms(tx)
    first, second, *_ = [firm.id for firm in list_firms(tx)]
    story_of(tx, first)
    story_of(tx, second)


def count_rows(tx: Transaction) -> dict[str, int]:
    tx.session.flush()
    return {
        relation.table.name: tx.session.scalar(
            select(func.count()).select_from(relation.table).where(relation.column.is_not(None))
        )
        or 0
        for relation in list_relations()
        # Splitting may find the other firm's own contact in its sightings, and both keep their names.
        if relation.table.name not in {"contact", "former_name", "firm"}
    }


def act(tx: Transaction, done: list[Outcome], kind: str, a: int, b: int) -> None:
    """Do one step; what is refused changes nothing."""
    live = [firm.id for firm in list_firms(tx)]
    if kind == "merge":
        done.append(merge_firms(tx, keep=live[a % len(live)], away=live[b % len(live)], actor="x"))
    elif kind == "split":
        firm_id = live[a % len(live)]
        records = tx.session.scalars(
            select(FirmMember.source_record_id).where(FirmMember.firm_id == firm_id)
        ).all()
        taken = sorted(records)[: 1 + b % 2]
        done.append(split_firm(tx, firm_id=firm_id, record_ids=taken, actor="x"))
    elif done:
        undo(tx, change_id=done[a % len(done)].change_id or 0, actor="x")


def within(app: App, check: Callable[[Transaction], None]) -> None:
    """Run a check on a world that is gone afterwards."""
    with forgiving(RolledBack), app.transaction() as tx:
        build(tx)
        check(tx)
        raise RolledBack


FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(steps=steps)
@FEW
def test_no_sequence_of_changes_loses_or_doubles_a_relation(app: App, steps: list[Any]) -> None:
    def check(tx: Transaction) -> None:
        before = count_rows(tx)
        never = list_firms(tx)[0].id
        suppress(tx, scope=SuppressionScope.FIRM, key=str(never), reason="No.", actor="x")  # fmt: skip
        done: list[Outcome] = []
        for kind, a, b in steps:
            with forgiving(*REFUSALS):
                act(tx, done, kind, a, b)
            assert count_rows(tx) == before
            assert find_suppressed(tx, "somebody@elsewhere.example", never)
            alive = {firm.id for firm in list_firms(tx)}
            homes = set(tx.session.scalars(select(FirmMember.firm_id)))
            # Every sighting is at home in a firm that is alive, and each of those has one.
            assert homes == alive

    within(app, check)


@given(before=steps, kind=st.sampled_from(["merge", "split"]), a=numbers, b=numbers, later=steps)
@FEW
def test_undoing_the_last_changes_one_by_one_restores_exactly(
    app: App, before: list[Any], kind: str, a: int, b: int, later: list[Any]
) -> None:
    def check(tx: Transaction) -> None:
        done: list[Outcome] = []
        for step in before[:3]:
            with forgiving(*REFUSALS):
                act(tx, done, *step)
        pictures = []
        changes: list[Outcome] = []
        for step in ((kind, a, b), *later[:3]):
            if step[0] == "undo":
                continue
            seen = picture(tx)
            with forgiving(*REFUSALS):
                act(tx, changes, *step)
                pictures.append(seen)
        for change, seen in zip(reversed(changes), reversed(pictures), strict=True):
            undo(tx, change_id=change.change_id or 0, actor="x")
            after = picture(tx)
            different = {
                key: (seen[key], after.get(key)) for key in seen if after.get(key) != seen[key]
            }
            assert different == {}

    within(app, check)
