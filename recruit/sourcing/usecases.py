"""What people and jobs do with sources: define one, open a job, record what it sees, end it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from recruit.db.transaction import Transaction
from recruit.sourcing import frontier_store, store
from recruit.sourcing.crawling.plan import start_links
from recruit.sourcing.spec import SourceSpec, parse_source_spec
from recruit.sourcing.store import UnknownJob, UnknownSource
from recruit.sourcing.tables import Source, SourcingJob
from recruit.sourcing.text import storable
from recruit.sourcing.values import (
    JOB_TRANSITIONS,
    JobKind,
    JobStatus,
    Problem,
    Sighting,
    SourceKind,
)

__all__ = [
    "FINAL",
    "LEASE",
    "JobIsOver",
    "JobTaken",
    "Recorded",
    "SourceIsOther",
    "UnknownJob",
    "UnknownSource",
    "claim_job",
    "define_file_source",
    "define_source",
    "finish_job",
    "open_job",
    "record_problems",
    "record_sightings",
    "release_job",
    "set_job_status",
]

LEASE = timedelta(seconds=15)
FINAL = frozenset(status for status, following in JOB_TRANSITIONS.items() if not following)
_FILE_TRUST = 0.8  # a list that somebody keeps is believed more than a page that was parsed


class SourceIsOther(ValueError):
    """The name belongs to a source of another kind."""


class JobIsOver(ValueError):
    """The job cannot go into this status any more."""


class JobTaken(ValueError):
    """Another process works on the job, or did: `runner` is its name."""

    def __init__(self, message: str, runner: str) -> None:
        """Keep the message and the name of the process."""
        super().__init__(message)
        self.runner = runner


def define_source(tx: Transaction, *, spec: SourceSpec) -> Source:
    """Store a source as its file describes it now; a source of that name is renewed. Raises `SourceIsOther`."""
    return _save_source(
        tx,
        spec.name,
        {
            "title": spec.title,
            "kind": spec.kind,
            "definition": spec.to_definition(),
            "trust": spec.trust,
            "licence_note": spec.licence_note,
            "lawful_basis": spec.lawful_basis,
        },
    )


def define_file_source(
    tx: Transaction,
    *,
    name: str,
    mapping: Mapping[str, Any] | None,
    about: Mapping[str, Any] | None = None,
) -> Source:
    """Store a source whose firms come from files; `mapping` is kept for the next file where it is given.

    `about` may hold title, trust, licence_note and lawful_basis. Raises `SourceIsOther`.
    """
    known = store.find_source(tx, name)
    values: dict[str, Any] = dict(about or {})
    if known is None:
        values = {"title": name, "trust": _FILE_TRUST, "definition": {}} | values
    if mapping is not None:
        values["definition"] = {"mapping": dict(mapping)}
    return _save_source(tx, name, values | {"kind": SourceKind.FILE})


def _save_source(tx: Transaction, name: str, values: Mapping[str, Any]) -> Source:
    source = store.find_source(tx, name)
    if source is None:
        source = Source(name=name, created_at=tx.now, updated_at=tx.now, **values)
        tx.session.add(source)
        tx.session.flush()
        return source
    if (source.kind is SourceKind.FILE) != (values["kind"] is SourceKind.FILE):
        how = "imported from files" if source.kind is SourceKind.FILE else "crawled"
        raise SourceIsOther(f"The source {name!r} exists and is {how}. Choose another name.")
    changed = {key: value for key, value in values.items() if getattr(source, key) != value}
    for key, value in changed.items():
        setattr(source, key, value)
    if changed:
        source.updated_at = tx.now
    return source


def open_job(tx: Transaction, *, source_id: int, kind: JobKind) -> SourcingJob:
    """Queue a job. A crawl's frontier begins with the source's start pages. Raises `UnknownSource`."""
    source = store.get_source(tx, source_id)
    job = SourcingJob(source_id=source_id, kind=kind, status=JobStatus.QUEUED, queued_at=tx.now)
    tx.session.add(job)
    tx.session.flush()
    if kind is JobKind.CRAWL:
        spec = parse_source_spec(source.definition, f"source {source.name}")
        job.expected = len(frontier_store.add_links(tx, job.id, start_links(spec), parent=None))
    return job


def set_job_status(
    tx: Transaction, *, job_id: int, status: JobStatus, message: str | None = None
) -> SourcingJob:
    """Move a job to a status that may follow its present one. Raises `UnknownJob`, `JobIsOver`."""
    job = store.get_job(tx, job_id, lock=True)
    if job.status is not status:
        if status not in JOB_TRANSITIONS[job.status]:
            raise JobIsOver(
                f"Job {job_id} is {job.status} and cannot become {status}. Start a new job instead."
            )
        job.status = status
    if status is JobStatus.RUNNING:
        job.started_at = job.started_at or tx.now
    else:
        job.claimed_by = job.lease_until = None
    if status in FINAL and job.finished_at is None:
        job.finished_at = tx.now
    if message is not None:
        job.message = storable(message)
    return job


def finish_job(
    tx: Transaction, *, job_id: int, status: JobStatus, message: str = ""
) -> SourcingJob:
    """End a job as done, failed or cancelled. Raises `UnknownJob`, `JobIsOver`."""
    if status not in FINAL:
        raise ValueError(f"A job does not end as {status}.")
    return set_job_status(tx, job_id=job_id, status=status, message=message)


def claim_job(tx: Transaction, *, job_id: int, runner: str) -> SourcingJob:
    """Take a job for one process; it holds it as long as it renews. Raises `JobTaken`, `JobIsOver`."""
    job = store.get_job(tx, job_id, lock=True)
    other = job.claimed_by if job.claimed_by != runner else None
    if other and job.lease_until and job.lease_until > tx.now:
        left = (job.lease_until - tx.now).total_seconds()
        raise JobTaken(
            f"Another process ({other}) works on job {job_id}. If it was killed, the job is free in "
            f"{left:.0f} s.",
            other,
        )
    set_job_status(tx, job_id=job_id, status=JobStatus.RUNNING, message="")
    job.claimed_by = runner
    job.lease_until = tx.now + LEASE
    return job


def release_job(tx: Transaction, *, job_id: int, runner: str) -> None:
    """Let go of a job that `runner` held and cannot work on any more, because it is known to be dead."""
    job = store.get_job(tx, job_id, lock=True)
    if job.claimed_by == runner:
        job.claimed_by = job.lease_until = None


@dataclass(frozen=True)
class Recorded:
    """What became of sightings: stored, changed, known already, or told twice in one import."""

    new: int
    changed: int
    same: int
    repeated: tuple[Sighting, ...] = ()


def record_sightings(
    tx: Transaction, *, job_id: int, sightings: Sequence[Sighting], read: int = 0
) -> Recorded:
    """Store sightings and count them on the job; `read` pages or rows were looked at for them.

    A record id that comes a second time in one import, with other content, is not stored: the first one
    counts, so that importing a file again changes nothing. Raises `UnknownJob`.
    """
    job = store.get_job(tx, job_id)
    known = store.find_records(tx, job.source_id, [storable(s.record_id) for s in sightings])
    new: dict[str, dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    same: set[int] = set()
    repeated: list[Sighting] = []
    again = 0
    for sighting in sightings:
        record_id = storable(sighting.record_id)
        facts = [fact.to_json() for fact in sighting.facts]
        content_hash = _hash(sighting.url, facts)
        row = {
            "url": sighting.url,
            "facts": facts,
            "content_hash": content_hash,
            "last_job_id": job_id,
            "last_seen_at": tx.now,
            "vanished_at": None,
        }
        record = known.get(record_id)
        earlier = new.get(record_id) or (changed.get(record.id) if record else None)
        if earlier:
            if earlier["content_hash"] == content_hash:
                again += 1
            else:
                repeated.append(sighting)
        elif record is None:
            new[record_id] = row | {
                "source_id": job.source_id,
                "record_id": record_id,
                "version": 1,
                "first_job_id": job_id,
                "first_seen_at": tx.now,
            }
        elif record.content_hash == content_hash:
            same.add(record.id)
            again += 1
        elif record.id in same or (job.kind is JobKind.IMPORT and record.last_job_id == job_id):
            repeated.append(sighting)
        else:
            changed[record.id] = row | {"id": record.id, "version": record.version + 1}
    store.add_records(tx, list(new.values()))
    store.update_records(tx, list(changed.values()))
    store.touch_records(tx, sorted(same), job_id)
    job.read += read
    job.records_new += len(new)
    job.records_changed += len(changed)
    job.records_same += again
    return Recorded(len(new), len(changed), again, tuple(repeated))


def _hash(url: str | None, facts: Sequence[Mapping[str, Any]]) -> str:
    text = json.dumps([url, facts], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def record_problems(tx: Transaction, *, job_id: int, problems: Sequence[Problem]) -> None:
    """Store problems for the job's report. Raises `UnknownJob`."""
    if not problems:
        return
    job = store.get_job(tx, job_id)
    store.add_problems(
        tx,
        [
            {
                "job_id": job_id,
                "place": storable(problem.place),
                "field": storable(problem.field)[:100] if problem.field else None,
                "reason": storable(problem.reason),
                "remedy": storable(problem.remedy),
                "raw": storable(problem.raw),
                "at": tx.now,
            }
            for problem in problems
        ],
    )
    job.problems += len(problems)
