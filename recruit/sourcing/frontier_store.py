"""The queries of the frontier: the pages that a crawl knows, and which of them are done."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from recruit.db.transaction import Transaction
from recruit.sourcing.crawling.plan import Fetched, Link, Page, Role, url_hash
from recruit.sourcing.tables import Frontier, KnownPage, SourcingJob
from recruit.sourcing.values import JobStatus

_CHUNK = 500
# Outcomes that say for certain what is at an address, and be it nothing.
_CERTAIN = ("ok", "unchanged", "no name", "no links", "not html", "http 404", "http 410")
# Pages of a site that was begun before new ones, firms before further listings.
_RANK = {Role.PART: 0, Role.ITEM: 1, Role.LISTING: 2}


def add_links(
    tx: Transaction, job_id: int, links: Iterable[Link], *, parent: Page | None, barren: int = 0
) -> list[Link]:
    """Add the pages that the frontier does not know yet; return which these were.

    `barren` is kept with the further listings among them.
    """
    by_hash: dict[str, Link] = {}
    for link in links:
        by_hash.setdefault(url_hash(link.url), link)
    known: set[str] = set()
    hashes = list(by_hash)
    for start in range(0, len(hashes), _CHUNK):
        chunk = hashes[start : start + _CHUNK]
        known.update(
            tx.session.scalars(
                select(Frontier.url_hash).where(
                    Frontier.job_id == job_id, Frontier.url_hash.in_(chunk)
                )
            )
        )
    new = {key: link for key, link in by_hash.items() if key not in known}
    rows = [
        {
            "job_id": job_id,
            "url": link.url,
            "url_hash": key,
            "role": link.role.value,
            "rank": _RANK[link.role],
            "depth": parent.depth + 1 if parent else 0,
            "barren": barren if link.role is Role.LISTING else 0,
            "parent_id": parent.id if parent else None,
            "site_id": (parent.site_id or parent.id) if parent and link.role is Role.PART else None,
        }
        for key, link in new.items()
    ]
    if rows:
        tx.session.execute(insert(Frontier), rows)
    return list(new.values())


def list_unfetched(
    tx: Transaction, job_id: int, *, reading: str, under_way: Collection[int], limit: int
) -> list[Page]:
    """Return pages that are yet to be fetched and not `under_way`, what belongs together first.

    Each knows how it was when it was last read in this way (`reading`).
    """
    rows = tx.session.execute(
        select(
            Frontier.id,
            Frontier.url,
            Frontier.role,
            Frontier.depth,
            Frontier.site_id,
            Frontier.barren,
            KnownPage.body_hash,
            KnownPage.etag,
            KnownPage.last_modified,
        )
        .join(SourcingJob, SourcingJob.id == Frontier.job_id)
        .outerjoin(
            KnownPage,
            and_(
                KnownPage.source_id == SourcingJob.source_id,
                KnownPage.url_hash == Frontier.url_hash,
                KnownPage.reading == reading,
            ),
        )
        .where(
            Frontier.job_id == job_id,
            Frontier.fetched_at.is_(None),
            Frontier.id.not_in(under_way),
        )
        .order_by(Frontier.rank, Frontier.id)
        .limit(limit)
    )
    return [
        Page(
            row.id,
            row.url,
            Role(row.role),
            row.depth,
            Fetched(row.body_hash, row.etag, row.last_modified) if row.body_hash else None,
            row.site_id,
            row.barren,
        )
        for row in rows
    ]


def list_fetched_ids(tx: Transaction, ids: Sequence[int]) -> set[int]:
    """Return which of these pages are done already."""
    return set(
        tx.session.scalars(
            select(Frontier.id).where(Frontier.id.in_(ids), Frontier.fetched_at.is_not(None))
        )
    )


def set_fetched(tx: Transaction, outcomes: Sequence[tuple[int, str]]) -> None:
    """Note what came of pages, by id."""
    if outcomes:
        statement = (
            update(Frontier.__table__)  # type: ignore[arg-type]
            .where(Frontier.__table__.c.id == bindparam("page_id"))
            .values(fetched_at=tx.now, outcome=bindparam("what"))
        )
        tx.session.connection().execute(
            statement, [{"page_id": page, "what": outcome[:64]} for page, outcome in outcomes]
        )


def count_unfetched(tx: Transaction, job_id: int) -> int:
    """Return how many pages are yet to be fetched."""
    return (
        tx.session.scalar(
            select(func.count())
            .select_from(Frontier)
            .where(Frontier.job_id == job_id, Frontier.fetched_at.is_(None))
        )
        or 0
    )


def is_listed_whole(tx: Transaction, job_id: int) -> bool:
    """Tell whether every page is done, and of every listing it is certain what it says."""
    open_page = select(Frontier.id).where(
        Frontier.job_id == job_id,
        Frontier.fetched_at.is_(None)
        | and_(Frontier.role == Role.LISTING.value, Frontier.outcome.not_in(_CERTAIN)),
    )
    return tx.session.scalar(open_page.limit(1)) is None


def list_uncertain_urls(tx: Transaction, job_id: int) -> list[str]:
    """Return the pages of which it is not certain what they say: a firm may still be there."""
    return list(
        tx.session.scalars(
            select(Frontier.url).where(Frontier.job_id == job_id, Frontier.outcome.not_in(_CERTAIN))
        )
    )


@dataclass(frozen=True)
class SitePage:
    """A page of a firm's own site, and what came of it; `outcome` is None while it waits."""

    id: int
    url: str
    url_hash: str
    outcome: str | None


def list_site_pages(tx: Transaction, site_ids: Collection[int]) -> dict[int, list[SitePage]]:
    """Return the pages of these sites in the order in which they were found, the start page first."""
    sites: dict[int, list[SitePage]] = {}
    columns = (Frontier.id, Frontier.url, Frontier.url_hash, Frontier.outcome)
    ids = sorted(site_ids)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        site_id = func.coalesce(Frontier.site_id, Frontier.id)
        rows = tx.session.execute(
            select(site_id, *columns)
            .where(Frontier.id.in_(chunk) | Frontier.site_id.in_(chunk))
            .order_by(Frontier.id)
        )
        for site, page_id, url, key, outcome in rows:
            sites.setdefault(site, []).append(SitePage(page_id, url, key, outcome))
    return sites


def list_open_sites(tx: Transaction, job_id: int) -> list[int]:
    """Return the sites of which the start page was read and another page was not."""
    part = select(Frontier.site_id).where(
        Frontier.job_id == job_id, Frontier.role == Role.PART.value, Frontier.fetched_at.is_(None)
    )
    return list(
        tx.session.scalars(
            select(Frontier.id)
            .where(Frontier.id.in_(part), Frontier.outcome.in_(("ok", "unchanged")))
            .order_by(Frontier.id)
        )
    )


def forget_finished(tx: Transaction, *, source_id: int, but: int) -> None:
    """Drop the pages of a source's jobs that are over, except of the job `but`."""
    over = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)
    jobs = select(SourcingJob.id).where(
        SourcingJob.source_id == source_id, SourcingJob.status.in_(over), SourcingJob.id != but
    )
    tx.session.execute(
        delete(Frontier)
        .where(Frontier.job_id.in_(jobs))
        .execution_options(synchronize_session=False)
    )
