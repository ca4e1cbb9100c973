"""From signature to trained, by the month of the signature: worked out from the facts each time it is asked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.onboarding import published
from recruit.onboarding.gathering import read_track
from recruit.onboarding.tables import (
    AgreementAcceptance,
    Attempt,
    Award,
    Course,
    PartnerTrack,
    StepEvidence,
    Track,
)
from recruit.onboarding.track import TrackDefinition
from recruit.onboarding.training_tables import AttemptReview
from recruit.onboarding.values import TrackStepKind

# By partner and course: when each person first had it.
Firsts = dict[tuple[int, str], list[datetime]]
_SHOWN = 12


@dataclass(frozen=True)
class Cohort:
    """Partners who signed in one month. `days` are from signature to trained, of those who are."""

    month: date
    signed: int
    days: tuple[float, ...]

    @property
    def trained(self) -> int:
        """Return how many are trained."""
        return len(self.days)

    @property
    def median_days(self) -> float | None:
        """Return the median time, None while nobody is trained."""
        return median(self.days) if self.days else None


def training_cohorts(tx: Transaction, *, months: int = _SHOWN) -> tuple[Cohort, ...]:
    """Return the newest cohorts, newest first.

    A partner is trained when as many of its people as the track asks for have for the first time
    finished each of its courses and certifications; a waived step counts from its waiver, and a course
    that is only read is not waited for.
    """
    only_read = {c.key for c in published.list_courses(tx) if c.definition.get("quiz") is None}
    certified, passed = _certified(tx), _passed(tx)
    waived = {
        (row.partner_id, row.step_key): row.at
        for row in tx.session.scalars(select(StepEvidence).where(StepEvidence.waived))
    }
    tracks = {
        track.id: read_track(track.definition, track.definition_hash)
        for track in tx.session.scalars(select(Track))
    }
    found: dict[date, list[float | None]] = defaultdict(list)
    for partner_id, signed_at, track_id in tx.session.execute(
        select(
            AgreementAcceptance.partner_id,
            func.min(AgreementAcceptance.accepted_at),
            func.max(PartnerTrack.track_id),
        )
        .join(PartnerTrack, PartnerTrack.partner_id == AgreementAcceptance.partner_id)
        .group_by(AgreementAcceptance.partner_id)
    ):
        at = _trained_at(partner_id, tracks[track_id], only_read, certified, passed, waived)
        # Who had learned before signing, as some tracks allow, was trained at once.
        days = None if at is None else max((at - signed_at).total_seconds() / 86400, 0.0)
        found[signed_at.date().replace(day=1)].append(days)
    return tuple(
        Cohort(month, len(all_days), tuple(sorted(d for d in all_days if d is not None)))
        for month, all_days in sorted(found.items(), reverse=True)[:months]
    )


def _trained_at(
    partner_id: int,
    track: TrackDefinition,
    only_read: set[str],
    certified: Firsts,
    passed: Firsts,
    waived: dict[tuple[int, str], datetime],
) -> datetime | None:
    times: list[datetime] = []
    for step in track.steps:
        training = step.kind in {TrackStepKind.COURSE, TrackStepKind.CERTIFICATION}
        if not training or step.course in only_read:
            continue
        source = certified if step.kind is TrackStepKind.CERTIFICATION else passed
        firsts = sorted(source.get((partner_id, step.course), ()))
        done = firsts[step.people - 1] if len(firsts) >= step.people else None
        done = done or waived.get((partner_id, step.key))
        if done is None:
            return None
        times.append(done)
    return max(times, default=None)


def _certified(tx: Transaction) -> Firsts:
    found: Firsts = defaultdict(list)
    for partner_id, course, at in tx.session.execute(
        select(Award.partner_id, Award.course_key, func.min(Award.awarded_at)).group_by(
            Award.partner_id, Award.course_key, Award.person_id
        )
    ):
        found[partner_id, course].append(at)
    return found


def _passed(tx: Transaction) -> Firsts:
    found: Firsts = defaultdict(list)
    at = func.min(func.coalesce(AttemptReview.at, Attempt.at))
    for partner_id, course, first in tx.session.execute(
        select(Attempt.partner_id, Course.key, at)
        .join(Course, Course.id == Attempt.course_id)
        .join(AttemptReview, AttemptReview.attempt_id == Attempt.id, isouter=True)
        .where(Attempt.passed | AttemptReview.passed)
        .group_by(Attempt.partner_id, Course.key, Attempt.person_id)
    ):
        found[partner_id, course].append(first)
    return found
