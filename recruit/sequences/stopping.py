"""How an enrollment ends: its open touches are cancelled in the same transaction, claimed ones too.

A sender that has claimed a touch finds its claim void before the final dot, and hangs up.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from recruit.db.transaction import Transaction
from recruit.sequences.store import (
    UnknownRow,
    announce_firm,
    get_family,
    lock_enrollments,
    move_touch,
)
from recruit.sequences.tables import Enrollment, MailboxDay, Touch
from recruit.sequences.tables import Sequence as SequenceRow
from recruit.sequences.values import EnrollmentStatus, ExitReason, TouchStatus

_OPEN = (TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.HELD, TouchStatus.OPEN)


def stop_firm(tx: Transaction, firm_id: int, reason: ExitReason, detail: str) -> int:
    """End every enrollment of a firm, under every id that it has had; return how many ended."""
    family = get_family(tx, firm_id)
    enrollments = lock_enrollments(tx, Enrollment.firm_id.in_(family))
    finish_enrollments(tx, enrollments, reason, detail)
    return len(enrollments)


def finish_enrollments(
    tx: Transaction, enrollments: Sequence[Enrollment], reason: ExitReason, detail: str
) -> None:
    """End these enrollments, which the caller has locked, and cancel what is still open of them."""
    if not enrollments:
        return
    for enrollment in enrollments:
        enrollment.status = EnrollmentStatus.FINISHED
        enrollment.exit_reason = reason
        enrollment.exit_detail = detail
        enrollment.finished_at = tx.now
        enrollment.finish_at = None
        enrollment.paused_until = None
        announce_firm(tx, enrollment.firm_id)
    touches = tx.session.scalars(
        select(Touch)
        .where(
            Touch.enrollment_id.in_([enrollment.id for enrollment in enrollments]),
            Touch.status.in_(_OPEN),
        )
        .order_by(Touch.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    for touch in touches:
        move_touch(touch, TouchStatus.CANCELLED)
        touch.fence += 1
        touch.blocked_by = detail
        touch.settled_at = tx.now
        give_place_back(tx, touch)
    tx.session.flush()


def remove_enrollment(tx: Transaction, *, enrollment_id: int, actor: str, note: str = "") -> None:
    """Take a firm out of a sequence. It cannot be enrolled there again. Raises UnknownRow."""
    if tx.session.get(Enrollment, enrollment_id) is None:
        raise UnknownRow(f"There is no enrollment {enrollment_id}.")
    enrollments = lock_enrollments(tx, Enrollment.id == enrollment_id)
    detail = f"Removed by {actor}." + (f" {note.strip()}" if note.strip() else "")
    finish_enrollments(tx, enrollments, ExitReason.REMOVED, detail)


def take_claim_back(tx: Transaction, touch: Touch) -> None:
    """Make a claimed touch, which the caller has locked, pending again; its sender hangs up."""
    move_touch(touch, TouchStatus.PENDING)
    touch.fence += 1
    give_place_back(tx, touch)


def give_place_back(tx: Transaction, touch: Touch) -> None:
    """Return the touch's place in the mailbox's daily cap: nothing was sent."""
    if touch.reserved_on is None:
        return
    mailbox_id = (
        select(SequenceRow.mailbox_id).where(SequenceRow.id == touch.sequence_id).scalar_subquery()
    )
    tx.session.execute(
        update(MailboxDay)
        .where(MailboxDay.mailbox_id == mailbox_id, MailboxDay.day == touch.reserved_on)
        .values(reserved=MailboxDay.reserved - 1)
        .execution_options(synchronize_session=False)
    )
    touch.reserved_on = None
