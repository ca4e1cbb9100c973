"""Which touch comes next: its row is made when the one before is settled, in the same transaction."""

from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.sequences.addresses import address_key
from recruit.sequences.definition import SequenceDefinition, parse_definition
from recruit.sequences.due import EnrollmentView, finish_due, first_due
from recruit.sequences.recipients import Recipient, list_recipients
from recruit.sequences.sequences import standing_rule
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, SequenceVersion, Touch
from recruit.sequences.values import EnrollmentStatus, TouchStatus

# By hash of content, so that an entry can never be stale.
_parsed: dict[str, SequenceDefinition] = {}
_MOST_PARSED = 256


def definition_of(version: SequenceVersion) -> SequenceDefinition:
    """Return the definition that a version holds."""
    definition = _parsed.get(version.definition_hash)
    if definition is None:
        if len(_parsed) >= _MOST_PARSED:
            _parsed.clear()
        definition = _parsed[version.definition_hash] = parse_definition(version.definition)
    return definition


def get_frame(tx: Transaction, enrollment: Enrollment) -> tuple[Sequence, SequenceDefinition]:
    """Return the sequence of an enrollment, and the definition that it began with."""
    # The mailbox comes along because the next question is whether it is paused.
    sequence, version, _ = tx.session.execute(
        select(Sequence, SequenceVersion, Mailbox)
        .join(SequenceVersion, SequenceVersion.sequence_id == Sequence.id)
        .join(Mailbox, Mailbox.id == Sequence.mailbox_id)
        .where(SequenceVersion.id == enrollment.sequence_version_id)
    ).one()
    return sequence, definition_of(version)


def view_of(
    enrollment: Enrollment, sequence: str, recipient: Recipient, step_index: int, due_at: datetime
) -> EnrollmentView:
    """Return what the rules see of an enrollment at one of its steps."""
    return EnrollmentView(
        sequence=sequence,
        firm_id=enrollment.firm_id,
        place=recipient.place,
        status=enrollment.status,
        step_index=step_index,
        due_at=due_at,
        paused_until=enrollment.paused_until,
    )


def plan_touch(
    tx: Transaction,
    enrollment: Enrollment,
    step_index: int,
    after: datetime,
    key: str | None = None,
) -> Touch | None:
    """Make the row of a step that counts from `after`; past the last step, set when waiting ends.

    `key` is the address that the enrollment began with; without one, the contact's present address.
    """
    if enrollment.status is EnrollmentStatus.FINISHED:
        return None
    sequence, definition = get_frame(tx, enrollment)
    recipient = list_recipients(tx, [enrollment.contact_id])[enrollment.contact_id]
    if step_index >= len(definition.steps):
        enrollment.finish_at = finish_due(definition, recipient.place, after)
        return None
    view = view_of(enrollment, sequence.name, recipient, step_index, after)
    touch = Touch(
        enrollment_id=enrollment.id,
        sequence_id=enrollment.sequence_id,
        firm_id=enrollment.firm_id,
        step_index=step_index,
        kind=definition.steps[step_index].kind,
        status=TouchStatus.PENDING,
        address_key=key or address_key(recipient.email),
        due_at=first_due(view, definition, after),
        blocked_by=standing_rule(tx, sequence, definition.steps[step_index].kind),
    )
    tx.session.add(touch)
    return touch
