"""Tasks: touches that a person does."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.sequences.tables import Enrollment, Sequence, Touch
from recruit.sequences.values import StepKind, TouchStatus


@dataclass(frozen=True)
class TaskLine:
    """One task: what to do, for whom, since when."""

    touch_id: int
    title: str
    text: str
    link: str
    due_at: datetime
    firm_id: int
    firm_name: str
    city: str | None
    country: str | None
    contact_name: str | None
    contact_email: str
    sequence_title: str
    status: TouchStatus
    settled_at: datetime | None
    settled_by: str
    outcome: str
    expires_at: datetime | None


def list_tasks(tx: Transaction, *, done: bool = False, limit: int = 200) -> list[TaskLine]:
    """Return the open tasks, oldest first; or those done and skipped, newest first."""
    query = (
        select(Touch, Firm, Contact, Sequence.title)
        .join(Firm, Firm.id == Touch.firm_id)
        .join(Enrollment, Enrollment.id == Touch.enrollment_id)
        .join(Contact, Contact.id == Enrollment.contact_id)
        .join(Sequence, Sequence.id == Touch.sequence_id)
        .where(Touch.kind == StepKind.TASK)
        .limit(limit)
    )
    if done:
        query = query.where(Touch.status.in_((TouchStatus.DONE, TouchStatus.SKIPPED))).order_by(
            Touch.settled_at.desc(), Touch.id.desc()
        )
    else:
        query = query.where(Touch.status == TouchStatus.OPEN).order_by(Touch.due_at, Touch.id)
    return [
        TaskLine(
            touch_id=touch.id,
            title=touch.subject,
            text=touch.body,
            link=touch.link,
            due_at=touch.due_at,
            firm_id=firm.id,
            firm_name=firm.name,
            city=firm.city,
            country=firm.country,
            contact_name=contact.name,
            contact_email=contact.email,
            sequence_title=title,
            status=touch.status,
            settled_at=touch.settled_at,
            settled_by=touch.settled_by,
            outcome=touch.outcome,
            expires_at=touch.expires_at,
        )
        for touch, firm, contact, title in tx.session.execute(query)
    ]
