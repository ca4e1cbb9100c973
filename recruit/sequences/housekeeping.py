"""What a sweep tidies before it claims: dead senders' claims, tasks that nobody did, waits that are over."""

from datetime import datetime, timedelta

from sqlalchemy import BindParameter, bindparam, exists, or_, select

from recruit.db.transaction import Transaction
from recruit.sequences.breaker import BREAKER_WEEK, anything_came_back, trip_breakers
from recruit.sequences.outcomes import park
from recruit.sequences.planning import plan_after
from recruit.sequences.sql import fixed, fixed_all
from recruit.sequences.stopping import finish_enrollments, take_claim_back
from recruit.sequences.store import announce_firm, move_touch
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.values import EnrollmentStatus, ExitReason, TouchStatus

_AT_WORK = fixed_all((TouchStatus.CLAIMED, TouchStatus.SENDING))
# A claim lasts for minutes; one that ends later was made before a clock went back.
_LONGEST_CLAIM = timedelta(hours=1)
_now: BindParameter[datetime] = bindparam("now")
_latest: BindParameter[datetime] = bindparam("latest")
_expired = (
    Touch.status.in_(_AT_WORK),
    or_(Touch.lease_until <= _now, Touch.lease_until > _latest),
)
_undone = (Touch.status == fixed(TouchStatus.OPEN), Touch.expires_at <= _now)
_over = (Enrollment.finish_at <= _now, Enrollment.status != fixed(EnrollmentStatus.FINISHED))
_ANYTHING = select(
    exists().where(*_expired),
    exists().where(*_undone),
    exists().where(*_over),
    anything_came_back(),
)
_EXPIRED = (
    select(Touch)
    .where(*_expired)
    .order_by(Touch.id)
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)
_UNDONE = (
    select(Touch, Enrollment)
    .join(Enrollment, Enrollment.id == Touch.enrollment_id)
    .where(*_undone)
    .order_by(Touch.enrollment_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True, of=[Touch, Enrollment])
    .execution_options(populate_existing=True)
)
_OVER = (
    select(Enrollment)
    .where(*_over)
    .order_by(Enrollment.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)


def tidy(tx: Transaction, limit: int = 500) -> int:
    """Do what has come due without a message, at most `limit` of a kind; return how many were finished."""
    moments = {
        "now": tx.now,
        "latest": tx.now + _LONGEST_CLAIM,
        "since": tx.now - BREAKER_WEEK,
    }
    expired, undone, over, came_back = tx.connection.execute(_ANYTHING, moments).one()
    if came_back:
        trip_breakers(tx)
    if undone:
        skip_undone_tasks(tx, limit)
    finished = finish_waiting(tx, limit) if over else 0
    # Last, since it gives places back, and counters come last in the order of locks.
    if expired:
        recover_expired(tx)
    return finished


def recover_expired(tx: Transaction) -> None:
    """Take back the claims of senders that died: pending before the dot, parked after it."""
    moments = {"now": tx.now, "latest": tx.now + _LONGEST_CLAIM}
    for touch in tx.session.scalars(_EXPIRED, moments):
        if touch.status is TouchStatus.SENDING:
            park(tx, touch, "the sender ended between the final dot and the mail server's answer.")
            continue
        take_claim_back(tx, touch)
        touch.blocked_by = "The sender ended before this was sent."


def skip_undone_tasks(tx: Transaction, limit: int) -> None:
    """Leave out the tasks that nobody did in their time, so that their sequences go on."""
    for touch, enrollment in tx.session.execute(_UNDONE, {"now": tx.now, "most": limit}).all():
        move_touch(touch, TouchStatus.SKIPPED)
        touch.settled_at, touch.settled_by = tx.now, "engine"
        touch.outcome = "Nobody did it in its time; the sequence went on."
        touch.expires_at = None
        tx.session.flush()
        plan_after(tx, enrollment, touch)
        announce_firm(tx, enrollment.firm_id)


def finish_waiting(tx: Transaction, limit: int = 500) -> int:
    """End the enrollments whose last step has waited long enough for an answer; return how many."""
    enrollments = list(tx.session.scalars(_OVER, {"now": tx.now, "most": limit}))
    finish_enrollments(tx, enrollments, ExitReason.NO_REPLY, "All steps are done; nobody answered.")
    return len(enrollments)
