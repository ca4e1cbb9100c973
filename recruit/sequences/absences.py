"""The day that an out-of-office answer names: the last of the absence, or that of the return. Pure.

Dates are read in the languages of `absence_words.toml`, relative to the day on which the answer was written.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

# Further ahead than this is a slip, or the end of a contract.
_FURTHEST = timedelta(days=400)
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_NUMBERS = re.compile(
    r"(?<![\d./:\-])(\d{1,2})([./\-]) ?(\d{1,2})(?:\2 ?(\d{4}|\d\d)(?!\d)|\.(?!\d))?(?![\d:])(?![./\-]\d)"
)
_JAPANESE = re.compile(r"(?:(20\d\d)年)?(\d{1,2})月(\d{1,2})日")
_AFTER = r"asti|saakka|mennessä|まで|に戻"


@cache
def absence_words() -> dict[str, list[str]]:
    """Return the tables of `absence_words.toml`."""
    text = files("recruit.sequences").joinpath("absence_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def find_return(text: str, written_on: date) -> date | None:
    """Return the last day that the text gives for the absence or the return, None where it names none."""
    stated = [
        (day, _ends_absence(text, start, end))
        for day, start, end in _dates(text, written_on)
        if written_on <= day <= written_on + _FURTHEST
    ]
    until = [day for day, ends in stated if ends]
    days = until or [day for day, _ in stated]
    return max(days, default=None)


def _ends_absence(text: str, start: int, end: int) -> bool:
    before = " ".join(re.findall(r"\w+", text[max(0, start - 40) : start].lower()))
    behind = text[end : end + 12].lower()
    between = re.search(r"[-–—]\s*$", text[:start][-4:]) is not None
    return between or bool(_patterns()["until"].search(before)) or bool(re.search(_AFTER, behind))


def _dates(text: str, written_on: date) -> Iterator[tuple[date, int, int]]:
    patterns = _patterns()
    for found in _ISO.finditer(text):
        yield from _dated(found, *map(int, found.groups()))
    for found in _JAPANESE.finditer(text):
        yield from _without_year(found, int(found[2]), int(found[3]), found[1], written_on)
    for found in patterns["day_month"].finditer(text):
        yield from _without_year(found, _month(found[2]), int(found[1]), found[3], written_on)
    for found in patterns["month_day"].finditer(text):
        yield from _without_year(found, _month(found[1]), int(found[2]), found[3], written_on)
    american = _is_american(text)
    for found in _NUMBERS.finditer(text):
        first, second = int(found[1]), int(found[3])
        # 3/14 can only be American; 14.3. and 3/4 are read as day and month.
        swapped = second > 12 >= first or (american and found[2] == "/")
        day, month = (second, first) if swapped else (first, second)
        yield from _without_year(found, month, day, found[4], written_on)
    yield from _weekdays(text, written_on)
    for found in patterns["tomorrow"].finditer(text.lower()):
        yield written_on + timedelta(days=1), found.start(), found.end()


def _is_american(text: str) -> bool:
    """Return whether some date with slashes in the text can only have its month in front."""
    pairs = [(int(f[1]), int(f[3])) for f in _NUMBERS.finditer(text) if f[2] == "/"]
    return any(second > 12 >= first for first, second in pairs) and not any(
        first > 12 for first, _ in pairs
    )


def _weekdays(text: str, written_on: date) -> Iterator[tuple[date, int, int]]:
    patterns = _patterns()
    for found in patterns["weekday"].finditer(text):
        # A weekday beside a date only explains the date.
        if patterns["beside_date"].match(text, found.end()):
            continue
        number = next(
            n
            for n, names in enumerate(absence_words()["weekdays"])
            if found[0].lower() in names.split("|")
        )
        ahead = (number - written_on.weekday() - 1) % 7 + 1
        yield written_on + timedelta(days=ahead), found.start(), found.end()


def _without_year(
    found: re.Match[str], month: int, day: int, year: str | None, written_on: date
) -> Iterator[tuple[date, int, int]]:
    if year:
        yield from _dated(found, int(year) + (2000 if len(year) == 2 else 0), month, day)
        return
    for candidate in (written_on.year, written_on.year + 1):
        for moment, start, end in _dated(found, candidate, month, day):
            if moment >= written_on:
                yield moment, start, end
                return


def _dated(
    found: re.Match[str], year: int, month: int, day: int
) -> Iterator[tuple[date, int, int]]:
    try:
        yield date(year, month, day), found.start(), found.end()
    except ValueError:
        return


def _month(name: str) -> int:
    return next(
        number
        for number, names in enumerate(absence_words()["months"], start=1)
        if name.lower() in names.split("|")
    )


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = absence_words()
    month = _either("|".join(words["months"]).split("|"))
    weekday = _either("|".join(words["weekdays"]).split("|"))
    until = _either(words["until"])
    return {
        "day_month": re.compile(
            rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|e|º|ª|\.)?\s*(?:of |de |di |d['’]|of the )?({month})\b\.?,?\s*(?:de |del |do )?((?:19|20)\d\d)?",
            re.IGNORECASE,
        ),
        "month_day": re.compile(
            rf"\b({month})\b\.? (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:),?\s*((?:19|20)\d\d)?",
            re.IGNORECASE,
        ),
        "weekday": re.compile(rf"\b(?:{weekday})\b", re.IGNORECASE),
        "beside_date": re.compile(
            rf"(?i)[\s,.]{{0,3}}(?:the |den |der |dem |le |el |il |dia |d\. |em )*\d|\W{{1,3}}(?:{month})\b"
        ),
        "until": re.compile(rf"\b(?:{until})\b"),
        "tomorrow": re.compile(rf"(?<!\w)(?:{_either(words['tomorrow'])})(?!\w)|明日"),
    }


def _either(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
