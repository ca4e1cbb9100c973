"""What one cell of a file says, as the JSON of the facts that are stored.

The meaning is `recruit.sourcing.facts`'s; here the few fields that differ in every row take a short way
to the same result.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from json.encoder import encode_basestring_ascii
from typing import Any

from recruit.sourcing.contacts import read_email, read_website
from recruit.sourcing.facts import Origin, Unreadable, read_facts
from recruit.sourcing.labels import Part
from recruit.sourcing.numerals import read_employees, read_founded
from recruit.sourcing.persons import Person
from recruit.sourcing.phones import read_local_phone, read_phone
from recruit.sourcing.text import clean, is_blank, shorten
from recruit.sourcing.values import Fact, FieldName, Interval

METHOD = "csv"
CONFIDENCE = 0.95
# A number that no country's plan vouches for may lack its area code.
_LOCAL_CONFIDENCE = 0.5
_LONGEST_SHOWN = 300
# Cells shorter than any limit of their field.
_SAFE = 60
_ORIGIN = Origin(METHOD, CONFIDENCE)
_HEADS = {
    field: f'{{"confidence":{CONFIDENCE},"field":"{field.value}","inferred":false,"method":"{METHOD}","text":'
    for field in FieldName
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell states: its first value, the text as it is shown, its facts' JSON joined by commas.

    A blank cell states nothing and has no JSON; one that cannot be read has a `refusal`: reason, remedy.
    """

    value: Any
    shown: str
    json: str
    refusal: tuple[str, str] | None = None


NOTHING = Cell(None, "", "")


def encode_fact(fact: Fact) -> str:
    """Return a fact as JSON with sorted keys and without spaces: equal facts are equal texts."""
    return json.dumps(fact.to_json(), sort_keys=True, separators=(",", ":"))


def read_cell(field: FieldName, text: str, today: date) -> Cell:
    """Read a cell by the full rules of its field."""
    try:
        facts = read_facts(field, text, _ORIGIN, today=today)
    except Unreadable as refusal:
        return Cell(None, "", "", (refusal.reason, refusal.remedy))
    if not facts:
        return NOTHING
    return Cell(facts[0].value, facts[0].text, ",".join(dict.fromkeys(map(encode_fact, facts))))


def read_plainly(field: FieldName, text: str, today: date) -> Cell:
    """Read a cell of text, web address or e-mail the short way where it is plain, else by the full rules."""
    if is_blank(text):
        return NOTHING
    if len(text) <= _SAFE:
        shown = clean(text)
        value: str | None = shown
        if field is FieldName.WEBSITE:
            value = read_website(text)
        elif field is FieldName.EMAIL:
            value = read_email(shown)
        elif not any(map(str.isalnum, shown)):
            value = None
        if value is not None:
            quoted = encode_basestring_ascii(shown)
            same = quoted if value == shown else encode_basestring_ascii(value)
            return Cell(value, shown, f'{_HEADS[field]}{quoted},"url":null,"value":{same}}}')
    return read_cell(field, text, today)


def read_phones(text: str, country: str | None) -> Cell:
    """Read a cell of phone numbers; one that is in no known plan is kept as its digits, less sure.

    `country` (alpha-2) is where a number without prefix belongs.
    """
    if is_blank(text):
        return NOTHING
    shown = shorten(clean(text), _LONGEST_SHOWN)
    found: dict[str, float] = {}
    for piece in _pieces(text):
        number = read_phone(piece.strip(), country)
        local = None if number else read_local_phone(piece)
        if number or local:
            found.setdefault(number or local or "", CONFIDENCE if number else _LOCAL_CONFIDENCE)
    if not found:
        return Cell(
            None,
            "",
            "",
            (
                f"{shown!r} is not a phone number.",
                "Write it with the country's prefix, such as +49 30 901820, or leave it empty.",
            ),
        )
    quoted = encode_basestring_ascii(shown)
    pieces = [
        f'{{"confidence":{sure},"field":"phone","inferred":false,"method":"{METHOD}","text":{quoted},'
        f'"url":null,"value":"{number}"}}'
        for number, sure in found.items()
    ]
    return Cell(next(iter(found)), shown, ",".join(pieces))


def _pieces(text: str) -> list[str]:
    return text.replace("|", ";").replace("\n", ";").replace(",", ";").split(";")


def read_bounds(field: FieldName, low: str, high: str, today: date) -> Cell:
    """Read the two cells of an interval's ends; either may be empty."""
    numbers: list[int | None] = []
    for text in (low, high):
        if not text:
            numbers.append(None)
            continue
        read = read_employees(text) if field is FieldName.EMPLOYEES else read_founded(text, today)
        if read is None or read.low is None:
            reason = f"{shorten(clean(text), _LONGEST_SHOWN)!r} is not a number."
            return Cell(None, "", "", (reason, "Write digits, or leave it empty."))
        numbers.append(read.low)
    shown = shorten(clean(f"{low}–{high}"), _LONGEST_SHOWN)
    least, most = numbers
    if least is not None and most is not None and least > most:
        return Cell(None, "", "", (f"{shown} runs backwards.", "Swap the two cells."))
    fact = Fact(field, Interval(least, most), shown, METHOD, CONFIDENCE)
    return Cell(fact.value, shown, encode_fact(fact))


def read_people(parts: Mapping[Part, str]) -> Fact | None:
    """Return the person whom the cells of a row name, if any; a page of theirs is the fact's address."""
    first, last = parts.get(Part.PERSON_FIRST, ""), parts.get(Part.PERSON_LAST, "")
    name = clean(parts.get(Part.PERSON_NAME, "") or f"{first} {last}")
    if not any(map(str.isalpha, name)):
        return None
    email = read_email(clean(parts.get(Part.PERSON_EMAIL, "")))
    person = Person(name, clean(parts.get(Part.PERSON_TITLE, "")) or None, email)
    value = person.to_value()
    page = read_website(parts.get(Part.PERSON_URL, "")) or None
    shown = shorten(value, _LONGEST_SHOWN)
    return Fact(FieldName.PERSON, value, shown, METHOD, CONFIDENCE, page) if value else None
