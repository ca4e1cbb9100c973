"""What a person's answer asks for besides its mood: another day, another person. Pure.

Both are proposals that somebody confirms; a bare month means its first day.
"""

import calendar
import re
import tomllib
from collections.abc import Collection
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from recruit.mail.phrases import phrase_pattern, plain_words
from recruit.sequences.absences import absence_words, find_return
from recruit.sequences.addresses import address_key

_ADDRESS = re.compile(r"[\w.+'\-]+@[\w\-]+(?:\.[\w\-]+)+")
_MOST = 5
# Who says "later" without a day means about this.
_FURTHEST = timedelta(days=400)


def find_referred(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the addresses that an answer names, other than the known ones (its sender's, ours)."""
    ours = {address_key(address) for address in known if "@" in address}
    found: dict[str, str] = {}
    for address in _ADDRESS.findall(text):
        plain = address.lower().strip(".'")
        if address_key(plain) not in ours:
            found.setdefault(address_key(plain), plain)
    return tuple(found.values())[:_MOST]


def find_again(text: str, written_on: date) -> date | None:
    """Return the day from which an answer asks to be written to again, None where it names none."""
    plain = plain_words(text)
    return (
        _span(plain, written_on)
        or _next(plain, written_on)
        or _season(plain, written_on)
        or _month(plain, written_on)
        or find_return(text, written_on)
    )


def _span(plain: str, written_on: date) -> date | None:
    words = _words()
    numbers: dict[str, int] = words["numbers"]
    for unit, names in words["units"].items():
        found = re.search(
            rf"(?<!\w)(\d{{1,2}}|{'|'.join(numbers)}) (?:{'|'.join(names)})(?!\w)", plain
        )
        if found is None:
            continue
        count = int(found[1]) if found[1].isdecimal() else numbers[found[1]]
        match unit:
            case "days":
                day = written_on + timedelta(days=count)
            case "weeks":
                day = written_on + timedelta(weeks=count)
            case "months":
                day = _months_on(written_on, count)
            case _:
                day = _months_on(written_on, 12 * count)
        return day if day - written_on <= _FURTHEST else None
    return None


def _next(plain: str, written_on: date) -> date | None:
    for unit, phrases in _words()["next"].items():
        if not phrase_pattern(phrases).search(plain):
            continue
        match unit:
            case "week":
                return written_on + timedelta(days=7 - written_on.weekday())
            case "month":
                return _months_on(written_on.replace(day=1), 1)
            case "quarter":
                begun = written_on.replace(month=(written_on.month - 1) // 3 * 3 + 1, day=1)
                return _months_on(begun, 3)
            case _:
                # The first working weeks of a year are for its planning.
                return date(written_on.year + 1, 1, 8)
    return None


def _season(plain: str, written_on: date) -> date | None:
    for month, phrases in _words()["seasons"].items():
        if phrase_pattern(phrases).search(plain):
            return _first_of(int(month), written_on)
    return None


def _month(plain: str, written_on: date) -> date | None:
    """Return the first of a month that is named without a day ("in September")."""
    for month, names in enumerate(absence_words()["months"], start=1):
        # Short names are other words too ("may", "mar").
        long_names = [name for name in names.split("|") if len(name) > 3]
        found = re.search(rf"(?<![\w.])(?:{'|'.join(long_names)})(?!\w)(?! \d)", plain)
        if found and not plain[: found.start()].rstrip().endswith(tuple("0123456789")):
            return _first_of(month, written_on)
    return None


def _first_of(month: int, written_on: date) -> date:
    this_year = date(written_on.year, month, 1)
    return this_year if this_year > written_on else date(written_on.year + 1, month, 1)


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


@cache
def _words() -> dict[str, Any]:
    text = files("recruit.sequences").joinpath("later_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
