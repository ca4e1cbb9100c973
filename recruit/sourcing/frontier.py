"""What a crawler does with its job: take it over, take pages, settle results, end.

The results of a page (its sighting, its links, its problems, and that it is done) are written in one
transaction. So a crawler may be killed at any moment: what it had not settled is given out again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recruit.db.transaction import Transaction
from recruit.sourcing import frontier_store, store
from recruit.sourcing.crawling.plan import CrawlPlan, Page, PageResult
from recruit.sourcing.spec import parse_source_spec
from recruit.sourcing.usecases import (
    LEASE,
    claim_job,
    record_problems,
    record_sightings,
    set_job_status,
)
from recruit.sourcing.values import JobKind, JobStatus


class NotACrawl(ValueError):
    """The job is not a crawl."""


@dataclass(frozen=True)
class ClaimedCrawl:
    """A crawl that this process may work on, and how many pages of its budget are left."""

    plan: CrawlPlan
    pages_left: int


def claim_crawl(tx: Transaction, *, job_id: int, runner: str, user_agent: str) -> ClaimedCrawl:
    """Take a crawl over, new, paused or left by a dead process.

    Raises `UnknownJob`, `NotACrawl`, `JobTaken`, `JobIsOver`.
    """
    job = claim_job(tx, job_id=job_id, runner=runner)
    if job.kind is not JobKind.CRAWL:
        raise NotACrawl(f"Job {job_id} is an import. Run `recruit import` again instead.")
    source = store.get_source(tx, job.source_id)
    spec = parse_source_spec(source.definition, f"source {source.name}")
    plan = CrawlPlan(spec, user_agent, tx.now.date())
    return ClaimedCrawl(plan, max(0, spec.most_pages - job.read))


def take_pages(tx: Transaction, *, job_id: int, after_id: int, limit: int) -> list[Page]:
    """Return the next pages to fetch after the one with this id."""
    return frontier_store.list_unfetched(tx, job_id, after_id=after_id, limit=limit)


def settle_pages(
    tx: Transaction, *, job_id: int, runner: str, results: Sequence[PageResult]
) -> bool:
    """Record what came of pages, and that the process lives; tell whether it is to go on.

    It is not when somebody paused or cancelled the job, or when another process has taken it over: then
    nothing is recorded, since that process fetches the same pages.
    """
    job = store.get_job(tx, job_id, lock=True)
    if job.status is JobStatus.RUNNING and job.claimed_by != runner:
        return False
    if job.status not in {JobStatus.RUNNING, JobStatus.PAUSED}:
        return False
    done = frontier_store.list_fetched_ids(tx, [result.page.id for result in results])
    fresh = [result for result in results if result.page.id not in done]
    sightings = [result.sighting for result in fresh if result.sighting]
    record_sightings(tx, job_id=job_id, sightings=sightings, read=len(fresh))
    record_problems(tx, job_id=job_id, problems=[p for r in fresh for p in r.problems])
    frontier_store.set_fetched(tx, [(result.page.id, result.outcome) for result in fresh])
    for result in fresh:
        if result.links:
            found = frontier_store.add_links(tx, job_id, result.links, parent=result.page)
            job.expected = (job.expected or 0) + found
    if job.status is JobStatus.RUNNING:
        job.lease_until = tx.now + LEASE
    return job.status is JobStatus.RUNNING


def end_crawl(tx: Transaction, *, job_id: int, runner: str, finished: bool) -> None:
    """End a crawl that has no page left, or put it back into the queue when its process was stopped.

    A complete crawl marks the firms that the source does not show any more.
    """
    job = store.get_job(tx, job_id, lock=True)
    if job.status is not JobStatus.RUNNING or job.claimed_by != runner:
        return
    if not finished:
        text = "Its process was stopped; the next one goes on from here."
        set_job_status(tx, job_id=job_id, status=JobStatus.QUEUED, message=text)
        return
    left = frontier_store.count_unfetched(tx, job_id)
    message = ""
    if left:
        message = f"The budget of pages is used up; {left} known pages were not read."
    elif frontier_store.is_complete(tx, job_id):
        store.mark_vanished(tx, source_id=job.source_id, job_id=job_id)
    if not (job.records_new or job.records_changed or job.records_same):
        message = f"No firm was found. {message}".strip()
    set_job_status(tx, job_id=job_id, status=JobStatus.DONE, message=message)


def fail_crawl(tx: Transaction, *, job_id: int, runner: str, message: str) -> None:
    """End a crawl that met an error of ours; what it had settled stays."""
    job = store.get_job(tx, job_id, lock=True)
    if job.status is JobStatus.RUNNING and job.claimed_by == runner:
        set_job_status(tx, job_id=job_id, status=JobStatus.FAILED, message=message)


def find_unfinished_crawl(tx: Transaction, *, source_id: int) -> int | None:
    """Return the job id of a source's latest crawl that is not over."""
    jobs = store.list_open_jobs(tx, source_id=source_id, kind=JobKind.CRAWL)
    return jobs[0].id if jobs else None


def list_waiting_crawls(tx: Transaction) -> list[int]:
    """Return the job ids of crawls that wait for a process: queued ones, and those whose process died."""
    return [
        job.id
        for job in reversed(store.list_open_jobs(tx, source_id=None, kind=JobKind.CRAWL))
        if job.status is JobStatus.QUEUED
        or (job.status is JobStatus.RUNNING and (not job.lease_until or job.lease_until <= tx.now))
    ]
