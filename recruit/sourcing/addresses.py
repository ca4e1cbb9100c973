"""Finds postal addresses in the lines of a page: a street, a postcode with its town, perhaps a country.

Only what has a street beside a postcode counts, so that numbers in sentences are not taken for places.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recruit.sourcing.countries import (
    city_in,
    is_country,
    is_no_town,
    read_country,
    trim_town,
    us_state,
)
from recruit.sourcing.text import clean, plain_dashes, shorten
from recruit.sourcing.values import Office

_WORD = r"[A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐŁŃŇŐŒŘŚŞŠŤŹŻŽ][^\W\d_]*[.'’]?(?:[-'’/][^\W\d_]+)*"
_TOWN = rf"{_WORD}(?:[ -](?:{_WORD}|am|an|auf|bei|da|das|de|den|der|do|dos|du|el|im|in|la|las|le|les|los|of|sur|upon|und|a\.)){{0,5}}"
# How postcodes and towns stand beside each other; where the form tells the country it is named.
_FORMS: tuple[tuple[str | None, re.Pattern[str]], ...] = tuple(
    (country, re.compile(form))
    for country, form in (
        ("NL", rf"(?<![0-9])(?:NL-)?(?P<postcode>[1-9][0-9]{{3}} ?[A-Z]{{2}})\s+(?P<city>{_TOWN})"),
        ("PL", rf"(?<![0-9])(?:PL-)?(?P<postcode>[0-9]{{2}}-[0-9]{{3}})\s+(?P<city>{_TOWN})"),
        ("PT", rf"(?<![0-9])(?P<postcode>[0-9]{{4}}-[0-9]{{3}})\s+(?P<city>{_TOWN})"),
        ("US", rf"(?P<city>{_TOWN}),? (?P<region>[A-Z]{{2}}|[A-Z][a-z]+(?: [A-Z][a-z]+)?),? (?P<postcode>[0-9]{{5}}(?:-[0-9]{{4}})?)"),
        ("CA", rf"(?P<city>{_TOWN}),? \(?(?P<region>[A-Z]{{2}}|[A-Z][a-zé]+)\)?,? (?P<postcode>[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])"),
        ("AU", rf"(?P<city>{_TOWN}),? (?P<region>NSW|VIC|QLD|WA|SA|TAS|ACT|NT),? (?P<postcode>[0-9]{{4}})"),
        ("BR", rf"(?P<city>{_TOWN})(?:,? (?:-|/)? ?(?P<region>[A-Z]{{2}}))?,? (?:CEP:? )?(?P<postcode>[0-9]{{5}}-[0-9]{{3}})"),
        ("GB", rf"(?P<city>{_TOWN}?),? (?P<postcode>[A-Z]{{1,2}}[0-9][A-Z0-9]? ?[0-9][A-Z]{{2}})"),
        (None, rf"(?<![0-9A-Z])(?:(?P<prefix>D|A|CH|F|B|L|I|E|S|DK|FI|FIN|N|CZ|SK|DE|AT|FR|BE|LU|IT|ES|SE|NO)[- ])?(?P<postcode>[0-9]{{4,5}}|[0-9]{{3}} [0-9]{{2}})\s+(?P<city>{_TOWN})"),
    )
)  # fmt: skip
_PREFIXES = {
    "D": "DE", "A": "AT", "CH": "CH", "F": "FR", "B": "BE", "L": "LU", "I": "IT", "E": "ES", "S": "SE",
    "DK": "DK", "FI": "FI", "FIN": "FI", "N": "NO", "CZ": "CZ", "SK": "SK", "DE": "DE", "AT": "AT",
    "FR": "FR", "BE": "BE", "LU": "LU", "IT": "IT", "ES": "ES", "SE": "SE", "NO": "NO",
}  # fmt: skip
_STREET = re.compile(r"(?=.*[^\W\d_]{3})(?:.*\D)?[0-9]{1,5}(?:[ -]?[a-zA-Z]\b|[-/][0-9]{1,4})?\b.*")
_NO_STREET = re.compile(
    r"@|https?:|www\.|©|\b(?:tel|fon|phone|fax|mobil|hrb|ust|vat|iban|bic|isbn|copyright|registr\w*|amtsgericht"
    r"|founded|since|seit|est)\b|\+[0-9]",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"\b(?:headquarter(?:s|ed)?|head office|hq|main office|hauptsitz|zentrale|firmensitz|si[eè]ge(?: social)?"
    r"|sede (?:central|principal|legale|social)|oficina (?:central|principal)|hoofdkantoor|huvudkontor"
    r"|hovedkontor|centrala|siedziba|hlavní sídlo|pääkonttori)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*(?:,|\||·|•|\s[-–—]\s|\n)\s*")
_DIGIT = re.compile("[0-9]")
_POSTCODE = re.compile(r"[0-9]{3}|[A-Z][0-9]|[0-9] ?[A-Z]{2}\b")
_LONGEST_LINE = 300
_LONGEST = {"street": 120, "city": 60}


@dataclass(frozen=True)
class FoundAddress:
    """An address in a page's text, and the words that state it."""

    office: Office
    text: str


def says_head_office(text: str) -> bool:
    """Tell whether a heading or a line calls what follows the head office."""
    return bool(_HEAD.search(text))


def read_town(text: str) -> dict[str, str] | None:
    """Return the town and postcode, perhaps region and country, of a line that is nothing else."""
    for country, form in _FORMS:
        match = form.fullmatch(text.strip(" .,;"))
        if match is None:
            continue
        parts = {key: part for key, part in match.groupdict().items() if part}
        prefix = parts.pop("prefix", "")
        if country == "US":
            state = us_state(parts["region"])
            if state is None:
                continue
            parts["region"] = state
        if (
            is_country(parts["city"])
            or is_no_town(parts["city"])
            or len(parts["city"]) > _LONGEST["city"]
        ):
            return None
        if country or prefix:
            parts["country"] = country or _PREFIXES[prefix]
        elif not city_in(parts["city"]):
            continue  # "1100 Winter": a number and a word may be anything
        parts["city"] = trim_town(parts["city"], parts.get("country"))
        return parts
    return None


def find_addresses(lines: Sequence[str]) -> Iterator[FoundAddress]:
    """Yield the addresses that stand in a page's lines, on one line or on several."""
    # An address has a postcode: three digits in a row, or a letter beside one.
    near = {
        at + beside
        for at, line in enumerate(lines)
        if _DIGIT.search(line) and len(line) <= _LONGEST_LINE and _POSTCODE.search(line)
        for beside in (-2, -1, 0, 1, 2)
    }
    parts = [
        (number, part)
        for number in sorted(near)
        if 0 <= number < len(lines) and len(lines[number]) <= _LONGEST_LINE
        for part in _PARTS.split(plain_dashes(lines[number]))
        if part
    ]
    for at, (number, part) in enumerate(parts):
        if len(part) > 80 or not _POSTCODE.search(part):
            continue
        before = parts[at - 1] if at else None
        before = before if before and number - before[0] <= 1 else None
        found = _read(part, before[1] if before else "", parts[at - 2][1] if at > 1 else "")
        if found is None:
            continue
        country, stated = _country_after(parts, at)
        if country:
            found["country"] = country
        head = any(says_head_office(line) for line in lines[max(0, number - 3) : number + 1])
        words = shorten(clean(", ".join(filter(None, (found.pop("words"), stated)))), 300)
        yield FoundAddress(Office.from_parts(found, head_office=head), words)


def _read(part: str, before: str, before_that: str) -> dict[str, str] | None:
    """Return the parts of an address of which `part` holds the postcode."""
    readings = [(part, before)]
    if before and not any(c.isdigit() for c in before):
        # "12 High Street", "Austin", "TX 78701" stand apart where commas part them.
        readings.append((f"{before}, {part}", before_that))
    for text, above in readings:
        for country, form in _FORMS:
            match = form.fullmatch(text)
            street = above
            if match is None and (match := form.search(text)) and match.end() == len(text):
                # The street stands on the same line without a comma.
                street = text[: match.start()].strip(" ,;")
            if match is None or not is_street(street):
                continue
            groups = match.groupdict()
            city = clean(groups["city"]).strip(" .-")
            region = groups.get("region")
            if country == "US" and (state := us_state(region or "")):
                region = state
            elif country == "US":
                continue
            if is_country(city) or is_no_town(city) or len(city) > _LONGEST["city"]:
                continue
            found = {
                "street": clean(street),
                "postcode": clean(groups["postcode"]),
                "city": city,
                "words": f"{street}, {text if text == match[0] else match[0]}",
            }
            if region:
                found["region"] = region
            prefix = groups.get("prefix")
            if country or prefix:
                found["country"] = country or _PREFIXES[prefix or ""]
            found["city"] = trim_town(city, found.get("country"))
            return found
    return None


def is_street(text: str) -> bool:
    """Tell whether a line looks like a street with a number."""
    return (
        4 <= len(text) <= _LONGEST["street"]
        and bool(_STREET.fullmatch(text))
        and not _NO_STREET.search(text)
        and len(text.split()) <= 10
    )


def _country_after(parts: Sequence[tuple[int, str]], at: int) -> tuple[str | None, str]:
    number = parts[at][0]
    for next_number, part in parts[at + 1 : at + 3]:
        if next_number - number > 1 or len(part) > 40:
            break
        if is_country(part.strip(" .")):
            return read_country(part), part
    return None, ""
