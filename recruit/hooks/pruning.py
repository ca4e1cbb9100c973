"""Forget deliveries that were settled long ago."""

from datetime import timedelta

from sqlalchemy import delete, select

from recruit.db.transaction import Transaction
from recruit.hooks.tables import HookDelivery
from recruit.hooks.values import DeliveryStatus

# Long enough to see what went wrong last month and to send it again.
KEPT = timedelta(days=30)
_BATCH = 1_000


def prune_deliveries(tx: Transaction) -> int:
    """Delete up to 1,000 deliveries that were delivered or given up before `KEPT`; returns how many."""
    old = (
        select(HookDelivery.id)
        .where(
            HookDelivery.status.in_((DeliveryStatus.DELIVERED, DeliveryStatus.DEAD)),
            HookDelivery.settled_at < tx.now - KEPT,
        )
        .order_by(HookDelivery.id)
        .limit(_BATCH)
    )
    gone = tx.session.execute(
        delete(HookDelivery).where(HookDelivery.id.in_(old)).returning(HookDelivery.id)
    )
    return len(gone.all())
