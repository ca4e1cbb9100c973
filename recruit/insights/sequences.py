"""Sequences as pages read them: what each step sent, what it brought, and what ended enrollments."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal_column, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sequences.definition import SequenceDefinition, Step
from recruit.sequences.parsing import parse_definition
from recruit.sequences.tables import (
    Enrollment,
    Mailbox,
    Reply,
    Sequence,
    SequenceVersion,
    Touch,
)
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    SequenceStatus,
    TouchStatus,
)


@dataclass(frozen=True)
class SequenceCard:
    """A sequence in the list."""

    sequence_id: int
    name: str
    title: str
    status: SequenceStatus
    mailbox: str
    version: int
    steps: int
    enrolled: int
    active: int
    sent: int
    replied: int
    positive: int


@dataclass(frozen=True)
class StepLine:
    """One step and what became of it; `stopped` counts enrollments that ended while it was the last."""

    index: int
    step: Step
    due: int
    sent: int
    failed: int
    waiting_for_person: int
    replied: int
    positive: int
    stopped: tuple[tuple[ExitReason, int], ...]


@dataclass(frozen=True)
class NextTouch:
    """A touch that is to come, soonest first."""

    firm_id: int
    firm_name: str
    country: str | None
    step_index: int
    due_at: datetime
    blocked_by: str


@dataclass(frozen=True)
class SequencePage:
    """One sequence."""

    card: SequenceCard
    definition: SequenceDefinition
    created_at: datetime
    created_by: str
    cap_per_day: int
    mailbox_paused: str | None
    steps: tuple[StepLine, ...]
    exits: tuple[tuple[ExitReason, int], ...]
    next_touches: tuple[NextTouch, ...]


def list_sequences(tx: Transaction, name: str | None = None) -> list[SequenceCard]:
    """Return all sequences, or the one with this name; two queries."""
    latest = (
        select(SequenceVersion.sequence_id, func.max(SequenceVersion.number).label("number"))
        .group_by(SequenceVersion.sequence_id)
        .subquery()
    )
    enrolled = (
        select(
            Enrollment.sequence_id,
            func.count().label("enrolled"),
            func.count().filter(Enrollment.status != EnrollmentStatus.FINISHED).label("active"),
            func.count().filter(Enrollment.exit_reason == ExitReason.REPLIED).label("replied"),
        )
        .group_by(Enrollment.sequence_id)
        .subquery()
    )
    sent = (
        select(Touch.sequence_id, func.count().label("sent"))
        .where(Touch.status == TouchStatus.SENT)
        .group_by(Touch.sequence_id)
        .subquery()
    )
    positive = (
        select(Enrollment.sequence_id, func.count(func.distinct(Reply.firm_id)).label("positive"))
        .join(Enrollment, Enrollment.id == Reply.enrollment_id)
        .where(Reply.mood == Mood.POSITIVE)
        .group_by(Enrollment.sequence_id)
        .subquery()
    )
    query = (
        select(
            Sequence, SequenceVersion, Mailbox.address,
            enrolled.c.enrolled, enrolled.c.active, enrolled.c.replied, sent.c.sent, positive.c.positive,
        )
        .join(latest, latest.c.sequence_id == Sequence.id)
        .join(
            SequenceVersion,
            (SequenceVersion.sequence_id == Sequence.id)
            & (SequenceVersion.number == latest.c.number),
        )
        .join(Mailbox, Mailbox.id == Sequence.mailbox_id)
        .outerjoin(enrolled, enrolled.c.sequence_id == Sequence.id)
        .outerjoin(sent, sent.c.sequence_id == Sequence.id)
        .outerjoin(positive, positive.c.sequence_id == Sequence.id)
        .order_by(Sequence.title, Sequence.id)
    )  # fmt: skip
    if name is not None:
        query = query.where(Sequence.name == name)
    return [
        SequenceCard(
            sequence_id=row.Sequence.id,
            name=row.Sequence.name,
            title=row.Sequence.title,
            status=row.Sequence.status,
            mailbox=row.address,
            version=row.SequenceVersion.number,
            steps=len(row.SequenceVersion.definition.get("steps", [])),
            enrolled=row.enrolled or 0,
            active=row.active or 0,
            sent=row.sent or 0,
            replied=row.replied or 0,
            positive=row.positive or 0,
        )
        for row in tx.session.execute(query)
    ]


def find_sequence_page(tx: Transaction, name: str) -> SequencePage | None:
    """Return one sequence with its steps; None where there is none with this name."""
    cards = list_sequences(tx, name)
    if not cards:
        return None
    card = cards[0]
    version, mailbox = tx.session.execute(
        select(SequenceVersion, Mailbox)
        .join(Sequence, Sequence.id == SequenceVersion.sequence_id)
        .join(Mailbox, Mailbox.id == Sequence.mailbox_id)
        .where(
            SequenceVersion.sequence_id == card.sequence_id, SequenceVersion.number == card.version
        )
    ).one()
    definition = parse_definition(version.definition)
    exits = _exits_by_step(tx, card.sequence_id)
    totals: dict[ExitReason, int] = {}
    for (_, reason), count in exits.items():
        totals[reason] = totals.get(reason, 0) + count
    return SequencePage(
        card=card,
        definition=definition,
        created_at=version.created_at,
        created_by=version.created_by,
        cap_per_day=mailbox.cap_per_day,
        mailbox_paused=mailbox.paused_reason if mailbox.paused_at else None,
        steps=_steps(tx, card.sequence_id, definition, exits),
        exits=tuple(sorted(totals.items(), key=lambda item: -item[1])),
        next_touches=_next_touches(tx, card.sequence_id),
    )


def _steps(
    tx: Transaction,
    sequence_id: int,
    definition: SequenceDefinition,
    exits: dict[tuple[int, ExitReason], int],
) -> tuple[StepLine, ...]:
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

    def count(index: int, *statuses: TouchStatus) -> int:
        return sum(touches.get((index, status), 0) for status in statuses)

    return tuple(
        StepLine(
            index=index,
            step=step,
            due=count(index, TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.SENDING),
            sent=count(index, TouchStatus.SENT, TouchStatus.DONE),
            failed=count(index, TouchStatus.FAILED),
            waiting_for_person=count(
                index, TouchStatus.OPEN, TouchStatus.UNKNOWN, TouchStatus.HELD
            ),
            replied=replies.get(index, (0, 0))[0],
            positive=replies.get(index, (0, 0))[1],
            stopped=tuple((reason, n) for (at, reason), n in sorted(exits.items()) if at == index),
        )
        for index, step in enumerate(definition.steps)
    )


def _exits_by_step(tx: Transaction, sequence_id: int) -> dict[tuple[int, ExitReason], int]:
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


def _next_touches(tx: Transaction, sequence_id: int) -> tuple[NextTouch, ...]:
    rows = tx.session.execute(
        select(Touch, Firm)
        .join(Firm, Firm.id == Touch.firm_id)
        .where(
            Touch.sequence_id == sequence_id,
            Touch.status.in_((TouchStatus.PENDING, TouchStatus.CLAIMED)),
        )
        .order_by(Touch.due_at, Touch.id)
        .limit(12)
    )
    return tuple(
        NextTouch(firm.id, firm.name, firm.country, t.step_index, t.due_at, t.blocked_by)
        for t, firm in rows
    )
