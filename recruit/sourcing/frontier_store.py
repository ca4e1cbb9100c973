"""The queries of the frontier: the pages that a crawl knows, and which of them are done."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, func, insert, select, update

from recruit.db.transaction import Transaction
from recruit.sourcing.crawling.plan import Link, Page, Role, url_hash
from recruit.sourcing.tables import Frontier

_CHUNK = 500
# Outcomes that say for certain what is at an address, and be it nothing.
_CERTAIN = ("ok", "no name", "no links", "not html", "http 404", "http 410")


def add_links(tx: Transaction, job_id: int, links: Iterable[Link], *, parent: Page | None) -> int:
    """Add the pages that the frontier does not know yet; return how many these were."""
    by_hash = {url_hash(link.url): link for link in links}
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
    rows = [
        {
            "job_id": job_id,
            "url": link.url,
            "url_hash": key,
            "role": link.role.value,
            "depth": parent.depth + 1 if parent else 0,
            "parent_id": parent.id if parent else None,
        }
        for key, link in by_hash.items()
        if key not in known
    ]
    if rows:
        tx.session.execute(insert(Frontier), rows)
    return len(rows)


def list_unfetched(tx: Transaction, job_id: int, *, after_id: int, limit: int) -> list[Page]:
    """Return pages that are yet to be fetched, in the order in which they were found."""
    rows = tx.session.execute(
        select(Frontier.id, Frontier.url, Frontier.role, Frontier.depth)
        .where(Frontier.job_id == job_id, Frontier.fetched_at.is_(None), Frontier.id > after_id)
        .order_by(Frontier.id)
        .limit(limit)
    )
    return [Page(row.id, row.url, Role(row.role), row.depth) for row in rows]


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


def is_complete(tx: Transaction, job_id: int) -> bool:
    """Tell whether of every page it is certain what it says."""
    open_page = select(Frontier.id).where(
        Frontier.job_id == job_id,
        Frontier.fetched_at.is_(None) | Frontier.outcome.not_in(_CERTAIN),
    )
    return tx.session.scalar(open_page.limit(1)) is None
