"""Claiming what is due: one transaction that asks every rule again, reserves a place, and writes it down.

Nothing is said to a mail server here. What may not go now moves on with the name of its rule.
"""

from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import bindparam, select

from recruit.db.transaction import Transaction
from recruit.sequences.addresses import address_key, domain_of
from recruit.sequences.due import Hold, OpenTask, Pass, Send, Stop, Wait, next_move
from recruit.sequences.frames import Frames, load_frames
from recruit.sequences.messages import Letter, sender_domain
from recruit.sequences.planning import Course, plan_step
from recruit.sequences.quota import Room, keep_domains, lock_rooms
from recruit.sequences.recipients import Recipient
from recruit.sequences.stopping import finish_enrollments
from recruit.sequences.store import announce_firm, mailbox_id_of, may_move_on, move_touch
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, Touch
from recruit.sequences.timing import give_up_at
from recruit.sequences.tokens import message_id, token_hash, unsubscribe_token
from recruit.sequences.values import EnrollmentStatus, StepKind, TouchStatus
from recruit.sequences.wording import Wording

_DUE = (
    select(Touch, Enrollment, mailbox_id_of())
    .join(Enrollment, Enrollment.id == Touch.enrollment_id)
    .join(Sequence, Sequence.id == Touch.sequence_id)
    .join(Mailbox, Mailbox.id == mailbox_id_of())
    .where(
        may_move_on(),
        Touch.due_at <= bindparam("now"),
        Touch.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(Touch.due_at, Touch.id)
    .limit(bindparam("most"))
    # On SQLite this compiles to nothing, and the transaction has the database to itself.
    .with_for_update(skip_locked=True, key_share=True, of=[Touch, Enrollment])
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Sender:
    """What this installation puts into every message."""

    secret: str
    base_url: str
    postal_address: str
    # Long enough for a slow server; afterwards the touch goes back, and whoever held it is too late.
    claim_lasts: timedelta = timedelta(minutes=2)


@dataclass(frozen=True)
class Claim:
    """A touch that is ours until its lease ends, and what to say. `fence` proves the claim."""

    touch_id: int
    step_index: int
    fence: int
    mailbox_id: int
    course: Course
    letter: Letter
    lasts: timedelta


@dataclass
class Sweep:
    """What claiming did with the touches that it looked at."""

    claims: list[Claim] = field(default_factory=list)
    looked_at: int = 0
    tasks: int = 0
    passed: int = 0
    postponed: int = 0
    held: int = 0
    stopped: int = 0


def claim_due(tx: Transaction, sender: Sender, limit: int) -> Sweep:
    """Take the touches that are due, at most `limit`, oldest first, and decide each anew."""
    sweep = Sweep()
    # Without a postal address no mail may go, and those that wait must not stand before the tasks.
    has_address = bool(sender.postal_address.strip())
    kinds = [kind for kind in StepKind if has_address or kind is not StepKind.EMAIL]
    due = tx.session.execute(_DUE, {"now": tx.now, "most": limit, "kinds": kinds})
    rows = [(touch, enrollment, mailbox_id) for touch, enrollment, mailbox_id in due]
    sweep.looked_at = len(rows)
    if rows:
        _Desk(tx, sender, rows).decide_all(sweep)
        tx.session.flush()
    return sweep


class _Desk:
    """Decides the touches of one claim, one by one, and writes each decision."""

    def __init__(
        self, tx: Transaction, sender: Sender, rows: Rows[tuple[Touch, Enrollment, int]]
    ) -> None:
        self._tx = tx
        self._sender = sender
        self._rows = rows
        self._frames: Frames = load_frames(tx, [enrollment for _, enrollment, _ in rows])
        self._rooms = lock_rooms(
            tx,
            {mailbox_id for _, _, mailbox_id in rows},
            {domain_of(touch.address_key) for touch, _, _ in rows},
        )

    def decide_all(self, sweep: Sweep) -> None:
        """Decide every touch, in the order in which they came due."""
        before = {key: dict(room.domains) for key, room in self._rooms.items()}
        for touch, enrollment, mailbox_id in self._rows:
            self._decide(touch, enrollment, self._rooms[mailbox_id], sweep)
        keep_domains(self._tx, before, self._rooms.values())

    def _decide(self, touch: Touch, enrollment: Enrollment, room: Room, sweep: Sweep) -> None:
        if enrollment.status is EnrollmentStatus.FINISHED:
            _cancel(self._tx, touch)
            sweep.stopped += 1
            return
        frames = self._frames
        course = frames.course(enrollment, touch, room)
        wording = frames.word(enrollment, touch, course, room)
        recipient = frames.recipients[enrollment.contact_id]
        domain = domain_of(touch.address_key)
        facts = frames.facts(
            enrollment,
            course,
            room,
            domain,
            self._unfit(touch, recipient, wording),
            self._sender.postal_address,
        )
        match next_move(course.view(touch.step_index, touch.due_at), facts, self._tx.now):
            case Send():
                _resume(enrollment)
                room.reserve(self._tx.now, domain)
                sweep.claims.append(self._claim(touch, enrollment, course, room, wording))
            case OpenTask():
                _resume(enrollment)
                self._open_task(touch, course, wording)
                sweep.tasks += 1
            case Pass(to, because):
                _resume(enrollment)
                move_touch(touch, TouchStatus.DONE)
                touch.settled_at, touch.settled_by = self._tx.now, "engine"
                touch.outcome, touch.blocked_by = because, ""
                plan_step(self._tx, course, to, self._tx.now)
                sweep.passed += 1
            case Wait(until, rule):
                if until is not None and until == room.slot:
                    room.queue()
                touch.due_at = until or touch.due_at
                touch.blocked_by = rule
                sweep.postponed += 1
            case Hold(rule):
                move_touch(touch, TouchStatus.HELD)
                touch.blocked_by = rule
                sweep.held += 1
            case Stop(reason, detail):
                finish_enrollments(self._tx, [enrollment], reason, detail)
                sweep.stopped += 1

    def _unfit(self, touch: Touch, recipient: Recipient, wording: Wording) -> str | None:
        if address_key(recipient.email) != touch.address_key:
            return (
                f"The contact's address became {recipient.email} since the firm was enrolled. "
                "Stop this enrollment; another sequence may use the new address."
            )
        return wording.unfit

    def _open_task(self, touch: Touch, course: Course, wording: Wording) -> None:
        move_touch(touch, TouchStatus.OPEN)
        touch.subject, touch.body, touch.link = wording.subject, wording.body, wording.link
        touch.expires_at = give_up_at(
            course.definition, touch.step_index, course.place, self._tx.now
        )
        touch.blocked_by = ""

    def _claim(
        self,
        touch: Touch,
        enrollment: Enrollment,
        course: Course,
        room: Room,
        wording: Wording,
    ) -> Claim:
        now, sender, mailbox = self._tx.now, self._sender, room.mailbox
        recipient = self._frames.recipients[enrollment.contact_id]
        token = unsubscribe_token(sender.secret, enrollment.id)
        enrollment.unsubscribe_key = token_hash(token)
        move_touch(touch, TouchStatus.CLAIMED)
        touch.fence += 1
        touch.lease_until = now + sender.claim_lasts
        touch.reserved_on = now.date()
        touch.blocked_by = ""
        touch.variant = course.definition.variant_of(touch.step_index, enrollment.firm_id)
        touch.subject, touch.body = wording.subject, wording.body
        touch.message_id = message_id(sender.secret, touch.id, sender_domain(mailbox.address))
        letter = Letter(
            sender=mailbox.address,
            sender_name=mailbox.from_name,
            recipient=recipient.email,
            recipient_name=recipient.name,
            subject=wording.subject,
            body=wording.body,
            message_id=touch.message_id,
            references=wording.references,
            sent_at=now,
            unsubscribe_url=f"{sender.base_url.rstrip('/')}/u/{token}",
            postal_address=sender.postal_address,
            origin=recipient.origin,
            privacy_url=self._frames.compliance[enrollment.sequence_id].privacy_url,
        )
        return Claim(
            touch.id,
            touch.step_index,
            touch.fence,
            mailbox.id,
            course,
            letter,
            sender.claim_lasts,
        )


def _resume(enrollment: Enrollment) -> None:
    """The out-of-office pause is over."""
    if enrollment.status is EnrollmentStatus.PAUSED:
        enrollment.status = EnrollmentStatus.ACTIVE
    enrollment.paused_until = None


def _cancel(tx: Transaction, touch: Touch) -> None:
    move_touch(touch, TouchStatus.CANCELLED)
    touch.blocked_by = "The enrollment is finished."
    touch.settled_at = tx.now
    announce_firm(tx, touch.firm_id)
