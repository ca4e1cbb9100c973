"""What was read of one row: its sighting as it is stored, what names it, and the row as it was."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from recruit.sourcing.contacts import country_of_phone, host_of
from recruit.sourcing.countries import country_of_domain
from recruit.sourcing.text import fold, shorten, storable
from recruit.sourcing.values import Fact, FieldName, Problem, Sighting

_LONGEST_CELL = 2000  # of a row that is told of in a report
_OF_PLACE = (FieldName.STREET, FieldName.POSTCODE, FieldName.CITY, FieldName.COUNTRY)


@dataclass(frozen=True, slots=True)
class RowReading:
    """What became of a row: a sighting unless it was refused, and what could not be read.

    `facts_json` is a JSON list of facts with sorted keys. `left_out` says that the row names a person
    whom the source may not name.
    """

    record_id: str | None
    facts_json: str
    problems: tuple[Problem, ...]
    left_out: bool = False

    @property
    def sighting(self) -> Sighting | None:
        """Return the sighting as an object."""
        if self.record_id is None:
            return None
        facts = tuple(Fact.from_json(fact) for fact in json.loads(self.facts_json))
        return Sighting(self.record_id, None, facts)

    @property
    def content_hash(self) -> str:
        """Return what differs when anything that the row says does."""
        return sha256(f"[null,{self.facts_json}]".encode("ascii")).hexdigest()


def hint_at_country(
    stated: dict[FieldName, Any], texts: dict[FieldName, str], default: str | None
) -> Fact | None:
    """Return the country that a phone prefix, else a web address, hints at, else the assumed one."""
    phone = stated.get(FieldName.PHONE)
    if phone and str(phone).startswith("+") and (code := country_of_phone(str(phone))):
        shown = texts[FieldName.PHONE]
        return Fact(FieldName.COUNTRY, code, shown, "phone-prefix", 0.7, inferred=True)
    website = stated.get(FieldName.WEBSITE)
    if website and (code := country_of_domain(host_of(str(website)))):
        shown = texts[FieldName.WEBSITE]
        return Fact(FieldName.COUNTRY, code, shown, "tld", 0.6, inferred=True)
    if default:
        return Fact(FieldName.COUNTRY, default, "default_country", "csv", 0.6, inferred=True)
    return None


def hash_id(stated: dict[FieldName, Any], person: str = "") -> str:
    """Return a record id that stays when details change: the firm's number in a register, else a hash.

    The hash is of name and website alone, without a website of name and place; of the person too where a
    list has a row for each.
    """
    number = stated.get(FieldName.REGISTRY_ID)
    if number and not person:
        return f"reg-{number}"
    parts = [fold(str(stated[FieldName.NAME])), str(stated.get(FieldName.WEBSITE, ""))]
    if not parts[1]:
        parts += [fold(str(stated.get(field, ""))) for field in _OF_PLACE]
    if person:
        parts.append(person)
    return "h-" + sha256("\n".join(parts).encode()).hexdigest()[:32]


def write_raw(cells: Sequence[str]) -> str:
    """Return a row as one line of CSV, its longest cells cut, for the report and for mending it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(
        [shorten(storable(c), _LONGEST_CELL) for c in cells]
    )
    return line.getvalue()
