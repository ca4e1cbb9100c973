"""Opens the crawls that sources' schedules ask for. The database says what is due; no timer has to live."""

from datetime import datetime

from recruit.db.transaction import Transaction
from recruit.sourcing import store
from recruit.sourcing.schedule import BadSchedule, read_schedule
from recruit.sourcing.tables import Source
from recruit.sourcing.usecases import open_job
from recruit.sourcing.values import JobKind

__all__ = ["next_crawl_at", "open_due_crawls"]


def open_due_crawls(tx: Transaction) -> list[int]:
    """Queue a crawl of each source whose schedule says so, and return the jobs' ids.

    A source with a crawl that is not over waits for it. However long nobody looked, one crawl is opened.
    The caller wakes `sourcing.run_crawl`; a sweep finds the jobs anyway.
    """
    opened: list[int] = []
    for listed in store.list_scheduled_sources(tx):
        # Read again under the lock: two sweeps at once must not open two crawls.
        source = store.get_source(tx, listed.id, lock=True)
        if store.list_open_jobs(tx, source_id=source.id, kind=JobKind.CRAWL):
            continue
        due = next_crawl_at(tx, source)
        if due is not None and due <= tx.now:
            opened.append(open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id)
    return opened


def next_crawl_at(tx: Transaction, source: Source) -> datetime | None:
    """Return when a source is to be crawled next: now if it never was, None without a schedule."""
    text = source.definition.get("schedule") or ""
    if not text:
        return None
    try:
        schedule = read_schedule(text)
    except BadSchedule:
        return None  # an older release may have taken what this one refuses
    last = store.find_last_queued_at(tx, source.id, JobKind.CRAWL)
    return schedule.next_after(last) if last else tx.now
