"""Points: the arithmetic, the evidence, and the order of firms."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.firms.values import FirmView
from recruit.scoring.points import rank_order, score_firm
from recruit.scoring.values import Reason, Standing
from tests.factories.scoring import make_profile, make_unknown_view, make_view

TODAY = date(2026, 3, 3)


def reason_for(key: str, firm: FirmView, **profile: Any) -> Reason:
    card = score_firm(firm, make_profile(**profile), TODAY)
    return next(r for r in card.reasons if r.criterion == key)


def test_a_perfect_firm_has_all_points() -> None:
    card = score_firm(make_view(), make_profile(), TODAY)
    assert (card.total, card.low, card.high, card.standing) == (100, 100, 100, Standing.RANKED)
    assert [(r.criterion, r.points) for r in card.reasons] == [
        ("specialty", 40),
        ("geography", 30),
        ("size", 20),
        ("tenure", 10),
    ]


def test_a_firm_of_which_nothing_is_known_stands_in_the_middle_and_could_be_anything() -> None:
    card = score_firm(make_unknown_view(), make_profile(), TODAY)
    assert (card.total, card.low, card.high) == (50, 0, 100)
    assert all(r.evidence == "no source states it" for r in card.reasons)


def test_the_profile_says_how_much_counts_of_the_unknown() -> None:
    assert score_firm(make_unknown_view(), make_profile(missing=0.2), TODAY).total == 20


@pytest.mark.parametrize(
    ("employees", "points"),
    [
        # (counts, low, high) of 20 points; the curve is full from 10 to 250 and none from 1,000.
        ((64, 64), (20, 20, 20)),
        ((201, 500), (16.67, 13.33, 20)),
        ((400, 700), (12, 8, 16)),
        ((1000, None), (0, 0, 0)),
        ((100, None), (10, 0, 20)),
        ((None, None), (10, 0, 20)),
    ],
)
def test_an_interval_goes_through_the_curve_to_the_points(
    employees: tuple[int | None, int | None], points: tuple[float, float, float]
) -> None:
    reason = reason_for("size", make_view(employees_low=employees[0], employees_high=employees[1]))
    assert (reason.points, reason.low, reason.high) == points
    assert reason.most == 20


def test_a_reason_says_how_much_of_the_unknown_counts() -> None:
    reason = reason_for("size", make_view(employees_low=201, employees_high=500), missing=0.25)
    assert reason.sentence == (
        "201–500 people, which may or may not be inside the 10–250 people wanted. "
        "Until that is known, 25% of the open points count."
    )


@pytest.mark.parametrize(
    ("over", "evidence"),
    [
        (
            {"origins": (("employees", "text on https://a.example, 'about 40 people'"),)},
            "read in the text on https://a.example, 'about 40 people'",
        ),
        (
            {"origins": (("employees", "row of firms.csv"),), "inferred": frozenset({"employees"})},
            "inferred from the row of firms.csv",
        ),
        (
            {"origins": (("employees", "row of a.csv"), ("employees", "row of b.csv"))},
            "read in the row of a.csv; read in the row of b.csv",
        ),
        ({"origins": (("founded", "row of a.csv"),)}, "no source states it"),
    ],
)
def test_evidence_says_where_it_was_read(over: dict[str, Any], evidence: str) -> None:
    assert reason_for("size", make_view(**over)).evidence == evidence


def test_ties_are_broken_by_the_low_end_then_the_name_then_the_id() -> None:
    profile = make_profile()
    sure = make_view(id=5, name="Zebra", specialties=("training",), country="FR")
    firms = [
        make_unknown_view(id=9, name="Aster"),
        make_unknown_view(id=4, name="Brume"),
        make_unknown_view(id=3, name="Brume"),
        sure,
        make_view(id=7),
    ]
    cards = {firm.id: score_firm(firm, profile, TODAY) for firm in firms}
    # 10 specialty, 15 geography, 20 size and 10 tenure, all known
    assert (cards[5].total, cards[9].total) == (55, 50)
    ordered = sorted(firms, key=lambda f: rank_order(cards[f.id], f.name))
    assert [f.id for f in ordered] == [7, 5, 9, 3, 4]


def test_of_two_equal_totals_the_surer_one_comes_first() -> None:
    profile = make_profile(missing=0.55)
    sure = score_firm(make_view(specialties=("training",), country="FR"), profile, TODAY)
    vague = score_firm(make_unknown_view(), profile, TODAY)
    assert sure.total == vague.total == 55
    assert rank_order(sure, "Zebra") < rank_order(vague, "Aster")


_YEARS = st.one_of(st.none(), st.integers(1900, 2030))
_PEOPLE = st.one_of(st.none(), st.integers(0, 5000))


@st.composite
def _firms(draw: st.DrawFn) -> FirmView:
    people = sorted(draw(st.lists(st.integers(0, 5000), min_size=2, max_size=2)))
    years = sorted(draw(st.lists(st.integers(1900, 2030), min_size=2, max_size=2)))
    hide = draw(st.lists(st.booleans(), min_size=4, max_size=4))
    return make_view(
        country=draw(st.sampled_from([None, "DE", "FR", "US"])),
        employees_low=None if hide[0] else people[0],
        employees_high=None if hide[1] else people[1],
        founded_low=None if hide[2] else years[0],
        founded_high=None if hide[3] else years[1],
        specialties=tuple(draw(st.lists(st.sampled_from(["k8s", "training", "php"]), max_size=3))),
    )


@given(
    firm=_firms(),
    points=st.lists(st.integers(0, 5000), min_size=4, max_size=4).filter(any),
    missing=st.floats(0, 1),
)
def test_reasons_always_sum_to_the_score_and_stay_in_their_interval(
    firm: FirmView, points: list[int], missing: float
) -> None:
    criteria = make_profile().source["criteria"]
    keyed = zip(criteria.items(), points, strict=True)
    data = {key: value | {"points": p / 100} for (key, value), p in keyed}
    card = score_firm(firm, make_profile(criteria=data, missing=missing), TODAY)
    for name, total in (("points", card.total), ("low", card.low), ("high", card.high)):
        assert abs(sum(getattr(r, name) for r in card.reasons) - total) < 1e-9
    assert all(0 <= r.low <= r.points <= r.high <= r.most for r in card.reasons)


@given(firm=_firms(), data=st.data())
def test_a_firm_that_becomes_known_ends_up_inside_its_interval(
    firm: FirmView, data: st.DataObject
) -> None:
    people = data.draw(
        st.integers(
            firm.employees_low or 0,
            9000 if firm.employees_high is None else firm.employees_high,
        )
    )
    known = make_view(**(vars(firm) | {"employees_low": people, "employees_high": people}))
    before, after = reason_for("size", firm), reason_for("size", known)
    assert after.low == after.points == after.high
    assert before.low <= after.points <= before.high
