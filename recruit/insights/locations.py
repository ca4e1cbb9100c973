"""Where a firm has offices: each place once, the head office first, with where it was read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from recruit.sourcing.merging import merge_offices
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.values import Fact, FieldName, Office


@dataclass(frozen=True)
class LocationLine:
    """One office. `place` has no country, which is alpha-2; `text` is what stood there."""

    place: str
    country: str | None
    is_head_office: bool
    source: str
    url: str | None
    method: str
    text: str
    confidence: float


def location_lines(records: Iterable[tuple[SourceRecord, str]]) -> tuple[LocationLine, ...]:
    """Return the offices that sightings (each with its source's title) state, as their fullest readings have them."""
    sources: dict[tuple[str | None, str], str] = {}
    facts: list[Fact] = []
    for record, title in records:
        for stored in record.facts or ():
            if stored.get("field") == FieldName.OFFICE.value:
                fact = Fact.from_json(stored)
                fact = replace(fact, url=fact.url or record.url)
                sources.setdefault((fact.url, fact.text), title)
                facts.append(fact)
    facts.sort(key=lambda fact: -fact.confidence)
    lines = [_line(fact, sources[fact.url, fact.text]) for fact in merge_offices(facts)]
    return tuple(sorted(lines, key=_order))


def _order(line: LocationLine) -> tuple[bool, str, str]:
    return not line.is_head_office, line.country or "~", line.place


def _line(fact: Fact, source: str) -> LocationLine:
    office = fact.value
    assert isinstance(office, Office)
    place = str(replace(office, country=None, head_office=False)) if _is_finer(office) else ""
    return LocationLine(
        place=place,
        country=office.country,
        is_head_office=office.head_office,
        source=source,
        url=fact.url,
        method=fact.method,
        text=fact.text,
        confidence=fact.confidence,
    )


def _is_finer(office: Office) -> bool:
    return bool(office.street or office.postcode or office.city or office.region)
