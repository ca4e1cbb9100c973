"""Windows in every zone of the world, through every change of its clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.sequences.definition import Window
from recruit.sequences.windows import (
    Place,
    after_working_days,
    local,
    moment_at,
    next_opening,
    why_closed,
)

ZONES = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))
MOMENTS = st.integers(0, 16 * 366 * 24 * 3600).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens, closes = sorted(draw(st.lists(MINUTES, min_size=2, max_size=2, unique=True)))
    return Window(opens=opens, closes=closes, spread_minutes=0, skip_holidays=False)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ZONES), MOMENTS, windows())
def test_an_opening_is_the_first_open_moment_in_every_zone(
    zone: str, moment: datetime, window: Window
) -> None:
    place = Place(zone)
    opening = next_opening(moment, window, place)
    assert opening >= moment
    assert opening.tzinfo is UTC
    assert why_closed(opening, window, place) is None
    there = local(opening, place)
    if opening != moment:
        assert why_closed(moment, window, place) is not None
        # Only where the clocks skip the hour does it open later than the window says.
        skipped = moment_at(there.date(), window.opens, place)
        assert opening == skipped
        naive = there.replace(tzinfo=None)
        wanted = datetime.combine(there.date(), window.opens)
        assert naive == wanted or naive - wanted <= timedelta(hours=2)
    # Between the two, no quarter of an hour is open that was passed over.
    probe = moment
    while probe < opening and probe < moment + timedelta(days=4):
        assert why_closed(probe, window, place) is not None
        probe += timedelta(minutes=15)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ZONES), MOMENTS, st.integers(1, 30))
def test_working_days_are_counted_on_the_local_calendar_in_every_zone(
    zone: str, moment: datetime, days: int
) -> None:
    place, window = Place(zone), Window(spread_minutes=0, skip_holidays=False)
    due = after_working_days(moment, days, window, place)
    assert due > moment
    first, last = local(moment, place).date(), local(due, place).date()
    between = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    assert sum(day.weekday() < 5 for day in between) == days
    assert last.weekday() < 5


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), MOMENTS, MINUTES)
def test_a_local_time_becomes_one_moment_that_reads_back_or_was_skipped(
    zone: str, moment: datetime, clock: time
) -> None:
    place = Place(zone)
    day = local(moment, place).date()
    back = local(moment_at(day, clock, place), place)
    same = back.replace(tzinfo=None) == datetime.combine(day, clock)
    wall = datetime.combine(day, clock, ZoneInfo(zone))
    skipped = wall.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall.replace(
        tzinfo=None
    )
    assert same or skipped
