"""What one claim needs to know about its touches, read at once for all of them."""

from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, func, select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.sequences.answers import answered_since, list_answers
from recruit.sequences.cards import Card
from recruit.sequences.definition import Compliance, SequenceDefinition
from recruit.sequences.due import Facts
from recruit.sequences.planning import Course, get_definition, standing_rules
from recruit.sequences.policies import lacks
from recruit.sequences.quota import Room
from recruit.sequences.recipients import Recipient, list_recipients
from recruit.sequences.suppression import ask_suppressed
from recruit.sequences.tables import Sequence, SequenceVersion, Touch
from recruit.sequences.threads import Thread, list_threads
from recruit.sequences.values import SequenceStatus, StepKind, TouchStatus
from recruit.sequences.wording import Wording, word_step

_SEQUENCES = (
    select(
        Sequence.id,
        Sequence.name,
        Sequence.status,
        Sequence.active_since,
        SequenceVersion.id.label("version_id"),
        SequenceVersion.definition_hash,
    )
    .join(SequenceVersion, SequenceVersion.sequence_id == Sequence.id)
    .where(Sequence.id.in_(bindparam("ids", expanding=True)))
    .order_by(SequenceVersion.number)
)
_TASKS = (
    select(Touch.enrollment_id, Touch.status)
    .where(
        Touch.enrollment_id.in_(bindparam("ids", expanding=True)),
        Touch.kind == StepKind.TASK,
        Touch.status.in_((TouchStatus.DONE, TouchStatus.SKIPPED)),
    )
    .order_by(Touch.enrollment_id, Touch.step_index)
)
_TOUCHED = (
    select(Touch.firm_id, Touch.sequence_id, func.max(Touch.settled_at))
    .where(
        Touch.firm_id.in_(bindparam("ids", expanding=True)),
        Touch.status.in_((TouchStatus.SENT, TouchStatus.DONE)),
        Touch.kind.in_((StepKind.EMAIL, StepKind.TASK)),
    )
    .group_by(Touch.firm_id, Touch.sequence_id)
)


@dataclass(frozen=True)
class SequenceState:
    """A sequence as it stands today. `compliance` is its newest version's, which the law is asked of."""

    id: int
    name: str
    status: SequenceStatus
    active_since: datetime | None
    compliance: Compliance


@dataclass
class Frames:
    """Sequences, recipients and what is known of them, for the touches of one claim."""

    sequences: dict[int, SequenceState]
    definitions: dict[int, SequenceDefinition]
    recipients: dict[int, Recipient]
    families: dict[int, tuple[int, ...]]
    suppressed: dict[tuple[str, int], str]
    answers: dict[int, datetime]
    threads: dict[int, Thread]
    touched: dict[int, dict[int, datetime]] = field(default_factory=dict)
    task_outcomes: dict[int, str] = field(default_factory=dict)

    def course(self, card: Card, room: Room) -> Course:
        """Return the enrollment as rules and planning see it."""
        sequence = self.sequences[card.sequence_id]
        mailbox = room.mailbox
        return Course(
            enrollment_id=card.enrollment_id,
            sequence_id=sequence.id,
            sequence=sequence.name,
            firm_id=card.firm_id,
            definition=self.definitions[card.version_id],
            place=self.recipients[card.contact_id].place,
            status=card.status,
            paused_until=card.paused_until,
            key=card.address_key,
            rules=standing_rules(
                sequence.status, mailbox.address, mailbox.paused_at, mailbox.paused_reason
            ),
        )

    def word(self, card: Card, course: Course, room: Room) -> Wording:
        """Return what the step says to its recipient."""
        return word_step(
            course.definition.steps[card.step_index],
            course.definition,
            self.recipients[card.contact_id],
            room.mailbox,
            self.threads.get(card.enrollment_id, Thread()),
            course.definition.variant_of(card.step_index, card.firm_id),
        )

    def facts(
        self,
        card: Card,
        course: Course,
        room: Room,
        domain: str,
        unfit: str | None,
        postal_address: str,
    ) -> Facts:
        """Return what the decision rests on."""
        recipient = self.recipients[card.contact_id]
        sequence = self.sequences[card.sequence_id]
        starts = [m for m in (sequence.active_since, room.mailbox.active_since) if m is not None]
        return Facts(
            definition=course.definition,
            sequence_status=sequence.status,
            mailbox=room.view(domain),
            suppressed=self.suppressed.get((recipient.email, card.firm_id)),
            answered=answered_since(self.answers.get(card.firm_id), card.enrolled_at),
            unfit=unfit,
            unlawful=lacks(sequence.compliance, recipient.addressee, postal_address),
            running_since=max(starts, default=None),
            touched_at=self._touched_at(card),
            known=recipient.known(card.score, self.task_outcomes.get(card.enrollment_id, "")),
        )

    def _touched_at(self, card: Card) -> datetime | None:
        family = self.families.get(card.firm_id, ())
        return touched_elsewhere(self.touched, family, card.sequence_id)


def load_frames(tx: Transaction, cards: Rows[Card]) -> Frames:
    """Read what the claim of these touches needs, each kind of thing by one query."""
    sequences, definitions = _load_sequences(tx, cards)
    families = list_families(tx, {card.firm_id for card in cards})
    recipients = list_recipients(tx, {card.contact_id for card in cards})
    pairs = {(recipients[card.contact_id].email, card.firm_id) for card in cards}
    frames = Frames(
        sequences=sequences,
        definitions=definitions,
        recipients=recipients,
        families=families,
        suppressed=ask_suppressed(tx, pairs, families),
        answers=list_answers(tx, families),
        threads=list_threads(tx, {card.enrollment_id for card in cards}),
    )
    if any(d.rules.min_days_since_touch for d in definitions.values()):
        frames.touched = list_touched(tx, families)
    if any(asks_tasks(d) for d in definitions.values()):
        ids = {"ids": [card.enrollment_id for card in cards]}
        rows = tx.session.connection().execute(_TASKS, ids)
        frames.task_outcomes = {enrollment_id: status.value for enrollment_id, status in rows}
    return frames


def _load_sequences(
    tx: Transaction, cards: Rows[Card]
) -> tuple[dict[int, SequenceState], dict[int, SequenceDefinition]]:
    """Return sequences as they stand today, and the definitions that these enrollments began with."""
    wanted = {card.version_id for card in cards}
    sequences: dict[int, SequenceState] = {}
    definitions: dict[int, SequenceDefinition] = {}
    rows = tx.session.connection().execute(
        _SEQUENCES, {"ids": sorted({card.sequence_id for card in cards})}
    )
    newest = {}
    for row in rows:
        newest[row.id] = row
        if row.version_id in wanted:
            definitions[row.version_id] = get_definition(tx, row.version_id, row.definition_hash)
    for row in newest.values():
        compliance = get_definition(tx, row.version_id, row.definition_hash).compliance
        sequences[row.id] = SequenceState(
            row.id, row.name, row.status, row.active_since, compliance
        )
    return sequences, definitions


def list_touched(
    tx: Transaction, families: Mapping[int, tuple[int, ...]]
) -> dict[int, dict[int, datetime]]:
    """Return by firm id and sequence id when the firm was last touched."""
    members = sorted({i for family in families.values() for i in family})
    touched: dict[int, dict[int, datetime]] = {}
    for firm_id, sequence_id, moment in tx.session.connection().execute(_TOUCHED, {"ids": members}):
        if moment is not None:
            touched.setdefault(firm_id, {})[sequence_id] = moment
    return touched


def touched_elsewhere(
    touched: Mapping[int, Mapping[int, datetime]], family: Rows[int], sequence_id: int | None
) -> datetime | None:
    """Return when a firm, under any of its ids, was last touched in another sequence."""
    moments = (
        moment
        for firm_id in family
        for other, moment in touched.get(firm_id, {}).items()
        if other != sequence_id
    )
    return max(moments, default=None)


def asks_tasks(definition: SequenceDefinition) -> bool:
    """Return whether a condition of the sequence asks what became of a task."""
    conditions = [*definition.rules.stop_when, *(s.condition for s in definition.steps)]
    return any(c is not None and c.fact == "task.outcome" for c in conditions)
