"""All that sightings state of a field: the value that a firm goes by, and those that it had to beat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recruit.sourcing.tables import SourceRecord


@dataclass(frozen=True)
class StatedValue:
    """A value as one sighting states it: what stood there, where, how it was read, and when last."""

    value: str
    text: str
    source: str
    url: str | None
    method: str
    confidence: float | None
    inferred: bool
    seen_at: datetime
    source_record_id: int


def stated_values(
    records: Iterable[tuple[SourceRecord, str]],
) -> dict[str, tuple[StatedValue, ...]]:
    """Return what these sightings (each with its source's title) state, by field, the surest first."""
    found: dict[str, list[StatedValue]] = {}
    for record, title in records:
        for fact in record.facts or ():
            found.setdefault(str(fact.get("field")), []).append(_stated(fact, record, title))
    return {
        field: tuple(sorted(values, key=lambda v: (v.inferred, -(v.confidence or 0))))
        for field, values in found.items()
    }


def _stated(fact: dict[str, Any], record: SourceRecord, title: str) -> StatedValue:
    return StatedValue(
        value=show_value(fact.get("value")),
        text=str(fact.get("text") or ""),
        source=title,
        url=fact.get("url") or record.url,
        method=str(fact.get("method") or ""),
        confidence=fact.get("confidence"),
        inferred=bool(fact.get("inferred")),
        seen_at=record.last_seen_at,
        source_record_id=record.id,
    )


def show_value(value: Any) -> str:
    """Write a fact's value as it is stored: text, an interval, or several parts."""
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    if "low" not in value and "high" not in value:
        return ", ".join(str(part) for part in value.values())
    low, high = value.get("low"), value.get("high")
    if low == high:
        return str(low)
    if low is None:
        return f"up to {high}"
    return f"{low} or more" if high is None else f"{low}–{high}"
