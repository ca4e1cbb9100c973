"""Replies as the desk reads them: what waits for a person first, then everything."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.insights.conversation import ReplyLine, reply_line
from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import CandidateStatus
from recruit.sequences.tables import Reply
from recruit.sequences.values import InboundKind

PER_PAGE = 50
# What a person reads; bounces and out-of-office answers are settled by the machine.
_FOR_PEOPLE = (InboundKind.HUMAN, InboundKind.UNSUBSCRIBE, InboundKind.COMPLAINT)


class ReplyView(StrEnum):
    """Which replies a list shows."""

    WAITING = "waiting"
    LATER = "later"
    HUMAN = "human"
    AUTOMATIC = "automatic"
    UNMATCHED = "unmatched"
    ALL = "all"


@dataclass(frozen=True)
class InboxLine:
    """One reply in a list, with the firm that it is from where that is known."""

    reply: ReplyLine
    firm_id: int | None
    firm_name: str | None
    country: str | None
    candidate: CandidateStatus | None


@dataclass(frozen=True)
class InboxPage:
    """A page of replies, and how many each view holds."""

    lines: tuple[InboxLine, ...]
    counts: dict[ReplyView, int]


def waits_for_a_person(day: date) -> ColumnElement[bool]:
    """Return the condition of replies that somebody is to look at on this day.

    One that asked to be written to later waits again from its day on. One that made its firm a candidate is
    decided upon there, and would be read twice here.
    """
    return and_(
        Reply.kind.in_(_FOR_PEOPLE),
        or_(Reply.handled_at.is_(None), Reply.again_on <= day),
        Reply.id.not_in(select(Candidate.reply_id).where(Candidate.reply_id.is_not(None))),
    )


def _conditions(day: date) -> dict[ReplyView, ColumnElement[bool]]:
    return {
        ReplyView.WAITING: waits_for_a_person(day),
        ReplyView.LATER: Reply.again_on > day,
        ReplyView.HUMAN: Reply.kind == InboundKind.HUMAN,
        ReplyView.AUTOMATIC: Reply.kind.in_((InboundKind.AUTO_REPLY, InboundKind.BOUNCE)),
        ReplyView.UNMATCHED: Reply.firm_id.is_(None) & (Reply.kind != InboundKind.OWN),
        ReplyView.ALL: Reply.kind != InboundKind.OWN,
    }


def list_replies(tx: Transaction, view: ReplyView, *, page: int = 1) -> InboxPage:
    """Return a page of replies, newest first."""
    conditions = _conditions(tx.now.date())
    rows = tx.session.execute(
        select(Reply, Firm, Candidate.status)
        .outerjoin(Firm, Firm.id == Reply.firm_id)
        .outerjoin(Candidate, Candidate.firm_id == Reply.firm_id)
        .where(conditions[view])
        .order_by(Reply.received_at.desc(), Reply.id.desc())
        .limit(PER_PAGE)
        .offset((max(page, 1) - 1) * PER_PAGE)
    ).all()
    counted = tx.session.execute(
        select(
            *(
                func.count().filter(condition).label(name.value)
                for name, condition in conditions.items()
            )
        ).select_from(Reply)
    ).one()
    return InboxPage(
        lines=tuple(
            InboxLine(
                reply_line(reply),
                firm.id if firm else None,
                firm.name if firm else None,
                firm.country if firm else None,
                status,
            )
            for reply, firm, status in rows
        ),
        counts={view: getattr(counted, view.value) for view in ReplyView},
    )


def find_reply(tx: Transaction, reply_id: int) -> InboxLine | None:
    """Return one reply."""
    row = tx.session.execute(
        select(Reply, Firm, Candidate.status)
        .outerjoin(Firm, Firm.id == Reply.firm_id)
        .outerjoin(Candidate, Candidate.firm_id == Reply.firm_id)
        .where(Reply.id == reply_id)
    ).first()
    if row is None:
        return None
    reply, firm, status = row
    return InboxLine(
        reply_line(reply),
        firm.id if firm else None,
        firm.name if firm else None,
        firm.country if firm else None,
        status,
    )
