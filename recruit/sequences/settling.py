"""What settles a parked touch: evidence that came back, or a person who has looked."""

from recruit.db.transaction import Transaction
from recruit.sequences.planning import plan_after
from recruit.sequences.quota import give_place_back
from recruit.sequences.store import announce_firm, lock_touch, move_touch
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.values import EnrollmentStatus, TouchStatus


def settle_sent(
    tx: Transaction, touch: Touch, enrollment: Enrollment, words: str, actor: str
) -> None:
    """Settle a touch, which the caller has locked, as sent."""
    move_touch(touch, TouchStatus.SENT)
    touch.settled_at = tx.now
    touch.settled_by = actor
    touch.outcome = words
    touch.blocked_by = ""
    plan_after(tx, enrollment, touch)
    announce_firm(tx, enrollment.firm_id)


def settle_by_evidence(tx: Transaction, touch_id: int, words: str) -> None:
    """Something came back that only a sent message can cause: settle a parked touch as sent."""
    touch, enrollment = lock_touch(tx, touch_id)
    if touch.status is TouchStatus.UNKNOWN:
        settle_sent(tx, touch, enrollment, words, "engine")


def settle_unknown(tx: Transaction, *, touch_id: int, sent: bool, actor: str) -> Touch:
    """A person has looked: it was sent, or it never arrived and may go again. Raises IllegalTransition.

    Sent again, it bears the same Message-ID, by which many servers recognise a copy.
    """
    touch, enrollment = lock_touch(tx, touch_id)
    if sent:
        settle_sent(tx, touch, enrollment, f"{actor} found that it was sent.", actor)
        return touch
    move_touch(touch, TouchStatus.PENDING)
    touch.fence += 1
    touch.due_at = tx.now
    touch.settled_at = None
    touch.blocked_by = ""
    touch.outcome = f"{actor} found that it was not sent."
    if enrollment.status is EnrollmentStatus.FINISHED:
        move_touch(touch, TouchStatus.CANCELLED)
        touch.settled_at = tx.now
    give_place_back(tx, touch)
    return touch
