"""Reads how many people work at a firm, and since when it exists, out of what people write.

"11-50", "1.000+", "über 40 Mitarbeiter", "fewer than 20", "est. 1998", "the 1990s". What is not a number
of that kind gives None; whether that is a problem is the caller's to say.
"""

import re
from datetime import date

from recruit.sourcing.text import plain_dashes
from recruit.sourcing.values import Interval

_MOST_PEOPLE = 5_000_000  # the largest employers have about half of that
_DIGITS = r"[0-9]{1,3}(?:[.,'\u2019\u00a0\u202f ][0-9]{3})+(?![0-9])|[0-9]{1,9}(?:[.,][0-9]{1,2})?"
_COUNT = rf"({_DIGITS})\s?(k\b|tsd\b|thousand\b|tausend\b)?"
_PLUS = r"(?:\s?\+|\s+(?:plus|or more|and more|and above|und mehr|ou plus|o más)\b)"
_RANGE = re.compile(
    rf"{_COUNT}\s*(?:-|~|\bto\b|\bbis\b|\band\b|\bund\b|\bà\b|\bet\b)\s*{_COUNT}", re.IGNORECASE
)
_AT_LEAST = re.compile(
    r"(?:\b(?:more than|over|at least|upwards of|above|mindestens|min\.?|über|ueber|mehr als|plus de|"
    rf"más de|oltre|meer dan)|[>≥]=?|(?<![\w+])\+)\s*{_COUNT}|{_COUNT}{_PLUS}",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:\b(?:fewer than|less than|under|below|up to|at most|no more than|max\.?|bis zu|bis|unter|"
    rf"weniger als|höchstens|moins de|jusqu'à|menos de|hasta)|[<≤]=?)\s*{_COUNT}",
    re.IGNORECASE,
)
_EXACT = re.compile(_COUNT, re.IGNORECASE)
_FEWER = re.compile(
    r"(?:fewer than|less than|under|below|unter|weniger als|moins de|menos de|<(?!=))",
    re.IGNORECASE,
)
# "125 and growing", "65 people (and counting)": at least as many.
_GROWING = re.compile(
    r"\s*(?:[\w-]+\s+){0,3}[,(]?\s*(?:and|&|und|et|y|but)\s+(?:still\s+|fast\s+|quickly\s+|rapidly\s+)?"
    r"(?:growing|counting|wachsend|wachsen|hiring|expanding|en croissance|creciendo)",
    re.IGNORECASE,
)
# Numbers of other things, beside which a number of people may stand.
_OF_OTHERS = re.compile(
    rf"(?:{_DIGITS})\s?\+?\s*(?:%|(?:years?|months?|jahren?|countries|offices|time ?zones|locations"
    r"|nationalities|languages|customers|clients|million|continents|cities|states)\b)",
    re.IGNORECASE,
)
_NAMED = "one two three four five six seven eight nine ten eleven twelve"
_WORDS = {word: number for number, word in enumerate(_NAMED.split(), start=1)} | {
    "solo": 1,
    "freelancer": 1,
    "myself": 1,
    "self-employed": 1,
}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)
# "(as of 2020)", "in March 2021": when it was counted, not how many.
_DATED = re.compile(
    r"\([^()]*\b(?:19|20)[0-9]{2}\b[^()]*\)|\b(?:as of|since|stand|in|by)\s+(?:\w+\.?\s+)?(?:19|20)[0-9]{2}\b",
    re.IGNORECASE,
)
# A spreadsheet turns "10-49" into a date and leaves "Oct-49".
_MONTHS = r"jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]"
_DATE = re.compile(
    rf"^(?:[0-9]{{1,4}}[-. ])?(?:{_MONTHS})[a-z]*\.?[-. ][0-9]{{1,4}}$|^[0-9]{{1,4}}[-. ](?:{_MONTHS})[a-z]*$"
    r"|^[0-9]{4}-[0-9]{2}-[0-9]{2}|^-[0-9]",
    re.IGNORECASE,
)

YEAR = r"(?<![0-9])(?:1[5-9]|20)[0-9]{2}(?![0-9])"
_YEAR = re.compile(YEAR)
_DECADE = re.compile(r"(?<![0-9])((?:1[5-9]|20)[0-9]0)(?:s\b|er\b|'s\b)")
_YEAR_RANGE = re.compile(rf"({YEAR})\s*(?:-|/|\bto\b|\bbis\b)\s*({YEAR})")


def looks_like_date(text: str) -> bool:
    """Tell whether a number of people was turned into a date by a spreadsheet ("Oct-49")."""
    return bool(_DATE.match(text.strip()))


def read_employees(text: str) -> Interval | None:
    """Return the first number of people, or range of it, that a cell or a short phrase states."""
    text = plain_dashes(text)
    if looks_like_date(text):
        return None
    text = _OF_OTHERS.sub(" ", _DATED.sub(" ", text))
    readings = [
        (match.start(), order, match)
        for order, pattern in enumerate((_RANGE, _AT_MOST, _AT_LEAST, _EXACT))
        if (match := pattern.search(text))
    ]
    if not readings:
        word = _WORD.search(text)
        number = _WORDS[word[1].casefold()] if word else None
        return Interval(number, number) if number else None
    _, _, match = min(readings, key=lambda reading: reading[:2])
    size = _interval(match)
    if size is not None and match.re is _EXACT and _GROWING.match(text, match.end()):
        return Interval(size.low, None)
    return size


def _interval(match: re.Match[str]) -> Interval | None:
    groups = match.groups()
    numbers = [_number(d, k) for d, k in zip(groups[::2], groups[1::2], strict=True) if d]
    if any(n > _MOST_PEOPLE for n in numbers):
        return None
    if match.re is _RANGE:
        low, high = numbers
        # "1-5k" means thousands on both sides.
        if groups[3] and not groups[1] and low < 1000:
            low = _number(groups[0], groups[3])
        return Interval(low, high) if low <= high else None
    if match.re is _AT_MOST:
        # "Fewer than 10" leaves 10 out, "up to 10" does not.
        high = numbers[0] - bool(_FEWER.match(match[0]))
        return Interval(None, high) if high > 0 else None
    return Interval(numbers[0], None if match.re is _AT_LEAST else numbers[0])


def _number(digits: str, suffix: str | None) -> int:
    groups = re.split(r"[.,'\u2019\u00a0\u202f ]", digits)
    thousands = len(groups) > 1 and all(len(group) == 3 for group in groups[1:])
    factor = 1000 if suffix else 1
    if len(groups) == 1 or thousands:
        return int("".join(groups)) * factor
    return int(float(f"{groups[0]}.{groups[1]}") * factor)


def read_founded(text: str, today: date) -> Interval | None:
    """Return the year, or years, that a cell or a short phrase states; none that lie in the future."""
    text = plain_dashes(text)
    decade, years, one = _DECADE.search(text), _YEAR_RANGE.search(text), _YEAR.search(text)
    if decade and (not one or decade.start() <= one.start()):
        low, high = int(decade[1]), int(decade[1]) + 9
    elif years and one and years.start() == one.start():
        low, high = int(years[1]), int(years[2])
    elif one:
        low = high = int(one[0])
    else:
        return None
    return Interval(low, high) if low <= high and low <= today.year else None
