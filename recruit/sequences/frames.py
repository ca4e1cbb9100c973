"""What one claim needs to know about its touches, read at once for all of them."""

from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, func, select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.sequences.answers import answered_since, list_answers
from recruit.sequences.definition import Compliance, SequenceDefinition
from recruit.sequences.due import Facts
from recruit.sequences.planning import Course, get_definition, standing_rules
from recruit.sequences.policies import lacks
from recruit.sequences.quota import Room
from recruit.sequences.recipients import Recipient, list_recipients
from recruit.sequences.suppression import ask_suppressed
from recruit.sequences.tables import Enrollment, Sequence, SequenceVersion, Touch
from recruit.sequences.threads import Thread, list_threads
from recruit.sequences.values import StepKind, TouchStatus
from recruit.sequences.wording import Wording, word_step

_SEQUENCES = (
    select(Sequence, SequenceVersion.id, SequenceVersion.number, SequenceVersion.definition_hash)
    .join(SequenceVersion, SequenceVersion.sequence_id == Sequence.id)
    .where(Sequence.id.in_(bindparam("ids", expanding=True)))
    .order_by(SequenceVersion.number)
    .execution_options(populate_existing=True)
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


@dataclass
class Frames:
    """Sequences, recipients and what is known of them, for the touches of one claim."""

    sequences: dict[int, Sequence]
    definitions: dict[int, SequenceDefinition]
    compliance: dict[int, Compliance]
    recipients: dict[int, Recipient]
    families: dict[int, tuple[int, ...]]
    suppressed: dict[tuple[str, int], str]
    answers: dict[int, datetime]
    threads: dict[int, Thread]
    touched: dict[int, dict[int, datetime]] = field(default_factory=dict)
    task_outcomes: dict[int, str] = field(default_factory=dict)

    def course(self, enrollment: Enrollment, touch: Touch, room: Room) -> Course:
        """Return the enrollment as rules and planning see it."""
        sequence = self.sequences[enrollment.sequence_id]
        mailbox = room.mailbox
        return Course(
            enrollment_id=enrollment.id,
            sequence_id=sequence.id,
            sequence=sequence.name,
            firm_id=enrollment.firm_id,
            definition=self.definitions[enrollment.sequence_version_id],
            place=self.recipients[enrollment.contact_id].place,
            status=enrollment.status,
            paused_until=enrollment.paused_until,
            key=touch.address_key,
            rules=standing_rules(
                sequence.status, mailbox.address, mailbox.paused_at, mailbox.paused_reason
            ),
        )

    def word(self, enrollment: Enrollment, touch: Touch, course: Course, room: Room) -> Wording:
        """Return what the step says to its recipient."""
        step = course.definition.steps[touch.step_index]
        return word_step(
            step,
            course.definition,
            self.recipients[enrollment.contact_id],
            room.mailbox,
            self.threads.get(enrollment.id, Thread()),
            course.definition.variant_of(touch.step_index, enrollment.firm_id),
        )

    def facts(
        self,
        enrollment: Enrollment,
        course: Course,
        room: Room,
        domain: str,
        unfit: str | None,
        postal_address: str,
    ) -> Facts:
        """Return what the decision rests on."""
        recipient = self.recipients[enrollment.contact_id]
        sequence = self.sequences[enrollment.sequence_id]
        starts = [m for m in (sequence.active_since, room.mailbox.active_since) if m is not None]
        return Facts(
            definition=course.definition,
            sequence_status=sequence.status,
            mailbox=room.view(domain),
            suppressed=self.suppressed.get((recipient.email, enrollment.firm_id)),
            answered=answered_since(self.answers.get(enrollment.firm_id), enrollment.enrolled_at),
            unfit=unfit,
            unlawful=lacks(self.compliance[sequence.id], recipient.addressee, postal_address),
            running_since=max(starts, default=None),
            touched_at=self._touched_at(enrollment),
            known=recipient.known(
                enrollment.score_total, self.task_outcomes.get(enrollment.id, "")
            ),
        )

    def _touched_at(self, enrollment: Enrollment) -> datetime | None:
        family = self.families.get(enrollment.firm_id, ())
        return touched_elsewhere(self.touched, family, enrollment.sequence_id)


def load_frames(tx: Transaction, enrollments: Rows[Enrollment]) -> Frames:
    """Read what the claim of these enrollments needs, each kind of thing by one query."""
    sequences, definitions, compliance = _load_sequences(tx, enrollments)
    families = list_families(tx, {e.firm_id for e in enrollments})
    recipients = list_recipients(tx, {e.contact_id for e in enrollments})
    pairs = {(recipients[e.contact_id].email, e.firm_id) for e in enrollments}
    frames = Frames(
        sequences=sequences,
        definitions=definitions,
        compliance=compliance,
        recipients=recipients,
        families=families,
        suppressed=ask_suppressed(tx, pairs, families),
        answers=list_answers(tx, families),
        threads=list_threads(tx, {e.id for e in enrollments}),
    )
    if any(d.rules.min_days_since_touch for d in definitions.values()):
        frames.touched = list_touched(tx, families)
    if any(asks_tasks(d) for d in definitions.values()):
        ids = {"ids": [e.id for e in enrollments]}
        frames.task_outcomes = {row[0]: row[1].value for row in tx.session.execute(_TASKS, ids)}
    return frames


def _load_sequences(
    tx: Transaction, enrollments: Rows[Enrollment]
) -> tuple[dict[int, Sequence], dict[int, SequenceDefinition], dict[int, Compliance]]:
    """Return sequences, the definitions that these enrollments began with, and what the law is told today."""
    wanted = {e.sequence_version_id for e in enrollments}
    sequences: dict[int, Sequence] = {}
    definitions: dict[int, SequenceDefinition] = {}
    newest: dict[int, tuple[int, str]] = {}
    for sequence, version_id, _, digest in tx.session.execute(
        _SEQUENCES, {"ids": sorted({e.sequence_id for e in enrollments})}
    ):
        sequences[sequence.id] = sequence
        newest[sequence.id] = (version_id, digest)
        if version_id in wanted:
            definitions[version_id] = get_definition(tx, version_id, digest)
    # The newest version's, since the law is asked of the sequence as it stands today.
    compliance = {
        sequence_id: get_definition(tx, version_id, digest).compliance
        for sequence_id, (version_id, digest) in newest.items()
    }
    return sequences, definitions, compliance


def list_touched(
    tx: Transaction, families: Mapping[int, tuple[int, ...]]
) -> dict[int, dict[int, datetime]]:
    """Return by firm id and sequence id when the firm was last touched."""
    members = sorted({i for family in families.values() for i in family})
    touched: dict[int, dict[int, datetime]] = {}
    for firm_id, sequence_id, moment in tx.session.execute(_TOUCHED, {"ids": members}):
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
