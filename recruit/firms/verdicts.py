"""What people said of two firms or sightings: that they are the same, or that they are not.

A verdict is kept on pairs of sightings, since those outlive every merge and split, and binds all later
runs until it is withdrawn. Of two verdicts on one pair the later one counts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from sqlalchemy import and_, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import FirmMember, PersonsVerdict, VerdictPair
from recruit.sourcing.text import clean

# Up to so many pairs are each kept; between bigger firms each sighting is held against one of the other.
MOST_PAIRS = 400


class VerdictNotFound(LookupError):
    """No verdict that holds has this id."""


class VerdictRefused(ValueError):
    """Nothing can be said of these; the message says why."""


@dataclass(frozen=True)
class VerdictLine:
    """A verdict that holds, and the pairs of sightings (ids of records) that it is about."""

    verdict_id: int
    is_same: bool
    pairs: tuple[tuple[int, int], ...]
    actor: str
    why: str
    said_at: datetime


def load_said(tx: Transaction) -> dict[tuple[int, int], bool]:
    """Return what people said of pairs of sightings: (lower id, higher id) of records -> one firm or not."""
    rows = tx.session.execute(
        select(VerdictPair.record_a, VerdictPair.record_b, PersonsVerdict.is_same)
        .join(PersonsVerdict, PersonsVerdict.id == VerdictPair.verdict_id)
        .where(PersonsVerdict.withdrawn_at.is_(None))
        .order_by(PersonsVerdict.id)
    )
    return {(a, b): is_same for a, b, is_same in rows}


def say(
    tx: Transaction,
    *,
    ours: Collection[int],
    theirs: Collection[int],
    is_same: bool,
    actor: str,
    why: str = "",
) -> PersonsVerdict:
    """Keep that two groups of sightings (ids of records) show one firm, or that they do not.

    What was said before to the contrary of a pair between them is withdrawn. Raises `VerdictRefused`
    where a group is empty or they share a sighting.
    """
    if not ours or not theirs:
        raise VerdictRefused(
            "One of the two firms has no sighting, so nothing can be said of it that would outlive it."
        )
    if set(ours) & set(theirs):
        raise VerdictRefused("A sighting cannot be compared with itself. Name two different ones.")
    for verdict in list_between(tx, ours, theirs, is_same=not is_same):
        withdraw(tx, verdict_id=verdict.id, actor=actor)
    verdict = PersonsVerdict(
        is_same=is_same, actor=actor, why=clean(why), said_at=tx.now, withdrawn_by=""
    )
    tx.session.add(verdict)
    tx.session.flush()
    tx.session.add_all(
        VerdictPair(verdict_id=verdict.id, record_a=a, record_b=b)
        for a, b in sorted(_pairs(ours, theirs, is_same=is_same))
    )
    tx.session.flush()
    return verdict


def _pairs(
    ours: Collection[int], theirs: Collection[int], *, is_same: bool
) -> set[tuple[int, int]]:
    first, other = min(ours), min(theirs)
    pairs: Iterable[tuple[int, int]]
    if is_same:
        # The sightings of one firm hang together already.
        pairs = [(first, other)]
    elif len(ours) * len(theirs) <= MOST_PAIRS:
        pairs = product(ours, theirs)
    else:
        pairs = [*((one, other) for one in ours), *((first, one) for one in theirs)]
    return {(min(pair), max(pair)) for pair in pairs}


def withdraw(tx: Transaction, *, verdict_id: int, actor: str) -> PersonsVerdict:
    """Take a verdict back: later runs decide by evidence again. Raises `VerdictNotFound`."""
    verdict = tx.session.get(PersonsVerdict, verdict_id)
    if verdict is None or verdict.withdrawn_at is not None:
        raise VerdictNotFound(
            f"No verdict with the number {verdict_id} holds. List them: `recruit firms verdicts`."
        )
    verdict.withdrawn_at = tx.now
    verdict.withdrawn_by = actor
    tx.session.flush()
    return verdict


def reinstate(tx: Transaction, verdict_ids: Iterable[int]) -> None:
    """Let verdicts hold again that were withdrawn."""
    for verdict_id in verdict_ids:
        verdict = tx.session.get_one(PersonsVerdict, verdict_id)
        verdict.withdrawn_at = None
        verdict.withdrawn_by = ""
    tx.session.flush()


def list_between(
    tx: Transaction, ours: Collection[int], theirs: Collection[int], *, is_same: bool
) -> list[PersonsVerdict]:
    """Return the verdicts that hold on a pair between two groups of sightings (ids of records)."""
    a, b = list(ours), list(theirs)
    return list(
        tx.session.scalars(
            select(PersonsVerdict)
            .where(
                PersonsVerdict.withdrawn_at.is_(None),
                PersonsVerdict.is_same == is_same,
                PersonsVerdict.id.in_(
                    select(VerdictPair.verdict_id).where(
                        or_(
                            and_(VerdictPair.record_a.in_(a), VerdictPair.record_b.in_(b)),
                            and_(VerdictPair.record_a.in_(b), VerdictPair.record_b.in_(a)),
                        )
                    )
                ),
            )
            .order_by(PersonsVerdict.id)
        )
    )


def list_verdicts(
    tx: Transaction, *, firm_id: int | None = None, limit: int = 200
) -> list[VerdictLine]:
    """Return the verdicts that hold, the latest first; with a firm's id those about its sightings."""
    query = select(PersonsVerdict).where(PersonsVerdict.withdrawn_at.is_(None))
    if firm_id is not None:
        members = select(FirmMember.source_record_id).where(FirmMember.firm_id == firm_id)
        about = select(VerdictPair.verdict_id).where(
            or_(VerdictPair.record_a.in_(members), VerdictPair.record_b.in_(members))
        )
        query = query.where(PersonsVerdict.id.in_(about))
    found = tx.session.scalars(query.order_by(PersonsVerdict.id.desc()).limit(limit)).all()
    pairs: dict[int, list[tuple[int, int]]] = {}
    for pair in tx.session.scalars(
        select(VerdictPair)
        .where(VerdictPair.verdict_id.in_([verdict.id for verdict in found]))
        .order_by(VerdictPair.record_a, VerdictPair.record_b)
    ):
        pairs.setdefault(pair.verdict_id, []).append((pair.record_a, pair.record_b))
    return [
        VerdictLine(v.id, v.is_same, tuple(pairs.get(v.id, ())), v.actor, v.why, v.said_at)
        for v in found
    ]
