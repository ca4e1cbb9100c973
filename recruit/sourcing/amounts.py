"""Reads what a firm earns a year out of what people write: "$5M", "1–10 Mio. €", "more than 250 million".

Amounts stay in the currency that they are stated in. Dollars, euros, pounds and Swiss francs are within a
quarter or so of each other, less than a band of revenue has to forgive anyway; an amount in any other
currency would be off by far, and is not read.
"""

import re
from decimal import Decimal

from recruit.sourcing.text import plain_dashes
from recruit.sourcing.values import Interval

# More than any firm on earth earns in a year.
_MOST = 2 * 10**12
_OURS = r"US\s?\$|\$|€|£|USD|EUR|GBP|CHF|SFr\.?|dollars?|euros?|pounds?|francs?|Franken"
_OTHERS = re.compile(
    r"[¥₹₽₩₺₪₫฿₴₦]|(?<![A-Za-z])(?-i:(?!US)[A-Z]{1,3}\$)|\b(?:AUD|CAD|NZD|SGD|HKD|TWD|JPY|CNY|RMB|INR|SEK|NOK|DKK|PLN|CZK|HUF|RON"
    r"|BRL|MXN|ARS|CLP|COP|ZAR|TRY|RUB|KRW|THB|IDR|MYR|PHP|VND|ILS|AED|SAR|EGP|NGN|KES|yen|rupees?|kr|zł"
    r"|crores?|lakhs?)\b",
    re.IGNORECASE,
)
_FACTORS = {
    "k": 10**3, "t": 10**3, "tsd": 10**3, "thousand": 10**3, "tausend": 10**3, "mille": 10**3, "mil": 10**3,
    "m": 10**6, "mm": 10**6, "mn": 10**6, "mln": 10**6, "mio": 10**6, "million": 10**6, "millions": 10**6,
    "millionen": 10**6, "millones": 10**6,
    "b": 10**9, "bn": 10**9, "mrd": 10**9, "billion": 10**9, "billions": 10**9, "milliarde": 10**9,
    "milliarden": 10**9, "milliard": 10**9, "milliards": 10**9,
}  # fmt: skip
_WORDS = "|".join(sorted(_FACTORS, key=len, reverse=True))
_AMOUNT = (
    rf"(?:(?P<before{{0}}>{_OURS})\s*)?"
    r"(?P<digits{0}>[0-9][0-9.,'\u2019\u00a0\u202f]*(?:\s[0-9]{{3}}(?![0-9]))*)"
    rf"\s?(?:(?P<unit{{0}}>{_WORDS})(?![a-z])\.?)?(?:\s?(?P<after{{0}}>{_OURS})(?![a-z]))?"
)
_ONE, _OTHER = _AMOUNT.format("1"), _AMOUNT.format("2")
_RANGE = re.compile(
    rf"{_ONE}\s*(?:-|~|\bto\b|\bbis\b|\band\b|\bund\b|\bà\b|\ba\b|\bet\b)\s*{_OTHER}", re.IGNORECASE
)
_AT_MOST = re.compile(
    r"(?:\b(?:less than|under|below|up to|at most|no more than|max\.?|bis zu|bis|unter|weniger als|höchstens"
    rf"|moins de|jusqu'à|menos de|hasta)|[<≤]=?)\s*{_ONE}",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"(?:\b(?:more than|over|at least|upwards of|above|mindestens|min\.?|über|ueber|mehr als|ab|plus de"
    rf"|más de)|[>≥]=?)\s*{_ONE}|{_OTHER}(?:\s?\+|\s+(?:plus|or more|and more|and above|und mehr|ou plus|o más)\b)",
    re.IGNORECASE,
)
_EXACT = re.compile(_ONE, re.IGNORECASE)
# "2024: $5M", "$5M (2024)", "FY23": when it was earned, not how much.
_DATED = re.compile(
    r"\bFY\s?'?[0-9]{2,4}\b|\(?\b(?:19|20)[0-9]{2}\b\)?\s*:?(?=\s|$)(?!\s*(?:€|EUR|USD|CHF|GBP))",
    re.IGNORECASE,
)


def read_revenue(text: str) -> Interval | None:
    """Return the yearly revenue, or the range of it, that a cell or a short phrase states; whole units.

    None where there is no amount, or it is in a currency that is not compared.
    """
    text = plain_dashes(text).strip()
    if names_other_currency(text):
        return None
    undated = _DATED.sub(" ", text).strip()
    text = undated if any(map(str.isdigit, undated)) else text
    for pattern in (_RANGE, _AT_MOST, _AT_LEAST, _EXACT):
        if match := pattern.search(text):
            return _interval(match, pattern)
    return None


def names_other_currency(text: str) -> bool:
    """Tell whether an amount is in a currency other than dollars, euros, pounds and Swiss francs."""
    return bool(_OTHERS.search(text))


def _interval(match: re.Match[str], pattern: re.Pattern[str]) -> Interval | None:
    found = match.groupdict()
    amounts = []
    for place in ("1", "2"):
        digits = found.get(f"digits{place}")
        amounts.append(None if digits is None else _amount(digits, found.get(f"unit{place}")))
    low, high = amounts
    if pattern is _RANGE and low is not None and low < 1000 and not found["unit1"]:
        # "1-10 M" means millions on both sides.
        low = _amount(found["digits1"], found["unit2"])
    if any(a is not None and a > _MOST for a in amounts):
        return None
    if pattern is _RANGE:
        if low is None or high is None or low > high:
            return None
        return Interval(low, high)
    one = high if low is None else low
    if one is None:
        return None
    if pattern is _AT_MOST:
        return Interval(None, one)
    return Interval(one, None if pattern is _AT_LEAST else one)


def _amount(digits: str, unit: str | None) -> int | None:
    """Return "1.5" with "M" as 1,500,000; of "1.500.000" and "1,500,000" the marks part thousands."""
    digits = digits.strip(".,'’ \u00a0\u202f")
    groups = re.split(r"[.,'\u2019\u00a0\u202f\s]", digits)
    factor = _FACTORS[unit.casefold()] if unit else 1
    in_thousands = len(groups) > 1 and all(len(group) == 3 for group in groups[1:])
    if len(groups) == 1 or (in_thousands and (factor == 1 or len(groups) > 2)):
        return int("".join(groups)) * factor
    whole, fraction = "".join(groups[:-1]), groups[-1]
    if not all(len(group) == 3 for group in groups[1:-1]):
        return None
    return int(Decimal(f"{whole}.{fraction or 0}") * factor)
