"""Turns the text of one field into facts in their normal form, or says why it cannot be read.

Every way into Recruit (a column, a JSON-LD property, a term on a page) ends here, so that the same words
give the same fact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from recruit.sourcing.amounts import names_other_currency, read_revenue
from recruit.sourcing.contacts import (
    country_of_phone,
    host_of,
    read_email,
    read_phone,
    read_website,
)
from recruit.sourcing.countries import country_of_domain, read_country, read_place
from recruit.sourcing.numerals import looks_like_date, read_employees, read_founded
from recruit.sourcing.persons import read_person
from recruit.sourcing.specialties import read_items, read_tags
from recruit.sourcing.text import clean, is_blank, shorten
from recruit.sourcing.values import Fact, FieldName, Interval, Office

_LONGEST_TEXT = 300
# As long as the firm's own columns, so that what was read here can be kept there.
_LONGEST = {
    FieldName.NAME: 300,
    FieldName.REGISTRY_ID: 60,
    FieldName.PERSON: 500,
    FieldName.LEGAL_FORM: 60,
    FieldName.POSTCODE: 20,
    FieldName.CITY: 120,
    FieldName.REGION: 120,
    FieldName.STREET: 300,
    FieldName.COUNTRY: 2,
}


class Unreadable(ValueError):
    """A text is not what its field asks for: `reason` says why, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        """Keep both sentences."""
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True)
class Origin:
    """How and where a text was read, and how sure that is (`confidence` in [0, 1])."""

    method: str
    confidence: float
    url: str | None = None


def read_facts(
    field: FieldName, text: str, origin: Origin, *, today: date, country: str | None = None
) -> list[Fact]:
    """Return the facts that a text states about one field; none where it is blank.

    `country` (alpha-2) is where a phone number without prefix belongs. Raises `Unreadable`.
    """
    if is_blank(text):
        return []
    shown = shorten(clean(text), _LONGEST_TEXT)
    return [
        Fact(field, value, shown, origin.method, origin.confidence, origin.url)
        for value in _read_values(field, text, shown, today, country)
    ]


def _read_values(
    field: FieldName, text: str, shown: str, today: date, country: str | None
) -> list[str] | list[Interval] | list[Office]:
    match field:
        case FieldName.EMPLOYEES:
            return [_employees(text, shown)]
        case FieldName.FOUNDED:
            return [_founded(text, shown, today)]
        case FieldName.REVENUE:
            return [_revenue(text, shown)]
        case FieldName.COUNTRY:
            return [_country(text, shown)]
        case FieldName.WEBSITE:
            return [_website(text, shown)]
        case FieldName.EMAIL:
            return _each(text, shown, read_email, "an e-mail address", "name@firm.example")
        case FieldName.PHONE:
            return _phones(text, shown, country)
        case FieldName.SOCIAL:
            return _each(
                text, shown, read_website, "a web address", "https://linkedin.com/company/…"
            )
        case FieldName.SPECIALTY:
            return read_tags(text)
        case FieldName.CERTIFICATION | FieldName.PARTNERSHIP:
            return read_items(text)
        case FieldName.OFFICE:
            return [_office(text, shown)]
        case FieldName.PERSON:
            return [_person(text, shown)]
        case _:
            return [_plain(field, text)]


def _plain(field: FieldName, text: str) -> str:
    value = clean(text)
    longest = _LONGEST[field]
    if len(value) > longest:
        raise Unreadable(
            f"The {field} is {len(value)} characters long.",
            f"Shorten it to {longest}, or look whether a quote around an earlier cell is missing.",
        )
    if field is FieldName.NAME and not any(c.isalnum() for c in value):
        raise Unreadable(f"{value!r} is not a name.", "Give the firm's name.")
    return value


def _employees(text: str, shown: str) -> Interval:
    if looks_like_date(text):
        raise Unreadable(
            f"{shown!r} looks like a range that a spreadsheet turned into a date.",
            "Format the column as text before saving the file, then write 10-49 again.",
        )
    value = read_employees(text)
    if value is None:
        raise Unreadable(
            f"{shown!r} is not a number of people.", "Write 40, 11-50, 200+ or leave it empty."
        )
    return value


def _founded(text: str, shown: str, today: date) -> Interval:
    value = read_founded(text, today)
    if value is None:
        raise Unreadable(
            f"{shown!r} is not a year up to {today.year}.",
            "Write a year such as 1998, or leave it empty.",
        )
    return value


def _revenue(text: str, shown: str) -> Interval:
    value = read_revenue(text)
    if value is None and names_other_currency(text):
        raise Unreadable(
            f"{shown!r} is in a currency that revenue is not compared in.",
            "Give it in dollars, euros, pounds or Swiss francs, or leave it empty.",
        )
    if value is None:
        raise Unreadable(
            f"{shown!r} is not a yearly revenue.",
            "Write 5000000, $1M-$10M, 2 Mio. € or leave it empty.",
        )
    return value


def _country(text: str, shown: str) -> str:
    value = read_country(text)
    if value is None:
        raise Unreadable(
            f"{shown!r} is not a known country.",
            "Write the country's name or its two-letter code, such as Germany or DE.",
        )
    return value


def _office(text: str, shown: str) -> Office:
    place = {
        key: value
        for key, value in read_place(text).items()
        if len(value) <= _LONGEST[FieldName(key)]
    }
    if not place:
        raise Unreadable(
            f"{shown!r} is not a place.", "Write it as Street 1, 10115 Berlin, Germany."
        )
    return Office.from_parts(place)


def _person(text: str, shown: str) -> str:
    person = read_person(clean(text))
    if person is None or not any(c.isalpha() for c in person.name):
        raise Unreadable(
            f"{shown!r} is not a person.",
            "Write it as Jane Doe, Head of Sales <jane@firm.example>.",
        )
    return person.to_value()


def _website(text: str, shown: str) -> str:
    value = read_website(text)
    if value is None:
        raise Unreadable(f"{shown!r} is not a web address.", "Write it as https://firm.example.")
    return value


def _phones(text: str, shown: str, country: str | None) -> list[str]:
    numbers = (read_phone(piece, country) for piece in _pieces(text))
    found = list(dict.fromkeys(number for number in numbers if number))
    if not found:
        raise Unreadable(
            f"{shown!r} is not a valid phone number{f' in {country}' if country else ''}.",
            "Write it with the country's prefix, such as +49 30 901820"
            + (
                "."
                if country
                else ", or say in a mapping file what country the list is of: default_country."
            ),
        )
    return found


def _each(
    text: str, shown: str, read: Callable[[str], str | None], what: str, example: str
) -> list[str]:
    found = list(dict.fromkeys(value for piece in _pieces(text) if (value := read(piece))))
    if not found:
        raise Unreadable(f"{shown!r} is not {what}.", f"Write it as {example}.")
    return found


def _pieces(text: str) -> list[str]:
    return text.replace("|", ";").replace("\n", ";").replace(",", ";").split(";")


def infer_country(facts: list[Fact]) -> Fact | None:
    """Return the country that a phone prefix, else a web address, hints at; None where one is stated."""
    if any(fact.field is FieldName.COUNTRY for fact in facts):
        return None
    for fact in facts:
        if fact.field is FieldName.PHONE and (code := country_of_phone(str(fact.value))):
            return Fact(
                FieldName.COUNTRY, code, fact.text, "phone-prefix", 0.7, fact.url, inferred=True
            )
    for fact in facts:
        if fact.field is FieldName.WEBSITE and (
            code := country_of_domain(host_of(str(fact.value)))
        ):
            return Fact(FieldName.COUNTRY, code, fact.text, "tld", 0.6, fact.url, inferred=True)
    return None
