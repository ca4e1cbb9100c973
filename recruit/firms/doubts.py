"""Pairs that a run could not decide: kept for a person to look at, and dropped once they are settled."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, insert, or_, select, tuple_

from recruit.db.transaction import Transaction
from recruit.firms.clustering import Link
from recruit.firms.matching import EVIDENCE_OF
from recruit.firms.tables import DoubtfulPair

_CHUNK = 500
# From so many sightings on, looking at all pairs is less work than looking each one's up.
_MANY = 5000
T = TypeVar("T")


def refresh_doubtful(tx: Transaction, fresh: Collection[int], doubtful: Iterable[Link]) -> None:
    """Keep the doubtful pairs that a run found, in place of the earlier ones at its `fresh` sightings.

    A pair that became one firm otherwise is kept out of sight: it waits again if that is undone.
    """
    found = {(min(one.a, one.b), max(one.a, one.b)): one for one in doubtful}
    since = _list_since(tx, fresh)
    # A run judges pairs between its sightings' neighbours anew as well.
    _drop(tx, sorted(since.keys() | found.keys()))
    rows = [
        {
            "record_a": a,
            "record_b": b,
            "score": link.decision.score,
            "verdict": link.decision.verdict,
            "evidence": _evidence(link),
            "found_at": since.get((a, b), tx.now),
        }
        for (a, b), link in found.items()
    ]
    for chunk in _chunks(rows):
        tx.session.execute(insert(DoubtfulPair), chunk)


def _list_since(tx: Transaction, fresh: Collection[int]) -> dict[tuple[int, int], datetime]:
    """Return since when the pairs at these sightings wait."""
    old = select(DoubtfulPair.record_a, DoubtfulPair.record_b, DoubtfulPair.found_at)
    if len(fresh) > _MANY:
        # People look at few pairs; the sightings of a first run are a million.
        wanted = frozenset(fresh)
        rows = tx.session.execute(old)
        return {(a, b): at for a, b, at in rows if a in wanted or b in wanted}
    since: dict[tuple[int, int], datetime] = {}
    for ids in _chunks(sorted(fresh)):
        at_fresh = or_(DoubtfulPair.record_a.in_(ids), DoubtfulPair.record_b.in_(ids))
        since |= {(a, b): at for a, b, at in tx.session.execute(old.where(at_fresh))}
    return since


def _evidence(link: Link) -> list[dict[str, object]]:
    return [
        {"field": name, "points": round(one.points, 1), "reason": one.reason}
        for name, one in zip(EVIDENCE_OF, link.decision.evidence, strict=True)
        if one.points or one.reason
    ]


def _drop(tx: Transaction, pairs: Sequence[tuple[int, int]]) -> None:
    both = tuple_(DoubtfulPair.record_a, DoubtfulPair.record_b)
    for chunk in _chunks(pairs):
        tx.session.execute(delete(DoubtfulPair).where(both.in_(chunk)))


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
