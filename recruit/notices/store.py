"""The queries of notices."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, select, update

from recruit.db.transaction import Transaction
from recruit.notices.tables import Notice, NoticePreference
from recruit.notices.values import NoticeStatus, Preference
from recruit.people.tables import Person


def find_preference(tx: Transaction, person_id: int) -> Preference:
    """Return when a person wants to hear."""
    row = tx.session.get(NoticePreference, person_id)
    return row.preference if row else Preference.INSTANT


def find_notice(tx: Transaction, key: str) -> Notice | None:
    """Return the notice of this key."""
    return tx.session.scalar(select(Notice).where(Notice.key == key))


def list_pending(tx: Transaction, person_id: int) -> list[Notice]:
    """Return what a person has yet to hear."""
    return list(
        tx.session.scalars(
            select(Notice)
            .where(Notice.person_id == person_id, Notice.status == NoticeStatus.PENDING)
            .order_by(Notice.id)
        )
    )


def list_due(tx: Transaction, limit: int) -> list[tuple[Notice, Person]]:
    """Return what is due now, with who is to hear it, locked against other senders."""
    rows = tx.session.execute(
        select(Notice, Person)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.status == NoticeStatus.PENDING, Notice.next_at <= tx.now)
        .order_by(Notice.next_at, Notice.id)
        .limit(limit)
        .with_for_update(of=Notice, skip_locked=True)
    )
    return [(notice, person) for notice, person in rows]


def list_held(tx: Transaction, ids: Iterable[int], status: NoticeStatus) -> Sequence[Notice]:
    """Return those of these notices that are still in a status, locked."""
    return tx.session.scalars(
        select(Notice)
        .where(Notice.id.in_(list(ids)), Notice.status == status)
        .order_by(Notice.id)
        .with_for_update()
    ).all()


def recover_expired(tx: Transaction) -> int:
    """Free claims whose sender died before the message was let go; park the others."""
    expired = and_(Notice.lease_until.is_not(None), Notice.lease_until <= tx.now)
    freed = tx.session.execute(
        update(Notice)
        .where(Notice.status == NoticeStatus.CLAIMED, expired)
        .values(status=NoticeStatus.PENDING, lease_until=None)
        .returning(Notice.id)
    ).all()
    parked = tx.session.execute(
        update(Notice)
        .where(Notice.status == NoticeStatus.SENDING, expired)
        .values(
            status=NoticeStatus.UNKNOWN,
            lease_until=None,
            settled_at=tx.now,
            words="The sender ended before the server answered.",
        )
        .returning(Notice.id)
    ).all()
    return len(freed) + len(parked)


def next_due_at(tx: Transaction) -> datetime | None:
    """Return when the next notice is due."""
    return tx.session.scalar(
        select(Notice.next_at)
        .where(Notice.status == NoticeStatus.PENDING)
        .order_by(Notice.next_at)
        .limit(1)
    )
