"""Sequences, enrollments, touches, what came back, and whom never to write to again."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.firms.relations import firm_relation
from recruit.firms.tables import Contact, Firm
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    SequenceStatus,
    StepKind,
    SuppressionScope,
    TouchStatus,
)


class Mailbox(Base):
    """An address that we send from, with its limits."""

    __tablename__ = "mailbox"

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(254), unique=True)
    from_name: Mapped[str] = mapped_column(String(200))
    cap_per_day: Mapped[int]
    gap_s: Mapped[int]
    # Most messages a day to one recipient domain; 0 is no limit.
    domain_cap_per_day: Mapped[int] = mapped_column(default=0, server_default="0")
    # Warm-up: from `warmup_first_cap` on the first day that sends to the full cap after `warmup_days`.
    warmup_from: Mapped[date | None]
    warmup_first_cap: Mapped[int] = mapped_column(default=0, server_default="0")
    warmup_days: Mapped[int] = mapped_column(default=0, server_default="0")
    # The gap after the last reserved message ends here.
    next_free_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_reason: Mapped[str] = mapped_column(Text, default="")
    # When it was last resumed: what came due before counts as due then, and older bounces are forgiven.
    active_since: Mapped[datetime | None]
    # What the last look at DNS found: [{"name", "state", "text", "remedy"}].
    health: Mapped[list[Any] | None]
    health_at: Mapped[datetime | None]


class MailboxDay(Base):
    """How many messages a mailbox has reserved on a UTC day; locked while a touch reserves its place.

    A message that is definitely not sent gives its place back.
    """

    __tablename__ = "mailbox_day"

    mailbox_id: Mapped[int] = mapped_column(
        ForeignKey("mailbox.id"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    reserved: Mapped[int] = mapped_column(default=0)


class MailboxDomainDay(Base):
    """How many messages a mailbox has reserved for one recipient domain on a UTC day.

    Kept only where the mailbox has a cap for domains; locked with the mailbox.
    """

    __tablename__ = "mailbox_domain_day"

    mailbox_id: Mapped[int] = mapped_column(
        ForeignKey("mailbox.id"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    reserved: Mapped[int] = mapped_column(default=0)


class Sequence(Base):
    """A sequence by its name; its steps stand in its versions."""

    __tablename__ = "sequence"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[SequenceStatus] = mapped_column(status_type(SequenceStatus))
    # Its first mailbox; an enrollment that has one of its own is written to from there.
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    # When it was last started: what came due before counts as due then.
    active_since: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SequenceVersion(Base):
    """One immutable state of a sequence; an enrollment keeps the version that it began with.

    `definition` is its TOML file as data; `definition.parse_definition` reads it.
    """

    __tablename__ = "sequence_version"

    id: Mapped[Id]
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]]
    definition_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))

    __table_args__ = (UniqueConstraint("sequence_id", "number"),)


class Enrollment(Base):
    """A firm in a sequence, by one contact."""

    __tablename__ = "enrollment"

    id: Mapped[Id]
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    sequence_version_id: Mapped[int] = mapped_column(ForeignKey("sequence_version.id"))
    firm_id: Mapped[int] = mapped_column(
        ForeignKey(Firm.id), info=firm_relation(splits_with="contact_id")
    )
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))
    # Set where the sequence has several mailboxes: a conversation stays with its sender.
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    # The how-manieth contact of its firm in this sequence, from 0.
    slot: Mapped[int] = mapped_column(default=0, server_default="0")
    # The domain that is written to: an answer from a colleague there is an answer of the firm.
    address_domain: Mapped[str] = mapped_column(String(253), index=True)
    # Hash of the token in the unsubscribe link; set when the first message is composed. Not unique for the
    # database: setting a key column takes a lock that even those who only refer to the row wait for.
    unsubscribe_key: Mapped[str | None] = mapped_column(String(64), index=True)
    status: Mapped[EnrollmentStatus] = mapped_column(status_type(EnrollmentStatus))
    exit_reason: Mapped[ExitReason | None] = mapped_column(status_type(ExitReason))
    exit_detail: Mapped[str] = mapped_column(Text, default="")
    # The score that it was enrolled with, for learning and for the record.
    profile_version_id: Mapped[int | None] = mapped_column(BigInt)
    score_total: Mapped[float | None]
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[str] = mapped_column(String(200))
    # Set while an out-of-office answer asks for patience.
    paused_until: Mapped[datetime | None]
    # After the last step: how long an answer is waited for.
    finish_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        # A firm is enrolled once in a sequence, whatever becomes of it; by several contacts only where
        # the sequence's rules give it several slots.
        UniqueConstraint("sequence_id", "firm_id", "slot"),
        Index("ix_enrollment_firm_id_status", "firm_id", "status"),
        Index("ix_enrollment_status", "status", "sequence_id"),
        Index("ix_enrollment_finish_at", "finish_at"),
    )


class Touch(Base):
    """One step for one enrollment. The row of the next step is made when the one before is settled."""

    __tablename__ = "touch"

    id: Mapped[Id]
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"))
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    firm_id: Mapped[int] = mapped_column(
        ForeignKey(Firm.id), info=firm_relation(splits_with="enrollment_id", only_with=True)
    )
    step_index: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(status_type(StepKind))
    status: Mapped[TouchStatus] = mapped_column(status_type(TouchStatus))
    # The normalised recipient; two records with one address never get the same step twice.
    address_key: Mapped[str] = mapped_column(String(254))
    due_at: Mapped[datetime]
    # The first rule that kept a due touch from going, in words.
    blocked_by: Mapped[str] = mapped_column(Text, default="")
    lease_until: Mapped[datetime | None]
    # Counts up with each claim and each stop, so that whoever claimed it before is too late.
    fence: Mapped[int] = mapped_column(default=0)
    # The day on which it holds a place of its mailbox's daily cap.
    reserved_on: Mapped[date | None]
    # How often a server has put it off.
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    subject: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    # For a task: the link to open, and when it is skipped if nobody does it.
    link: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime | None]
    # The name of the wording that was drawn, where the step has several.
    variant: Mapped[str] = mapped_column(String(40), default="", server_default="")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(200), default="")
    # What the server or the person said.
    outcome: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        UniqueConstraint("enrollment_id", "step_index"),
        UniqueConstraint("address_key", "sequence_id", "step_index"),
        Index("ix_touch_status_due_at", "status", "due_at", "id"),
        Index("ix_touch_firm_id", "firm_id"),
        Index("ix_touch_expires_at", "expires_at"),
        # What each step and wording brought, without reading the texts.
        Index("ix_touch_statistics", "sequence_id", "step_index", "status", "variant"),
    )


class Reply(Base):
    """A mail that came in, matched to a firm where that was possible. `message_id` is read once."""

    __tablename__ = "reply"

    id: Mapped[Id]
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    received_at: Mapped[datetime]
    from_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(Text)
    # The new text, without what was quoted.
    text: Mapped[str] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text)
    kind: Mapped[InboundKind] = mapped_column(status_type(InboundKind))
    mood: Mapped[Mood | None] = mapped_column(status_type(Mood))
    confidence: Mapped[float]
    mood_confirmed_by: Mapped[str | None] = mapped_column(String(200))
    # {"hard", "status", "recipient"} of a bounce; {"until"} of an out-of-office answer; what a person's
    # answer proposes: {"again_on", "referred_to"}.
    detail: Mapped[dict[str, Any]]
    matched_by: Mapped[str] = mapped_column(String(32), default="")
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touch.id"))
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    firm_id: Mapped[int | None] = mapped_column(
        ForeignKey(Firm.id), index=True, info=firm_relation(splits_with="enrollment_id")
    )
    recorded_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str] = mapped_column(String(200), default="")
    # From this day on it waits for a person again, who was asked to write later.
    again_on: Mapped[date | None]

    __table_args__ = (Index("ix_reply_kind_received_at", "kind", "received_at"),)


class Suppression(Base):
    """Whom never to write to. The hash survives when the plain text has to be erased."""

    __tablename__ = "suppression"

    id: Mapped[Id]
    scope: Mapped[SuppressionScope] = mapped_column(status_type(SuppressionScope))
    key_hash: Mapped[str] = mapped_column(String(64))
    key_text: Mapped[str | None] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(String(200), default="")
    lifted_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_suppression_scope_key_hash", "scope", "key_hash"),)


class Lease(Base):
    """Who may act on something that only one process at a time may do (send; read an inbox)."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    holder: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime]
    fence: Mapped[int]


class InboxBookmark(Base):
    """How far a folder of an IMAP account was read; `uid` counts only under this `validity`."""

    __tablename__ = "inbox_bookmark"

    account: Mapped[str] = mapped_column(String(400), primary_key=True)
    folder: Mapped[str] = mapped_column(String(400), primary_key=True)
    validity: Mapped[int] = mapped_column(BigInt)
    uid: Mapped[int] = mapped_column(BigInt)
