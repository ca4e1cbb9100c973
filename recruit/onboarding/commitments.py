"""How a partner stands against what it committed itself to; decided from evidence at a moment."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from recruit.onboarding.evidence import Evidence
from recruit.onboarding.terms import in_words
from recruit.onboarding.values import CommitmentKind


class CommitmentState(StrEnum):
    """Where a commitment stands."""

    MET = "met"
    OPEN = "open"
    MISSED = "missed"
    UNCOUNTED = "uncounted"  # nothing here counts it


@dataclass(frozen=True)
class Committed:
    """A commitment as it was made; `course` is blank where any certificate counts."""

    kind: CommitmentKind
    amount: float
    course: str
    currency: str
    due_on: date


@dataclass(frozen=True)
class CommitmentView:
    """A commitment at a moment. `reached` is None where nothing here counts it."""

    words: str
    kind: CommitmentKind
    amount: float
    due_on: date
    reached: float | None
    state: CommitmentState


def view_commitment(made: Committed, evidence: Evidence, now: datetime) -> CommitmentView:
    """Return how a partner stands against a commitment at `now`.

    People are certified while they are with the partner and their certificate is valid, so one that ran
    out before the day counts no more. Revenue and referrals come from deals, which are not counted here.
    """
    reached: float | None = None
    if made.kind is CommitmentKind.CERTIFIED_PEOPLE:
        reached = sum(
            any(
                c.is_valid(now) and (not made.course or c.course_key == made.course)
                for c in member.certificates
            )
            for member in evidence.members
        )
    course = evidence.courses.get(made.course)
    return CommitmentView(
        words=in_words(
            made.kind,
            made.amount,
            currency=made.currency,
            title=course.title if course else made.course,
        ),
        kind=made.kind,
        amount=made.amount,
        due_on=made.due_on,
        reached=reached,
        state=_state(made, reached, now),
    )


def _state(made: Committed, reached: float | None, now: datetime) -> CommitmentState:
    if reached is None:
        return CommitmentState.UNCOUNTED
    if reached >= made.amount:
        return CommitmentState.MET
    # The whole of the day counts.
    return CommitmentState.OPEN if now.date() <= made.due_on else CommitmentState.MISSED
