"""What would change a ranking: weights, look-ups, and what a firm could do."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from recruit.firms.values import FirmView
from recruit.scoring.columnar import assess, count, order
from recruit.scoring.columns import FirmColumns
from recruit.scoring.points import score_firm
from recruit.scoring.whatif import (
    distribution,
    look_ups,
    say_steadiness,
    steadiness,
    ways_up,
    who_moves,
)
from tests.factories.scoring import make_profile, make_unknown_view, make_view

TODAY = date(2026, 3, 3)
PROFILE = make_profile()


def columns_of(*views: FirmView) -> FirmColumns:
    return FirmColumns.from_views([replace(v, id=n) for n, v in enumerate(views, start=1)])


class TestDistribution:
    def test_every_firm_that_takes_part_is_in_one_tenth_of_the_points(self) -> None:
        firms = columns_of(make_view(), make_unknown_view(), make_view(specialties=("training",)))
        found = distribution(count(PROFILE, assess(PROFILE, firms, TODAY)), PROFILE.most)
        assert found.bins == (0, 0, 0, 0, 0, 1, 0, 1, 0, 1)
        assert found.median == 70.0

    def test_no_firms_have_no_median(self) -> None:
        firms = columns_of()
        found = distribution(count(PROFILE, assess(PROFILE, firms, TODAY)), PROFILE.most)
        assert (sum(found.bins), found.median) == (0, None)


class TestSteadiness:
    def test_firms_that_are_alike_in_all_but_one_criterion_hold(self) -> None:
        firms = columns_of(*(make_view(employees_low=n, employees_high=n) for n in (64, 5, 4, 2)))
        steady = steadiness(PROFILE, assess(PROFILE, firms, TODAY), firms, top=2)
        assert {(s.less, s.more, s.of) for s in steady} == {(2, 2, 2)}
        assert say_steadiness(steady) == "The top 2 hold when any weight moves by a fifth."

    def test_a_weight_that_decides_between_two_is_named(self) -> None:
        # B is ahead by 10 on what it does and behind by 9.33 on its size: a fifth less turns it.
        small = make_view(name="A", specialties=("kubernetes", "training"))
        large = make_view(name="B", employees_low=600, employees_high=600)
        firms = columns_of(small, large)
        steady = {
            s.criterion: s for s in steadiness(PROFILE, assess(PROFILE, firms, TODAY), firms, 1)
        }
        assert steady["specialty"].least == 0
        assert steady["geography"].least == 1
        assert "at least 0 of the top 1 stay; specialty moves most" in say_steadiness(
            list(steady.values())
        )


class TestLookUps:
    def test_the_one_that_could_enter_by_most_comes_first(self) -> None:
        firms = columns_of(
            make_view(name="In"),
            make_view(name="Out", specialties=("kubernetes",)),
            make_view(name="Open", employees_low=None, employees_high=None, country="FR"),
            make_unknown_view(name="Blank"),
        )
        found = look_ups(PROFILE, assess(PROFILE, firms, TODAY), firms, top=1)
        # In: 100. Out: 80, all known. Blank: 50; its specialty could bring 20 at most, which is not 50.
        assert found == []

    def test_the_value_is_what_is_to_be_expected_over_the_line(self) -> None:
        best = make_view(name="Best", country="FR")  # 85
        open_one = make_view(name="Open", employees_low=None, employees_high=None)  # 90: 80 to 100
        low = make_view(name="Low", employees_low=300, employees_high=300)  # 98.67
        firms = columns_of(best, open_one, low)
        (first, *_) = look_ups(PROFILE, assess(PROFILE, firms, TODAY), firms, top=1)
        assert (first.name, first.criterion, first.enters) == ("Open", "size", True)
        assert (first.low, first.total, first.high) == (80, 90, 100)
        # With a chance of one half it has 100, which is 1.33 over the line at 98.67.
        assert first.gain == pytest.approx(0.665)

    def test_fewer_firms_than_the_top_have_nothing_to_gain(self) -> None:
        firms = columns_of(make_unknown_view())
        assert look_ups(PROFILE, assess(PROFILE, firms, TODAY), firms, top=5) == []


class TestWaysUp:
    @pytest.mark.parametrize(
        ("over", "line", "sentence"),
        [
            (
                {"specialties": ("kubernetes",)},
                100,
                "With “managed services” among its specialties: +20 points",
            ),
            (
                {"specialties": ("kubernetes",)},
                85,
                "With “training” among its specialties: +10 points",
            ),
            (
                {"employees_low": 5, "employees_high": 5},
                90,
                "With 7 people: +5.72 points",
            ),
            ({"founded_low": 2024, "founded_high": 2024}, 100, "In 2029: +6 points"),
            (
                {"founded_low": None, "founded_high": None},
                100,
                "If 5 years in business or more turned out to be right: +5 points",
            ),
            ({"country": "FR"}, 95, "In DACH: +15 points"),
        ],
    )
    def test_the_smallest_change_is_named(
        self, over: dict[str, Any], line: float, sentence: str
    ) -> None:
        assert ways_up(make_view(**over), PROFILE, TODAY, line)[0].sentence == sentence

    def test_what_may_be_looked_up_comes_before_what_has_to_be_done(self) -> None:
        firm = make_view(specialties=("kubernetes",), employees_low=None, employees_high=None)
        ways = ways_up(firm, PROFILE, TODAY, 80)
        assert [way.criterion for way in ways] == ["size", "specialty"]

    @pytest.mark.parametrize("line", [50, 100.5, 1000])
    def test_a_firm_over_the_line_and_one_too_far_below_have_none(self, line: float) -> None:
        assert ways_up(make_view(), PROFILE, TODAY, line) == []

    @pytest.mark.parametrize(
        "over",
        [
            {"specialties": ("training",)},
            {"employees_low": 3000, "employees_high": 3000},
            {"employees_low": 1, "employees_high": 1},
            {"country": "US", "city": "Austin"},
            {"founded_low": 2025, "founded_high": 2026},
            {"specialties": (), "employees_low": None, "employees_high": None},
        ],
    )
    def test_what_it_promises_is_enough(self, over: dict[str, Any]) -> None:
        firm = make_view(**over)
        total = score_firm(firm, PROFILE, TODAY).total
        for line in (total + 1, total + 5, total + 12):
            for way in ways_up(firm, PROFILE, TODAY, line):
                assert total + way.points >= line - 1e-6


def test_who_enters_and_who_leaves_are_told_in_their_own_order() -> None:
    assert who_moves(np.array([1, 2, 3]), np.array([5, 2, 4])) == ([5, 4], [1, 3])


def test_the_order_of_a_preview_is_that_of_the_ranking() -> None:
    firms = columns_of(make_unknown_view(), make_view())
    assert order(count(PROFILE, assess(PROFILE, firms, TODAY)), firms).tolist() == [1, 0]
