"""What became of a touch that a sender holds: written once, by whoever can prove its claim.

A touch whose message may be on its way is never pending again by itself. The two writes of messages that
go well are plain statements over a group of them, since they bound how fast we send.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Table,
    Text,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.mail.port import DefinitelyNotSent
from recruit.mail.refusals import judge_refusal
from recruit.sequences.claiming import Claim
from recruit.sequences.mailboxes import pause_mailbox
from recruit.sequences.planning import Planned, plan, standing_rules, write_plans
from recruit.sequences.quota import give_place_back
from recruit.sequences.sql import fixed, fixed_all
from recruit.sequences.stopping import finish_enrollments, lock_to_stop
from recruit.sequences.store import announce_firm, lock_touch, mailbox_id_of, move_touch
from recruit.sequences.suppression import suppress
from recruit.sequences.tables import Enrollment, Mailbox, Touch
from recruit.sequences.tables import Sequence as SequenceRow
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
    cast("Table", table.__table__) for table in (Touch, Enrollment, SequenceRow, Mailbox, Firm)
)
_LOCK = (
    select(
        _enrollment.c.id,
        _enrollment.c.status,
        _firm.c.merged_into_id,
        _sequence.c.status.label("sequence_status"),
        _mailbox.c.address,
        _mailbox.c.paused_at,
        _mailbox.c.paused_reason,
    )
    .select_from(_enrollment)
    .join(_firm, _firm.c.id == _enrollment.c.firm_id)
    .join(_sequence, _sequence.c.id == _enrollment.c.sequence_id)
    .join(_mailbox, _mailbox.c.id == mailbox_id_of())
    .where(_enrollment.c.id.in_(bindparam("enrollments", expanding=True)))
    .order_by(_enrollment.c.id)
    .with_for_update(key_share=True, of=_enrollment)
)
# A pause that was committed by now stops what was claimed before it.
_may_go = exists().where(
    _enrollment.c.id == _touch.c.enrollment_id,
    _sequence.c.id == _enrollment.c.sequence_id,
    _sequence.c.status == fixed(SequenceStatus.ACTIVE),
    _mailbox.c.id == mailbox_id_of(),
    _mailbox.c.paused_at.is_(None),
)


def _held(count: int) -> ColumnElement[bool]:
    """Return the condition that a touch is one of so many claims, and its fence still that claim's."""
    return or_(
        *(
            and_(_touch.c.id == bindparam(f"touch_{i}"), _touch.c.fence == bindparam(f"fence_{i}"))
            for i in range(count)
        )
    )


def _name(claims: Sequence[Claim]) -> dict[str, Any]:
    """Return the parameters of `_held`."""
    named: dict[str, Any] = {}
    for i, claim in enumerate(claims):
        named[f"touch_{i}"], named[f"fence_{i}"] = claim.touch_id, claim.fence
    return named


# Built once for each size of a group.
@lru_cache(maxsize=64)
def _sending(count: int) -> ReturningUpdate[int]:
    return (
        update(_touch)
        .where(_held(count), _touch.c.status == fixed(TouchStatus.CLAIMED), _may_go)
        .values(status=fixed(TouchStatus.SENDING), lease_until=bindparam("until"))
        .returning(_touch.c.id)
    )


@lru_cache(maxsize=64)
def _sent(count: int) -> ReturningUpdate[int]:
    words: dict[BindParameter[Any], BindParameter[Any]] = {
        bindparam(f"touch_{i}"): bindparam(f"words_{i}", type_=Text) for i in range(count)
    }
    return (
        update(_touch)
        # A late answer settles what was parked meanwhile: it is the evidence that was missing.
        .where(
            _held(count), _touch.c.status.in_(fixed_all((TouchStatus.SENDING, TouchStatus.UNKNOWN)))
        )
        .values(
            status=fixed(TouchStatus.SENT),
            lease_until=None,
            settled_at=bindparam("at"),
            settled_by="engine",
            outcome=case(*((_touch.c.id == touch, said) for touch, said in words.items())),
            blocked_by="",
        )
        .returning(_touch.c.id)
    )


def mark_sending(tx: Transaction, claims: Sequence[Claim]) -> set[int]:
    """Write down which messages are about to be let go; return those touches that still may go."""
    if not claims:
        return set()
    until = tx.now + max(claim.lasts for claim in claims)
    rows = tx.connection.execute(_sending(len(claims)), {**_name(claims), "until": until})
    return {touch_id for (touch_id,) in rows}


def record_sent(tx: Transaction, answers: Sequence[tuple[Claim, str]]) -> None:
    """The server took these messages, in these words: settle the touches and plan the next steps."""
    if not answers:
        return
    connection = tx.connection
    claims = [claim for claim, _ in answers]
    ids = sorted({claim.course.enrollment_id for claim in claims})
    locked = {row.id: row for row in connection.execute(_LOCK, {"enrollments": ids})}
    words = {f"words_{i}": said for i, (_, said) in enumerate(answers)}
    named = {**_name(claims), **words, "at": tx.now}
    settled = {touch_id for (touch_id,) in connection.execute(_sent(len(claims)), named)}
    plans: list[Planned] = []
    for claim in claims:
        if claim.touch_id not in settled:
            continue
        course, row = claim.course, locked[claim.course.enrollment_id]
        if row.status is not EnrollmentStatus.FINISHED:
            rules = standing_rules(
                row.sequence_status, row.address, row.paused_at, row.paused_reason
            )
            following = course.definition.following(claim.step_index)
            plans.append(plan(course.under(rules), following, tx.now))
        if row.merged_into_id is None:
            tx.announce("firm", course.firm_id)
        else:
            announce_firm(tx, course.firm_id)
    write_plans(tx, plans)


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
    sequence = tx.session.get_one(SequenceRow, claim.course.sequence_id, populate_existing=True)
    mailbox = tx.session.get_one(Mailbox, claim.mailbox_id, populate_existing=True)
    paused, _ = standing_rules(
        sequence.status, mailbox.address, mailbox.paused_at, mailbox.paused_reason
    )
    _put_off(tx, touch, timedelta() if paused else _SERVER_AWAY, paused or rule)
    touch.fence += 1
    give_place_back(tx, touch)
    return True


def release_all(tx: Transaction, claims: Collection[Claim], rule: str) -> int:
    """Give back claims of which the server has heard nothing; return how many were ours still."""
    # All at once and in order, since each release goes on to counters, which come last.
    lock_to_stop(tx, enrollment_ids=[claim.course.enrollment_id for claim in claims])
    return sum(release(tx, claim, rule) for claim in claims)


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
