"""The queries of sources, jobs, sightings and problems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from recruit.db.transaction import Transaction
from recruit.sourcing.tables import JobProblem, Source, SourceRecord, SourcingJob
from recruit.sourcing.values import JobKind, JobStatus

_CHUNK = 500


class UnknownSource(LookupError):
    """There is no such source."""


class UnknownJob(LookupError):
    """There is no such job."""


def get_source(tx: Transaction, source_id: int, *, lock: bool = False) -> Source:
    """Return a source; with `lock` nobody else changes it until the end. Raises `UnknownSource`."""
    source = tx.session.get(Source, source_id, with_for_update=lock or None)
    if source is None:
        raise UnknownSource(f"There is no source {source_id}. `recruit source list` shows them.")
    return source


def find_source(tx: Transaction, name: str) -> Source | None:
    """Return the source of this name."""
    return tx.session.scalar(select(Source).where(Source.name == name))


def get_job(tx: Transaction, job_id: int, *, lock: bool = False) -> SourcingJob:
    """Return a job, read anew; with `lock` nobody else changes it until the end. Raises `UnknownJob`."""
    query = select(SourcingJob).where(SourcingJob.id == job_id)
    query = query.execution_options(populate_existing=True)
    job = tx.session.scalar(query.with_for_update() if lock else query)
    if job is None:
        raise UnknownJob(f"There is no sourcing job {job_id}.")
    return job


def list_open_jobs(tx: Transaction, *, source_id: int | None, kind: JobKind) -> list[SourcingJob]:
    """Return the jobs of a kind that are not over, the latest first; of all sources without `source_id`."""
    is_open = SourcingJob.status.in_((JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED))
    query = select(SourcingJob).where(SourcingJob.kind == kind, is_open)
    if source_id is not None:
        query = query.where(SourcingJob.source_id == source_id)
    return list(tx.session.scalars(query.order_by(SourcingJob.id.desc())))


@dataclass(frozen=True)
class KnownRecord:
    """What is stored of a sighting that is seen again."""

    id: int
    content_hash: str
    version: int
    last_job_id: int


def find_records(
    tx: Transaction, source_id: int, record_ids: Sequence[str]
) -> dict[str, KnownRecord]:
    """Return what is stored under these record ids of a source."""
    columns = (
        SourceRecord.record_id,
        SourceRecord.id,
        SourceRecord.content_hash,
        SourceRecord.version,
        SourceRecord.last_job_id,
    )
    found: dict[str, KnownRecord] = {}
    for start in range(0, len(record_ids), _CHUNK):
        chunk = record_ids[start : start + _CHUNK]
        rows = tx.session.execute(
            select(*columns).where(
                SourceRecord.source_id == source_id, SourceRecord.record_id.in_(chunk)
            )
        )
        found.update({row[0]: KnownRecord(*row[1:]) for row in rows})
    return found


def add_records(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new sightings, given as plain rows."""
    if rows:
        tx.session.execute(insert(SourceRecord), rows)


def update_records(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new values of known sightings; each row has an `id`."""
    if rows:
        tx.session.execute(update(SourceRecord), rows)


def touch_records(tx: Transaction, ids: Sequence[int], job_id: int) -> None:
    """Note that sightings were seen again unchanged."""
    for start in range(0, len(ids), _CHUNK):
        tx.session.execute(
            update(SourceRecord)
            .where(SourceRecord.id.in_(ids[start : start + _CHUNK]))
            .values(last_seen_at=tx.now, last_job_id=job_id, vanished_at=None)
            .execution_options(synchronize_session=False)
        )


def mark_vanished(
    tx: Transaction, *, source_id: int, job_id: int, spare: Sequence[str] = ()
) -> int:
    """Mark the sightings of a source that a complete job did not see; return how many these are.

    Those with the record ids of `spare` stay: whether they are still there could not be told.
    """
    unseen = list(
        tx.session.execute(
            select(SourceRecord.id, SourceRecord.record_id).where(
                SourceRecord.source_id == source_id,
                SourceRecord.last_job_id != job_id,
                SourceRecord.vanished_at.is_(None),
            )
        )
    )
    spared = frozenset(spare)
    ids = [row_id for row_id, record_id in unseen if record_id not in spared]
    for start in range(0, len(ids), _CHUNK):
        tx.session.execute(
            update(SourceRecord)
            .where(SourceRecord.id.in_(ids[start : start + _CHUNK]))
            .values(vanished_at=tx.now)
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def add_problems(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store problems, given as plain rows."""
    if rows:
        tx.session.execute(insert(JobProblem), rows)


def touch_known(tx: Transaction, source_id: int, record_ids: Sequence[str], job_id: int) -> int:
    """Note that sightings were seen again unchanged, by the source's names; return how many there are."""
    touched = 0
    for start in range(0, len(record_ids), _CHUNK):
        chunk = record_ids[start : start + _CHUNK]
        known = list(
            tx.session.scalars(
                select(SourceRecord.id).where(
                    SourceRecord.source_id == source_id, SourceRecord.record_id.in_(chunk)
                )
            )
        )
        touch_records(tx, known, job_id)
        touched += len(known)
    return touched


def list_scheduled_sources(tx: Transaction) -> list[Source]:
    """Return the sources whose definition has a schedule."""
    # There are few sources, and what JSON holds is asked for in another way by each database.
    sources = tx.session.scalars(select(Source).order_by(Source.id))
    return [source for source in sources if source.definition.get("schedule")]


def find_last_queued_at(tx: Transaction, source_id: int, kind: JobKind) -> datetime | None:
    """Return when the latest job of a source was queued."""
    latest = select(SourcingJob.queued_at).where(
        SourcingJob.source_id == source_id, SourcingJob.kind == kind
    )
    return tx.session.scalar(latest.order_by(SourcingJob.id.desc()).limit(1))
