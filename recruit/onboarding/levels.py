"""Which level a company has at a moment: computed from the valid certificates of its people, never stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.onboarding.evidence import Certificate, Evidence
from recruit.onboarding.level import Level


@dataclass(frozen=True)
class Shortage:
    """A course in which too few people hold a valid certificate."""

    course: str
    held: int
    needed: int


@dataclass(frozen=True)
class LevelStanding:
    """The level of a company. `keeps_until`: it lacks certificates, and keeps the level until then.

    `short` is what the level lacks (then it is in danger); `next_level` with `next_short` is what is
    above it.
    """

    level: Level | None
    keeps_until: datetime | None = None
    short: tuple[Shortage, ...] = ()
    next_level: Level | None = None
    next_short: tuple[Shortage, ...] = ()


@dataclass(frozen=True)
class _Held:
    """A person's certificate for a course, as long as it counted for the company."""

    person_id: int
    course: str
    since: datetime
    until: datetime


def level_at(evidence: Evidence, now: datetime) -> LevelStanding:
    """Return the company's level at `now`.

    It is the highest whose needs are met now, or were met within the track's remediation window.
    """
    levels = evidence.track.levels
    if not levels or (evidence.left_at is not None and evidence.left_at <= now):
        return LevelStanding(None)
    held = _held(evidence)
    met = _highest(levels, held, now)
    kept, until = met, None
    window = timedelta(days=evidence.track.remediation_days)
    # The level can only have been lost when a certificate stopped to count.
    for end in sorted({h.until for h in held if now - window < h.until <= now}):
        before = _highest(levels, held, end - timedelta(microseconds=1))
        if before > kept or (before == kept and until is not None):
            kept, until = before, end + window
    level = levels[kept] if kept >= 0 else None
    above = levels[kept + 1] if kept + 1 < len(levels) else None
    return LevelStanding(
        level=level,
        keeps_until=until,
        short=_short(level, held, now) if level and until else (),
        next_level=above,
        next_short=_short(above, held, now) if above else (),
    )


def _highest(levels: tuple[Level, ...], held: list[_Held], at: datetime) -> int:
    counts = _counts(held, at)
    return max(
        (
            number
            for number, level in enumerate(levels)
            if all(counts.get(course, 0) >= people for course, people in level.needs.items())
        ),
        default=-1,
    )


def _short(level: Level, held: list[_Held], at: datetime) -> tuple[Shortage, ...]:
    counts = _counts(held, at)
    return tuple(
        Shortage(course, counts.get(course, 0), people)
        for course, people in level.needs.items()
        if counts.get(course, 0) < people
    )


def _counts(held: list[_Held], at: datetime) -> dict[str, int]:
    people: dict[str, set[int]] = {}
    for one in held:
        if one.since <= at < one.until:
            people.setdefault(one.course, set()).add(one.person_id)
    return {course: len(holders) for course, holders in people.items()}


def _held(evidence: Evidence) -> list[_Held]:
    held = []
    for member in evidence.members:
        held += _spans(member.person_id, member.certificates, None)
    for former in evidence.former:
        held += _spans(former.person_id, former.certificates, former.left_at)
    return held


def _spans(
    person_id: int, certificates: Iterable[Certificate], left_at: datetime | None
) -> list[_Held]:
    return [
        _Held(
            person_id,
            c.course_key,
            c.awarded_at,
            c.valid_until if left_at is None else min(c.valid_until, left_at),
        )
        for c in certificates
    ]
