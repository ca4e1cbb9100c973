"""When something is due next, exactly, so that a virtual clock can jump there."""

from datetime import datetime

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.sequences.sql import fixed, fixed_all
from recruit.sequences.store import list_halted, may_move_on
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.values import EnrollmentStatus, TouchStatus

_TOUCH = (
    select(Touch.due_at)
    .join(Enrollment, Enrollment.id == Touch.enrollment_id)
    .where(may_move_on())
    .order_by(Touch.due_at)
    .limit(1)
)
_LEASE = select(func.min(Touch.lease_until)).where(
    Touch.status.in_(fixed_all((TouchStatus.CLAIMED, TouchStatus.SENDING)))
)
_EXPIRY = select(func.min(Touch.expires_at)).where(Touch.status == fixed(TouchStatus.OPEN))
_FINISH = select(func.min(Enrollment.finish_at)).where(
    Enrollment.status != fixed(EnrollmentStatus.FINISHED)
)
_MOMENTS = select(*(query.scalar_subquery() for query in (_TOUCH, _LEASE, _EXPIRY, _FINISH)))


def next_due_at(tx: Transaction) -> datetime | None:
    """Return the earliest moment at which a sweep would do something; None when only a person can.

    What is due already yields its own time, which is not after `tx.now`.
    """
    moments = tx.connection.execute(_MOMENTS, list_halted(tx)).one()
    return min((moment for moment in moments if moment is not None), default=None)
