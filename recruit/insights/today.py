"""What waits for a person today, grouped by what they do about it; and what the machine does next."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.insights.menu import failed_lately, read_menu
from recruit.insights.onboarding import onboarding_board
from recruit.insights.profiles import find_current_profile
from recruit.insights.replies import InboxLine, ReplyView, list_replies
from recruit.insights.tasks import TaskLine, list_tasks
from recruit.onboarding.joining_tables import Application
from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import UNDECIDED, CandidateStatus, PartnerState
from recruit.sequences.tables import Mailbox, Reply, Sequence, Touch
from recruit.sequences.values import (
    SequenceStatus,
    StepKind,
    TouchStatus,
)
from recruit.sourcing.tables import Source, SourcingJob
from recruit.sourcing.values import JobStatus

DAYS_AHEAD = 7
# A partner who has not moved for so long is worth a call.
STALLED_DAYS = 7
# Rows of a group that the page shows; the group's own page has the rest.
ROWS = 6


@dataclass(frozen=True)
class CandidateToDecide:
    """A firm that wants to become a partner, with what it said."""

    candidate_id: int
    firm_id: int
    firm_name: str
    country: str | None
    contact_name: str
    contact_email: str
    origin: str
    created_at: datetime
    quote: str
    status: CandidateStatus = CandidateStatus.WAITING


@dataclass(frozen=True)
class StuckTouch:
    """A touch that only a person can settle: nobody knows whether it went out, or it is held."""

    touch_id: int
    status: TouchStatus
    firm_id: int
    firm_name: str
    subject: str
    why: str
    due_at: datetime


@dataclass(frozen=True)
class JobToLookAt:
    """A sourcing job that failed or met problems lately."""

    job_id: int
    source: str
    status: JobStatus
    problems: int
    message: str
    finished_at: datetime | None


@dataclass(frozen=True)
class StalledPartner:
    """A partner who has stood in one state for long, with what it could do next."""

    firm_id: int
    firm_name: str
    state: PartnerState
    days_in_state: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class DayAhead:
    """How many touches fall due on a day (UTC)."""

    day: date
    emails: int
    tasks: int


@dataclass(frozen=True)
class Start:
    """How far an installation is set up, for the page's first visit."""

    sources: int
    firms: int
    profiles: int
    sequences: int
    enrolled: bool


@dataclass(frozen=True)
class Today:
    """The page. `waiting` is how many things wait in all groups together."""

    waiting: int
    replies: tuple[InboxLine, ...]
    replies_total: int
    candidates: tuple[CandidateToDecide, ...]
    candidates_total: int
    tasks: tuple[TaskLine, ...]
    tasks_total: int
    stuck: tuple[StuckTouch, ...]
    jobs: tuple[JobToLookAt, ...]
    crm_refused: int
    stalled: tuple[StalledPartner, ...]
    ahead: tuple[DayAhead, ...]
    sent_yesterday: int
    sent_today: int
    paused_sequences: tuple[str, ...]
    paused_mailboxes: tuple[tuple[str, str], ...]
    start: Start


def read_today(tx: Transaction) -> Today:
    """Return the page; the number of queries is the same however much waits."""
    menu = read_menu(tx)
    inbox = list_replies(tx, ReplyView.WAITING)
    candidates = list_candidates_to_decide(tx)
    tasks = list_tasks(tx)
    sent_yesterday, sent_today = _sent(tx)
    return Today(
        waiting=menu.today,
        replies=inbox.lines[:ROWS],
        replies_total=inbox.counts[ReplyView.WAITING],
        candidates=candidates[:ROWS],
        candidates_total=len(candidates),
        tasks=tuple(tasks[:ROWS]),
        tasks_total=len(tasks),
        stuck=_stuck(tx),
        jobs=_jobs(tx),
        crm_refused=menu.crm_refused,
        stalled=_stalled(tx),
        ahead=_ahead(tx),
        sent_yesterday=sent_yesterday,
        sent_today=sent_today,
        paused_sequences=tuple(
            tx.session.scalars(
                select(Sequence.title).where(Sequence.status == SequenceStatus.PAUSED)
            )
        ),
        paused_mailboxes=tuple(
            (row.address, row.paused_reason)
            for row in tx.session.execute(
                select(Mailbox.address, Mailbox.paused_reason).where(Mailbox.paused_at.is_not(None))
            )
        ),
        start=_start(tx),
    )


def list_candidates_to_decide(tx: Transaction) -> tuple[CandidateToDecide, ...]:
    """Return the firms that are not decided upon, with what they said, oldest first."""
    said = (
        select(Application.about)
        .where(Application.candidate_id == Candidate.id)
        .order_by(Application.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = tx.session.execute(
        select(Candidate, Firm, func.coalesce(said, Reply.text).label("text"))
        .join(Firm, Firm.id == Candidate.firm_id)
        .outerjoin(Reply, Reply.id == Candidate.reply_id)
        .where(Candidate.status.in_(UNDECIDED))
        .order_by(Candidate.created_at, Candidate.id)
    )
    return tuple(
        CandidateToDecide(
            candidate_id=candidate.id,
            firm_id=firm.id,
            firm_name=firm.name,
            country=firm.country,
            contact_name=candidate.contact_name,
            contact_email=candidate.contact_email,
            origin=candidate.origin.value,
            created_at=candidate.created_at,
            quote=text or "",
            status=candidate.status,
        )
        for candidate, firm, text in rows
    )


def _stuck(tx: Transaction) -> tuple[StuckTouch, ...]:
    rows = tx.session.execute(
        select(Touch, Firm.name)
        .join(Firm, Firm.id == Touch.firm_id)
        .where(Touch.status.in_((TouchStatus.UNKNOWN, TouchStatus.HELD)))
        .order_by(Touch.due_at, Touch.id)
        .limit(50)
    )
    return tuple(
        StuckTouch(t.id, t.status, t.firm_id, name, t.subject, t.blocked_by or t.outcome, t.due_at)
        for t, name in rows
    )


def _jobs(tx: Transaction) -> tuple[JobToLookAt, ...]:
    rows = tx.session.execute(
        select(SourcingJob, Source.title)
        .join(Source, Source.id == SourcingJob.source_id)
        .where(failed_lately(tx.now))
        .order_by(SourcingJob.finished_at.desc(), SourcingJob.id.desc())
        .limit(20)
    )
    return tuple(
        JobToLookAt(job.id, title, job.status, job.problems, job.message, job.finished_at)
        for job, title in rows
    )


def _stalled(tx: Transaction) -> tuple[StalledPartner, ...]:
    still = [
        StalledPartner(card.firm_id, card.firm_name, column.state, card.days_in_state, card.missing)
        for column in onboarding_board(tx)
        if column.state not in {PartnerState.FULL_ACCESS, PartnerState.LEFT}
        for card in column.cards
        if card.days_in_state >= STALLED_DAYS
    ]
    return tuple(sorted(still, key=lambda partner: -partner.days_in_state)[:ROWS])


def _ahead(tx: Transaction) -> tuple[DayAhead, ...]:
    until = tx.now + timedelta(days=DAYS_AHEAD)
    rows = tx.session.execute(
        select(Touch.due_at, Touch.kind).where(
            Touch.status.in_((TouchStatus.PENDING, TouchStatus.CLAIMED)),
            Touch.kind.in_((StepKind.EMAIL, StepKind.TASK)),
            Touch.due_at < until,
        )
    ).all()
    first = tx.now.date()
    counts = {first + timedelta(days=n): [0, 0] for n in range(DAYS_AHEAD)}
    for due_at, kind in rows:
        # What is overdue goes out as soon as its window opens: today.
        day = max(due_at.date(), first)
        if day in counts:
            counts[day][0 if kind is StepKind.EMAIL else 1] += 1
    return tuple(DayAhead(day, emails, tasks) for day, (emails, tasks) in counts.items())


def _sent(tx: Transaction) -> tuple[int, int]:
    midnight = tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    row = tx.session.execute(
        select(
            func.count().filter(Touch.settled_at < midnight).label("yesterday"),
            func.count().filter(Touch.settled_at >= midnight).label("today"),
        ).where(Touch.status == TouchStatus.SENT, Touch.settled_at >= midnight - timedelta(days=1))
    ).one()
    return row.yesterday, row.today


def _start(tx: Transaction) -> Start:
    row = tx.session.execute(
        select(
            select(func.count(Source.id)).scalar_subquery().label("sources"),
            select(func.count(Firm.id)).scalar_subquery().label("firms"),
            select(func.count(Sequence.id)).scalar_subquery().label("sequences"),
            exists(select(Touch.id)).label("enrolled"),
        )
    ).one()
    profiles = 1 if find_current_profile(tx) else 0
    return Start(row.sources, row.firms, profiles, row.sequences, bool(row.enrolled))
