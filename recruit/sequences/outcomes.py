"""What became of a touch that a sender holds: written once, by whoever can prove its claim.

A touch whose message may be on its way is never pending again by itself. The two writes of each message
that goes well are plain statements, since they bound how fast we send.
"""

from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, exists, select, update

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.mail.port import DefinitelyNotSent
from recruit.mail.refusals import judge_refusal
from recruit.sequences.claiming import Claim
from recruit.sequences.mailboxes import pause_mailbox
from recruit.sequences.planning import plan_step, standing_rules
from recruit.sequences.quota import give_place_back
from recruit.sequences.stopping import finish_enrollments, lock_to_stop
from recruit.sequences.store import announce_firm, lock_touch, move_touch
from recruit.sequences.suppression import suppress
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    SequenceStatus,
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

_touch, _enrollment, _sequence, _mailbox, _firm = (
    cast("Table", table.__table__) for table in (Touch, Enrollment, Sequence, Mailbox, Firm)
)
_SENDING = (
    update(_touch)
    .where(
        _touch.c.id == bindparam("touch"),
        _touch.c.status == TouchStatus.CLAIMED,
        _touch.c.fence == bindparam("claimed"),
        # A pause that was committed by now stops what was claimed before it.
        exists().where(
            _sequence.c.id == bindparam("sequence"), _sequence.c.status == SequenceStatus.ACTIVE
        ),
        exists().where(_mailbox.c.id == bindparam("mailbox"), _mailbox.c.paused_at.is_(None)),
    )
    .values(status=TouchStatus.SENDING, lease_until=bindparam("until"))
    .returning(_touch.c.id)
)
_LOCK = (
    select(
        _enrollment.c.status,
        _firm.c.merged_into_id,
        _sequence.c.status,
        _mailbox.c.address,
        _mailbox.c.paused_at,
        _mailbox.c.paused_reason,
    )
    .select_from(_enrollment)
    .join(_firm, _firm.c.id == _enrollment.c.firm_id)
    .join(_sequence, _sequence.c.id == _enrollment.c.sequence_id)
    .join(_mailbox, _mailbox.c.id == bindparam("mailbox"))
    .where(_enrollment.c.id == bindparam("enrollment"))
    .with_for_update(key_share=True, of=_enrollment)
)
_SENT = (
    update(_touch)
    .where(
        _touch.c.id == bindparam("touch"),
        _touch.c.fence == bindparam("claimed"),
        # A late answer settles what was parked meanwhile: it is the evidence that was missing.
        _touch.c.status.in_((TouchStatus.SENDING, TouchStatus.UNKNOWN)),
    )
    .values(
        status=TouchStatus.SENT,
        lease_until=None,
        settled_at=bindparam("at"),
        settled_by="engine",
        outcome=bindparam("words"),
        blocked_by="",
    )
    .returning(_touch.c.id)
)


def mark_sending(tx: Transaction, claim: Claim) -> bool:
    """Write down that the message is about to be let go; False when it may not go any more."""
    connection = tx.session.connection()
    changed = connection.execute(
        _SENDING,
        {
            "touch": claim.touch_id,
            "claimed": claim.fence,
            "sequence": claim.course.sequence_id,
            "mailbox": claim.mailbox_id,
            "until": tx.now + claim.lasts,
        },
    ).first()
    return changed is not None


def record_sent(tx: Transaction, claim: Claim, words: str) -> bool:
    """The server took the message: settle the touch and plan the next step."""
    course, connection = claim.course, tx.session.connection()
    row = connection.execute(
        _LOCK, {"enrollment": course.enrollment_id, "mailbox": claim.mailbox_id}
    ).one()
    status, merged_into, sequence, address, paused_at, reason = row
    changed = connection.execute(
        _SENT, {"touch": claim.touch_id, "claimed": claim.fence, "at": tx.now, "words": words}
    ).first()
    if changed is None:
        return False
    if status is not EnrollmentStatus.FINISHED:
        following = course.definition.following(claim.step_index)
        rules = standing_rules(sequence, address, paused_at, reason)
        plan_step(tx, course.under(rules), following, tx.now)
    if merged_into is None:
        tx.announce("firm", course.firm_id)
    else:
        announce_firm(tx, course.firm_id)
    return True


def record_unknown(tx: Transaction, claim: Claim, why: str) -> None:
    """The outcome is unknown: park the touch with its evidence for a person."""
    found = _find_ours(tx, claim)
    if found is not None and found[0].status is TouchStatus.SENDING:
        park(tx, found[0], why)


def record_unsendable(tx: Transaction, claim: Claim, why: str) -> None:
    """No message can be made of the touch: hold it for a person."""
    found = _find_ours(tx, claim)
    if found is not None and found[0].status is TouchStatus.CLAIMED:
        move_touch(found[0], TouchStatus.HELD)
        found[0].blocked_by = why
        give_place_back(tx, found[0])


def record_refused(tx: Transaction, claim: Claim, error: DefinitelyNotSent) -> TouchStatus:
    """The server did not take the message: decide by its words; return where the touch stands now."""
    judged = judge_refusal(error.code, None, error.text)
    gone = error.permanent and judged.recipient_gone and not error.about_us
    if gone:
        # Everything that is written to this address ends with it.
        lock_to_stop(tx, addresses=[claim.course.key], enrollment_ids=[claim.course.enrollment_id])
    found = _find_ours(tx, claim)
    if found is None:
        return TouchStatus.CANCELLED
    touch, enrollment = found
    touch.outcome = error.text
    if error.about_us and error.permanent:
        move_touch(touch, TouchStatus.PENDING)
        tx.session.flush()
        reason = f"The mail server refuses us: {error.text}"
        pause_mailbox(tx, address=claim.letter.sender, reason=reason)
    elif error.code is None or error.about_us:
        _put_off(tx, touch, _SERVER_AWAY, f"The mail server cannot take mail now: {error.text}")
    elif error.permanent:
        _fail(tx, touch, enrollment, error.text, gone=gone)
    else:
        touch.attempts += 1
        if touch.attempts < _MOST_ATTEMPTS:
            backoff = _BACKOFF * 4 ** (touch.attempts - 1)
            _put_off(tx, touch, backoff, f"The mail server put it off: {error.text}")
        else:
            words = f"Put off {touch.attempts} times, last: {error.text}"
            _fail(tx, touch, enrollment, words, gone=False)
    tx.session.flush()
    give_place_back(tx, touch)
    return touch.status


def release(tx: Transaction, claim: Claim, rule: str = "") -> bool:
    """Give back a claim of which the server has heard nothing; False where it is not ours any more.

    What was paused meanwhile waits for that, anything else for another try soon, under `rule`.
    """
    found = _find_ours(tx, claim)
    if found is None or found[0].status is not TouchStatus.CLAIMED:
        return False
    touch = found[0]
    sequence = tx.session.get_one(Sequence, claim.course.sequence_id, populate_existing=True)
    mailbox = tx.session.get_one(Mailbox, claim.mailbox_id, populate_existing=True)
    paused, _ = standing_rules(
        sequence.status, mailbox.address, mailbox.paused_at, mailbox.paused_reason
    )
    _put_off(tx, touch, timedelta() if paused else _SERVER_AWAY, paused or rule)
    touch.fence += 1
    give_place_back(tx, touch)
    return True


def _find_ours(tx: Transaction, claim: Claim) -> tuple[Touch, Enrollment] | None:
    """Return the locked rows while the claim's fence holds and nothing is settled, else None."""
    touch, enrollment = lock_touch(tx, claim.touch_id, claim.course.enrollment_id)
    open_ = {TouchStatus.CLAIMED, TouchStatus.SENDING, TouchStatus.UNKNOWN}
    return (touch, enrollment) if touch.fence == claim.fence and touch.status in open_ else None


def park(tx: Transaction, touch: Touch, why: str) -> None:
    """Put a touch, which the caller has locked, before a person: nobody knows whether it was sent."""
    move_touch(touch, TouchStatus.UNKNOWN)
    touch.blocked_by = _PARKED.format(why=why.rstrip("."))
    touch.outcome = why
    touch.settled_at = tx.now


def _put_off(tx: Transaction, touch: Touch, delay: timedelta, rule: str) -> None:
    move_touch(touch, TouchStatus.PENDING)
    touch.due_at = tx.now + delay
    touch.blocked_by = rule


def _fail(tx: Transaction, touch: Touch, enrollment: Enrollment, words: str, *, gone: bool) -> None:
    move_touch(touch, TouchStatus.FAILED)
    touch.settled_at = tx.now
    touch.settled_by = "engine"
    touch.outcome = touch.blocked_by = words
    tx.session.flush()
    if gone:
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
