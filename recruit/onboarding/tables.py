"""Candidates, partners and their people, agreements, tracks, courses, attempts and awards.

Attempts, awards and agreement acceptances are only ever added to: access is computed from them.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.db.fence import FENCED
from recruit.firms.relations import firm_relation
from recruit.firms.tables import Firm
from recruit.onboarding.values import Action, CandidateOrigin, CandidateStatus, MemberRole
from recruit.people.tables import Person
from recruit.sequences.tables import Reply


class Candidate(Base):
    """A firm that may become a partner, waiting for a decision."""

    __tablename__ = "candidate"

    id: Mapped[Id]
    firm_id: Mapped[int] = mapped_column(
        ForeignKey(Firm.id), unique=True, info=firm_relation(splits_with="reply_id")
    )
    status: Mapped[CandidateStatus] = mapped_column(status_type(CandidateStatus))
    origin: Mapped[CandidateOrigin] = mapped_column(status_type(CandidateOrigin))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey(Reply.id))
    # Whom the invitation goes to.
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    contact_email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(200), default="")
    decision_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_candidate_status", "status"),)


class Partner(Base):
    """An accepted firm. There is one partner a firm, however often it is accepted."""

    __tablename__ = "partner"
    __table_args__ = ({"info": {FENCED: True}},)

    id: Mapped[Id]
    firm_id: Mapped[int] = mapped_column(ForeignKey(Firm.id), unique=True)
    # What the partner calls itself and how it is reached; edited by the partner.
    company: Mapped[dict[str, Any]]
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str] = mapped_column(String(200))
    left_at: Mapped[datetime | None]
    left_reason: Mapped[str] = mapped_column(Text, default="")
    # What it joined: a program's key, its type there, and the agreement that type and country led to.
    program: Mapped[str] = mapped_column(String(100), default="", server_default="")
    partner_type: Mapped[str] = mapped_column(String(100), default="", server_default="")
    agreement: Mapped[str] = mapped_column(String(100), default="", server_default="")
    # Whether colleagues with an address at its domain may let themselves in.
    open_to_colleagues: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class PartnerMember(Base):
    """A person of a partner firm."""

    __tablename__ = "partner_member"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), unique=True)
    role: Mapped[MemberRole] = mapped_column(status_type(MemberRole))
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class AgreementVersion(Base):
    """An immutable text to sign; `sha256` is `terms.hash_terms` of the text and its commitments.

    `commitments` is a list of `terms.Commitment` as JSON. Who accepted an earlier version has until
    `accept_by` to accept this one; None asks nobody.
    """

    __tablename__ = "agreement_version"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    commitments: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    accept_by: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("name", "number"),)


class AgreementAcceptance(Base):
    """Evidence that a signatory accepted a version: who, what exactly, when and from where.

    `rendered_sha256` is the hash of the HTML that the signer read; `authority` is the box they ticked.
    """

    __tablename__ = "agreement_acceptance"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    agreement_version_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    typed_name: Mapped[str] = mapped_column(String(200))
    job_title: Mapped[str] = mapped_column(String(200))
    text_sha256: Mapped[str] = mapped_column(String(64))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    accepted_at: Mapped[datetime]
    authority: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    rendered_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    auth_method: Mapped[str] = mapped_column(String(60), default="", server_default="")

    __table_args__ = (UniqueConstraint("partner_id", "agreement_version_id"),)


class Course(Base):
    """One version of a course: lessons and quiz. Earlier versions stay for the record.

    `definition` is `recruit.onboarding.course.CourseDefinition` as JSON.
    """

    __tablename__ = "course"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(100))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    definition: Mapped[dict[str, Any]]
    definition_hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("key", "number"),)


class Track(Base):
    """One version of a track; `definition` is `recruit.onboarding.track.TrackDefinition` as JSON."""

    __tablename__ = "track"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    definition: Mapped[dict[str, Any]]
    definition_hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("name", "number"),)


class PartnerTrack(Base):
    """The track version that a partner works through."""

    __tablename__ = "partner_track"

    partner_id: Mapped[int] = mapped_column(
        ForeignKey("partner.id"), primary_key=True, autoincrement=False
    )
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"))
    started_at: Mapped[datetime]


class StepEvidence(Base):
    """A step that a person declared done or waived (company profile; a waiver by a channel manager)."""

    __tablename__ = "step_evidence"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    step_key: Mapped[str] = mapped_column(String(100))
    waived: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("partner_id", "step_key"),)


class LessonView(Base):
    """A person has read a lesson of a course version."""

    __tablename__ = "lesson_view"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    lesson_key: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "course_id", "lesson_key"),)


class Attempt(Base):
    """A quiz that a person handed in, graded on the server.

    `awaiting`: its texts wait for staff, whose word is a row of its own. `late`: the time was over.
    """

    __tablename__ = "attempt"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    cycle: Mapped[int]
    number: Mapped[int]
    answers: Mapped[dict[str, Any]]
    share_right: Mapped[float]
    passed: Mapped[bool]
    at: Mapped[datetime]
    awaiting: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    late: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    __table_args__ = (UniqueConstraint("person_id", "course_id", "cycle", "number"),)


class Award(Base):
    """A certificate of a person for a course, one a cycle. `serial` stands on it and is public."""

    __tablename__ = "award"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    course_key: Mapped[str] = mapped_column(String(100))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    cycle: Mapped[int]
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    serial: Mapped[str] = mapped_column(String(40), unique=True)
    awarded_at: Mapped[datetime]
    valid_until: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("person_id", "course_key", "cycle"),
        Index("ix_award_valid_until", "valid_until"),
    )


class Resource(Base):
    """Something that partners get: a page, a file or both, opened by a gate and, if it says so, a level.

    `level` is a level's key, `file_sha256` a `LessonFile`. `owner_email` hears when `review_on` has passed.
    """

    __tablename__ = "resource"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(300), default="")
    markdown: Mapped[str] = mapped_column(Text)
    # The Action whose gate opens it.
    action: Mapped[Action] = mapped_column(status_type(Action))
    owner: Mapped[str] = mapped_column(String(200))
    review_on: Mapped[date | None]
    position: Mapped[int] = mapped_column(BigInt, default=0)
    product: Mapped[str] = mapped_column(String(100), default="", server_default="")
    audience: Mapped[str] = mapped_column(String(100), default="", server_default="")
    level: Mapped[str] = mapped_column(String(100), default="", server_default="")
    owner_email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    # Whether partners lose sight of it from the day on which it should have been reviewed.
    hide_when_stale: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    file: Mapped[str] = mapped_column(String(200), default="", server_default="")
    file_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
