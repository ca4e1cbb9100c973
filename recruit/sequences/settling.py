"""What became of a touch: written once, by whoever can prove its claim, and the next step is planned.

A touch whose message may be on its way is never pending again by itself.
"""

from datetime import timedelta

from sqlalchemy import select, update

from recruit.db.transaction import Transaction
from recruit.mail.port import DefinitelyNotSent
from recruit.mail.refusals import judge_refusal
from recruit.sequences.claiming import Claim
from recruit.sequences.planning import plan_touch
from recruit.sequences.sequences import pause_mailbox
from recruit.sequences.stopping import finish_enrollments, give_place_back, take_claim_back
from recruit.sequences.store import announce_firm, lock_touch, move_touch
from recruit.sequences.suppression import suppress
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    SuppressionScope,
    TouchStatus,
)

# A server that puts a message off (greylisting, a full mailbox) is asked again after 15 min, 1 h, 4 h, 16 h.
_BACKOFF = timedelta(minutes=15)
_MOST_ATTEMPTS = 5
# The whole server is away or tells us to slow down: that says nothing of this message.
_SERVER_AWAY = timedelta(minutes=5)
_PARKED = (
    "Nobody knows whether this was delivered: {why}. Look for its Message-ID in the sent folder, in a "
    "bounce or in the mail server's log, then say whether it was sent."
)


def mark_sending(tx: Transaction, claim: Claim) -> bool:
    """Write down that the message is about to be let go; False when the claim is void meanwhile."""
    changed = tx.session.execute(
        update(Touch)
        .where(
            Touch.id == claim.touch_id,
            Touch.status == TouchStatus.CLAIMED,
            Touch.fence == claim.fence,
        )
        .values(status=TouchStatus.SENDING, lease_until=tx.now + claim.lasts)
        .execution_options(synchronize_session=False)
        .returning(Touch.id)
    ).first()
    return changed is not None


def record_sent(tx: Transaction, claim: Claim, words: str) -> bool:
    """The server took the message: settle the touch and plan the next step."""
    found = _find_ours(tx, claim)
    if found is None:
        return False
    settle_sent(tx, *found, words, "engine")
    return True


def settle_sent(
    tx: Transaction, touch: Touch, enrollment: Enrollment, words: str, actor: str
) -> None:
    """Settle a touch, which the caller has locked, as sent."""
    move_touch(touch, TouchStatus.SENT)
    touch.settled_at = tx.now
    touch.settled_by = actor
    touch.outcome = words
    touch.blocked_by = ""
    plan_touch(tx, enrollment, touch.step_index + 1, tx.now, touch.address_key)
    announce_firm(tx, enrollment.firm_id)


def settle_by_evidence(tx: Transaction, touch_id: int, words: str) -> None:
    """Something came back that only a sent message can cause: settle a parked touch as sent."""
    touch, enrollment = lock_touch(tx, touch_id)
    if touch.status is TouchStatus.UNKNOWN:
        settle_sent(tx, touch, enrollment, words, "engine")


def record_unknown(tx: Transaction, claim: Claim, why: str) -> None:
    """The outcome is unknown: park the touch with its evidence for a person."""
    found = _find_ours(tx, claim)
    if found is not None and found[0].status is TouchStatus.SENDING:
        _park(tx, found[0], why)


def record_unsendable(tx: Transaction, claim: Claim, why: str) -> None:
    """No message can be made of the touch: hold it for a person."""
    found = _find_ours(tx, claim)
    if found is not None:
        move_touch(found[0], TouchStatus.HELD)
        found[0].blocked_by = why
        give_place_back(tx, found[0])


def record_refused(tx: Transaction, claim: Claim, error: DefinitelyNotSent) -> TouchStatus:
    """The server did not take the message: decide by its words; return where the touch stands now."""
    found = _find_ours(tx, claim)
    if found is None:
        return TouchStatus.CANCELLED
    touch, enrollment = found
    give_place_back(tx, touch)
    touch.outcome = error.text
    judged = judge_refusal(error.code, None, error.text)
    if error.about_us and error.permanent:
        move_touch(touch, TouchStatus.PENDING)
        tx.session.flush()
        pause_mailbox(
            tx, address=claim.letter.sender, reason=f"The mail server refuses us: {error.text}"
        )
    elif error.code is None or error.about_us:
        _put_off(tx, touch, _SERVER_AWAY, f"The mail server cannot take mail now: {error.text}")
    elif error.permanent:
        _fail(tx, touch, enrollment, error.text, hard=judged.recipient_gone)
    else:
        touch.attempts += 1
        if touch.attempts < _MOST_ATTEMPTS:
            backoff = _BACKOFF * 4 ** (touch.attempts - 1)
            _put_off(tx, touch, backoff, f"The mail server put it off: {error.text}")
        else:
            words = f"Put off {touch.attempts} times, last: {error.text}"
            _fail(tx, touch, enrollment, words, hard=False)
    return touch.status


def release(tx: Transaction, claim: Claim, rule: str) -> None:
    """Give back a claim of which the server has heard nothing, for another try soon."""
    found = _find_ours(tx, claim)
    if found is not None and found[0].status is TouchStatus.CLAIMED:
        give_place_back(tx, found[0])
        _put_off(tx, found[0], _SERVER_AWAY, rule)


def recover_expired(tx: Transaction) -> None:
    """Take back the claims of senders that died: pending before the dot, parked after it."""
    at_work = (TouchStatus.CLAIMED, TouchStatus.SENDING)
    touches = tx.session.scalars(
        select(Touch)
        .where(Touch.status.in_(at_work), Touch.lease_until <= tx.now)
        .order_by(Touch.id)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    for touch in touches:
        if touch.status is TouchStatus.SENDING:
            _park(tx, touch, "the sender ended between the final dot and the mail server's answer.")
            continue
        take_claim_back(tx, touch)
        touch.blocked_by = "The sender ended before this was sent."


def finish_waiting(tx: Transaction, limit: int = 500) -> int:
    """End the enrollments whose last step has waited long enough for an answer; return how many."""
    enrollments = list(
        tx.session.scalars(
            select(Enrollment)
            .where(Enrollment.finish_at <= tx.now, Enrollment.status != EnrollmentStatus.FINISHED)
            .order_by(Enrollment.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
            .execution_options(populate_existing=True)
        )
    )
    finish_enrollments(tx, enrollments, ExitReason.NO_REPLY, "All steps are done; nobody answered.")
    return len(enrollments)


def settle_unknown(tx: Transaction, *, touch_id: int, sent: bool, actor: str) -> Touch:
    """A person has looked: it was sent, or it never arrived and may go again. Raises IllegalTransition.

    Sent again, it bears the same Message-ID, by which many servers recognise a copy.
    """
    touch, enrollment = lock_touch(tx, touch_id)
    if sent:
        settle_sent(tx, touch, enrollment, f"{actor} found that it was sent.", actor)
        return touch
    move_touch(touch, TouchStatus.PENDING)
    give_place_back(tx, touch)
    touch.fence += 1
    touch.due_at = tx.now
    touch.settled_at = None
    touch.blocked_by = ""
    touch.outcome = f"{actor} found that it was not sent."
    if enrollment.status is EnrollmentStatus.FINISHED:
        move_touch(touch, TouchStatus.CANCELLED)
        touch.settled_at = tx.now
    return touch


def _find_ours(tx: Transaction, claim: Claim) -> tuple[Touch, Enrollment] | None:
    """Return the locked rows while the claim's fence holds and nothing is settled, else None."""
    touch, enrollment = lock_touch(tx, claim.touch_id, claim.enrollment_id)
    # A late answer settles what was parked meanwhile: it is the evidence that was missing.
    open_ = {TouchStatus.CLAIMED, TouchStatus.SENDING, TouchStatus.UNKNOWN}
    return (touch, enrollment) if touch.fence == claim.fence and touch.status in open_ else None


def _park(tx: Transaction, touch: Touch, why: str) -> None:
    move_touch(touch, TouchStatus.UNKNOWN)
    touch.blocked_by = _PARKED.format(why=why.rstrip("."))
    touch.outcome = why
    touch.settled_at = tx.now


def _put_off(tx: Transaction, touch: Touch, delay: timedelta, rule: str) -> None:
    move_touch(touch, TouchStatus.PENDING)
    touch.due_at = tx.now + delay
    touch.blocked_by = rule


def _fail(tx: Transaction, touch: Touch, enrollment: Enrollment, words: str, *, hard: bool) -> None:
    move_touch(touch, TouchStatus.FAILED)
    touch.settled_at = tx.now
    touch.settled_by = "engine"
    touch.outcome = touch.blocked_by = words
    tx.session.flush()
    if hard:
        suppress(
            tx,
            scope=SuppressionScope.ADDRESS,
            key=touch.address_key,
            reason=f"The address does not exist: {words}",
            actor="engine",
            exit_reason=ExitReason.BOUNCED,
        )
    elif enrollment.status is not EnrollmentStatus.FINISHED:
        finish_enrollments(tx, [enrollment], ExitReason.FAILED, words)
