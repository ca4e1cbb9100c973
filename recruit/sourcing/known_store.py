"""The queries of known pages: what a page said when it was last read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from recruit.db.transaction import Transaction
from recruit.sourcing.crawling.plan import OK, Fetched, Link, PageResult, Role, url_hash
from recruit.sourcing.tables import KnownPage
from recruit.sourcing.text import storable
from recruit.sourcing.values import Fact

_CHUNK = 500
# What such a page said the last time does not count any more.
_GONE = ("http 404", "http 410", "no name", "no links", "not html")


@dataclass(frozen=True)
class Known:
    """What a page said: where it leads, the facts of a firm's own site, the firms that it describes."""

    links: tuple[Link, ...]
    facts: tuple[Fact, ...]
    record_ids: tuple[str, ...]


def find_known(tx: Transaction, source_id: int, hashes: Collection[str]) -> dict[str, Known]:
    """Return what is known of these pages, by the hash of their address."""
    columns = (KnownPage.url_hash, KnownPage.links, KnownPage.facts, KnownPage.record_ids)
    return {
        key: Known(
            tuple(Link(url, Role(role)) for url, role in links),
            tuple(map(Fact.from_json, facts)),
            tuple(record_ids),
        )
        for chunk in _chunks(sorted(hashes))
        for key, links, facts, record_ids in tx.session.execute(
            select(*columns).where(KnownPage.source_id == source_id, KnownPage.url_hash.in_(chunk))
        )
    }


def keep_pages(
    tx: Transaction, *, source_id: int, reading: str, results: Sequence[PageResult]
) -> None:
    """Remember what was read, and forget the pages that are gone."""
    gone = [url_hash(result.page.url) for result in results if result.outcome in _GONE]
    for chunk in _chunks(gone):
        tx.session.execute(
            delete(KnownPage)
            .where(KnownPage.source_id == source_id, KnownPage.url_hash.in_(chunk))
            .execution_options(synchronize_session=False)
        )
    rows = {url_hash(result.page.url): _row(result) for result in results if result.outcome == OK}
    ids: dict[str, int] = {}
    for chunk in _chunks(sorted(rows)):
        kept = tx.session.execute(
            select(KnownPage.url_hash, KnownPage.id).where(
                KnownPage.source_id == source_id, KnownPage.url_hash.in_(chunk)
            )
        )
        ids.update((key, row_id) for key, row_id in kept)
    common = {"source_id": source_id, "reading": reading, "read_at": tx.now}
    new = [row | common | {"url_hash": key} for key, row in rows.items() if key not in ids]
    if new:
        tx.session.execute(insert(KnownPage), new)
    changed = [row | common | {"id": ids[key]} for key, row in rows.items() if key in ids]
    if changed:
        tx.session.execute(update(KnownPage), changed)


def _row(result: PageResult) -> dict[str, Any]:
    fetched = result.fetched or Fetched("")
    return {
        "url": result.page.url,
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
        "body_hash": fetched.body_hash,
        "links": [[link.url, link.role.value] for link in result.links],
        "facts": [fact.to_json() for fact in result.facts],
        "record_ids": [storable(sighting.record_id) for sighting in result.sightings],
    }


def _chunks(items: Sequence[str]) -> list[Sequence[str]]:
    return [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
