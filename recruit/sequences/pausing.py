"""An out-of-office answer asks for patience: what runs for that address waits until the day it names."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.sequences.due import absence_wait
from recruit.sequences.planning import get_course
from recruit.sequences.recipients import list_recipients
from recruit.sequences.stopping import take_claim_back
from recruit.sequences.store import announce_firm, lock_enrollments
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.values import EnrollmentStatus, TouchStatus
from recruit.sequences.windows import NoOpening, Place, local, moment_at

# Where the answer names no day.
_DEFAULT_PAUSE = timedelta(days=7)


def pause_for_absence(tx: Transaction, key: str, until: date | None) -> int:
    """Pause what runs for an address (by its key) until the day after `until`; return how many."""
    touched = select(Touch.enrollment_id).where(Touch.address_key == key)
    enrollments = lock_enrollments(tx, Enrollment.id.in_(touched))
    for enrollment in enrollments:
        _pause(tx, enrollment, until)
        announce_firm(tx, enrollment.firm_id)
    tx.session.flush()
    return len(enrollments)


def _pause(tx: Transaction, enrollment: Enrollment, until: date | None) -> None:
    recipient = list_recipients(tx, [enrollment.contact_id])[enrollment.contact_id]
    end = _end(tx.now, until, recipient.place)
    if enrollment.paused_until is not None and enrollment.paused_until >= end:
        return
    enrollment.status = EnrollmentStatus.PAUSED
    enrollment.paused_until = end
    if enrollment.finish_at is not None:
        enrollment.finish_at = max(enrollment.finish_at, end + _DEFAULT_PAUSE)
    course = get_course(tx, enrollment)
    waiting = tx.session.scalars(
        select(Touch)
        .where(
            Touch.enrollment_id == enrollment.id,
            Touch.status.in_((TouchStatus.PENDING, TouchStatus.CLAIMED)),
        )
        .order_by(Touch.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    for touch in waiting:
        if touch.status is TouchStatus.CLAIMED:
            take_claim_back(tx, touch)
        try:
            wait = absence_wait(
                course.view(touch.step_index, touch.due_at), course.definition, tx.now
            )
        except NoOpening:
            continue  # held with this reason as soon as it is looked at
        if wait is not None and wait.until is not None:
            touch.due_at, touch.blocked_by = wait.until, wait.rule


def _end(now: datetime, until: date | None, place: Place) -> datetime:
    """Return the beginning of the day after `until`, there; a week from now where that helps nobody."""
    if until is not None:
        end = moment_at(until + timedelta(days=1), time(), place)
        if end > now:
            return end
    return moment_at(local(now + _DEFAULT_PAUSE, place).date(), time(), place)
