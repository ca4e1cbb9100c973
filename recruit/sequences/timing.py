"""When a step is due, a task given up, and an answer no longer waited for: local calendars, UTC moments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.values import EnrollmentStatus, StepKind
from recruit.sequences.windows import (
    NoOpening,
    Place,
    after_working_days,
    next_opening,
    spread_of,
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


def first_due(
    enrollment: EnrollmentView, definition: SequenceDefinition, after: datetime
) -> datetime:
    """Return when the enrollment's next step is due, counted from `after` (the step before, or enrolling).

    Never before an out-of-office pause ends. Where the window never opens, `after` itself: the step
    is then held for a person as soon as it is looked at.
    """
    step = definition.steps[enrollment.step_index]
    if step.kind is StepKind.BRANCH and not step.delay_working_days:
        return after
    spread = timedelta() if step.kind is StepKind.WAIT else spread_for(enrollment, definition)
    try:
        due = after_working_days(
            after, step.delay_working_days, definition.window, enrollment.place, spread
        )
        if enrollment.paused_until is not None and enrollment.paused_until > due:
            due = next_opening(enrollment.paused_until, definition.window, enrollment.place, spread)
    except NoOpening:
        return after
    return due


def give_up_at(
    definition: SequenceDefinition, step_index: int, place: Place, opened_at: datetime
) -> datetime | None:
    """Return when a task that nobody does is skipped, so that the sequence goes on; None for never."""
    days = definition.steps[step_index].give_up_after_working_days
    if not days:
        return None
    try:
        return after_working_days(opened_at, days, definition.window, place)
    except NoOpening:
        return opened_at + timedelta(days=days)


def finish_due(definition: SequenceDefinition, place: Place, after: datetime) -> datetime:
    """Return until when an answer to the last step is waited for."""
    try:
        return after_working_days(
            after, definition.finish_after_working_days, definition.window, place
        )
    except NoOpening:
        return after + timedelta(days=definition.finish_after_working_days)


def spread_for(enrollment: EnrollmentView, definition: SequenceDefinition) -> timedelta:
    """Return the moment of its own that a step waits behind an opening."""
    return spread_of(
        definition.window, enrollment.sequence, enrollment.firm_id, enrollment.step_index
    )
