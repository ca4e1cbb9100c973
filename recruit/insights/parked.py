"""Messages of which nobody knows whether they were sent, for the person who looks for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sequences.tables import Touch
from recruit.sequences.values import TouchStatus


@dataclass(frozen=True)
class ParkedLine:
    """A parked message. `why` says what happened and where to look."""

    touch_id: int
    parked_at: datetime | None
    firm: str
    address: str
    message_id: str | None
    why: str


def list_parked_touches(tx: Transaction) -> list[ParkedLine]:
    """Return what is parked, the oldest first."""
    rows = tx.session.execute(
        select(Touch, Firm.name)
        .join(Firm, Firm.id == Touch.firm_id)
        .where(Touch.status == TouchStatus.UNKNOWN)
        .order_by(Touch.settled_at, Touch.id)
    )
    return [
        ParkedLine(
            touch.id, touch.settled_at, name, touch.address_key, touch.message_id, touch.outcome
        )
        for touch, name in rows
    ]
