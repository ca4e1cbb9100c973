"""The steps of a sequence: what each sent, what it brought, by wording, and what ended there."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, literal_column, or_, select

from recruit.db.transaction import Transaction
from recruit.sequences.definition import SequenceDefinition, Step
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    TouchStatus,
)
from recruit.sequences.variants import Comparison, Tally, compare

_TIME_TO_ANSWER = timedelta(days=7)


@dataclass(frozen=True)
class StepLine:
    """One step and what became of it; `stopped` counts enrollments that ended while it was the last."""

    index: int
    step: Step
    due: int
    sent: int
    skipped: int
    failed: int
    waiting_for_person: int
    replied: int
    positive: int
    stopped: tuple[tuple[ExitReason, int], ...]
    wordings: tuple[Tally, ...] = ()

    @property
    def comparison(self) -> Comparison | None:
        """Return what the step's wordings say against each other."""
        return compare(self.wordings)


def list_steps(
    tx: Transaction,
    sequence_id: int,
    definition: SequenceDefinition,
    exits: dict[tuple[int, ExitReason], int],
) -> tuple[StepLine, ...]:
    """Return a sequence's steps with what became of each."""
    touches = {
        (index, status): count
        for index, status, count in tx.session.execute(
            select(Touch.step_index, Touch.status, func.count())
            .where(Touch.sequence_id == sequence_id)
            .group_by(Touch.step_index, Touch.status)
        )
    }
    replies = {
        row.step_index: (row.replied, row.positive)
        for row in tx.session.execute(
            select(
                Touch.step_index,
                func.count(func.distinct(Reply.firm_id)).label("replied"),
                func.count(func.distinct(Reply.firm_id))
                .filter(Reply.mood == Mood.POSITIVE)
                .label("positive"),
            )
            .join(Touch, Touch.id == Reply.touch_id)
            .where(Touch.sequence_id == sequence_id, Reply.kind == InboundKind.HUMAN)
            .group_by(Touch.step_index)
        )
    }

    wordings = _wordings(tx, sequence_id) if any(s.variants for s in definition.steps) else {}

    def count(index: int, *statuses: TouchStatus) -> int:
        return sum(touches.get((index, status), 0) for status in statuses)

    return tuple(
        StepLine(
            index=index,
            step=step,
            due=count(index, TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.SENDING),
            sent=count(index, TouchStatus.SENT, TouchStatus.DONE),
            skipped=count(index, TouchStatus.SKIPPED),
            failed=count(index, TouchStatus.FAILED),
            waiting_for_person=count(
                index, TouchStatus.OPEN, TouchStatus.UNKNOWN, TouchStatus.HELD
            ),
            replied=replies.get(index, (0, 0))[0],
            positive=replies.get(index, (0, 0))[1],
            stopped=tuple((reason, n) for (at, reason), n in sorted(exits.items()) if at == index),
            wordings=tuple(
                Tally(variant.name, *wordings.get((index, variant.name), (0, 0)))
                for variant in step.variants
            ),
        )
        for index, step in enumerate(definition.steps)
    )


def _wordings(tx: Transaction, sequence_id: int) -> dict[tuple[int, str], tuple[int, int]]:
    """Return by step and wording how many firms had their time to answer, and how many did."""
    answered = (
        select(Reply.id).where(Reply.touch_id == Touch.id, Reply.kind == InboundKind.HUMAN).exists()
    )
    rows = tx.session.execute(
        select(
            Touch.step_index,
            Touch.variant,
            func.count(),
            func.count().filter(answered),
        )
        .join(Enrollment, Enrollment.id == Touch.enrollment_id)
        .where(
            Touch.sequence_id == sequence_id,
            Touch.status == TouchStatus.SENT,
            Touch.variant != "",
            # Who was written to yesterday says nothing yet; counting them would favour the older wording.
            or_(
                Enrollment.status == EnrollmentStatus.FINISHED,
                Touch.settled_at <= tx.now - _TIME_TO_ANSWER,
            ),
        )
        .group_by(Touch.step_index, Touch.variant)
    )
    return {(step, variant): (trials, successes) for step, variant, trials, successes in rows}


def exits_by_step(tx: Transaction, sequence_id: int) -> dict[tuple[int, ExitReason], int]:
    """Return how many enrollments ended, by the last step that was done and the reason."""
    last = (
        select(Touch.enrollment_id, func.max(Touch.step_index).label("step_index"))
        .where(
            Touch.sequence_id == sequence_id,
            Touch.status.in_((TouchStatus.SENT, TouchStatus.DONE, TouchStatus.SKIPPED)),
        )
        .group_by(Touch.enrollment_id)
        .subquery()
    )
    # As a literal, since PostgreSQL takes two bound parameters for two different expressions.
    step = func.coalesce(last.c.step_index, literal_column("0"))
    rows = tx.session.execute(
        select(step, Enrollment.exit_reason, func.count())
        .select_from(Enrollment)
        .outerjoin(last, last.c.enrollment_id == Enrollment.id)
        .where(Enrollment.sequence_id == sequence_id, Enrollment.exit_reason.is_not(None))
        .group_by(step, Enrollment.exit_reason)
    )
    return {(index, reason): count for index, reason, count in rows if reason is not None}
