"""Programs to apply for, applications and questions about them; sealed documents; what was committed to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id, status_type
from recruit.onboarding.tables import (
    AgreementAcceptance,
    AgreementVersion,
    Award,
    Candidate,
    Partner,
)
from recruit.onboarding.values import CommitmentKind, QuestionMail


class Program(Base):
    """What firms can apply for; `definition` is `recruit.onboarding.program.ProgramDefinition` as JSON."""

    __tablename__ = "program"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(100), unique=True)
    definition: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]


class Application(Base):
    """What somebody wrote into a program's form. `form_id` is the form's own, so that it counts once.

    `candidate_id` is None until the firm that it means is known.
    """

    __tablename__ = "application"

    id: Mapped[Id]
    form_id: Mapped[str] = mapped_column(String(64), unique=True)
    program: Mapped[str] = mapped_column(String(100))
    partner_type: Mapped[str] = mapped_column(String(100))
    company: Mapped[str] = mapped_column(String(200))
    website: Mapped[str] = mapped_column(String(300))
    country: Mapped[str] = mapped_column(String(2))
    contact_name: Mapped[str] = mapped_column(String(200))
    contact_email: Mapped[str] = mapped_column(String(254))
    about: Mapped[str] = mapped_column(Text)
    ip: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime]
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey(Candidate.id), index=True)
    # Whether the firm was one of ours before it applied.
    known_before: Mapped[bool]

    __table_args__ = (Index("ix_application_ip_at", "ip", "at"),)


class CandidateQuestion(Base):
    """Something that staff asked a candidate by mail, and what was answered."""

    __tablename__ = "candidate_question"

    id: Mapped[Id]
    candidate_id: Mapped[int] = mapped_column(ForeignKey(Candidate.id), index=True)
    question: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    mail: Mapped[QuestionMail] = mapped_column(status_type(QuestionMail))
    # What the mail server said of it.
    mail_words: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]


class SealedDocument(Base):
    """The sealed PDF of an acceptance. `code` stands on it and is public; `sha256` is that of `pdf`."""

    __tablename__ = "sealed_document"

    id: Mapped[Id]
    acceptance_id: Mapped[int] = mapped_column(ForeignKey(AgreementAcceptance.id), unique=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]


class PartnerCommitment(Base):
    """Something that a partner has to reach by a day. Earlier versions' rows end with a newer signature.

    `amount` counts people or referrals, or is money in `currency`; `since` is when counting begins.
    """

    __tablename__ = "partner_commitment"

    id: Mapped[Id]
    partner_id: Mapped[int] = mapped_column(ForeignKey(Partner.id), index=True)
    agreement_version_id: Mapped[int] = mapped_column(ForeignKey(AgreementVersion.id))
    kind: Mapped[CommitmentKind] = mapped_column(status_type(CommitmentKind))
    course_key: Mapped[str] = mapped_column(String(100), default="")
    amount: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False))
    currency: Mapped[str] = mapped_column(String(3), default="")
    since: Mapped[datetime]
    due_on: Mapped[date]
    ended_at: Mapped[datetime | None]


class AwardRevocation(Base):
    """A certificate that was taken back, by whom and why."""

    __tablename__ = "award_revocation"

    award_id: Mapped[int] = mapped_column(
        ForeignKey(Award.id), primary_key=True, autoincrement=False
    )
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
