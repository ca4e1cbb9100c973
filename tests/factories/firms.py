"""Facts, sightings and firms for tests: valid as they are, `over` replaces what a test is about."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.fingerprint import Fingerprint, take_fingerprint
from recruit.firms.statements import Statement, weigh
from recruit.firms.tables import Firm
from recruit.sourcing.tables import Source, SourceRecord, SourcingJob
from recruit.sourcing.values import (
    INTERVALS,
    Fact,
    FieldName,
    Interval,
    JobKind,
    JobStatus,
    SourceKind,
)
from tests.conftest import NOW


def make_fact(field: FieldName, value: str | Interval, **over: Any) -> Fact:
    """A fact as a CSV row states it."""
    text = value if isinstance(value, str) else f"{value.low or ''}-{value.high or ''}"
    return Fact(
        **(
            {"field": field, "value": value, "text": text, "method": "csv", "confidence": 0.9}
            | over
        )
    )


def make_facts(**values: Any) -> tuple[Fact, ...]:
    """Facts from field names: `make_facts(name="Acme", employees=(10, 20), specialty=["aws", "go"])`.

    Intervals are pairs or single numbers; lists give one fact each.
    """
    facts = []
    for name, value in values.items():
        field = FieldName(name)
        for one in value if isinstance(value, list) else [value]:
            if field in INTERVALS and not isinstance(one, Interval):
                low, high = one if isinstance(one, tuple) else (one, one)
                one = Interval(low, high)  # noqa: PLW2901
            facts.append(make_fact(field, one))
    return tuple(facts)


def make_fingerprint(record_id: int = 1, **values: Any) -> Fingerprint:
    """The fingerprint of a sighting that states these values; see `make_facts`."""
    fingerprint = take_fingerprint(record_id, make_facts(**({"name": "Northlight"} | values)))
    assert fingerprint is not None
    return fingerprint


def make_statement(
    field: FieldName, value: str | Interval, *, seen_at: datetime = NOW, **over: Any
) -> Statement:
    """A statement of the source `directory`, believed at 0.7 × 0.9; `freshest` is NOW."""
    of_fact = {
        key: over.pop(key) for key in ("confidence", "inferred", "method", "url") if key in over
    }
    fact = make_fact(field, value, **of_fact)
    parts: dict[str, Any] = {
        "fact": fact,
        "record_id": 1,
        "source": "directory",
        "source_title": "A directory",
        "trust": 0.7,
        "seen_at": seen_at,
    } | over
    return Statement(
        **parts, weight=weigh(fact, trust=parts["trust"], seen_at=seen_at, freshest=NOW)
    )


def make_firm_row(*, now: datetime = NOW, **over: Any) -> Firm:
    """A firm's row that is not stored yet."""
    values: dict[str, Any] = {
        "name": "Northlight",
        "name_key": "northlight",
        "specialties": [],
        "certifications": [],
        "partnerships": [],
        "provenance": {},
        "created_at": now,
        "updated_at": now,
    }
    return Firm(**(values | over))


def store_source(tx: Transaction, name: str = "directory", **over: Any) -> Source:
    """Store a source, or return the one of that name."""
    found = tx.session.scalar(select(Source).where(Source.name == name))
    if found is not None:
        return found
    values: dict[str, Any] = {
        "name": name,
        "title": f"The {name}",
        "kind": SourceKind.FILE,
        "definition": {},
        "trust": 0.7,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    source = Source(**(values | over))
    tx.session.add(source)
    tx.session.flush()
    return source


def store_sighting(
    tx: Transaction, record_id: str = "1", source: str = "directory", **values: Any
) -> SourceRecord:
    """Store a sighting with these values (see `make_facts`), or its next version if it is there."""
    found_at = store_source(tx, source)
    facts = [fact.to_json() for fact in make_facts(**({"name": "Northlight"} | values))]
    record = tx.session.scalar(
        select(SourceRecord).where(
            SourceRecord.source_id == found_at.id, SourceRecord.record_id == record_id
        )
    )
    if record is not None:
        record.facts = facts
        record.version += 1
        record.last_seen_at = tx.now
        tx.session.flush()
        return record
    job = SourcingJob(
        source_id=found_at.id, kind=JobKind.IMPORT, status=JobStatus.DONE, queued_at=tx.now
    )
    tx.session.add(job)
    tx.session.flush()
    record = SourceRecord(
        source_id=found_at.id,
        record_id=record_id,
        facts=facts,
        content_hash="",
        first_job_id=job.id,
        last_job_id=job.id,
        first_seen_at=tx.now,
        last_seen_at=tx.now,
    )
    tx.session.add(record)
    tx.session.flush()
    return record
