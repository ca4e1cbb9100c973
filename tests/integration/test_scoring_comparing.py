"""Comparing rankings: identical inputs are identical to the byte, and every move has its cause."""

from copy import deepcopy
from datetime import timedelta

import pytest

from recruit.firms.tables import Firm, FirmChange
from recruit.firms.values import ChangeKind
from recruit.scoring.comparing import RankingNotFound
from recruit.scoring.moves import Cause
from recruit.scoring.usecases import (
    compare_rankings,
    list_ranking_lines,
    override_firm,
    rank_firms,
    save_profile,
)
from recruit.scoring.values import OverrideKind
from recruit.wiring import App
from tests.factories.scoring import add_firm_row, make_profile_data

NAME = "cloud-partner"


@pytest.fixture
def ids(app: App) -> dict[str, int]:
    """Four firms, ranked A, B, C, D."""
    with app.transaction() as tx:
        found = {
            name: add_firm_row(tx, name=name, **over).id
            for name, over in {
                "A": {},
                "B": {"employees_low": 300, "employees_high": 300},
                "C": {"specialties": ["kubernetes", "training"]},
                "D": {"specialties": ["kubernetes"], "employees_low": 12, "employees_high": 12},
            }.items()
        }
        save_profile(tx, definition=make_profile_data())
        rank_firms(tx, profile_name=NAME)
    app.clock.move_to(app.clock.now() + timedelta(hours=1))  # type: ignore[attr-defined]
    return found


def rank(app: App) -> str:
    with app.transaction() as tx:
        return rank_firms(tx, profile_name=NAME).digest


def test_identical_inputs_give_an_identical_ranking(app: App, ids: dict[str, int]) -> None:
    first, second = rank(app), rank(app)
    assert first == second
    with app.reading() as tx:
        found = compare_rankings(tx, profile_name=NAME)
        assert found.is_identical
        assert found.moves == ()
        assert [line.is_kept for line in list_ranking_lines(tx, profile_name=NAME)] == [True] * 3


def test_each_cause_is_told_from_the_others(app: App, ids: dict[str, int]) -> None:
    with app.transaction() as tx:
        # More becomes known of D, so that it passes C.
        firm = tx.session.get_one(Firm, ids["D"])
        firm.specialties, firm.version = ["kubernetes", "managed services"], 2
        # C takes B in, and is what B was.
        b, c = (tx.session.get_one(Firm, ids[name]) for name in "BC")
        b.merged_into_id, c.version, c.specialties = c.id, 2, ["kubernetes", "managed services"]
        c.employees_low = c.employees_high = 300
        for firm_id, detail in ((c.id, {"from": b.id}), (b.id, {"into": c.id})):
            tx.session.add(
                FirmChange(
                    firm_id=firm_id, kind=ChangeKind.MERGED, detail=detail, actor="test", at=tx.now
                )
            )
        # Somebody new comes, size weighs more, and a person gives A fewer points.
        add_firm_row(tx, name="E", employees_low=4, employees_high=4)
        data = deepcopy(make_profile_data())
        data["criteria"]["size"]["points"] = 40
        save_profile(tx, definition=data)
        rank_firms(tx, profile_name=NAME)
        override_firm(
            tx,
            profile_name=NAME,
            firm_id=ids["A"],
            kind=OverrideKind.POINTS,
            points=-15,
            because="Slow to answer",
            actor="Robin",
        )
    with app.reading() as tx:
        lines = list_ranking_lines(tx, profile_name=NAME)
        found = compare_rankings(
            tx, profile_name=NAME, before=lines[-1].ranking_id, after=lines[0].ranking_id
        )
    moves = {found.names[move.firm_id]: move for move in found.moves}
    assert moves["B"].left_by is Cause.MERGE
    assert moves["E"].entered_by is Cause.DATA
    assert moves["D"].by_cause[Cause.DATA][1] == 20
    assert moves["C"].by_cause[Cause.MERGE][1] == pytest.approx(8.67)
    assert moves["D"].by_cause[Cause.WEIGHT][1] == 20
    assert moves["A"].by_cause[Cause.OVERRIDE][1] == -15
    for move in moves.values():
        if move.before and move.after:
            assert sum(places for places, _ in move.by_cause.values()) == move.places
    assert found.unsure == 0


def test_a_change_after_the_later_ranking_makes_it_unsure_and_wrong_nowhere(
    app: App, ids: dict[str, int]
) -> None:
    with app.transaction() as tx:
        firm = tx.session.get_one(Firm, ids["D"])
        firm.specialties, firm.version = ["training"], 2
        data = make_profile_data()
        data["criteria"]["size"]["points"] = 25
        save_profile(tx, definition=data)
        rank_firms(tx, profile_name=NAME)
        firm.specialties, firm.version = ["kubernetes"], 3
    with app.reading() as tx:
        found = compare_rankings(tx, profile_name=NAME)
    assert found.unsure == 1
    moves = {found.names[move.firm_id]: move for move in found.moves}
    assert sum(points for _, points in moves["D"].by_cause.values()) == pytest.approx(
        (moves["D"].points_after or 0) - (moves["D"].points_before or 0)
    )


def test_a_ranking_that_is_not_there_is_refused_with_those_that_are(
    app: App, ids: dict[str, int]
) -> None:
    with app.reading() as tx, pytest.raises(RankingNotFound, match="two are needed"):
        compare_rankings(tx, profile_name=NAME)
    rank(app)
    with app.reading() as tx, pytest.raises(RankingNotFound, match=r"does not exist\. Kept are: "):
        compare_rankings(tx, profile_name=NAME, before=77)
