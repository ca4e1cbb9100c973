"""What was said between us and a firm: enrollments, touches and replies, and why it stopped."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.tables import Contact
from recruit.sequences.tables import Enrollment, Reply, Sequence, SequenceVersion, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    StepKind,
    TouchStatus,
)


@dataclass(frozen=True)
class TouchLine:
    """One step that was or will be done. `at` is when it was settled, else when it is due."""

    touch_id: int
    enrollment_id: int
    step_index: int
    kind: StepKind
    status: TouchStatus
    due_at: datetime
    settled_at: datetime | None
    settled_by: str
    subject: str
    body: str
    link: str
    outcome: str
    blocked_by: str
    address: str

    @property
    def at(self) -> datetime:
        """Return the moment that the timeline shows it at."""
        return self.settled_at or self.due_at


@dataclass(frozen=True)
class ReplyLine:
    """One mail that came in."""

    reply_id: int
    at: datetime
    from_address: str
    subject: str
    text: str
    kind: InboundKind
    mood: Mood | None
    confidence: float
    mood_confirmed_by: str | None
    detail: dict[str, Any]
    handled_at: datetime | None
    enrollment_id: int | None
    again_on: date | None = None


@dataclass(frozen=True)
class EnrollmentLine:
    """One enrollment and why it ended."""

    enrollment_id: int
    sequence_name: str
    sequence_title: str
    version: int
    steps: int
    status: EnrollmentStatus
    exit_reason: ExitReason | None
    exit_detail: str
    contact_email: str
    contact_name: str | None
    enrolled_at: datetime
    enrolled_by: str
    paused_until: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class Conversation:
    """All of it, each list oldest first."""

    enrollments: tuple[EnrollmentLine, ...]
    touches: tuple[TouchLine, ...]
    replies: tuple[ReplyLine, ...]

    def entries(self) -> list[TouchLine | ReplyLine]:
        """Return touches and replies in the order of time."""
        return sorted([*self.touches, *self.replies], key=lambda entry: entry.at)


def read_conversation(tx: Transaction, firm_id: int) -> Conversation:
    """Return the conversation with a firm, under every id that it has had; four queries."""
    session = tx.session
    family = list_families(tx, [firm_id]).get(firm_id, (firm_id,))
    enrollments = session.execute(
        select(Enrollment, Sequence, SequenceVersion, Contact)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .join(SequenceVersion, SequenceVersion.id == Enrollment.sequence_version_id)
        .join(Contact, Contact.id == Enrollment.contact_id)
        .where(Enrollment.firm_id.in_(family))
        .order_by(Enrollment.id)
    ).all()
    touches = session.scalars(
        select(Touch)
        .where(
            Touch.firm_id.in_(family),
            # A wait or a branch is no part of a conversation.
            Touch.kind.in_((StepKind.EMAIL, StepKind.TASK)),
            or_(Touch.status != TouchStatus.CANCELLED, Touch.blocked_by != ""),
        )
        .order_by(Touch.due_at, Touch.id)
    )
    replies = session.scalars(
        select(Reply).where(Reply.firm_id.in_(family)).order_by(Reply.received_at, Reply.id)
    )
    return Conversation(
        enrollments=tuple(_enrollment(*row) for row in enrollments),
        touches=tuple(touch_line(touch) for touch in touches),
        replies=tuple(reply_line(reply) for reply in replies),
    )


def _enrollment(
    enrollment: Enrollment, sequence: Sequence, version: SequenceVersion, contact: Contact
) -> EnrollmentLine:
    return EnrollmentLine(
        enrollment_id=enrollment.id,
        sequence_name=sequence.name,
        sequence_title=sequence.title,
        version=version.number,
        steps=len(version.definition.get("steps", [])),
        status=enrollment.status,
        exit_reason=enrollment.exit_reason,
        exit_detail=enrollment.exit_detail,
        contact_email=contact.email,
        contact_name=contact.name,
        enrolled_at=enrollment.enrolled_at,
        enrolled_by=enrollment.enrolled_by,
        paused_until=enrollment.paused_until,
        finished_at=enrollment.finished_at,
    )


def touch_line(touch: Touch) -> TouchLine:
    """Return a touch as pages show it."""
    return TouchLine(
        touch_id=touch.id,
        enrollment_id=touch.enrollment_id,
        step_index=touch.step_index,
        kind=touch.kind,
        status=touch.status,
        due_at=touch.due_at,
        settled_at=touch.settled_at,
        settled_by=touch.settled_by,
        subject=touch.subject,
        body=touch.body,
        link=touch.link,
        outcome=touch.outcome,
        blocked_by=touch.blocked_by,
        address=touch.address_key,
    )


def reply_line(reply: Reply) -> ReplyLine:
    """Return a reply as pages show it."""
    return ReplyLine(
        reply_id=reply.id,
        at=reply.received_at,
        from_address=reply.from_address,
        subject=reply.subject,
        text=reply.text,
        kind=reply.kind,
        mood=reply.mood,
        confidence=reply.confidence,
        mood_confirmed_by=reply.mood_confirmed_by,
        detail=reply.detail,
        handled_at=reply.handled_at,
        enrollment_id=reply.enrollment_id,
        again_on=reply.again_on,
    )
