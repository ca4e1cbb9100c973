"""Each field of a firm with where it was read: value, source, page, how it was read, and the rule."""

from dataclasses import dataclass
from typing import Any

from recruit.firms.tables import Firm


@dataclass(frozen=True)
class FactLine:
    """One value and its evidence. `text` is what stood there; `method` how it was read."""

    field: str
    value: str
    source: str
    url: str | None
    method: str
    text: str
    confidence: float | None
    inferred: bool
    rule: str


_SINGLE = (
    "name", "legal_form", "website", "street", "postcode", "city", "region", "country", "phone",
    "employees", "founded", "revenue",
)  # fmt: skip
_MANY = {
    "specialties": "specialty",
    "certifications": "certification",
    "partnerships": "partnership",
}


def fact_lines(firm: Firm, sightings: dict[int, tuple[str, str | None]]) -> tuple[FactLine, ...]:
    """Return a line a value, in the order of the page.

    `sightings` gives title and address of the source by source record, for evidence that names
    only the record.
    """
    lines: list[FactLine] = []
    for field in _SINGLE:
        value = _value(firm, field)
        if value:
            lines.append(_line(field, value, firm.provenance.get(field) or {}, sightings))
    for field, one in _MANY.items():
        entries = firm.provenance.get(field) or []
        by_position = entries if isinstance(entries, list) else [entries]
        for position, value in enumerate(getattr(firm, field)):
            entry = by_position[position] if position < len(by_position) else {}
            lines.append(_line(one, value, entry, sightings))
    return tuple(lines)


def _value(firm: Firm, field: str) -> str:
    if field in {"employees", "founded", "revenue"}:
        ends = (getattr(firm, f"{field}_low"), getattr(firm, f"{field}_high"))
        # Millions are read by their commas; a year has none.
        low, high = (f"{end:,}" if end is not None and field == "revenue" else end for end in ends)
        if low is None and high is None:
            return ""
        if low == high:
            return str(low)
        if low is None:
            return f"up to {high}"
        return f"{low} or more" if high is None else f"{low}–{high}"
    return getattr(firm, field) or ""


def _line(
    field: str, value: str, entry: dict[str, Any], sightings: dict[int, tuple[str, str | None]]
) -> FactLine:
    title, url = sightings.get(entry.get("source_record_id", 0), ("", None))
    return FactLine(
        field=field,
        value=value,
        source=title or entry.get("source") or "",
        url=entry.get("url") or url,
        method=entry.get("method") or "",
        text=entry.get("text") or "",
        confidence=entry.get("confidence"),
        inferred=bool(entry.get("inferred")),
        rule=entry.get("rule") or "",
    )
