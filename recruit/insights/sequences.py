"""Sequences as pages read them: what each step sent, what it brought, and what ended enrollments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.insights.sequence_steps import StepLine, exits_by_step, list_steps
from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.parsing import parse_definition
from recruit.sequences.policies import start_lacks
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

    @property
    def law(self) -> str:
        """Return what the laws of the countries that it is meant for ask and it lacks, in words."""
        return " ".join(start_lacks(self.definition.compliance))

    @property
    def rules(self) -> list[str]:
        """Return in words who may be in it and what ends it."""
        rules = self.definition.rules
        said = ["An answer of anybody at the firm ends it, in every sequence."]
        if rules.exclusive:
            said.append("Exclusive: the firm is in no other sequence while it runs.")
        if rules.min_days_since_touch:
            said.append(
                f"Waits until {rules.min_days_since_touch} days after another sequence's last touch."
            )
        if rules.max_contacts_a_firm > 1:
            said.append(f"Up to {rules.max_contacts_a_firm} people of a firm.")
        said += [f"Ends where {condition}." for condition in rules.stop_when]
        said.append(f"What is late by more than {self.definition.grace_hours} hours waits for you.")
        if len(self.definition.mailboxes) > 1:
            said.append(f"Sent in turns from {', '.join(self.definition.mailboxes)}.")
        return said

    def where(self, target: int | None, index: int) -> str:
        """Return in words where a step leads."""
        found = self.definition.at(target, index)
        return "the end" if found is None else f"step {found + 1}"


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
    exits = exits_by_step(tx, card.sequence_id)
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
        steps=list_steps(tx, card.sequence_id, definition, exits),
        exits=tuple(sorted(totals.items(), key=lambda item: -item[1])),
        next_touches=_next_touches(tx, card.sequence_id),
    )


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


def find_definition(tx: Transaction, name: str) -> dict[str, Any] | None:
    """Return a sequence's newest definition as data, None where there is none with this name."""
    return tx.session.scalar(
        select(SequenceVersion.definition)
        .join(Sequence, Sequence.id == SequenceVersion.sequence_id)
        .where(Sequence.name == name)
        .order_by(SequenceVersion.number.desc())
        .limit(1)
    )
