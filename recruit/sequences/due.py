"""What an enrollment is due at a moment. Production, preview and the virtual clock all ask here.

Values in, a move out: the database is read before and written after, by others.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.values import EnrollmentStatus, ExitReason, SequenceStatus, StepKind
from recruit.sequences.windows import (
    NoOpening,
    Place,
    after_working_days,
    local,
    next_opening,
    spread_of,
    why_closed,
)


@dataclass(frozen=True)
class EnrollmentView:
    """An enrollment and the step that is next. `due_at` is the moment that was planned for it."""

    sequence: str
    firm_id: int
    place: Place
    status: EnrollmentStatus
    step_index: int
    due_at: datetime
    paused_until: datetime | None = None


@dataclass(frozen=True)
class MailboxView:
    """A mailbox's room at a moment. `reserved` counts today's places (UTC day)."""

    address: str
    cap_per_day: int
    reserved: int
    next_free_at: datetime | None = None
    paused_reason: str | None = None


@dataclass(frozen=True)
class Facts:
    """What else the decision rests on; each text is a sentence in words where it applies, else None."""

    definition: SequenceDefinition
    sequence_status: SequenceStatus
    mailbox: MailboxView
    suppressed: str | None = None
    answered: str | None = None
    # No value for a token, no postal address: sending would be wrong until a person mends it.
    unfit: str | None = None


@dataclass(frozen=True)
class Send:
    """Send the e-mail of the step now."""


@dataclass(frozen=True)
class OpenTask:
    """Put the task of the step before a person now."""


@dataclass(frozen=True)
class Wait:
    """Not now. `until` None: until a person does something about `rule`."""

    until: datetime | None
    rule: str


@dataclass(frozen=True)
class Hold:
    """Not without a person's word."""

    rule: str


@dataclass(frozen=True)
class Stop:
    """Never: the enrollment ends."""

    reason: ExitReason
    detail: str


Move = Send | OpenTask | Wait | Hold | Stop


def next_move(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Move:
    """Decide what this enrollment is due at `now`; read nothing else. The first rule that bites is named."""
    if enrollment.status is EnrollmentStatus.FINISHED:
        return Stop(ExitReason.REMOVED, "The enrollment is finished.")
    if facts.answered:
        return Stop(ExitReason.REPLIED, facts.answered)
    if facts.suppressed:
        return Stop(ExitReason.SUPPRESSED, facts.suppressed)
    if facts.sequence_status is not SequenceStatus.ACTIVE:
        return Wait(None, f"The sequence is {facts.sequence_status.value}.")
    if enrollment.status is EnrollmentStatus.PAUSED and enrollment.paused_until is None:
        return Wait(None, "The enrollment is paused.")
    try:
        return _in_time(enrollment, facts, now)
    except NoOpening as error:
        return Hold(str(error))


def _in_time(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Move:
    definition, place = facts.definition, enrollment.place
    step = definition.steps[enrollment.step_index]
    spread = _spread(enrollment, definition)
    absence = absence_wait(enrollment, definition, now)
    if absence is not None:
        return absence
    if enrollment.due_at > now:
        return Wait(enrollment.due_at, "Its time has not come.")
    grace = timedelta(hours=definition.grace_hours)
    if step.kind is StepKind.EMAIL and now - enrollment.due_at > grace:
        hours = int((now - enrollment.due_at).total_seconds() // 3600)
        return Hold(
            f"It is {hours} hours overdue, more than the {definition.grace_hours} of grace."
        )
    closed = why_closed(now, definition.window, place)
    if closed:
        until = next_opening(now, definition.window, place, spread)
        return Wait(until, f"The window is closed: {closed}.")
    if step.kind is StepKind.TASK:
        return Hold(facts.unfit) if facts.unfit else OpenTask()
    if facts.unfit:
        return Hold(facts.unfit)
    return _mailbox_move(enrollment, facts, now)


def absence_wait(
    enrollment: EnrollmentView, definition: SequenceDefinition, now: datetime
) -> Wait | None:
    """Return how long an out-of-office answer keeps the enrollment waiting, or None. Raises NoOpening."""
    if enrollment.paused_until is None or enrollment.paused_until <= now:
        return None
    place = enrollment.place
    day = local(enrollment.paused_until, place)
    until = next_opening(
        max(enrollment.paused_until, enrollment.due_at),
        definition.window,
        place,
        _spread(enrollment, definition),
    )
    return Wait(until, f"Out of office; nothing goes out before {day.day} {day:%B %Y}.")


def _mailbox_move(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Move:
    mailbox, window, place = facts.mailbox, facts.definition.window, enrollment.place
    if mailbox.paused_reason is not None:
        return Wait(None, f"The mailbox {mailbox.address} is paused: {mailbox.paused_reason}")
    if mailbox.reserved >= mailbox.cap_per_day:
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        until = next_opening(tomorrow, window, place, _spread(enrollment, facts.definition))
        return Wait(
            until, f"The cap of {mailbox.cap_per_day} a day of {mailbox.address} is reached."
        )
    if mailbox.next_free_at is not None and mailbox.next_free_at > now:
        until = next_opening(mailbox.next_free_at, window, place)
        return Wait(until, f"The gap between two messages of {mailbox.address}.")
    return Send()


def first_due(
    enrollment: EnrollmentView, definition: SequenceDefinition, after: datetime
) -> datetime:
    """Return when the enrollment's next step is due, counted from `after` (the step before, or enrolling).

    Never before an out-of-office pause ends. Where the window never opens, `after` itself: the step
    is then held for a person as soon as it is looked at.
    """
    step = definition.steps[enrollment.step_index]
    spread = _spread(enrollment, definition)
    try:
        due = after_working_days(
            after, step.delay_working_days, definition.window, enrollment.place, spread
        )
        if enrollment.paused_until is not None and enrollment.paused_until > due:
            due = next_opening(enrollment.paused_until, definition.window, enrollment.place, spread)
    except NoOpening:
        return after
    return due


def finish_due(definition: SequenceDefinition, place: Place, after: datetime) -> datetime:
    """Return until when an answer to the last step is waited for."""
    try:
        return after_working_days(
            after, definition.finish_after_working_days, definition.window, place
        )
    except NoOpening:
        return after + timedelta(days=definition.finish_after_working_days)


def _spread(enrollment: EnrollmentView, definition: SequenceDefinition) -> timedelta:
    return spread_of(
        definition.window, enrollment.sequence, enrollment.firm_id, enrollment.step_index
    )
