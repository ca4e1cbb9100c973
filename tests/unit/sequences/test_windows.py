"""Windows in local time: weekdays, weekends, holidays, and clocks that change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.sequences.definition import Window
from recruit.sequences.windows import (
    Place,
    after_working_days,
    local,
    moment_at,
    next_opening,
    spread_of,
    why_closed,
    why_not_a_working_day,
)
from recruit.sequences.zones import find_zone

WINDOW = Window(spread_minutes=0)
ZONES = sorted(available_timezones())


@pytest.mark.parametrize(
    ("country", "day", "reason"),
    [
        ("DE", date(2026, 3, 3), None),
        ("DE", date(2026, 3, 7), "Saturday is weekend in DE"),
        ("DE", date(2026, 4, 3), "Good Friday is a public holiday in DE"),
        ("US", date(2026, 11, 26), "Thanksgiving Day is a public holiday in US"),
        ("SA", date(2026, 3, 8), None),  # a Sunday
        ("SA", date(2026, 3, 6), "Friday is weekend in SA"),
        ("XX", date(2026, 12, 25), None),
        (None, date(2026, 3, 8), "Sunday is weekend in most places"),
    ],
)
def test_working_days_follow_the_country(
    country: str | None, day: date, reason: str | None
) -> None:
    assert why_not_a_working_day(day, WINDOW, Place("UTC", country)) == reason


def test_holidays_count_only_where_they_are_skipped() -> None:
    easter = date(2026, 4, 3)
    assert why_not_a_working_day(easter, Window(skip_holidays=False), Place("UTC", "DE")) is None


@pytest.mark.parametrize(
    ("day", "clock", "zone", "expected"),
    [
        # 02:30 does not exist on 29 March 2026 in Berlin: the clocks go from 02:00 to 03:00.
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", "2026-03-29 01:30"),
        # 02:30 exists twice on 25 October 2026: the first one counts.
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25 00:30"),
        (date(2026, 3, 30), time(9), "Europe/Berlin", "2026-03-30 07:00"),
        # Lord Howe moves by half an hour.
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", "2026-10-03 15:45"),
    ],
)
def test_local_times_survive_the_change_of_clocks(
    day: date, clock: time, zone: str, expected: str
) -> None:
    assert f"{moment_at(day, clock, Place(zone)):%Y-%m-%d %H:%M}" == expected


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 4 * 365 * 24 * 60),
    st.sampled_from(ZONES),
    st.integers(0, 15),
    st.integers(0, 89),
)
def test_in_every_zone_a_touch_goes_inside_the_window_and_never_early(
    minutes: int, zone: str, days: int, spread_minutes: int
) -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    place = Place(zone, None)
    spread = timedelta(minutes=spread_minutes)
    for due in (
        next_opening(moment, WINDOW, place, spread),
        after_working_days(moment, days, WINDOW, place, spread),
    ):
        assert due >= moment
        assert due.tzinfo is UTC
        assert why_closed(due, WINDOW, place) is None
    passed = (
        local(after_working_days(moment, days, WINDOW, place), place).date()
        - local(moment, place).date()
    ).days
    assert passed >= days


def test_the_hour_stays_the_same_across_the_change_of_clocks() -> None:
    berlin = Place("Europe/Berlin", "DE")
    friday = moment_at(date(2026, 3, 27), time(9), berlin)
    monday = after_working_days(friday, 1, WINDOW, berlin)
    assert local(monday, berlin).time() == time(9)
    assert monday - friday == timedelta(days=3, hours=-1)


def test_a_spread_is_stable_and_below_its_bound() -> None:
    window = Window(spread_minutes=90)
    spreads = [spread_of(window, "s", firm_id, 0) for firm_id in range(200)]
    assert spreads == [spread_of(window, "s", firm_id, 0) for firm_id in range(200)]
    assert max(spreads) < timedelta(minutes=90)
    assert len(set(spreads)) > 150


@pytest.mark.parametrize(
    ("country", "latitude", "longitude", "zone"),
    [
        ("DE", 53.55, 10.0, "Europe/Berlin"),
        ("US", 37.77, -122.42, "America/Los_Angeles"),
        ("US", None, None, "America/New_York"),
        ("jp", None, None, "Asia/Tokyo"),
        (None, None, None, "Etc/UTC"),
        ("XX", None, None, "Etc/UTC"),
    ],
)
def test_a_place_has_a_zone(
    country: str | None, latitude: float | None, longitude: float | None, zone: str
) -> None:
    assert find_zone(country, latitude, longitude) == zone
    ZoneInfo(zone)
