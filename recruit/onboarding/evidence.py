"""What is known of a partner at a moment: the facts that progress and access are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recruit.onboarding.course import CourseDefinition
from recruit.onboarding.track import TrackDefinition
from recruit.onboarding.values import MemberRole


@dataclass(frozen=True)
class Signature:
    """An agreement that the partner has accepted; the earliest, where it accepted several versions."""

    agreement: str
    number: int
    person_id: int
    signer: str
    at: datetime


@dataclass(frozen=True)
class AgreementChange:
    """A version that who has accepted an earlier one is asked to accept before `accept_by`."""

    number: int
    published_at: datetime
    accept_by: datetime


@dataclass(frozen=True)
class Declared:
    """A step that somebody declared done, or that a channel manager waived with a reason."""

    step_key: str
    waived: bool
    note: str
    actor: str
    at: datetime


class UnderwayKind(StrEnum):
    """How far a step has come that staff have a part in."""

    HANDED_IN = "handed_in"  # staff look at it
    RETURNED = "returned"  # staff asked for more
    BOOKED = "booked"


@dataclass(frozen=True)
class Underway:
    """A step that is not done, and what happened to it last. `at` is when, or when the call is."""

    step_key: str
    kind: UnderwayKind
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class Certificate:
    """A person's certificate for a course; valid from `awarded_at` up to before `valid_until`."""

    serial: str
    course_key: str
    cycle: int
    awarded_at: datetime
    valid_until: datetime

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it counts at `now`."""
        return self.awarded_at <= now < self.valid_until


@dataclass(frozen=True)
class Member:
    """A person who is with the partner now. Lessons are known by (course key, lesson key)."""

    person_id: int
    name: str
    email: str
    role: MemberRole
    joined_at: datetime
    signed_in_at: datetime | None = None
    lessons: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    # Course key -> when the quiz was first passed.
    passed: Mapping[str, datetime] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()
    # The learning path that the person follows, "" where none was chosen.
    path: str = ""


@dataclass(frozen=True)
class Former:
    """A person who has left the partner: what they held counted until then."""

    person_id: int
    joined_at: datetime
    left_at: datetime
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All facts about one partner. `courses` are the current versions, by key."""

    partner_id: int
    firm_id: int
    company_name: str
    accepted_at: datetime
    track: TrackDefinition
    courses: Mapping[str, CourseDefinition]
    members: tuple[Member, ...] = ()
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    # By the agreement's name, oldest first: all that the partner accepted, and all that it is asked to.
    accepted: Mapping[str, tuple[Signature, ...]] = field(default_factory=dict)
    changes: Mapping[str, tuple[AgreementChange, ...]] = field(default_factory=dict)
    declared: Mapping[str, Declared] = field(default_factory=dict)
    underway: Mapping[str, Underway] = field(default_factory=dict)
    former: tuple[Former, ...] = ()
    left_at: datetime | None = None

    def find_member(self, person_id: int) -> Member | None:
        """Return the member who is this person."""
        return next((m for m in self.members if m.person_id == person_id), None)

    def change_to_accept(self, agreement: str, now: datetime) -> AgreementChange | None:
        """Return the newest version that the partner, who accepted an earlier one, has yet to accept."""
        last = max(
            (s.number for s in self.accepted.get(agreement, ()) if s.at <= now), default=None
        )
        if last is None:
            return None
        asked = [
            change
            for change in self.changes.get(agreement, ())
            if change.number > last and change.published_at <= now
        ]
        return asked[-1] if asked else None
