"""Sources and jobs as pages and commands show them. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import FirmMember
from recruit.sourcing.tables import JobProblem, Source, SourceRecord, SourcingJob
from recruit.sourcing.values import JobKind, JobStatus, Problem, SourceKind


@dataclass(frozen=True)
class JobLine:
    """A job and its progress: pages or rows read, and what became of the sightings in them."""

    job_id: int
    source_name: str
    source_title: str
    kind: JobKind
    status: JobStatus
    read: int
    expected: int | None
    new: int
    changed: int
    same: int
    problems: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    message: str

    @property
    def records_new(self) -> int:
        """Return the number of sightings that were new."""
        return self.new

    @property
    def records(self) -> int:
        """Return the number of sightings that the job saw."""
        return self.new + self.changed + self.same


class UnknownJobLine(LookupError):
    """There is no such job."""


_JOB = select(SourcingJob, Source.name, Source.title).join(
    Source, Source.id == SourcingJob.source_id
)


def list_jobs(tx: Transaction, limit: int = 50) -> list[JobLine]:
    """Return the latest jobs, the newest first."""
    rows = tx.session.execute(_JOB.order_by(SourcingJob.id.desc()).limit(limit))
    return [_line(job, name, title) for job, name, title in rows]


def get_job(tx: Transaction, job_id: int) -> JobLine:
    """Return one job. Raises `UnknownJobLine`."""
    row = tx.session.execute(_JOB.where(SourcingJob.id == job_id)).one_or_none()
    if row is None:
        raise UnknownJobLine(f"There is no job {job_id}. `recruit source jobs` shows them.")
    return _line(*row)


def _line(job: SourcingJob, name: str, title: str) -> JobLine:
    return JobLine(
        job_id=job.id,
        source_name=name,
        source_title=title,
        kind=job.kind,
        status=job.status,
        read=job.read,
        expected=job.expected,
        new=job.records_new,
        changed=job.records_changed,
        same=job.records_same,
        problems=job.problems,
        queued_at=job.queued_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        message=job.message,
    )


@dataclass(frozen=True)
class SourceLine:
    """A source and its yield. `records` it shows now, `firms` these were resolved into."""

    source_id: int
    name: str
    title: str
    kind: SourceKind
    trust: float
    licence_note: str
    lawful_basis: str
    records: int
    firms: int
    last_job_id: int | None
    last_job_at: datetime | None
    last_job_status: JobStatus | None


def list_sources(tx: Transaction) -> list[SourceLine]:
    """Return all sources by title."""
    records = _counts(
        tx,
        select(SourceRecord.source_id, func.count())
        .where(SourceRecord.vanished_at.is_(None))
        .group_by(SourceRecord.source_id),
    )
    firms = _counts(
        tx,
        select(SourceRecord.source_id, func.count(FirmMember.firm_id.distinct()))
        .join(FirmMember, FirmMember.source_record_id == SourceRecord.id)
        .group_by(SourceRecord.source_id),
    )
    latest = select(func.max(SourcingJob.id)).group_by(SourcingJob.source_id)
    jobs = {
        job.source_id: job
        for job in tx.session.scalars(select(SourcingJob).where(SourcingJob.id.in_(latest)))
    }
    lines: list[SourceLine] = []
    for source in tx.session.scalars(select(Source).order_by(Source.title, Source.id)):
        job = jobs.get(source.id)
        lines.append(
            SourceLine(
                source_id=source.id,
                name=source.name,
                title=source.title,
                kind=source.kind,
                trust=source.trust,
                licence_note=source.licence_note,
                lawful_basis=source.lawful_basis,
                records=records.get(source.id, 0),
                firms=firms.get(source.id, 0),
                last_job_id=job.id if job else None,
                last_job_at=(job.started_at or job.queued_at) if job else None,
                last_job_status=job.status if job else None,
            )
        )
    return lines


def _counts(tx: Transaction, query: Select[int, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in tx.session.execute(query)}


def list_job_problems(tx: Transaction, job_id: int, limit: int | None = 500) -> list[Problem]:
    """Return what a job could not use, in the order in which it met it; all with `limit` None."""
    rows = tx.session.scalars(
        select(JobProblem).where(JobProblem.job_id == job_id).order_by(JobProblem.id).limit(limit)
    )
    return [Problem(row.place, row.field, row.reason, row.remedy, row.raw) for row in rows]
