"""The counts beside the desk's menu: asked on every page, so in two queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, select

from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.insights.profiles import find_current_profile
from recruit.insights.replies import waits_for_a_person
from recruit.insights.review import MOST_COUNTED, count_waiting
from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import CandidateStatus
from recruit.sequences.tables import Reply, Touch
from recruit.sequences.values import StepKind, TouchStatus
from recruit.sourcing.tables import SourcingJob
from recruit.sourcing.values import JobStatus

# For so long a failed job is something to look at today.
_LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Menu:
    """What waits, by page. `stuck` are mails that only a person can settle."""

    prospects: int
    replies: int
    tasks: int
    candidates: int
    stuck: int
    failed_jobs: int
    crm_refused: int
    crm_unknown: int
    crm_waiting: int
    doubtful: int

    @property
    def review(self) -> str:
        """Return how many pairs of firms wait for a person; very many are not counted out."""
        if not self.doubtful:
            return ""
        return f"{self.doubtful:,}" if self.doubtful < MOST_COUNTED else f"{MOST_COUNTED:,}+"

    @property
    def today(self) -> int:
        """Return how many things wait for a person."""
        return (
            self.replies
            + self.tasks
            + self.candidates
            + self.stuck
            + self.failed_jobs
            + bool(self.crm_refused)
        )

    @property
    def crm(self) -> str:
        """Return the CRM's state in a word or two."""
        if self.crm_refused:
            return f"{self.crm_refused:,} refused"
        if self.crm_unknown:
            return f"{self.crm_unknown:,} unsure"
        return f"{self.crm_waiting:,} waiting" if self.crm_waiting else "fresh"


def failed_lately(now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition of a job that failed in the last days."""
    return and_(SourcingJob.status == JobStatus.FAILED, SourcingJob.finished_at >= now - _LATELY)


def read_menu(tx: Transaction) -> Menu:
    """Return the counts."""
    profile = find_current_profile(tx)
    outbox = OutboxEntry.status
    on_its_way = (OutboxStatus.PENDING, OutboxStatus.IN_FLIGHT)
    row = tx.session.execute(
        select(
            _count(Reply.id, waits_for_a_person(tx.now.date())).label("replies"),
            _count(Touch.id, Touch.status == TouchStatus.OPEN, Touch.kind == StepKind.TASK).label(
                "tasks"
            ),
            _count(Touch.id, Touch.status.in_((TouchStatus.UNKNOWN, TouchStatus.HELD))).label(
                "stuck"
            ),
            _count(Candidate.id, Candidate.status == CandidateStatus.WAITING).label("candidates"),
            _count(SourcingJob.id, failed_lately(tx.now)).label("failed_jobs"),
            _count(OutboxEntry.id, outbox == OutboxStatus.DEAD).label("refused"),
            _count(OutboxEntry.id, outbox == OutboxStatus.UNKNOWN).label("unknown"),
            _count(OutboxEntry.id, outbox.in_(on_its_way)).label("waiting"),
            count_waiting().label("doubtful"),
        )
    ).one()
    return Menu(
        prospects=profile.ranked if profile else 0,
        replies=row.replies,
        tasks=row.tasks,
        candidates=row.candidates,
        stuck=row.stuck,
        failed_jobs=row.failed_jobs,
        crm_refused=row.refused,
        crm_unknown=row.unknown,
        crm_waiting=row.waiting,
        doubtful=row.doubtful,
    )


def _count(column: Any, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(func.count(column)).where(*conditions).scalar_subquery()
