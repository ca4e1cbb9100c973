"""Clocks of quizzes, what staff read and granted, proofs and calls of steps, files of lessons, and what ended.

Rows are only ever added; a proof is decided upon once.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id
from recruit.onboarding.tables import Attempt, Course, Partner
from recruit.people.tables import Person


class QuizSitting(Base):
    """A quiz whose clock a person started, for the attempt of this number."""

    __tablename__ = "quiz_sitting"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.id))
    cycle: Mapped[int]
    number: Mapped[int]
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("person_id", "course_id", "cycle", "number"),)


class AttemptReview(Base):
    """What staff said of the texts in an attempt; `right` are the keys of those that they found right."""

    __tablename__ = "attempt_review"

    attempt_id: Mapped[int] = mapped_column(
        ForeignKey(Attempt.id), primary_key=True, autoincrement=False
    )
    right: Mapped[list[Any]]
    share_right: Mapped[float]
    passed: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class AttemptGrant(Base):
    """One attempt more than a quiz allows, given to a person in a cycle."""

    __tablename__ = "attempt_grant"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    course_key: Mapped[str] = mapped_column(String(100))
    cycle: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_attempt_grant_person_course", "person_id", "course_key"),)


class StepProof(Base):
    """What a partner handed in for a step: a text, a file or both. `accepted` is None until decided."""

    __tablename__ = "step_proof"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey(Partner.id), index=True)
    step_key: Mapped[str] = mapped_column(String(100))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    text: Mapped[str] = mapped_column(Text, default="")
    file_name: Mapped[str] = mapped_column(String(200), default="")
    content_type: Mapped[str] = mapped_column(String(100), default="")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
    accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]


class StepCall(Base):
    """A call that was booked for a step; the newest counts."""

    __tablename__ = "step_call"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey(Partner.id), index=True)
    step_key: Mapped[str] = mapped_column(String(100))
    starts_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class EndedStep(Base):
    """A step that counted as done or waived from `at` until it was asked for again."""

    __tablename__ = "ended_step"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey(Partner.id), index=True)
    step_key: Mapped[str] = mapped_column(String(100))
    waived: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    ended_at: Mapped[datetime]
    ended_by: Mapped[str] = mapped_column(String(200), default="")


class Absence(Base):
    """A time in which a person, or with `person_id` None the partner, had left and later came back."""

    __tablename__ = "absence"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey(Partner.id), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    left_at: Mapped[datetime]
    back_at: Mapped[datetime]


class MemberPath(Base):
    """The learning path that a person follows."""

    __tablename__ = "member_path"

    person_id: Mapped[int] = mapped_column(
        ForeignKey(Person.id), primary_key=True, autoincrement=False
    )
    path: Mapped[str] = mapped_column(String(100))
    chosen_at: Mapped[datetime]


class LessonFile(Base):
    """A file that lessons hand out, by what is in it."""

    __tablename__ = "lesson_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[datetime]
