"""Claiming what is due: one transaction that asks every rule again, reserves a place, and writes it down.

Nothing is said to a mail server here. What may not go now moves on with the name of its rule.
"""

from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update

from recruit.db.transaction import Transaction
from recruit.sequences.addresses import address_key
from recruit.sequences.answers import answered_since, list_answers
from recruit.sequences.due import Facts, Hold, OpenTask, Send, Stop, Wait, next_move
from recruit.sequences.messages import Letter, sender_domain
from recruit.sequences.planning import definition_of, view_of
from recruit.sequences.quota import Room, lock_room
from recruit.sequences.recipients import Recipient, list_recipients
from recruit.sequences.stopping import finish_enrollments
from recruit.sequences.store import list_families, may_move_on, move_touch
from recruit.sequences.suppression import ask_suppressed
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, SequenceVersion, Touch
from recruit.sequences.threads import Thread, list_threads
from recruit.sequences.tokens import message_id, token_hash, unsubscribe_token
from recruit.sequences.values import EnrollmentStatus, StepKind, TouchStatus
from recruit.sequences.wording import Wording, word_step

NO_POSTAL_ADDRESS = (
    "No postal address is set, and a message to a firm must carry one: set RECRUIT_POSTAL_ADDRESS."
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
    enrollment_id: int
    fence: int
    letter: Letter
    lasts: timedelta


@dataclass
class Sweep:
    """What claiming did with the touches that it looked at."""

    claims: list[Claim] = field(default_factory=list)
    looked_at: int = 0
    tasks: int = 0
    postponed: int = 0
    held: int = 0
    stopped: int = 0


def claim_due(tx: Transaction, sender: Sender, limit: int) -> Sweep:
    """Take the touches that are due, at most `limit`, oldest first, and decide each anew."""
    sweep = Sweep()
    has_address = bool(sender.postal_address.strip())
    if not has_address:
        _name_missing_address(tx)
    rows = _due_rows(tx, limit, list(StepKind) if has_address else [StepKind.TASK])
    sweep.looked_at = len(rows)
    if rows:
        desk = _Desk(tx, sender, rows)
        for touch, enrollment in rows:
            desk.decide(touch, enrollment, sweep)
        tx.session.flush()
    return sweep


def _due_rows(tx: Transaction, limit: int, kinds: list[StepKind]) -> Rows[tuple[Touch, Enrollment]]:
    query = (
        select(Touch, Enrollment)
        .join(Enrollment, Enrollment.id == Touch.enrollment_id)
        .join(Sequence, Sequence.id == Touch.sequence_id)
        .join(Mailbox, Mailbox.id == Sequence.mailbox_id)
        .where(may_move_on(), Touch.due_at <= tx.now, Touch.kind.in_(kinds))
        .order_by(Touch.due_at, Touch.id)
        .limit(limit)
        # On SQLite this compiles to nothing, and the transaction has the database to itself.
        .with_for_update(skip_locked=True, key_share=True, of=[Touch, Enrollment])
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in tx.session.execute(query)]


def _name_missing_address(tx: Transaction) -> None:
    tx.session.execute(
        update(Touch)
        .where(
            Touch.status == TouchStatus.PENDING,
            Touch.kind == StepKind.EMAIL,
            Touch.due_at <= tx.now,
            Touch.blocked_by != NO_POSTAL_ADDRESS,
        )
        .values(blocked_by=NO_POSTAL_ADDRESS)
        .execution_options(synchronize_session=False)
    )


class _Desk:
    """What the decisions of one claim need, read at once for all its touches."""

    def __init__(
        self, tx: Transaction, sender: Sender, rows: Rows[tuple[Touch, Enrollment]]
    ) -> None:
        self._tx = tx
        self._sender = sender
        enrollments = [enrollment for _, enrollment in rows]
        families = list_families(tx, {e.firm_id for e in enrollments})
        self._recipients = list_recipients(tx, {e.contact_id for e in enrollments})
        self._suppressed = ask_suppressed(
            tx, {(self._recipients[e.contact_id].email, e.firm_id) for e in enrollments}, families
        )
        self._answers = list_answers(tx, families)
        self._threads = list_threads(tx, {e.id for e in enrollments})
        sequence_ids = {e.sequence_id for e in enrollments}
        version_ids = {e.sequence_version_id for e in enrollments}
        sequences = tx.session.scalars(select(Sequence).where(Sequence.id.in_(sequence_ids)))
        versions = tx.session.scalars(
            select(SequenceVersion).where(SequenceVersion.id.in_(version_ids))
        )
        self._sequences = {s.id: s for s in sequences}
        self._definitions = {version.id: definition_of(version) for version in versions}
        mailbox_ids = sorted({s.mailbox_id for s in self._sequences.values()})
        self._rooms = {mailbox_id: lock_room(tx, mailbox_id) for mailbox_id in mailbox_ids}

    def decide(self, touch: Touch, enrollment: Enrollment, sweep: Sweep) -> None:
        """Decide one touch and write the decision."""
        if enrollment.status is EnrollmentStatus.FINISHED:
            _cancel(touch, self._tx.now)
            sweep.stopped += 1
            return
        recipient = self._recipients[enrollment.contact_id]
        sequence = self._sequences[enrollment.sequence_id]
        room = self._rooms[sequence.mailbox_id]
        wording, facts = self._gather(touch, enrollment, recipient, sequence, room)
        view = view_of(enrollment, sequence.name, recipient, touch.step_index, touch.due_at)
        match next_move(view, facts, self._tx.now):
            case Send():
                _resume(enrollment)
                room.reserve(self._tx.now)
                sweep.claims.append(self._claim(touch, enrollment, recipient, room, wording))
            case OpenTask():
                _resume(enrollment)
                move_touch(touch, TouchStatus.OPEN)
                touch.subject, touch.body, touch.link = wording.subject, wording.body, wording.link
                touch.blocked_by = ""
                sweep.tasks += 1
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

    def _gather(
        self,
        touch: Touch,
        enrollment: Enrollment,
        recipient: Recipient,
        sequence: Sequence,
        room: Room,
    ) -> tuple[Wording, Facts]:
        definition = self._definitions[enrollment.sequence_version_id]
        step = definition.steps[touch.step_index]
        thread = self._threads.get(enrollment.id, Thread())
        wording = word_step(step, definition, recipient, room.mailbox, thread)
        unfit = wording.unfit
        if address_key(recipient.email) != touch.address_key:
            unfit = (
                f"The contact's address became {recipient.email} since the firm was enrolled. "
                "Stop this enrollment; another sequence may use the new address."
            )
        facts = Facts(
            definition=definition,
            sequence_status=sequence.status,
            mailbox=room.view(),
            suppressed=self._suppressed.get((recipient.email, enrollment.firm_id)),
            answered=answered_since(self._answers.get(enrollment.firm_id), enrollment.enrolled_at),
            unfit=unfit,
        )
        return wording, facts

    def _claim(
        self,
        touch: Touch,
        enrollment: Enrollment,
        recipient: Recipient,
        room: Room,
        wording: Wording,
    ) -> Claim:
        now, sender, mailbox = self._tx.now, self._sender, room.mailbox
        token = unsubscribe_token(sender.secret, enrollment.id)
        enrollment.unsubscribe_key = token_hash(token)
        move_touch(touch, TouchStatus.CLAIMED)
        touch.fence += 1
        touch.lease_until = now + sender.claim_lasts
        touch.reserved_on = now.date()
        touch.blocked_by = ""
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
        )
        return Claim(touch.id, enrollment.id, touch.fence, letter, sender.claim_lasts)


def _resume(enrollment: Enrollment) -> None:
    """The out-of-office pause is over."""
    if enrollment.status is EnrollmentStatus.PAUSED:
        enrollment.status = EnrollmentStatus.ACTIVE
    enrollment.paused_until = None


def _cancel(touch: Touch, now: datetime) -> None:
    move_touch(touch, TouchStatus.CANCELLED)
    touch.blocked_by = "The enrollment is finished."
    touch.settled_at = now
