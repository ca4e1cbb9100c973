"""When a window is open in the contact's own time: weekdays, weekends and public holidays there.

Local times are computed as local times and turned into UTC once, because adding hours to an aware
local time ignores that clocks change.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from recruit.sequences.definition import Window

# Two months without a working day in the window: the window and the country contradict each other.
_SEARCH_DAYS = 60


class NoOpening(Exception):
    """The window never opens in this place: its days are all weekends or holidays there."""


@dataclass(frozen=True)
class Place:
    """Where a contact is. `zone` is an IANA name, `country` ISO alpha-2."""

    zone: str
    country: str | None = None


def local(moment: datetime, place: Place) -> datetime:
    """Return a moment in the place's own time."""
    return moment.astimezone(ZoneInfo(place.zone))


def moment_at(day: date, clock: time, place: Place) -> datetime:
    """Return the UTC moment of a local time; one that the clocks skip moves forward with them."""
    return datetime.combine(day, clock, ZoneInfo(place.zone)).astimezone(UTC)


def why_not_a_working_day(day: date, window: Window, place: Place) -> str | None:
    """Return in words why nothing goes on a day, or None."""
    if day.weekday() not in window.days:
        return f"{day:%A} is not a day of the window"
    if day.weekday() in _weekend(place.country):
        return f"{day:%A} is weekend in {place.country or 'most places'}"
    if window.skip_holidays:
        name = _holidays(place.country, day.year).get(day)
        if name:
            return f"{name} is a public holiday in {place.country}"
    return None


def why_closed(moment: datetime, window: Window, place: Place) -> str | None:
    """Return in words why the window is closed at a moment, or None when it is open."""
    there = local(moment, place)
    reason = why_not_a_working_day(there.date(), window, place)
    if reason is None and not window.opens <= there.time() < window.closes:
        reason = f"it is {there:%H:%M} in {place.zone}, outside {window.opens:%H:%M}–{window.closes:%H:%M}"
    return reason


def next_opening(
    moment: datetime, window: Window, place: Place, spread: timedelta = timedelta()
) -> datetime:
    """Return `moment` where the window is open, else `spread` after it next opens; raises NoOpening."""
    if why_closed(moment, window, place) is None:
        return moment
    for day in _working_days(local(moment, place).date(), window, place):
        opening = moment_at(day, window.opens, place)
        # A window that lies within the hour that the clocks skip does not open on that day.
        if opening >= moment and why_closed(opening, window, place) is None:
            return opening + spread
    raise NoOpening(f"The window has no open day in {place.country or place.zone}.")


def after_working_days(
    moment: datetime, days: int, window: Window, place: Place, spread: timedelta = timedelta()
) -> datetime:
    """Return the opening of the `days`-th working day after the moment's, plus `spread`.

    Zero days: the moment itself, or the next opening. Raises NoOpening.
    """
    if days == 0:
        return next_opening(moment, window, place, spread)
    day = _later_working_day(local(moment, place).date(), days, window, place)
    return moment_at(day, window.opens, place) + spread


# A thousand firms in one country ask the same question on one day.
@lru_cache(maxsize=4096)
def _later_working_day(day: date, days: int, window: Window, place: Place) -> date:
    for count, found in enumerate(_working_days(day + timedelta(days=1), window, place), start=1):
        if count == days:
            return found
    raise NoOpening(f"The window has no open day in {place.country or place.zone}.")


def spread_of(window: Window, *parts: object) -> timedelta:
    """Return a delay below the window's spread that is the same for the same parts, whenever asked."""
    if not window.spread_minutes:
        return timedelta()
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8], "big") % (window.spread_minutes * 60))


def _working_days(first: date, window: Window, place: Place) -> Iterator[date]:
    """Yield working days from `first` on, until two months pass without one."""
    day, fruitless = first, 0
    while fruitless < _SEARCH_DAYS:
        if why_not_a_working_day(day, window, place) is None:
            fruitless = 0
            yield day
        else:
            fruitless += 1
        day += timedelta(days=1)


@lru_cache(maxsize=512)
def _weekend(country: str | None) -> frozenset[int]:
    calendar = _calendar(country)
    return frozenset(calendar.weekend) if calendar is not None else frozenset({5, 6})


@lru_cache(maxsize=2048)
def _holidays(country: str | None, year: int) -> dict[date, str]:
    calendar = _calendar(country, year)
    return dict(calendar) if calendar is not None else {}


def _calendar(country: str | None, year: int | None = None) -> Any:
    if country is None or country not in holidays.list_supported_countries():
        return None
    return holidays.country_holidays(country, years=year)
