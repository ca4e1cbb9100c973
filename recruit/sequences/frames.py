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
from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.due import Facts
from recruit.sequences.policies import lacks
from recruit.sequences.quota import Room
from recruit.sequences.suppression import ask_suppressed
from recruit.sequences.tables import Touch
from recruit.sequences.threads import Thread, list_threads
from recruit.sequences.values import StepKind, TouchStatus
from recruit.sequences.wording import Wording, word_step

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


@dataclass
class Frames:
    """What is known of the firms of one claim, by firm id or by enrollment id."""

    families: dict[int, tuple[int, ...]]
    suppressed: dict[tuple[str, int], str]
    answers: dict[int, datetime]
    threads: dict[int, Thread]
    touched: dict[int, dict[int, datetime]] = field(default_factory=dict)
    task_outcomes: dict[int, str] = field(default_factory=dict)

    def word(self, card: Card, room: Room) -> Wording:
        """Return what the step says to its recipient."""
        definition = card.definition
        return word_step(
            definition.steps[card.step_index],
            definition,
            card.recipient,
            room.mailbox,
            self.threads.get(card.enrollment_id, Thread()),
            definition.variant_of(card.step_index, card.firm_id),
        )

    def facts(
        self,
        card: Card,
        room: Room,
        domain: str,
        unfit: str | None,
        postal_address: str,
    ) -> Facts:
        """Return what the decision rests on."""
        recipient, sequence = card.recipient, card.sequence
        starts = [m for m in (sequence.active_since, room.mailbox.active_since) if m is not None]
        return Facts(
            definition=card.definition,
            sequence_status=sequence.status,
            mailbox=room.view(domain),
            suppressed=self.suppressed.get((recipient.email, card.firm_id)),
            answered=answered_since(self.answers.get(card.firm_id), card.enrolled_at),
            unfit=unfit,
            unlawful=lacks(sequence.compliance, recipient.addressee, postal_address),
            running_since=max(starts, default=None),
            touched_at=touched_elsewhere(
                self.touched, self.families.get(card.firm_id, ()), sequence.id
            ),
            known=recipient.known(card.score, self.task_outcomes.get(card.enrollment_id, "")),
        )


def load_frames(tx: Transaction, cards: Rows[Card]) -> Frames:
    """Read what the claim of these touches needs, each kind of thing by one query."""
    families: dict[int, tuple[int, ...]] = {card.firm_id: (card.firm_id,) for card in cards}
    merged = {card.firm_id for card in cards if card.merged}
    if merged:
        families |= list_families(tx, merged)
    frames = Frames(
        families=families,
        suppressed=ask_suppressed(
            tx, {(card.recipient.email, card.firm_id) for card in cards}, families
        ),
        answers=list_answers(tx, families),
        threads=list_threads(tx, {card.enrollment_id for card in cards}),
    )
    if any(card.definition.rules.min_days_since_touch for card in cards):
        frames.touched = list_touched(tx, families)
    definitions = {id(card.definition): card.definition for card in cards}
    if any(asks_tasks(definition) for definition in definitions.values()):
        ids = {"ids": [card.enrollment_id for card in cards]}
        rows = tx.connection.execute(_TASKS, ids)
        frames.task_outcomes = {enrollment_id: status.value for enrollment_id, status in rows}
    return frames


def list_touched(
    tx: Transaction, families: Mapping[int, tuple[int, ...]]
) -> dict[int, dict[int, datetime]]:
    """Return by firm id and sequence id when the firm was last touched."""
    members = sorted({i for family in families.values() for i in family})
    touched: dict[int, dict[int, datetime]] = {}
    for firm_id, sequence_id, moment in tx.connection.execute(_TOUCHED, {"ids": members}):
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
