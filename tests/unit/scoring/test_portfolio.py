"""Portfolios: firms that add what is missing, with the guarantee that the choice states."""

from itertools import combinations
from math import e

from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.scoring.portfolio import Coverage, Map, choose
from tests.factories.scoring import make_profile, make_profile_data, make_view

CELLS = [(place, term) for place in ("North", "South") for term in ("cloud", "training")]


def covered(chosen: list[Coverage], weights: dict[tuple[str, str], float]) -> float:
    total = 0.0
    for cell, weight in weights.items():
        open_part = 1.0
        for one in chosen:
            if cell in one.cells:
                open_part *= 1 - one.strength
        total += weight * (1 - open_part)
    return total


def test_the_second_look_alike_comes_after_one_who_covers_what_is_missing() -> None:
    weights = dict.fromkeys(CELLS, 1.0)
    candidates = [
        Coverage(1, 0.9, (CELLS[0], CELLS[1])),
        Coverage(2, 0.89, (CELLS[0], CELLS[1])),
        Coverage(3, 0.6, (CELLS[2],)),
    ]
    found = choose(candidates, [], weights, 3)
    assert [pick.firm_id for pick in found.picks] == [1, 3, 2]
    assert found.picks[0].sentence == "First to cover cloud, training in North."
    assert found.picks[2].sentence == "Strengthens cloud, training in North."
    assert found.covered > found.covered_before == 0


def test_what_partners_cover_counts_before_anybody_is_chosen() -> None:
    weights = dict.fromkeys(CELLS, 1.0)
    partner = Coverage(9, 0.95, (CELLS[0],))
    candidates = [Coverage(1, 0.9, (CELLS[0],)), Coverage(2, 0.5, (CELLS[3],))]
    assert choose(candidates, [partner], weights, 1).picks[0].firm_id == 2


def test_more_than_there_are_is_all_of_them() -> None:
    found = choose([Coverage(1, 0.5, ())], [], {CELLS[0]: 1.0}, 10)
    assert [pick.firm_id for pick in found.picks] == [1]
    assert "taken for its score alone" in found.picks[0].sentence


coverages = st.lists(
    st.tuples(st.floats(0.05, 0.95), st.sets(st.sampled_from(CELLS), min_size=1)),
    min_size=2,
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(coverages, st.integers(1, 3), st.lists(st.floats(0.1, 5), min_size=4, max_size=4))
def test_it_covers_at_least_what_it_promises_of_the_best_choice(
    given_: list[tuple[float, set[tuple[str, str]]]], wanted: int, weight: list[float]
) -> None:
    weights = dict(zip(CELLS, weight, strict=True))
    candidates = [Coverage(n, s, tuple(sorted(c))) for n, (s, c) in enumerate(given_, start=1)]
    found = choose(candidates, [], weights, wanted)
    chosen = [c for c in candidates if c.firm_id in {p.firm_id for p in found.picks}]
    # What is maximised is coverage with a small worth of each firm's own; the promise is about the sum.
    worth = 0.05 * sum(weights.values()) / wanted

    def value(some: list[Coverage]) -> float:
        return covered(some, weights) + worth * sum(one.strength for one in some)

    best = max(value(list(some)) for some in combinations(candidates, min(wanted, len(candidates))))
    assert value(chosen) >= (1 - 1 / e) * best - 1e-9
    assert abs(found.covered - covered(chosen, weights)) < 1e-9


class TestMap:
    def test_a_firm_covers_its_country_for_what_its_tags_name(self) -> None:
        coverage = Map.of(make_profile()).cover(make_view(specialties=("k8s", "training")), 80)
        assert coverage.cells == (("Germany", "kubernetes"), ("Germany", "training"))
        assert coverage.strength == 0.8

    def test_territories_take_the_place_of_countries(self) -> None:
        data = make_profile_data() | {
            "territories": [
                {"name": "Alps", "countries": ["AT", "CH"]},
                {"name": "North", "countries": ["DE"]},
            ]
        }
        chart = Map.of(make_profile(**data))
        assert {place for place, _ in chart.cover(make_view(), 80).cells} == {"North"}
        assert {place for place, _ in chart.weigh([make_view()])} == {"Alps", "North"}

    def test_a_country_with_four_times_the_firms_counts_twice(self) -> None:
        firms = [make_view(id=n, country="DE") for n in range(4)] + [make_view(country="AT")]
        weights = Map.of(make_profile()).weigh(firms)
        assert weights["Germany", "kubernetes"] == 2 * weights["Austria", "kubernetes"]

    def test_a_place_that_the_profile_does_not_want_counts_nothing(self) -> None:
        assert Map.of(make_profile()).weigh([make_view(country="US")]) == {}
