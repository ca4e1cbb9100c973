"""What people decide: tasks, held touches, moods of replies, and the way out for a recipient."""

from dataclasses import dataclass

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.sequences.addresses import key_hash, masked
from recruit.sequences.planning import plan_after
from recruit.sequences.stopping import lock_to_stop, stop_firm
from recruit.sequences.store import UnknownRow, announce_firm, lock_touch, move_touch
from recruit.sequences.suppression import suppress
from recruit.sequences.tables import Enrollment, Reply, Suppression, Touch
from recruit.sequences.tokens import token_hash
from recruit.sequences.values import (
    ExitReason,
    Mood,
    SequencesError,
    SuppressionScope,
    TouchStatus,
)


class UnknownToken(SequencesError):
    """No mail of ours carried this unsubscribe link."""


@dataclass(frozen=True)
class UnsubscribeView:
    """Whose link it is. `address` is masked; `done`: nothing more will be sent there."""

    address: str
    firm_name: str
    done: bool


def complete_task(tx: Transaction, *, touch_id: int, actor: str, note: str = "") -> Touch:
    """A person did the task; the next step is planned. Raises UnknownRow or IllegalTransition."""
    return _settle_task(tx, touch_id, TouchStatus.DONE, actor, note)


def skip_task(tx: Transaction, *, touch_id: int, actor: str, note: str = "") -> Touch:
    """A person leaves the task out; the next step is planned. Raises UnknownRow or IllegalTransition."""
    return _settle_task(tx, touch_id, TouchStatus.SKIPPED, actor, note)


def _settle_task(
    tx: Transaction, touch_id: int, status: TouchStatus, actor: str, note: str
) -> Touch:
    touch, enrollment = lock_touch(tx, touch_id)
    if touch.status is status:
        return touch  # a second click
    move_touch(touch, status)
    touch.settled_at = tx.now
    touch.settled_by = actor
    touch.outcome = note
    touch.blocked_by = ""
    touch.expires_at = None
    plan_after(tx, enrollment, touch)
    announce_firm(tx, enrollment.firm_id)
    return touch


def release_held(tx: Transaction, *, touch_id: int, actor: str) -> Touch:
    """A person lets a held touch go on: it is due now, in the contact's next window."""
    touch, _ = lock_touch(tx, touch_id)
    if touch.status is TouchStatus.PENDING:
        return touch
    move_touch(touch, TouchStatus.PENDING)
    touch.due_at = tx.now
    touch.blocked_by = ""
    touch.outcome = f"Released by {actor}."
    return touch


def confirm_mood(tx: Transaction, *, reply_id: int, mood: Mood, actor: str) -> Reply:
    """A person says what a reply means; it counts as handled. Raises UnknownRow."""
    reply = _get_reply(tx, reply_id)
    reply.mood = mood
    reply.mood_confirmed_by = actor
    return handle_reply(tx, reply_id=reply_id, actor=actor)


def handle_reply(tx: Transaction, *, reply_id: int, actor: str) -> Reply:
    """A person has done what a reply asked for. Raises UnknownRow."""
    reply = _get_reply(tx, reply_id)
    if reply.handled_at is None:
        reply.handled_at = tx.now
        reply.handled_by = actor
    reply.again_on = None
    if reply.firm_id is not None:
        announce_firm(tx, reply.firm_id)
    return reply


def _get_reply(tx: Transaction, reply_id: int) -> Reply:
    reply = tx.session.get(Reply, reply_id, with_for_update={"key_share": True})
    if reply is None:
        raise UnknownRow(f"There is no reply {reply_id}.")
    return reply


def find_unsubscribe(tx: Transaction, *, token: str) -> UnsubscribeView:
    """Return whose link a token is, and change nothing: scanners open every link. Raises UnknownToken."""
    enrollment = _by_token(tx, token)
    contact = tx.session.get_one(Contact, enrollment.contact_id)
    firm = tx.session.get_one(Firm, enrollment.firm_id)
    key = _key_of(tx, enrollment)
    done = tx.session.scalar(
        select(Suppression.id).where(
            Suppression.scope == SuppressionScope.ADDRESS,
            Suppression.key_hash == key_hash(key),
            Suppression.lifted_at.is_(None),
        )
    )
    return UnsubscribeView(masked(contact.email), firm.name, done is not None)


def unsubscribe(tx: Transaction, *, token: str) -> UnsubscribeView:
    """Never write to the token's address again, and stop its firm. A second time changes nothing."""
    enrollment = _by_token(tx, token)
    reason, key = "The recipient used the unsubscribe link.", _key_of(tx, enrollment)
    lock_to_stop(tx, firm_ids=[enrollment.firm_id], addresses=[key], enrollment_ids=[enrollment.id])
    suppress(
        tx,
        scope=SuppressionScope.ADDRESS,
        key=key,
        reason=reason,
        actor="recipient",
        exit_reason=ExitReason.OPTED_OUT,
    )
    stop_firm(tx, enrollment.firm_id, ExitReason.OPTED_OUT, reason)
    return find_unsubscribe(tx, token=token)


def _by_token(tx: Transaction, token: str) -> Enrollment:
    enrollment = tx.session.scalar(
        select(Enrollment).where(Enrollment.unsubscribe_key == token_hash(token))
    )
    if enrollment is None:
        raise UnknownToken("No mail of ours carried this link; check that it is complete.")
    return enrollment


def _key_of(tx: Transaction, enrollment: Enrollment) -> str:
    return tx.session.scalars(
        select(Touch.address_key)
        .where(Touch.enrollment_id == enrollment.id)
        .order_by(Touch.step_index.desc())
        .limit(1)
    ).one()
