"""Which touch comes next: its row is made when the one before is settled, in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update

from recruit.db.transaction import Transaction
from recruit.sequences.addresses import address_key
from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.parsing import parse_definition
from recruit.sequences.recipients import list_recipients
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, SequenceVersion, Touch
from recruit.sequences.timing import EnrollmentView, finish_due, first_due
from recruit.sequences.values import EnrollmentStatus, SequenceStatus, StepKind, TouchStatus
from recruit.sequences.windows import Place

# By hash of content, so that an entry can never be stale.
_parsed: dict[str, SequenceDefinition] = {}
_MOST_PARSED = 256

# Written as plain rows: one touch is planned for each that is sent.
_INSERT = insert(cast("Table", Touch.__table__))
_enrollment = cast("Table", Enrollment.__table__)
_FINISH_AT = (
    update(_enrollment)
    .where(_enrollment.c.id == bindparam("enrolled"))
    .values(finish_at=bindparam("waited_for_until"))
)


def definition_of(version: SequenceVersion) -> SequenceDefinition:
    """Return the definition that a version holds."""
    definition = _parsed.get(version.definition_hash)
    if definition is None:
        if len(_parsed) >= _MOST_PARSED:
            _parsed.clear()
        definition = _parsed[version.definition_hash] = parse_definition(version.definition)
    return definition


def get_definition(tx: Transaction, version_id: int, definition_hash: str) -> SequenceDefinition:
    """Return the definition of a version whose hash is known, without reading it again."""
    definition = _parsed.get(definition_hash)
    return definition or definition_of(tx.session.get_one(SequenceVersion, version_id))


@dataclass(frozen=True)
class Course:
    """An enrollment on its way, as planning sees it. `key` is the address that it began with.

    `rule` says what a person (or a refusal) has paused, for an e-mail and for anything else.
    """

    enrollment_id: int
    sequence_id: int
    sequence: str
    firm_id: int
    definition: SequenceDefinition
    place: Place
    status: EnrollmentStatus
    paused_until: datetime | None
    key: str
    rules: tuple[str, str] = ("", "")

    def under(self, rules: tuple[str, str]) -> "Course":
        """Return the course with what is paused now."""
        return self if rules == self.rules else replace(self, rules=rules)

    def view(self, step_index: int, due_at: datetime) -> EnrollmentView:
        """Return what the rules see of the enrollment at one of its steps."""
        return EnrollmentView(
            sequence=self.sequence,
            firm_id=self.firm_id,
            place=self.place,
            status=self.status,
            step_index=step_index,
            due_at=due_at,
            paused_until=self.paused_until,
        )


def standing_rules(
    status: SequenceStatus, address: str, paused_at: datetime | None, reason: str
) -> tuple[str, str]:
    """Return in words what is paused and keeps an e-mail waiting, and what keeps other steps; or ""."""
    if status is not SequenceStatus.ACTIVE:
        rule = f"The sequence is {status.value}."
        return rule, rule
    return (f"The mailbox {address} is paused: {reason}" if paused_at is not None else "", "")


def get_frame(tx: Transaction, enrollment: Enrollment) -> tuple[Sequence, SequenceDefinition]:
    """Return the sequence of an enrollment, and the definition that it began with."""
    sequence, version = tx.session.execute(
        select(Sequence, SequenceVersion)
        .join(SequenceVersion, SequenceVersion.sequence_id == Sequence.id)
        .where(SequenceVersion.id == enrollment.sequence_version_id)
    ).one()
    return sequence, definition_of(version)


def get_course(tx: Transaction, enrollment: Enrollment, key: str | None = None) -> Course:
    """Return what planning needs; without a `key`, the contact's present address."""
    sequence, definition = get_frame(tx, enrollment)
    recipient = list_recipients(tx, [enrollment.contact_id])[enrollment.contact_id]
    mailbox = tx.session.get_one(Mailbox, enrollment.mailbox_id or sequence.mailbox_id)
    return Course(
        enrollment_id=enrollment.id,
        sequence_id=sequence.id,
        sequence=sequence.name,
        firm_id=enrollment.firm_id,
        definition=definition,
        place=recipient.place,
        status=enrollment.status,
        paused_until=enrollment.paused_until,
        key=key or address_key(recipient.email),
        rules=standing_rules(
            sequence.status, mailbox.address, mailbox.paused_at, mailbox.paused_reason
        ),
    )


def plan_first(tx: Transaction, enrollment: Enrollment) -> None:
    """Make the row of the first step of a new enrollment."""
    plan_step(tx, get_course(tx, enrollment), 0, tx.now)


def plan_after(tx: Transaction, enrollment: Enrollment, touch: Touch) -> None:
    """Make the row of the step after a touch that is done, counted from now."""
    if enrollment.status is EnrollmentStatus.FINISHED:
        return
    course = get_course(tx, enrollment, touch.address_key)
    plan_step(tx, course, course.definition.following(touch.step_index), tx.now)


@dataclass(frozen=True)
class Planned:
    """What comes next for an enrollment: a touch, as a row, or until when an answer is waited for."""

    enrollment_id: int
    touch: dict[str, Any] | None
    finish_at: datetime | None = None


def plan(course: Course, step_index: int | None, after: datetime) -> Planned:
    """Return the step that counts from `after`; past the last step, when waiting ends."""
    definition = course.definition
    if step_index is None:
        return Planned(course.enrollment_id, None, finish_due(definition, course.place, after))
    kind = definition.steps[step_index].kind
    return Planned(
        course.enrollment_id,
        {
            "enrollment_id": course.enrollment_id,
            "sequence_id": course.sequence_id,
            "firm_id": course.firm_id,
            "step_index": step_index,
            "kind": kind,
            "status": TouchStatus.PENDING,
            "address_key": course.key,
            "due_at": first_due(course.view(step_index, after), definition, after),
            "blocked_by": course.rules[0 if kind is StepKind.EMAIL else 1],
        },
    )


def write_plans(tx: Transaction, plans: Iterable[Planned]) -> None:
    """Write what comes next for some enrollments."""
    touches, ends = [], []
    for one in plans:
        if one.touch is not None:
            touches.append(one.touch)
        else:
            ends.append({"enrolled": one.enrollment_id, "waited_for_until": one.finish_at})
    connection = tx.connection
    if touches:
        connection.execute(_INSERT, touches)
    if ends:
        connection.execute(_FINISH_AT, ends)


def plan_step(tx: Transaction, course: Course, step_index: int | None, after: datetime) -> None:
    """Write which step comes next for one enrollment."""
    write_plans(tx, [plan(course, step_index, after)])
