"""How the conversation with the CRM goes: what waits, what was refused, what was said of a firm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.tables import Contact, Firm
from recruit.sequences.tables import Reply, Touch
from recruit.sync.tables import CrmCursor, CrmLink, SyncEvent
from recruit.sync.values import LinkStatus, SyncDirection


@dataclass(frozen=True)
class CrmHealth:
    """The queue in numbers. `queued` is always the sum of the five statuses.

    `not_told` counts acknowledged rows of which nothing was said, by the reason (not included,
    deleted there, discarded …), `dead_by_class` the dead letters by kind of refusal. `waiting_since`
    is when the oldest change was made that the CRM doesn't know yet.
    """

    queued: int
    acknowledged: int
    pending: int
    in_flight: int
    unknown: int
    dead: int
    not_told: Mapping[str, int]
    dead_by_class: Mapping[str, int]
    waiting_since: datetime | None
    last_push_at: datetime | None
    last_pull_at: datetime | None
    linked: Mapping[str, int]
    deleted_there: int

    @property
    def is_fresh(self) -> bool:
        """Tell whether the CRM knows everything."""
        return self.queued == self.acknowledged


@dataclass(frozen=True)
class DeadLetter:
    """A change that the CRM refused, in the CRM's own words."""

    entry_id: int
    object_type: str
    object_id: int
    firm: str | None
    error_class: str
    text: str
    queued_at: datetime
    settled_at: datetime | None
    attempts: int


@dataclass(frozen=True)
class SyncLine:
    """One line of a firm's sync history. `changes` is {field: [before, after]}."""

    at: datetime
    direction: SyncDirection
    object_type: str
    object_id: int
    what: str
    changes: Mapping[str, Any]
    text: str


def crm_health(tx: Transaction) -> CrmHealth:
    """Return how the conversation stands."""
    rows = tx.session.execute(
        select(
            OutboxEntry.status,
            OutboxEntry.error_class,
            func.count(),
            func.min(OutboxEntry.queued_at),
            func.max(OutboxEntry.settled_at),
        ).group_by(OutboxEntry.status, OutboxEntry.error_class)
    ).all()
    counts = dict.fromkeys(OutboxStatus, 0)
    not_told: dict[str, int] = {}
    dead: dict[str, int] = {}
    for status, error_class, count, _, _ in rows:
        counts[status] += count
        if status is OutboxStatus.DEAD:
            dead[error_class or ""] = dead.get(error_class or "", 0) + count
        elif status is OutboxStatus.ACKNOWLEDGED and error_class is not None:
            not_told[error_class] = not_told.get(error_class, 0) + count
    waiting = {OutboxStatus.PENDING, OutboxStatus.IN_FLIGHT, OutboxStatus.UNKNOWN}
    linked = tx.session.execute(
        select(CrmLink.crm_object, func.count().label("records"))
        .where(CrmLink.status == LinkStatus.LINKED)
        .group_by(CrmLink.crm_object)
        .order_by(CrmLink.crm_object)
    )
    return CrmHealth(
        queued=sum(counts.values()),
        acknowledged=counts[OutboxStatus.ACKNOWLEDGED],
        pending=counts[OutboxStatus.PENDING],
        in_flight=counts[OutboxStatus.IN_FLIGHT],
        unknown=counts[OutboxStatus.UNKNOWN],
        dead=counts[OutboxStatus.DEAD],
        not_told=not_told,
        dead_by_class=dead,
        waiting_since=min((first for s, _, _, first, _ in rows if s in waiting), default=None),
        last_push_at=max((last for *_, last in rows if last is not None), default=None),
        last_pull_at=tx.session.scalar(select(func.max(CrmCursor.pulled_at))),
        linked={row.crm_object: row.records for row in linked},
        deleted_there=tx.session.scalar(
            select(func.count())
            .select_from(CrmLink)
            .where(CrmLink.status == LinkStatus.DELETED_THERE)
        )
        or 0,
    )


def list_dead_letters(tx: Transaction, limit: int = 100) -> list[DeadLetter]:
    """Return what the CRM refused, the newest first."""
    rows = tx.session.execute(
        select(OutboxEntry, Firm.name)
        .outerjoin(Firm, and_(OutboxEntry.object_type == "firm", Firm.id == OutboxEntry.object_id))
        .where(OutboxEntry.status == OutboxStatus.DEAD)
        .order_by(OutboxEntry.id.desc())
        .limit(limit)
    )
    return [
        DeadLetter(
            entry_id=entry.id,
            object_type=entry.object_type,
            object_id=entry.object_id,
            firm=name,
            error_class=entry.error_class or "",
            text=entry.error_text or "",
            queued_at=entry.queued_at,
            settled_at=entry.settled_at,
            attempts=entry.attempts,
        )
        for entry, name in rows
    ]


def firm_sync_history(tx: Transaction, firm_id: int, limit: int = 200) -> list[SyncLine]:
    """Return what was said to the CRM and heard from it about a firm, the newest first.

    Its contacts and activities are included, and those of firms that were merged into it.
    """
    family = list_families(tx, [firm_id]).get(firm_id, (firm_id,))
    of_firm = or_(
        and_(SyncEvent.object_type == "firm", SyncEvent.object_id.in_(family)),
        *(
            and_(
                SyncEvent.object_type == object_type,
                SyncEvent.object_id.in_(select(table.id).where(table.firm_id.in_(family))),
            )
            for object_type, table in (("contact", Contact), ("touch", Touch), ("reply", Reply))
        ),
    )
    events = tx.session.scalars(
        select(SyncEvent)
        .where(of_firm)
        .order_by(SyncEvent.at.desc(), SyncEvent.id.desc())
        .limit(limit)
    )
    return [
        SyncLine(
            at=event.at,
            direction=event.direction,
            object_type=event.object_type,
            object_id=event.object_id,
            what=event.what.value,
            changes=event.changes,
            text=event.text,
        )
        for event in events
    ]
