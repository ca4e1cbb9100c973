"""When a source is to be crawled again: "daily", "weekly", "monthly", or five fields as cron has them.

The fields are minute, hour, day of the month, month and day of the week (0 and 7 are Sunday), in UTC; each
is `*`, a number, a range `1-5`, a step `*/15`, or several of them with commas between. As in cron, where
both days are restricted either one is enough.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

# At an hour at which few people use the sites that are asked.
_WORDS = {"daily": "17 3 * * *", "weekly": "17 3 * * 1", "monthly": "17 3 1 * *"}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = ("minute", "hour", "day of the month", "month", "day of the week")
_MOST_DAYS = 366 * 8 + 2  # 29 February may be eight years away (1896 to 1904, 2096 to 2104)


class BadSchedule(ValueError):
    """A text is no schedule; the message says which part and what may stand there."""


@dataclass(frozen=True)
class Schedule:
    """The minutes, hours, days, months and weekdays (0 is Sunday) at which something is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time after `moment` that is due; None where no date ever is (30 February)."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for day in range(_MOST_DAYS):
            date = start + timedelta(days=day)
            if not self._is_day(date):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    due = date.replace(hour=hour, minute=minute)
                    if due >= start:
                        return due
        return None

    def _is_day(self, date: datetime) -> bool:
        if date.month not in self.months:
            return False
        by_date, by_weekday = date.day in self.days, date.isoweekday() % 7 in self.weekdays
        if len(self.days) == 31 or len(self.weekdays) == 7:
            return by_date and by_weekday
        return by_date or by_weekday


def read_schedule(text: str) -> Schedule:
    """Read a schedule. Raises `BadSchedule`."""
    fields = _WORDS.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        raise BadSchedule(
            f'{text!r} is not a schedule. Write "daily", "weekly", "monthly" or five fields such as '
            '"30 4 * * 1" (Mondays at 4:30 UTC).'
        )
    values = [
        _read(field, low, high, name)
        for field, (low, high), name in zip(fields, _RANGES, _NAMES, strict=True)
    ]
    minutes, hours, days, months, weekdays = values
    schedule = Schedule(minutes, hours, days, months, frozenset(day % 7 for day in weekdays))
    if schedule.next_after(datetime(2000, 1, 1)) is None:  # noqa: DTZ001  (any calendar will do)
        raise BadSchedule(f"{text!r} names a date that no year has.")
    return schedule


def _read(field: str, low: int, high: int, name: str) -> frozenset[int]:
    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        ends = [str(low), str(high)] if span == "*" else [first, last if dash else first]
        if step and not dash and span != "*":
            ends[1] = str(high)
        if not all(text.isascii() and text.isdecimal() for text in (*ends, step or "1")):
            raise _bad(part, name, low, high)
        begin, end, every = int(ends[0]), int(ends[1]), int(step or "1")
        if not low <= begin <= end <= high or not every:
            raise _bad(part, name, low, high)
        numbers.update(range(begin, end + 1, every))
    return frozenset(numbers)


def _bad(part: str, name: str, low: int, high: int) -> BadSchedule:
    return BadSchedule(f"{part!r} is no {name}. It goes from {low} to {high}, or is *.")
