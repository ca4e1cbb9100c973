"""What a crawler does with its job: take it over, take pages, settle results, end.

The results of a page (its sighting, its links, its problems, and that it is done) are written in one
transaction. So a crawler may be killed at any moment: what it had not settled is given out again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from recruit.db.transaction import Transaction
from recruit.sourcing import frontier_store, store
from recruit.sourcing.budget import Spent, reached
from recruit.sourcing.crawling.plan import CrawlPlan, Page, PageResult, reading_of, record_id_of
from recruit.sourcing.settling import settle_results, settle_sites
from recruit.sourcing.spec import parse_source_spec
from recruit.sourcing.usecases import LEASE, claim_job, set_job_status
from recruit.sourcing.values import JobKind, JobStatus


class NotACrawl(ValueError):
    """The job is not a crawl."""


@dataclass(frozen=True)
class ClaimedCrawl:
    """A crawl that this process may work on, and what it has spent of its budget."""

    plan: CrawlPlan
    spent: Spent


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
    return ClaimedCrawl(plan, Spent(job.read, job.bytes_read, job.worked_s))


def take_pages(
    tx: Transaction, *, job_id: int, plan: CrawlPlan, under_way: Collection[int], limit: int
) -> list[Page]:
    """Return the next pages to fetch, without those that are `under_way`."""
    return frontier_store.list_unfetched(
        tx, job_id, reading=reading_of(plan.spec), under_way=under_way, limit=limit
    )


def settle_pages(
    tx: Transaction,
    *,
    job_id: int,
    runner: str,
    plan: CrawlPlan,
    results: Sequence[PageResult],
    seconds: float = 0.0,
) -> bool:
    """Record what came of pages in `seconds` of work, and that the process lives; tell whether it is to go on.

    It is not when somebody paused or cancelled the job, or when another process has taken it over: then
    nothing is recorded, since that process fetches the same pages.
    """
    job = store.get_job(tx, job_id, lock=True)
    if job.status is JobStatus.RUNNING and job.claimed_by != runner:
        return False
    if job.status not in {JobStatus.RUNNING, JobStatus.PAUSED}:
        return False
    job.worked_s += seconds
    done = frontier_store.list_fetched_ids(tx, [result.page.id for result in results])
    settle_results(tx, job, plan, [result for result in results if result.page.id not in done])
    if job.status is JobStatus.RUNNING:
        job.lease_until = tx.now + LEASE
    return job.status is JobStatus.RUNNING


def end_crawl(
    tx: Transaction, *, job_id: int, runner: str, plan: CrawlPlan, finished: bool
) -> None:
    """End a crawl that has no page or no budget left, or put it back into the queue when its process was stopped.

    A complete crawl marks the firms that the source does not show any more.
    """
    job = store.get_job(tx, job_id, lock=True)
    if job.status is not JobStatus.RUNNING or job.claimed_by != runner:
        return
    if not finished:
        text = "Its process was stopped; the next one goes on from here."
        set_job_status(tx, job_id=job_id, status=JobStatus.QUEUED, message=text)
        return
    # What was read of a site counts, also where the budget did not reach for all of it.
    settle_sites(tx, job, plan, frontier_store.list_open_sites(tx, job_id))
    says = []
    left = frontier_store.count_unfetched(tx, job_id)
    if not (job.records_new or job.records_changed or job.records_same):
        says.append("No firm was found.")
    if left:
        spent = Spent(job.read, job.bytes_read, job.worked_s)
        limit = reached(plan.spec.budget, spent) or "The crawl ended early"
        says.append(f"{limit}; {left:,} known page{'' if left == 1 else 's'} not read.")
    elif frontier_store.is_listed_whole(tx, job_id):
        uncertain = frontier_store.list_uncertain_urls(tx, job_id)
        spare = [record_id_of(url, plan.spec) for url in uncertain]
        gone = store.mark_vanished(tx, source_id=job.source_id, job_id=job_id, spare=spare)
        if gone:
            says.append(f"{gone:,} firm{' is' if gone == 1 else 's are'} not shown any more.")
    frontier_store.forget_finished(tx, source_id=job.source_id, but=job_id)
    set_job_status(tx, job_id=job_id, status=JobStatus.DONE, message=" ".join(says))


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
