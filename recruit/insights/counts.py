"""How many went how far: one number a stage, counted from the facts."""

from dataclasses import dataclass

from sqlalchemy import func, select

from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.onboarding.tables import Award, Candidate, Partner
from recruit.onboarding.values import UNDECIDED, CandidateStatus
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.values import ExitReason, StepKind, TouchStatus
from recruit.sync.tables import CrmLink

_EXIT_WORDS = {
    ExitReason.REPLIED: "answered",
    ExitReason.NO_REPLY: "never answered",
    ExitReason.OPTED_OUT: "opted out",
    ExitReason.BOUNCED: "bounced",
    ExitReason.SUPPRESSED: "never to be written to",
    ExitReason.FAILED: "failed",
    ExitReason.REMOVED: "removed",
    ExitReason.MERGED: "written to as another firm already",
    None: "still running",
}


@dataclass(frozen=True)
class Counts:
    """Numbers of rows; `exits` counts enrollments by how they ended, in words."""

    touches_sent: int
    replied: int
    exits: dict[str, int]
    candidates: int
    waiting: int
    declined: int
    accepted: int
    certified: int
    crm_queued: int
    crm_acknowledged: int
    crm_pending: int
    crm_dead: int
    crm_records: int


def read_counts(tx: Transaction) -> Counts:
    """Count them."""
    session = tx.session
    exits = dict(
        session.execute(
            select(Enrollment.exit_reason, func.count()).group_by(Enrollment.exit_reason)
        )
        .tuples()
        .all()
    )
    candidates = dict(
        session.execute(select(Candidate.status, func.count()).group_by(Candidate.status))
        .tuples()
        .all()
    )
    outbox = dict(
        session.execute(select(OutboxEntry.status, func.count()).group_by(OutboxEntry.status))
        .tuples()
        .all()
    )
    open_states = (OutboxStatus.PENDING, OutboxStatus.IN_FLIGHT, OutboxStatus.UNKNOWN)
    return Counts(
        touches_sent=session.scalar(
            select(func.count())
            .select_from(Touch)
            .where(Touch.kind == StepKind.EMAIL, Touch.status == TouchStatus.SENT)
        )
        or 0,
        replied=exits.get(ExitReason.REPLIED, 0),
        exits={
            _EXIT_WORDS[reason]: number
            for reason, number in exits.items()
            if reason is not ExitReason.REPLIED
        },
        candidates=sum(candidates.values()),
        waiting=sum(candidates.get(status, 0) for status in UNDECIDED),
        declined=candidates.get(CandidateStatus.DECLINED, 0),
        accepted=session.scalar(select(func.count()).select_from(Partner)) or 0,
        certified=session.scalar(
            select(func.count(Award.partner_id.distinct())).where(
                Award.awarded_at <= tx.now, Award.valid_until > tx.now
            )
        )
        or 0,
        crm_queued=sum(outbox.values()),
        crm_acknowledged=outbox.get(OutboxStatus.ACKNOWLEDGED, 0),
        crm_pending=sum(outbox.get(state, 0) for state in open_states),
        crm_dead=outbox.get(OutboxStatus.DEAD, 0),
        crm_records=session.scalar(select(func.count()).select_from(CrmLink)) or 0,
    )
