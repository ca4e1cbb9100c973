"""Overrides: who, why, until when; they show at once, they end, and they can be taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recruit.db.transaction import Transaction
from recruit.scoring import overriding
from recruit.scoring.usecases import (
    OverrideRefused,
    find_rank,
    list_decisions,
    list_ranking,
    override_firm,
    override_firms,
    rank_firms,
    rank_stale_profiles,
    save_profile,
    undo_override,
)
from recruit.scoring.values import CriterionKind, OverrideKind, Standing
from recruit.wiring import App
from tests.factories.scoring import add_firm_row, make_profile_data

NAME = "cloud-partner"


@pytest.fixture
def ids(app: App) -> dict[str, int]:
    """Three firms, ranked A, B, C, and one in a country that is excluded."""
    with app.transaction() as tx:
        found = {
            name: add_firm_row(tx, name=name, **over).id
            for name, over in {
                "A": {},
                "B": {"employees_low": 300, "employees_high": 300},
                "C": {"specialties": ["kubernetes"]},
                "Out": {"country": "US"},
                "Gated": {"employees_low": 1, "employees_high": 1},
            }.items()
        }
        data = make_profile_data(
            exclusions=[{"because": "Not there", "countries": ["US"]}],
            must_haves=[{"because": "More than one person", "employees_from": 2}],
        )
        save_profile(tx, definition=data)
        rank_firms(tx, profile_name=NAME)
    return found


def order_of(tx: Transaction) -> list[str]:
    return [line.firm.name for line in list_ranking(tx, profile_name=NAME)]


def decide(app: App, firm_id: int, kind: OverrideKind, **over: Any) -> int:
    with app.transaction() as tx:
        given = {"because": "Kim knows them", "actor": "Robin"} | over
        return override_firm(tx, profile_name=NAME, firm_id=firm_id, kind=kind, **given).id


def test_a_pin_stands_in_front_and_passes_the_must_haves(app: App, ids: dict[str, int]) -> None:
    decide(app, ids["C"], OverrideKind.PIN)
    decide(app, ids["Gated"], OverrideKind.PIN)
    with app.reading() as tx:
        assert order_of(tx) == ["Gated", "C", "A", "B"] or order_of(tx)[:2] == ["C", "Gated"]
        _, card = find_rank(tx, profile_name=NAME, firm_id=ids["Gated"]) or (None, None)
        assert card is not None
        assert card.standing is Standing.RANKED
        assert card.standing_reason == "Pinned to the top by Robin: Kim knows them."


def test_a_veto_takes_it_out_and_its_undoing_brings_it_back(app: App, ids: dict[str, int]) -> None:
    made = decide(app, ids["A"], OverrideKind.VETO, because="Our customer")
    with app.reading() as tx:
        assert order_of(tx) == ["B", "C"]
        rank, card = find_rank(tx, profile_name=NAME, firm_id=ids["A"]) or (0, None)
        assert card is not None
        assert (rank, card.standing) == (None, Standing.VETOED)
        assert card.standing_reason == "Vetoed by Robin: Our customer."
    with app.transaction() as tx:
        undo_override(tx, override_id=made, actor="Kim")
        undo_override(tx, override_id=made, actor="somebody later")
        assert order_of(tx) == ["A", "B", "C"]
        (line,) = list_decisions(tx, profile_name=NAME, firm_id=ids["A"], standing=False)
        assert (line.is_standing, line.undone_by) == (False, "Kim")


def test_points_are_a_reason_and_sum_with_the_others(app: App, ids: dict[str, int]) -> None:
    decide(app, ids["C"], OverrideKind.POINTS, points=25.5, expires_at=None)
    with app.reading() as tx:
        (first, *_) = list_ranking(tx, profile_name=NAME)
        assert first.firm.name == "C"
        assert round(sum(r.points for r in first.card.reasons), 2) == first.card.total == 105.5
        given = first.card.reasons[-1]
        assert (given.kind, given.points) == (CriterionKind.OVERRIDE, 25.5)
        assert given.sentence == "+25.5 points given by Robin: Kim knows them."


def test_it_ends_on_its_day_with_the_next_sweep(app: App, ids: dict[str, int]) -> None:
    with app.reading() as tx:
        until = tx.now + timedelta(days=3)
    decide(app, ids["A"], OverrideKind.VETO, expires_at=until)
    with app.transaction() as tx:
        assert rank_stale_profiles(tx) == []
    app.clock.move_to(app.clock.now() + timedelta(days=4))  # type: ignore[attr-defined]
    with app.transaction() as tx:
        assert [report.ranked for report in rank_stale_profiles(tx)] == [3]
        assert order_of(tx) == ["A", "B", "C"]


def test_a_second_one_of_its_kind_takes_the_place_of_the_first(
    app: App, ids: dict[str, int]
) -> None:
    decide(app, ids["C"], OverrideKind.POINTS, points=5)
    decide(app, ids["C"], OverrideKind.POINTS, points=-7)
    with app.reading() as tx:
        _, card = find_rank(tx, profile_name=NAME, firm_id=ids["C"]) or (0, None)
        assert card is not None
        assert card.total == 73
        assert len(list_decisions(tx, profile_name=NAME)) == 1
        assert len(list_decisions(tx, profile_name=NAME, standing=False)) == 2


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"because": " \t"}, "Say why"),
        ({"because": "x" * 501}, "500 or fewer"),
        ({"kind": OverrideKind.POINTS, "points": 0}, "0 points cannot be given"),
        ({"kind": OverrideKind.POINTS, "points": float("nan")}, "cannot be given"),
        ({"kind": OverrideKind.POINTS, "points": 1.005}, "more than two decimals"),
        ({"firm": "Out"}, "cannot be pinned while it is excluded. Not there"),
        ({"days": -1}, "is past"),
        ({"firm": None}, "There is no firm with the id 999999"),
    ],
)
def test_what_makes_no_sense_is_refused(
    app: App, ids: dict[str, int], over: dict[str, Any], message: str
) -> None:
    with app.transaction() as tx, pytest.raises(OverrideRefused, match=message):
        override_firms(
            tx,
            profile_name=NAME,
            firm_ids=[ids.get(over.get("firm", "A"), 999_999)],
            kind=over.get("kind", OverrideKind.PIN),
            because=over.get("because", "Kim knows them"),
            actor="Robin",
            points=over.get("points", 0),
            expires_at=tx.now + timedelta(days=over["days"]) if "days" in over else None,
        )


def test_where_ranking_takes_long_the_row_alone_shows_it_until_the_sweep(
    app: App, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overriding, "RANKED_AT_ONCE", 0)
    decide(app, ids["A"], OverrideKind.VETO)
    decide(app, ids["C"], OverrideKind.POINTS, points=30)
    find: Callable[[Transaction, str], Any] = lambda tx, name: find_rank(  # noqa: E731
        tx, profile_name=NAME, firm_id=ids[name]
    )
    with app.reading() as tx:
        assert find(tx, "A")[0] is None
        assert (find(tx, "C")[0], find(tx, "C")[1].total) == (3, 110)
    app.clock.move_to(app.clock.now() + timedelta(minutes=1))  # type: ignore[attr-defined]
    with app.transaction() as tx:
        # The ranking was made at the moment of the decisions, so the sweep is told by hand.
        rank_firms(tx, profile_name=NAME)
        assert order_of(tx) == ["C", "B"]
