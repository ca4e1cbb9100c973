"""From what was announced to deliveries: reads the outbox beside the CRM's conversation, changing nothing there.

Rows are read once, in the order of their ids. A transaction that is committed late has lower ids than
what was read before, so rows behind the mark are remembered for a while before the mark moves over them.
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from recruit.db.outbox import OutboxEntry
from recruit.db.transaction import Transaction
from recruit.hooks.tables import Hook, HookDelivery, HookMark, HookSaid, HookTaken
from recruit.hooks.values import DeliveryStatus, Happening, HookEvent

OpenTx = Callable[[], AbstractContextManager[Transaction]]
# What a change of these firms means, of the events that somebody wants to hear of.
Describe = Callable[[Transaction, Sequence[int], Collection[HookEvent]], list[Happening]]

# Longer than any transaction that announces.
_LATE = timedelta(minutes=15)
_BATCH, _MOST_BATCHES = 500, 20


def queue_deliveries(open_tx: OpenTx, describe: Describe) -> int:
    """Queue what has been announced since the last time; returns how many deliveries."""
    queued = 0
    for _ in range(_MOST_BATCHES):
        with open_tx() as tx:
            read, made = _read_batch(tx, describe)
        queued += made
        if read < _BATCH:
            break
    return queued


def _read_batch(tx: Transaction, describe: Describe) -> tuple[int, int]:
    mark = _lock_mark(tx)
    hooks = list(tx.session.scalars(select(Hook).where(Hook.ended_at.is_(None)).order_by(Hook.id)))
    if not hooks:
        mark.outbox_id = tx.session.scalar(select(func.max(OutboxEntry.id))) or mark.outbox_id
        tx.session.execute(delete(HookTaken))
        return 0, 0
    rows = tx.session.execute(
        select(OutboxEntry.id, OutboxEntry.object_type, OutboxEntry.object_id)
        .where(
            OutboxEntry.id > mark.outbox_id,
            ~select(HookTaken.outbox_id).where(HookTaken.outbox_id == OutboxEntry.id).exists(),
        )
        .order_by(OutboxEntry.id)
        .limit(_BATCH)
    ).all()
    tx.session.add_all(HookTaken(outbox_id=row.id, taken_at=tx.now) for row in rows)
    firm_ids = sorted({row.object_id for row in rows if row.object_type == "firm"})
    made = 0
    if firm_ids:
        for happening in describe(tx, firm_ids, {hook.event for hook in hooks}):
            if _is_news(tx, happening):
                for hook in hooks:
                    if hook.event is happening.event:
                        made += _queue(tx, hook, happening)
    _move_mark(tx, mark)
    return len(rows), made


def _lock_mark(tx: Transaction) -> HookMark:
    """Return the mark, held against other readers; the first reader begins at the present end."""
    query = select(HookMark).where(HookMark.id == 1).with_for_update()
    mark = tx.session.scalar(query.execution_options(populate_existing=True))
    if mark is not None:
        return mark
    end = tx.session.scalar(select(func.max(OutboxEntry.id))) or 0
    try:
        with tx.session.begin_nested():
            mark = HookMark(id=1, outbox_id=end)
            tx.session.add(mark)
    except IntegrityError:
        return tx.session.scalars(query.execution_options(populate_existing=True)).one()
    return mark


def _move_mark(tx: Transaction, mark: HookMark) -> None:
    settled = tx.session.scalar(
        select(func.max(HookTaken.outbox_id)).where(HookTaken.taken_at < tx.now - _LATE)
    )
    if settled is not None:
        mark.outbox_id = settled
        tx.session.execute(delete(HookTaken).where(HookTaken.outbox_id <= settled))


def _is_news(tx: Transaction, happening: Happening) -> bool:
    if not happening.once:
        return True
    said = tx.session.scalar(
        select(HookSaid).where(
            HookSaid.event == happening.event, HookSaid.object_id == happening.object_id
        )
    )
    if said is None:
        tx.session.add(
            HookSaid(event=happening.event, object_id=happening.object_id, state=happening.state)
        )
        return not happening.silent
    if said.state == happening.state:
        return False
    said.state = happening.state
    return not happening.silent


def _queue(tx: Transaction, hook: Hook, happening: Happening) -> int:
    payload = {
        "type": happening.event.value,
        "timestamp": tx.now.isoformat(),
        "data": happening.data,
    }
    waiting = tx.session.scalar(
        select(HookDelivery)
        .where(
            HookDelivery.hook_id == hook.id,
            HookDelivery.object_id == happening.object_id,
            HookDelivery.status == DeliveryStatus.PENDING,
            HookDelivery.attempts == 0,
        )
        .with_for_update()
        .limit(1)
    )
    if waiting is not None:
        # Not heard of yet: one message tells the present state.
        waiting.payload = payload
        return 0
    tx.session.add(
        HookDelivery(
            hook_id=hook.id,
            event=happening.event,
            object_id=happening.object_id,
            message_id=f"msg_{secrets.token_hex(16)}",
            payload=payload,
            status=DeliveryStatus.PENDING,
            next_at=tx.now,
            created_at=tx.now,
        )
    )
    return 1
