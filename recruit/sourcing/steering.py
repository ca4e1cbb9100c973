"""What a person does with a job that is under way: pause it, let it go on, end it, or begin the next one.

The process that works on a job looks at its status each time it settles pages, at the latest every two
seconds, and stops when it is not to go on. So nothing here has to reach that process.
"""

from recruit.db.transaction import Transaction
from recruit.sourcing import store
from recruit.sourcing.tables import SourcingJob
from recruit.sourcing.usecases import JobIsOver, UnknownJob, UnknownSource, open_job, set_job_status
from recruit.sourcing.values import JobKind, JobStatus, SourceKind

__all__ = [
    "CrawlUnderWay",
    "JobIsOver",
    "NotCrawlable",
    "UnknownJob",
    "UnknownSource",
    "cancel_job",
    "pause_job",
    "resume_job",
    "start_crawl",
]


class CrawlUnderWay(ValueError):
    """The source has a crawl that is not over: `job_id`."""

    def __init__(self, job_id: int, status: JobStatus) -> None:
        """Name the job that is under way."""
        super().__init__(
            f"Job {job_id} of this source is {status}. Let it end, or cancel it, and start anew."
        )
        self.job_id = job_id


class NotCrawlable(ValueError):
    """The source is a list of files, which are imported."""


def pause_job(tx: Transaction, *, job_id: int, actor: str) -> SourcingJob:
    """Let a job rest until somebody resumes it; what it has read stays.

    Pausing a paused job changes nothing. Raises `UnknownJob`, `JobIsOver`.
    """
    job = store.get_job(tx, job_id, lock=True)
    if job.status is JobStatus.PAUSED:
        return job
    return set_job_status(tx, job_id=job_id, status=JobStatus.PAUSED, message=f"Paused by {actor}.")


def resume_job(tx: Transaction, *, job_id: int, actor: str) -> SourcingJob:
    """Put a paused job back into the queue; it goes on with what it had not read.

    A job that is queued or running stays as it is. Raises `UnknownJob`, `JobIsOver`. The caller wakes
    the task `sourcing.run_crawl`, or `sourcing.run_import`, after the commit; a sweep finds it anyway.
    """
    job = store.get_job(tx, job_id, lock=True)
    if job.status in {JobStatus.QUEUED, JobStatus.RUNNING}:
        return job
    return set_job_status(
        tx, job_id=job_id, status=JobStatus.QUEUED, message=f"Resumed by {actor}."
    )


def cancel_job(tx: Transaction, *, job_id: int, actor: str) -> SourcingJob:
    """End a job for good; the firms that it has found stay. Raises `UnknownJob`, `JobIsOver`."""
    job = store.get_job(tx, job_id, lock=True)
    if job.status is JobStatus.CANCELLED:
        return job
    return set_job_status(
        tx, job_id=job_id, status=JobStatus.CANCELLED, message=f"Cancelled by {actor}."
    )


def start_crawl(tx: Transaction, *, source_id: int) -> SourcingJob:
    """Queue a new crawl of a source, one at a time.

    Raises `UnknownSource`, `NotCrawlable`, `CrawlUnderWay`. The caller wakes `sourcing.run_crawl`.
    """
    source = store.get_source(tx, source_id, lock=True)
    if source.kind is SourceKind.FILE or not source.definition.get("start_urls"):
        raise NotCrawlable(f"The source {source.name!r} has no address to crawl. Import its files.")
    for job in store.list_open_jobs(tx, source_id=source_id, kind=JobKind.CRAWL):
        raise CrawlUnderWay(job.id, job.status)
    return open_job(tx, source_id=source_id, kind=JobKind.CRAWL)
