"""The facts about a partner with their times, and what was known of it at any moment in the past."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from recruit.onboarding.course import CourseDefinition
from recruit.onboarding.evidence import Declared, Evidence, Former, Member, Signature


@dataclass(frozen=True)
class Span:
    """A time from `since` up to before `until`; None is until now and on."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Stay:
    """A person who is or was with the partner, and when."""

    member: Member
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class StepSpan:
    """A step that counted as done or waived, and when."""

    declared: Declared
    span: Span


@dataclass(frozen=True)
class History:
    """All facts about a partner. `now` is its evidence as it stands; `courses` are all versions, by time.

    A person's role is the one that they have now: what partners are handed never depends on it.
    """

    now: Evidence
    with_us: tuple[Span, ...]
    stays: tuple[Stay, ...]
    steps: tuple[StepSpan, ...]
    courses: tuple[tuple[datetime, CourseDefinition], ...]

    def at(self, moment: datetime) -> Evidence:
        """Return what was known of the partner at a moment, and nothing that came later."""
        left = [s.until for s in self.with_us if s.until is not None and s.until <= moment]
        here = any(span.holds(moment) for span in self.with_us)
        return replace(
            self.now,
            left_at=None if here else max(left, default=self.now.accepted_at),
            members=tuple(
                _member_at(stay.member, moment)
                for stay in self.stays
                if any(span.holds(moment) for span in stay.spans)
            ),
            former=tuple(f for stay in self.stays for f in _former_at(stay, moment)),
            signatures=_signatures_at(self.now.accepted, self.now.signatures, moment),
            accepted={
                name: tuple(s for s in signed if s.at <= moment)
                for name, signed in self.now.accepted.items()
            },
            declared={
                step.declared.step_key: step.declared
                for step in self.steps
                if step.span.holds(moment)
            },
            courses={
                course.key: course for published, course in self.courses if published <= moment
            },
            underway={},
        )

    def moments(self, since: datetime, until: datetime) -> list[datetime]:
        """Return the moments from `since` up to before `until` at which something changed, with `since`."""
        spans = chain(
            self.with_us,
            (span for stay in self.stays for span in stay.spans),
            (step.span for step in self.steps),
        )
        times: set[datetime | None] = {self.now.accepted_at}
        times |= {time for span in spans for time in (span.since, span.until)}
        times |= {published for published, _ in self.courses}
        times |= {s.at for signed in self.now.accepted.values() for s in signed}
        times |= {
            time
            for changes in self.now.changes.values()
            for change in changes
            for time in (change.published_at, change.accept_by)
        }
        for stay in self.stays:
            times |= set(stay.member.passed.values()) | set(stay.member.lessons.values())
            times |= {t for c in stay.member.certificates for t in (c.awarded_at, c.valid_until)}
        return sorted({since} | {t for t in times if t is not None and since <= t < until})


def _signatures_at(
    accepted: Mapping[str, tuple[Signature, ...]],
    first: Mapping[str, Signature],
    moment: datetime,
) -> dict[str, Signature]:
    known = {name: signed[0] for name, signed in accepted.items() if signed}
    return {name: s for name, s in (dict(first) | known).items() if s.at <= moment}


def _member_at(member: Member, moment: datetime) -> Member:
    return replace(
        member,
        lessons={key: at for key, at in member.lessons.items() if at <= moment},
        passed={key: at for key, at in member.passed.items() if at <= moment},
        certificates=tuple(c for c in member.certificates if c.awarded_at <= moment),
    )


def _former_at(stay: Stay, moment: datetime) -> list[Former]:
    ended = [span for span in stay.spans if span.until is not None and span.until <= moment]
    if not ended or any(span.holds(moment) for span in stay.spans):
        return []
    last = max(ended, key=lambda span: span.since)
    held = tuple(c for c in stay.member.certificates if c.awarded_at <= moment)
    return [Former(stay.member.person_id, stay.member.joined_at, last.until or moment, held)]
