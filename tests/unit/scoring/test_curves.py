"""Curves: shares of values and of intervals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.scoring.curves import Band, distance_km, saturate

BAND = Band(full_from=10, full_to=250, none_below=4, none_above=1000)


@pytest.mark.parametrize(
    ("value", "share"),
    [
        (0, 0),
        (4, 0),
        (7, 0.5),
        (10, 1),
        (250, 1),
        (625, 0.5),
        (1000, 0),
        (math.inf, 0),
    ],
)
def test_band_is_full_inside_and_fades_outside(value: float, share: float) -> None:
    assert BAND.at(value) == pytest.approx(share)


@pytest.mark.parametrize(
    ("band", "value", "share"),
    [
        (Band(full_from=5), 4, 0),
        (Band(full_from=5), 5, 1),
        (Band(full_from=5), math.inf, 1),
        (Band(full_to=5), 0, 1),
        (Band(full_to=5), 6, 0),
        (Band(full_to=5), math.inf, 0),
        (Band(full_from=5, none_below=5), 5, 1),
        (Band(full_from=5, none_below=5), 4, 0),
    ],
)
def test_band_can_be_open_or_hard_at_a_side(band: Band, value: float, share: float) -> None:
    assert band.at(value) == share


@pytest.mark.parametrize(
    ("low", "high", "shares"),
    [
        (20, 200, (1, 1)),
        (201, 500, (2 / 3, 1)),
        (7, 10, (0.5, 1)),
        (0, math.inf, (0, 1)),
        (625, 1000, (0, 0.5)),
        (1001, math.inf, (0, 0)),
        (2, 5000, (0, 1)),
    ],
)
def test_an_interval_has_the_shares_of_all_values_in_it(
    low: float, high: float, shares: tuple[float, float]
) -> None:
    assert BAND.over(low, high) == pytest.approx(shares)


@given(
    edges=st.lists(st.integers(0, 60), min_size=4, max_size=4).map(sorted),
    ends=st.lists(st.integers(0, 80), min_size=2, max_size=2).map(sorted),
)
def test_an_interval_spans_exactly_what_its_whole_numbers_span(
    edges: list[int], ends: list[int]
) -> None:
    band = Band(none_below=edges[0], full_from=edges[1], full_to=edges[2], none_above=edges[3])
    shares = [band.at(value) for value in range(ends[0], ends[1] + 1)]
    assert band.over(*ends) == (min(shares), max(shares))


def test_more_than_enough_adds_nothing() -> None:
    assert [saturate(amount, 8) for amount in (0, 2, 8, 80)] == [0, 0.25, 1, 1]


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ((53.55, 9.99), (53.55, 9.99), 0),
        ((53.5511, 9.9937), (52.52, 13.405), 255),  # Hamburg, Berlin
        ((40.7128, -74.006), (51.5074, -0.1278), 5570),  # New York, London
        ((0, 0), (0, 180), 20015),  # half around the Equator
    ],
)
def test_distances_follow_the_globe(
    here: tuple[float, float], there: tuple[float, float], km: float
) -> None:
    assert distance_km(*here, *there) == pytest.approx(km, rel=0.003)
