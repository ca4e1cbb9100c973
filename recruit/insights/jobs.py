"""Jobs as pages and commands show them. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, func, select

from recruit.db.transaction import Transaction
from recruit.insights.sources import SourceLine, list_sources
from recruit.sourcing.tables import JobProblem, Source, SourcingJob
from recruit.sourcing.values import JOB_TRANSITIONS, JobKind, JobStatus, Problem

__all__ = [
    "JobLine",
    "ProblemCount",
    "SourceLine",
    "UnknownJobLine",
    "count_problems",
    "get_job",
    "iterate_problems",
    "list_job_problems",
    "list_jobs",
    "list_sources",
]

_PAGE = 1000


@dataclass(frozen=True)
class JobLine:
    """A job and its progress: pages or rows read, and what became of the sightings in them.

    `header` are the heads of an imported file, `columns` those that are read and as what; `file_name` is
    what it is called.
    """

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
    runner: str | None = None
    file_name: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    header: tuple[str, ...] = ()

    @property
    def records_new(self) -> int:
        """Return the number of sightings that were new."""
        return self.new

    @property
    def records(self) -> int:
        """Return the number of sightings that the job saw."""
        return self.new + self.changed + self.same

    @property
    def is_under_way(self) -> bool:
        """Tell whether the job changes by itself."""
        return self.status in {JobStatus.QUEUED, JobStatus.RUNNING}

    @property
    def can_pause(self) -> bool:
        """Tell whether the job can be paused."""
        return self.is_under_way and JobStatus.PAUSED in JOB_TRANSITIONS[self.status]

    @property
    def can_resume(self) -> bool:
        """Tell whether the job can go on."""
        return self.status is JobStatus.PAUSED

    @property
    def can_cancel(self) -> bool:
        """Tell whether the job can be ended."""
        return JobStatus.CANCELLED in JOB_TRANSITIONS[self.status]

    @property
    def share(self) -> float | None:
        """Return how much of the work is done, 0 to 1; None while nobody knows."""
        if self.status is JobStatus.DONE:
            return 1.0
        return min(1.0, self.read / self.expected) if self.expected else None

    def time_left(self, now: datetime) -> timedelta | None:
        """Return how long the job will still take at its pace so far; None where that says nothing."""
        share = self.share
        if self.status is not JobStatus.RUNNING or not self.started_at or not share:
            return None
        spent = now - self.started_at
        return spent * ((1 - share) / share) if spent > timedelta(seconds=2) else None


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
    plan = job.plan or {}
    columns = plan.get("mapping", {}).get("columns", {})
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
        runner=job.claimed_by,
        file_name=plan.get("file_name", ""),
        header=tuple(plan.get("header", ())),
        columns=tuple((head, key) for key, heads in columns.items() for head in heads),
    )


@dataclass(frozen=True)
class ProblemCount:
    """How often a job met one kind of problem. `refused` counts the rows that it cost altogether."""

    field: str | None
    count: int
    refused: int


def count_problems(tx: Transaction, job_id: int) -> list[ProblemCount]:
    """Return the problems of a job by the field that they stand in, the most frequent first."""
    refused = func.sum(func.coalesce(JobProblem.refused.cast(Integer), 0))
    rows = tx.session.execute(
        select(JobProblem.field, func.count(), refused)
        .where(JobProblem.job_id == job_id)
        .group_by(JobProblem.field)
        .order_by(func.count().desc(), JobProblem.field)
        .limit(20)
    )
    return [ProblemCount(field, count, int(lost or 0)) for field, count, lost in rows]


def list_job_problems(tx: Transaction, job_id: int, limit: int | None = 500) -> list[Problem]:
    """Return what a job could not use, in the order in which it met it; all with `limit` None."""
    rows = tx.session.scalars(
        select(JobProblem).where(JobProblem.job_id == job_id).order_by(JobProblem.id).limit(limit)
    )
    return [_problem(row) for row in rows]


def iterate_problems(tx: Transaction, job_id: int) -> Iterator[Problem]:
    """Yield what a job could not use, however much that is."""
    last = 0
    while True:
        rows = tx.session.scalars(
            select(JobProblem)
            .where(JobProblem.job_id == job_id, JobProblem.id > last)
            .order_by(JobProblem.id)
            .limit(_PAGE)
        ).all()
        if not rows:
            return
        yield from map(_problem, rows)
        last = rows[-1].id
        tx.session.expunge_all()


def _problem(row: JobProblem) -> Problem:
    return Problem(row.place, row.field, row.reason, row.remedy, row.raw, row.row, row.refused)
