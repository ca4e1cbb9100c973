"""What an enrollment is due at a moment. Production, preview and the virtual clock all ask here.

Values in, a move out: the database is read before and written after, by others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.timing import EnrollmentView, spread_for
from recruit.sequences.values import EnrollmentStatus, ExitReason, SequenceStatus, StepKind
from recruit.sequences.windows import (
    NoOpening,
    local,
    next_opening,
    why_closed,
)


@dataclass(frozen=True)
class MailboxView:
    """A mailbox's room at a moment. `reserved` counts today's places (UTC day), `cap_per_day` is today's.

    `warming_up`: today's cap is a day of the ramp. `domain`: the recipient's, with its own cap (0: none)
    and places.
    """

    address: str
    cap_per_day: int
    reserved: int
    next_free_at: datetime | None = None
    paused_reason: str | None = None
    warming_up: bool = False
    domain: str = ""
    domain_cap_per_day: int = 0
    domain_reserved: int = 0


@dataclass(frozen=True)
class Facts:
    """What else the decision rests on; each text is a sentence in words where it applies, else None.

    `running_since`: when sequence and mailbox were last started; grace counts from there. `touched_at`:
    when the firm was last touched in another sequence. `known`: what conditions may ask (see `conditions`).
    """

    definition: SequenceDefinition
    sequence_status: SequenceStatus
    mailbox: MailboxView
    suppressed: str | None = None
    answered: str | None = None
    # No value for a token, no postal address: sending would be wrong until a person mends it.
    unfit: str | None = None
    # What the law of the recipient's country asks for and the sequence lacks.
    unlawful: str | None = None
    running_since: datetime | None = None
    touched_at: datetime | None = None
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Send:
    """Send the e-mail of the step now."""


@dataclass(frozen=True)
class OpenTask:
    """Put the task of the step before a person now."""


@dataclass(frozen=True)
class Pass:
    """The step asks nobody for anything: go on at index `to` (None: the end), for the reason given."""

    to: int | None
    because: str


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


Move = Send | OpenTask | Pass | Wait | Hold | Stop


def next_move(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Move:
    """Decide what this enrollment is due at `now`; read nothing else. The first rule that bites is named."""
    if enrollment.status is EnrollmentStatus.FINISHED:
        return Stop(ExitReason.REMOVED, "The enrollment is finished.")
    if facts.answered:
        return Stop(ExitReason.REPLIED, facts.answered)
    if facts.suppressed:
        return Stop(ExitReason.SUPPRESSED, facts.suppressed)
    for condition in facts.definition.rules.stop_when:
        if condition.holds(facts.known):
            return Stop(ExitReason.RULE, f"The sequence ends where {condition}.")
    if facts.sequence_status is not SequenceStatus.ACTIVE:
        return Wait(None, f"The sequence is {facts.sequence_status.value}.")
    if enrollment.status is EnrollmentStatus.PAUSED and enrollment.paused_until is None:
        return Wait(None, "The enrollment is paused.")
    try:
        return _in_time(enrollment, facts, now)
    except NoOpening as error:
        return Hold(str(error))


def _in_time(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Move:
    step = facts.definition.steps[enrollment.step_index]
    absence = absence_wait(enrollment, facts.definition, now)
    if absence is not None:
        return absence
    if enrollment.due_at > now:
        return Wait(enrollment.due_at, "Its time has not come.")
    match step.kind:
        case StepKind.WAIT | StepKind.BRANCH:
            return _pass(enrollment, facts)
        case StepKind.TASK:
            return _window_wait(enrollment, facts, now) or (
                Hold(facts.unfit) if facts.unfit else OpenTask()
            )
        case StepKind.EMAIL:
            return (
                _overdue(enrollment, facts, now)
                or _window_wait(enrollment, facts, now)
                or _firm_move(enrollment, facts, now)
                or _mailbox_move(enrollment, facts, now)
            )


def _pass(enrollment: EnrollmentView, facts: Facts) -> Pass:
    definition, index = facts.definition, enrollment.step_index
    step = definition.steps[index]
    if step.condition is None:
        return Pass(definition.following(index), "The wait is over.")
    holds = step.condition.holds(facts.known)
    target = step.then if holds else step.otherwise
    return Pass(definition.at(target, index), f"{'Yes' if holds else 'No'}: {step.condition}.")


def _overdue(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Hold | None:
    # What came due while a person had paused it is not late: it is due since the start.
    due_at = max(enrollment.due_at, facts.running_since or enrollment.due_at)
    grace = facts.definition.grace_hours
    if now - due_at <= timedelta(hours=grace):
        return None
    hours = int((now - due_at).total_seconds() // 3600)
    return Hold(f"It is {hours} hours overdue, more than the {grace} of grace.")


def _window_wait(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Wait | None:
    window, place = facts.definition.window, enrollment.place
    closed = why_closed(now, window, place)
    if closed is None:
        return None
    until = next_opening(now, window, place, spread_for(enrollment, facts.definition))
    return Wait(until, f"The window is closed: {closed}.")


def _firm_move(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Wait | Hold | None:
    """Return what the firm itself keeps the message waiting for."""
    if facts.unlawful:
        # Asked again each day, since a person mends it for the whole sequence at once.
        return Wait(_tomorrow(enrollment, facts, now), facts.unlawful)
    days = facts.definition.rules.min_days_since_touch
    if days and facts.touched_at is not None:
        free_at = facts.touched_at + timedelta(days=days)
        if free_at > now:
            until = next_opening(
                free_at,
                facts.definition.window,
                enrollment.place,
                spread_for(enrollment, facts.definition),
            )
            return Wait(
                until,
                f"The firm was touched on {facts.touched_at:%Y-%m-%d} in another sequence; "
                f"the rule is {days} days between.",
            )
    return Hold(facts.unfit) if facts.unfit else None


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
        spread_for(enrollment, definition),
    )
    return Wait(until, f"Out of office; nothing goes out before {day.day} {day:%B %Y}.")


def _mailbox_move(enrollment: EnrollmentView, facts: Facts, now: datetime) -> Send | Wait:
    mailbox = facts.mailbox
    if mailbox.paused_reason is not None:
        return Wait(None, f"The mailbox {mailbox.address} is paused: {mailbox.paused_reason}")
    if mailbox.reserved >= mailbox.cap_per_day:
        what = "The warm-up's cap" if mailbox.warming_up else "The cap"
        return Wait(
            _tomorrow(enrollment, facts, now),
            f"{what} of {mailbox.cap_per_day} a day of {mailbox.address} is reached.",
        )
    if mailbox.domain_cap_per_day and mailbox.domain_reserved >= mailbox.domain_cap_per_day:
        return Wait(
            _tomorrow(enrollment, facts, now),
            f"The cap of {mailbox.domain_cap_per_day} a day to {mailbox.domain} is reached.",
        )
    if mailbox.next_free_at is not None and mailbox.next_free_at > now:
        until = next_opening(mailbox.next_free_at, facts.definition.window, enrollment.place)
        return Wait(until, f"The gap between two messages of {mailbox.address}.")
    return Send()


def _tomorrow(enrollment: EnrollmentView, facts: Facts, now: datetime) -> datetime:
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    spread = spread_for(enrollment, facts.definition)
    return next_opening(midnight, facts.definition.window, enrollment.place, spread)
