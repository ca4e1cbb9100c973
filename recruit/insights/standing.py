"""Where a prospect stands: one word computed from all stages, as SQL so that lists can filter by it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Case, FromClause, Subquery, and_, case, func, select

from recruit.firms.tables import Firm
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.values import UNDECIDED, CandidateStatus
from recruit.scoring.tables import Score
from recruit.scoring.values import Standing
from recruit.sequences.tables import Enrollment
from recruit.sequences.values import EnrollmentStatus, ExitReason


class ProspectState(StrEnum):
    """Where a prospect stands, in the order of its way; those that left the way come last."""

    NEW = "new"
    IN_SEQUENCE = "in_sequence"
    PAUSED = "paused"
    REPLIED = "replied"
    INTERESTED = "interested"
    PARTNER = "partner"
    NO_REPLY = "no_reply"
    DECLINED = "declined"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    STOPPED = "stopped"
    LEFT = "left"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class StateWord:
    """How a state reads: its word, its tone (good, wait, stop, new or none) and its meaning."""

    word: str
    tone: str
    meaning: str


STATE_WORDS: dict[ProspectState, StateWord] = {
    ProspectState.PARTNER: StateWord("partner", "good", "accepted; works through the track"),
    ProspectState.LEFT: StateWord("left", "stop", "was a partner and has left"),
    ProspectState.INTERESTED: StateWord("interested", "good", "waits for a decision"),
    ProspectState.DECLINED: StateWord("declined", "stop", "turned down as a candidate"),
    ProspectState.IN_SEQUENCE: StateWord("in sequence", "wait", "is being written to"),
    ProspectState.PAUSED: StateWord("paused", "wait", "waits until a date"),
    ProspectState.REPLIED: StateWord("replied", "good", "answered; nothing more goes out"),
    ProspectState.NO_REPLY: StateWord("no reply", "", "all steps went out without an answer"),
    ProspectState.OPTED_OUT: StateWord("opted out", "stop", "asked not to be written to"),
    ProspectState.BOUNCED: StateWord("bounced", "stop", "the address does not work"),
    ProspectState.STOPPED: StateWord("stopped", "stop", "suppressed, failed or removed"),
    ProspectState.LEFT_OUT: StateWord("left out", "stop", "fails a must-have or is excluded"),
    ProspectState.NEW: StateWord("new", "new", "not contacted yet"),
}

_EXITS = {
    ExitReason.REPLIED: ProspectState.REPLIED,
    ExitReason.NO_REPLY: ProspectState.NO_REPLY,
    ExitReason.OPTED_OUT: ProspectState.OPTED_OUT,
    ExitReason.BOUNCED: ProspectState.BOUNCED,
}


def last_enrollments() -> Subquery:
    """Return (firm_id, enrollment_id): the latest enrollment of each firm that has one."""
    return (
        select(Enrollment.firm_id, func.max(Enrollment.id).label("enrollment_id"))
        .group_by(Enrollment.firm_id)
        .subquery("last_enrollment")
    )


def join_state(base: FromClause, last: Subquery) -> FromClause:
    """Join what `state_case` reads to a FROM clause that has Firm."""
    return (
        base.outerjoin(last, last.c.firm_id == Firm.id)
        .outerjoin(Enrollment, Enrollment.id == last.c.enrollment_id)
        .outerjoin(Candidate, Candidate.firm_id == Firm.id)
        .outerjoin(Partner, Partner.firm_id == Firm.id)
    )


def state_case(*, scored: bool = True) -> Case[Any]:
    """Return the SQL expression of a ProspectState; `scored` where Score is part of the query."""
    finished = Enrollment.status == EnrollmentStatus.FINISHED
    rows: list[tuple[Any, ProspectState]] = [
        (Partner.left_at.is_not(None), ProspectState.LEFT),
        (Partner.id.is_not(None), ProspectState.PARTNER),
        (Candidate.status.in_(UNDECIDED), ProspectState.INTERESTED),
        (Candidate.status == CandidateStatus.DECLINED, ProspectState.DECLINED),
        (Enrollment.status == EnrollmentStatus.ACTIVE, ProspectState.IN_SEQUENCE),
        (Enrollment.status == EnrollmentStatus.PAUSED, ProspectState.PAUSED),
        *(
            (and_(finished, Enrollment.exit_reason == reason), state)
            for reason, state in _EXITS.items()
        ),
        (finished, ProspectState.STOPPED),
    ]
    if scored:
        rows.append((Score.standing != Standing.RANKED, ProspectState.LEFT_OUT))
    return case(*((when, state.value) for when, state in rows), else_=ProspectState.NEW.value)
