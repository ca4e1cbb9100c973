"""Facts, sightings and source files to test with."""

from typing import Any

from recruit.sourcing.spec import SourceSpec, parse_source_spec
from recruit.sourcing.values import Fact, FieldName, Sighting


def make_fact(field: FieldName = FieldName.NAME, value: Any = "Acme GmbH", **over: Any) -> Fact:
    """Return a fact as a file states it."""
    values: dict[str, Any] = {"text": str(value), "method": "csv", "confidence": 0.95}
    return Fact(field, value, **(values | over))


def make_sighting(record_id: str = "1", *facts: Fact, url: str | None = None) -> Sighting:
    """Return a sighting; without facts it gives a name."""
    return Sighting(record_id, url, facts or (make_fact(),))


def make_spec(address: str = "https://directory.example", **over: Any) -> SourceSpec:
    """Return a directory at `address` that is crawled without delay, loopback allowed."""
    host = address.partition("://")[2]
    data: dict[str, Any] = {
        "name": "directory",
        "title": "The directory",
        "kind": "directory",
        "start_urls": [f"{address}/firms"],
        "listing": {"next": "a[rel=next]", "items": "a.firm"},
        "politeness": {
            "delay_s": 0,
            "concurrency": 8,
            "timeout_s": 1,
            "allow_private_hosts": [host] if ":" in host else [],
        },
        "licence_note": "Facts only.",
        "lawful_basis": "legitimate interest",
    }
    return parse_source_spec(data | over, "spec.toml")
