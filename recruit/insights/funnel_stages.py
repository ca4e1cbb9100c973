"""The stages of the funnel: for each number its title, its sentence, its formula and its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from recruit.firms.tables import Firm
from recruit.onboarding.tables import AgreementAcceptance, Award, Candidate, Partner
from recruit.scoring.tables import Score
from recruit.scoring.values import Standing
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.values import InboundKind, Mood, StepKind, TouchStatus


@dataclass(frozen=True)
class StageDefinition:
    """A stage. `sentence` goes on after "12 firms"; `rows` gives (firm_id, at), one row a firm, for a version."""

    title: str
    sentence: str
    formula: str
    rows: Callable[[int], Select[*tuple[Any, ...]]]


def _positive(_version_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Reply.firm_id.label("firm_id"), func.min(Reply.received_at).label("at"))
        .where(
            Reply.firm_id.is_not(None),
            Reply.kind == InboundKind.HUMAN,
            Reply.mood == Mood.POSITIVE,
        )
        .group_by(Reply.firm_id)
    )


STAGES: dict[str, StageDefinition] = {
    "firms": StageDefinition(
        "Firms found",
        "known from all sources together, each counted once.",
        "firms that were not merged into another",
        lambda _v: select(Firm.id.label("firm_id"), Firm.created_at.label("at")).where(
            Firm.merged_into_id.is_(None)
        ),
    ),
    "ranked": StageDefinition(
        "Ranked",
        "with every must-have of the profile fulfilled.",
        "firms with a rank against the profile's latest version",
        lambda v: select(Score.firm_id.label("firm_id"), Score.scored_at.label("at")).where(
            Score.profile_version_id == v, Score.standing == Standing.RANKED
        ),
    ),
    "enrolled": StageDefinition(
        "Enrolled",
        "chosen for a sequence.",
        "firms with at least one enrollment",
        lambda _v: select(
            Enrollment.firm_id.label("firm_id"), func.min(Enrollment.enrolled_at).label("at")
        ).group_by(Enrollment.firm_id),
    ),
    "contacted": StageDefinition(
        "Written to",
        "with at least one mail that the mail server took.",
        "firms with at least one e-mail touch in the status “sent”",
        lambda _v: (
            select(Touch.firm_id.label("firm_id"), func.min(Touch.settled_at).label("at"))
            .where(Touch.kind == StepKind.EMAIL, Touch.status == TouchStatus.SENT)
            .group_by(Touch.firm_id)
        ),
    ),
    "replied": StageDefinition(
        "Answered",
        "that wrote back in person; out-of-office answers and bounces do not count.",
        "firms with at least one reply of the kind “human”",
        lambda _v: (
            select(Reply.firm_id.label("firm_id"), func.min(Reply.received_at).label("at"))
            .where(Reply.firm_id.is_not(None), Reply.kind == InboundKind.HUMAN)
            .group_by(Reply.firm_id)
        ),
    ),
    "positive": StageDefinition(
        "Interested",
        "that said something that reads as yes.",
        "firms with a human reply whose mood is “positive”, confirmed or guessed",
        _positive,
    ),
    "candidates": StageDefinition(
        "Candidates",
        "put up for a decision.",
        "firms with a candidate row, whatever was decided",
        lambda _v: select(Candidate.firm_id.label("firm_id"), Candidate.created_at.label("at")),
    ),
    "accepted": StageDefinition(
        "Accepted",
        "accepted as partners.",
        "firms with a partner row, those that left included",
        lambda _v: select(Partner.firm_id.label("firm_id"), Partner.accepted_at.label("at")),
    ),
    "signed": StageDefinition(
        "Signed",
        "that accepted the agreement.",
        "partners with at least one accepted agreement version",
        lambda _v: (
            select(
                Partner.firm_id.label("firm_id"),
                func.min(AgreementAcceptance.accepted_at).label("at"),
            )
            .join(AgreementAcceptance, AgreementAcceptance.partner_id == Partner.id)
            .group_by(Partner.firm_id)
        ),
    ),
    "certified": StageDefinition(
        "Certified",
        "with at least one certified person.",
        "partners with at least one award",
        lambda _v: (
            select(Partner.firm_id.label("firm_id"), func.min(Award.awarded_at).label("at"))
            .join(Award, Award.partner_id == Partner.id)
            .group_by(Partner.firm_id)
        ),
    ),
}
