"""Claiming what is due: one transaction that asks every rule again, reserves a place, and writes it down.

Nothing is said to a mail server here. What may not go now moves on with the name of its rule.
"""

from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import bindparam, select

from recruit.db.transaction import Transaction
from recruit.sequences.addresses import address_key, domain_of
from recruit.sequences.cards import Card, Claiming, lock_due, write_claims
from recruit.sequences.due import Hold, Move, OpenTask, Pass, Send, Stop, Wait, next_move
from recruit.sequences.frames import Frames, load_frames
from recruit.sequences.messages import Letter, sender_domain
from recruit.sequences.planning import Course, plan_step, standing_rules
from recruit.sequences.quota import Room, keep_places, lock_rooms
from recruit.sequences.stopping import finish_enrollments
from recruit.sequences.store import announce_firm, move_touch
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.timing import give_up_at
from recruit.sequences.tokens import message_id, token_hash, unsubscribe_token
from recruit.sequences.values import EnrollmentStatus, StepKind, TouchStatus
from recruit.sequences.wording import Wording

_LOCKED = (
    select(Touch, Enrollment)
    .join(Enrollment, Enrollment.id == Touch.enrollment_id)
    .where(Touch.id.in_(bindparam("ids", expanding=True)))
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
    # Without a postal address no mail may go, and those that wait must not stand before the tasks.
    has_address = bool(sender.postal_address.strip())
    kinds = [kind for kind in StepKind if has_address or kind is not StepKind.EMAIL]
    cards = lock_due(tx, kinds, limit)
    sweep = Sweep(looked_at=len(cards))
    if cards:
        _Desk(tx, sender, cards).decide_all(sweep)
        tx.session.flush()
    return sweep


@dataclass(frozen=True)
class _Decided:
    """A touch that does not go to the mail server now."""

    card: Card
    move: Move
    course: Course
    wording: Wording


class _Desk:
    """Decides the touches of one claim, one by one, and writes what was decided."""

    def __init__(self, tx: Transaction, sender: Sender, cards: Rows[Card]) -> None:
        self._tx = tx
        self._sender = sender
        self._cards = cards
        self._frames: Frames = load_frames(tx, cards)
        self._rooms = lock_rooms(
            tx,
            {card.mailbox_id for card in cards},
            {domain_of(card.address_key) for card in cards},
        )
        self._writes: list[Claiming] = []
        self._others: list[_Decided] = []

    def decide_all(self, sweep: Sweep) -> None:
        """Decide every touch, in the order in which they came due."""
        for card in self._cards:
            self._decide(card, self._rooms[card.mailbox_id], sweep)
        write_claims(self._tx, self._writes)
        if self._others:
            self._write_others(sweep)
        keep_places(self._tx, self._rooms.values())

    def _decide(self, card: Card, room: Room, sweep: Sweep) -> None:
        course = _course(card, room)
        wording = self._frames.word(card, room)
        domain = domain_of(card.address_key)
        facts = self._frames.facts(
            card, room, domain, _unfit(card, wording), self._sender.postal_address
        )
        move = next_move(course.view(card.step_index, card.due_at), facts, self._tx.now)
        if isinstance(move, Send):
            room.reserve(self._tx.now, domain)
            sweep.claims.append(self._claim(card, course, room, wording))
            return
        if isinstance(move, Wait) and move.until is not None and move.until == room.slot:
            room.queue()
        self._others.append(_Decided(card, move, course, wording))

    def _write_others(self, sweep: Sweep) -> None:
        # They are locked already; read at once, since a cap can keep a whole batch waiting.
        pairs = self._tx.session.execute(
            _LOCKED, {"ids": [decided.card.touch_id for decided in self._others]}
        )
        rows = {touch.id: (touch, enrollment) for touch, enrollment in pairs}
        for decided in self._others:
            self._write(*rows[decided.card.touch_id], decided, sweep)

    def _write(self, touch: Touch, enrollment: Enrollment, decided: _Decided, sweep: Sweep) -> None:
        match decided.move:
            case OpenTask():
                _resume(enrollment)
                self._open_task(touch, decided.course, decided.wording)
                sweep.tasks += 1
            case Pass(to, because):
                _resume(enrollment)
                move_touch(touch, TouchStatus.DONE)
                touch.settled_at, touch.settled_by = self._tx.now, "engine"
                touch.outcome, touch.blocked_by = because, ""
                plan_step(self._tx, decided.course, to, self._tx.now)
                sweep.passed += 1
            case Wait(until, rule):
                touch.due_at = until or touch.due_at
                touch.blocked_by = rule
                sweep.postponed += 1
            case Hold(rule):
                move_touch(touch, TouchStatus.HELD)
                touch.blocked_by = rule
                sweep.held += 1
            case Stop(reason, detail):
                if enrollment.status is EnrollmentStatus.FINISHED:
                    _cancel(self._tx, touch)
                else:
                    finish_enrollments(self._tx, [enrollment], reason, detail)
                sweep.stopped += 1
            case Send():
                raise AssertionError("What is sent is written with the claims.")

    def _open_task(self, touch: Touch, course: Course, wording: Wording) -> None:
        move_touch(touch, TouchStatus.OPEN)
        touch.subject, touch.body, touch.link = wording.subject, wording.body, wording.link
        touch.expires_at = give_up_at(
            course.definition, touch.step_index, course.place, self._tx.now
        )
        touch.blocked_by = ""

    def _claim(self, card: Card, course: Course, room: Room, wording: Wording) -> Claim:
        now, sender, mailbox = self._tx.now, self._sender, room.mailbox
        recipient = card.recipient
        token = unsubscribe_token(sender.secret, card.enrollment_id)
        own_id = message_id(sender.secret, card.touch_id, sender_domain(mailbox.address))
        fence = card.fence + 1
        self._writes.append(
            Claiming(
                card,
                fence=fence,
                lease_until=now + sender.claim_lasts,
                reserved_on=now.date(),
                variant=course.definition.variant_of(card.step_index, card.firm_id),
                subject=wording.subject,
                body=wording.body,
                message_id=own_id,
                unsubscribe_key=token_hash(token),
            )
        )
        letter = Letter(
            sender=mailbox.address,
            sender_name=mailbox.from_name,
            recipient=recipient.email,
            recipient_name=recipient.name,
            subject=wording.subject,
            body=wording.body,
            message_id=own_id,
            references=wording.references,
            sent_at=now,
            unsubscribe_url=f"{sender.base_url.rstrip('/')}/u/{token}",
            postal_address=sender.postal_address,
            origin=recipient.origin,
            privacy_url=card.sequence.compliance.privacy_url,
        )
        return Claim(
            card.touch_id,
            card.step_index,
            fence,
            mailbox.id,
            course,
            letter,
            sender.claim_lasts,
        )


def _course(card: Card, room: Room) -> Course:
    """Return the enrollment as rules and planning see it."""
    sequence, mailbox = card.sequence, room.mailbox
    return Course(
        enrollment_id=card.enrollment_id,
        sequence_id=sequence.id,
        sequence=sequence.name,
        firm_id=card.firm_id,
        definition=card.definition,
        place=card.recipient.place,
        status=card.status,
        paused_until=card.paused_until,
        key=card.address_key,
        rules=standing_rules(
            sequence.status, mailbox.address, mailbox.paused_at, mailbox.paused_reason
        ),
    )


def _unfit(card: Card, wording: Wording) -> str | None:
    if address_key(card.recipient.email) != card.address_key:
        return (
            f"The contact's address became {card.recipient.email} since the firm was enrolled. "
            "Stop this enrollment; another sequence may use the new address."
        )
    return wording.unfit


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
