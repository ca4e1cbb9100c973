"""Who may tell the CRM about an object, and what becomes of its outbox rows.

All open rows of an object are claimed together and settled together by what one conversation
brought: the rows are markers, the story is read from the tables. A claim is a lease: whoever comes
back after it has run out finds the rows in other hands and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update

from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm

# A conversation may take as long as the first, and longer by the second for each one beside it.
LEASE, PER_OBJECT = timedelta(minutes=5), timedelta(seconds=3)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)

OUTBOX_TRANSITIONS: dict[OutboxStatus, frozenset[OutboxStatus]] = {
    # Acknowledged at once where there is nothing to tell.
    OutboxStatus.PENDING: frozenset({OutboxStatus.IN_FLIGHT, OutboxStatus.ACKNOWLEDGED}),
    # Back to itself when a lease ran out and another takes over.
    OutboxStatus.IN_FLIGHT: frozenset(OutboxStatus),
    OutboxStatus.UNKNOWN: frozenset({OutboxStatus.IN_FLIGHT}),
    # Replayed, discarded, or overtaken by a later success that told the whole present state.
    OutboxStatus.DEAD: frozenset({OutboxStatus.PENDING, OutboxStatus.ACKNOWLEDGED}),
    OutboxStatus.ACKNOWLEDGED: frozenset(),
}


class TransitionRefused(Exception):
    """An outbox row can't go from its status to the one that is asked for."""


@dataclass(frozen=True)
class Claim:
    """The right to tell the CRM about one object until `lease_until`.

    `unsure` says that an earlier conversation ended without an answer: look before writing.
    `attempts` counts this one.
    """

    object_type: str
    object_id: int
    entry_ids: tuple[int, ...]
    lease_until: datetime
    unsure: bool
    attempts: int


@dataclass(frozen=True)
class Settlement:
    """What becomes of a claim's rows. `error_class` groups for people, `text` is the CRM's own."""

    status: OutboxStatus
    error_class: str | None = None
    text: str | None = None
    retry_after_s: float | None = None


def list_due(tx: Transaction, limit: int) -> list[tuple[str, int]]:
    """Return the objects that have to be told of now, those that wait longest first."""
    due = or_(
        and_(
            OutboxEntry.status.in_([OutboxStatus.PENDING, OutboxStatus.UNKNOWN]),
            OutboxEntry.next_attempt_at <= tx.now,
        ),
        and_(OutboxEntry.status == OutboxStatus.IN_FLIGHT, OutboxEntry.lease_until <= tx.now),
    )
    rows = tx.session.execute(
        select(OutboxEntry.object_type, OutboxEntry.object_id)
        .where(due)
        .group_by(OutboxEntry.object_type, OutboxEntry.object_id)
        .order_by(func.min(OutboxEntry.id))
        .limit(limit)
    )
    return [(object_type, object_id) for object_type, object_id in rows]


def list_pending(
    tx: Transaction, object_type: str, after_id: int, limit: int
) -> list[tuple[int, int]]:
    """Return (row id, object id) of rows that wait for an attempt now, in order of row id."""
    rows = tx.session.execute(
        select(OutboxEntry.id, OutboxEntry.object_id)
        .where(
            OutboxEntry.id > after_id,
            OutboxEntry.object_type == object_type,
            OutboxEntry.status == OutboxStatus.PENDING,
            OutboxEntry.next_attempt_at <= tx.now,
        )
        .order_by(OutboxEntry.id)
        .limit(limit)
    )
    return [(row_id, object_id) for row_id, object_id in rows]


def dismiss(tx: Transaction, entry_ids: Sequence[int], settlement: Settlement) -> None:
    """Acknowledge rows without a conversation, those of them that are still pending."""
    tx.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_(entry_ids), OutboxEntry.status == OutboxStatus.PENDING)
        .values(
            status=OutboxStatus.ACKNOWLEDGED,
            error_class=settlement.error_class,
            error_text=settlement.text,
            settled_at=tx.now,
        )
    )


def claim(
    tx: Transaction, object_type: str, object_id: int, *, lease: timedelta = LEASE
) -> Claim | None:
    """Claim all open rows of an object; None when another has it in hand or nothing is open."""
    # Two pumps could each claim a row of their own of one object, so they queue up on its firm.
    if object_type == "firm":
        tx.session.execute(
            select(Firm.id).where(Firm.id == object_id).with_for_update(key_share=True)
        )
    open_statuses = [OutboxStatus.PENDING, OutboxStatus.UNKNOWN, OutboxStatus.IN_FLIGHT]
    entries = _entries(tx, object_type, object_id, open_statuses)
    in_flight = [entry for entry in entries if entry.status is OutboxStatus.IN_FLIGHT]
    if not entries or any(e.lease_until is None or e.lease_until > tx.now for e in in_flight):
        return None
    unsure = any(entry.status is not OutboxStatus.PENDING for entry in entries)
    lease_until = tx.now + lease
    for entry in entries:
        move(entry, OutboxStatus.IN_FLIGHT)
        entry.lease_until = lease_until
        entry.attempts += 1
    return Claim(
        object_type=object_type,
        object_id=object_id,
        entry_ids=tuple(entry.id for entry in entries),
        lease_until=lease_until,
        unsure=unsure,
        attempts=max(entry.attempts for entry in entries),
    )


def still_held(tx: Transaction, held: Claim) -> bool:
    """Tell whether the claim is still ours, and keep others from taking it until we commit."""
    rows = tx.session.scalars(
        select(OutboxEntry.id)
        .where(
            OutboxEntry.id.in_(held.entry_ids),
            OutboxEntry.status == OutboxStatus.IN_FLIGHT,
            OutboxEntry.lease_until == held.lease_until,
        )
        .with_for_update()
    ).all()
    return len(rows) == len(held.entry_ids)


def settle(tx: Transaction, held: Claim, settlement: Settlement) -> None:
    """Write down what became of a claim that is still held."""
    status = settlement.status
    for entry in tx.session.scalars(
        select(OutboxEntry).where(OutboxEntry.id.in_(held.entry_ids)).order_by(OutboxEntry.id)
    ):
        move(entry, status)
        entry.lease_until = None
        entry.error_class = settlement.error_class
        entry.error_text = settlement.text
        if status in {OutboxStatus.PENDING, OutboxStatus.UNKNOWN}:
            entry.next_attempt_at = tx.now + _pause(status, held.attempts, settlement)
        else:
            entry.settled_at = tx.now
    if status is OutboxStatus.ACKNOWLEDGED and settlement.error_class is None:
        _overtake_dead(tx, held)


def _overtake_dead(tx: Transaction, held: Claim) -> None:
    """Close the dead letters of an object whose whole present state has just been told."""
    tx.session.execute(
        update(OutboxEntry)
        .where(
            OutboxEntry.object_type == held.object_type,
            OutboxEntry.object_id == held.object_id,
            OutboxEntry.status == OutboxStatus.DEAD,
        )
        .values(status=OutboxStatus.ACKNOWLEDGED, error_class="overtaken", settled_at=tx.now)
    )


def _pause(status: OutboxStatus, attempts: int, settlement: Settlement) -> timedelta:
    if settlement.retry_after_s is not None:
        return timedelta(seconds=settlement.retry_after_s)
    # The first look after a lost answer needs no pause: it only reads.
    doublings = attempts - 2 if status is OutboxStatus.UNKNOWN else attempts - 1
    if doublings < 0:
        return timedelta(0)
    pause: timedelta = _FIRST_PAUSE * 2 ** min(doublings, 10)
    return min(pause, _LONGEST_PAUSE)


def move(entry: OutboxEntry, status: OutboxStatus) -> None:
    """Change a row's status; raises `TransitionRefused` where the table doesn't allow it."""
    if status not in OUTBOX_TRANSITIONS[entry.status]:
        raise TransitionRefused(
            f"Outbox row {entry.id} is {entry.status.value} and cannot become {status.value}."
        )
    entry.status = status


def requeue(tx: Transaction, entry: OutboxEntry) -> None:
    """Let a dead letter begin anew; the caller holds its row."""
    move(entry, OutboxStatus.PENDING)
    entry.next_attempt_at = tx.now
    entry.attempts = 0
    entry.error_class = entry.error_text = entry.settled_at = None


def _entries(
    tx: Transaction, object_type: str, object_id: int, statuses: Sequence[OutboxStatus]
) -> Sequence[OutboxEntry]:
    return tx.session.scalars(
        select(OutboxEntry)
        .where(
            OutboxEntry.object_type == object_type,
            OutboxEntry.object_id == object_id,
            OutboxEntry.status.in_(statuses),
        )
        .order_by(OutboxEntry.id)
        .with_for_update()
    ).all()
