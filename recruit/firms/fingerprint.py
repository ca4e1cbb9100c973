"""Fingerprints: what a sighting says about its firm, in the forms that are compared."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rigour.addresses import address_fingerprint

from recruit.firms.domains import identifying_domain, identifying_mail_domain
from recruit.firms.names import FirmName, parse_name, split_names
from recruit.firms.places import find_big_city, find_city, fold_place
from recruit.firms.statements import is_usable
from recruit.sourcing.values import Fact, FieldName


@dataclass(frozen=True, slots=True)
class Street:
    """A street address: `text` in canonical words, and the house number and street name within it."""

    text: str
    house: int | None
    name: str

    @property
    def key(self) -> str:
        """House number and the beginning of the street's name: what spellings of it share."""
        return f"{self.house or ''} {self.name[:5]}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One sighting in comparable form. `record_id` is the SourceRecord's id.

    `other_names` are those that the firm went by. Domains are registrable and the firm's own; phones are
    the last digits, which a number has with and without prefix; `registry_ids` are capitals and digits;
    `city` is a GeoNames id or, for an unknown place, its folded name; `country` is what was stated, never
    what was inferred.
    """

    record_id: int
    name: FirmName
    domain: str | None = None
    mail_domains: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    street: Street | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    other_names: tuple[FirmName, ...] = ()
    registry_ids: frozenset[str] = frozenset()

    @property
    def all_names(self) -> tuple[FirmName, ...]:
        """The name of today first, then those that the firm went by."""
        return (self.name, *self.other_names)

    @property
    def towns(self) -> frozenset[str]:
        """City and postcode, as far as they are known."""
        return frozenset(town for town in (self.city, self.postcode) if town)

    @property
    def leading_word(self) -> str:
        """The first word of the name that is its own: what variants of one name have in common."""
        return leading_word(self.name)


def leading_word(name: FirmName) -> str:
    """Return the first word of a name that is its own, or all of it where none is."""
    return name.own_words[0].form if name.own_words else name.key


_LONGEST_HOUSE_NUMBER = 6
_DIGITS = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
_FEWEST_DIGITS = 6
# Country and area codes stand in front of these, or are left out.
_TELLING_DIGITS = 8
# "12-14 Harbour Street" is found at number 12.
_HOUSE_RANGE = re.compile(r"\b(\d{1,5})\s*[-–]\s*\d{1,5}\b")
# German writes "Hafenstr." in one word, which no list of abbreviations finds.
_GERMAN_STREET = re.compile(r"(?<=\w)str(?:\.|aße\b|asse\b|\b)", re.IGNORECASE)


def take_fingerprint(record_id: int, facts: Iterable[Fact]) -> Fingerprint | None:
    """Return the fingerprint of a sighting; None where it does not even name its firm."""
    stated: dict[FieldName, list[Fact]] = {}
    for fact in facts:
        if not fact.inferred and isinstance(fact.value, str) and is_usable(fact):
            stated.setdefault(fact.field, []).append(fact)

    def best(field: FieldName) -> str | None:
        found = stated.get(field)
        return str(max(found, key=lambda fact: fact.confidence).value) if found else None

    def every(field: FieldName) -> list[str]:
        return [str(fact.value) for fact in stated.get(field, ())]

    text = best(FieldName.NAME)
    if text is None:
        return None
    today, former = split_names(text)
    name = parse_name(today)
    country = best(FieldName.COUNTRY)
    emails = frozenset(email.lower() for email in every(FieldName.EMAIL))
    mail_domains = (identifying_mail_domain(email) for email in emails)
    return Fingerprint(
        record_id=record_id,
        name=name,
        domain=identifying_domain(best(FieldName.WEBSITE), name.compact),
        mail_domains=frozenset(domain for domain in mail_domains if domain),
        emails=emails,
        phones=frozenset(p for p in map(read_phone, every(FieldName.PHONE)) if p),
        street=read_street(best(FieldName.STREET)),
        postcode=read_postcode(best(FieldName.POSTCODE)),
        city=read_city(best(FieldName.CITY), country, best(FieldName.REGION)),
        country=country,
        other_names=tuple(map(parse_name, former)),
        registry_ids=frozenset(i for i in map(read_registry_id, every(FieldName.REGISTRY_ID)) if i),
    )


def read_phone(text: str) -> str | None:
    """Return the last digits of a phone number; None for what is too short to be one.

    `+49 40 123 456-78`, `0049 40 12345678` and `040 12345678` are one number.
    """
    digits = "".join(_DIGITS.findall(text)).lstrip("0")
    if len(digits) < _FEWEST_DIGITS or len(set(digits)) < 3:
        return None
    return digits[-_TELLING_DIGITS:]


def read_registry_id(text: str) -> str | None:
    """Return a number in a register as capitals and digits; None for what identifies nobody."""
    folded = "".join(c for c in text.upper() if c.isalnum())
    return folded if len(set(folded)) > 1 and any(map(str.isdecimal, folded)) else None


def shape_of(registry_id: str) -> str:
    """Return what numbers of one register have in common: letters stay, digits are 9."""
    return _DIGIT.sub("9", registry_id)


def read_postcode(text: str | None) -> str | None:
    """Return a postcode without punctuation and in capitals."""
    folded = "".join(c for c in (text or "").upper() if c.isalnum())
    # An American "60622-1234" adds the side of the street.
    if len(folded) == 9 and folded.isdigit():
        folded = folded[:5]
    return folded or None


def read_city(text: str | None, country: str | None, region: str | None) -> str | None:
    """Return a GeoNames id, or the folded name of a place that GeoNames does not know."""
    if not text:
        return None
    found = find_city(text, country, region) if country else find_big_city(text)
    return str(found.geoname_id) if found else fold_place(text) or None


def read_street(text: str | None) -> Street | None:
    """Return a street address in canonical words."""
    plain = _GERMAN_STREET.sub("strasse ", " ".join((text or "").split()))
    plain = _HOUSE_RANGE.sub(r"\1", plain)
    key = address_fingerprint(plain) if plain else None
    if not key:
        return None
    words = key.split()
    numbers = [word for word in words if word.isdecimal() and len(word) <= _LONGEST_HOUSE_NUMBER]
    names = [word for word in words if len(word) >= 4 and not word.isdecimal()]
    # "2527 e 73 st": a numbered street.
    name = names[0] if names else numbers[1] if len(numbers) > 1 else ""
    return Street(key, int(numbers[0]) if numbers else None, name)
