"""Which of our objects is which in the CRM, where the pull stands, and what was said."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.firms.relations import firm_relation
from recruit.sync.values import LinkStatus, QuestionStatus, SyncDirection, SyncWhat


class CrmLink(Base):
    """One of our objects and its twin, and what both sides were when they last agreed.

    `base` is what the CRM returned, by CRM field; its hash tells our own echo from an edit. `ours`
    is what we held at that moment, under the same names: a CRM stores values in its own way.
    """

    __tablename__ = "crm_link"

    id: Mapped[Id]
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int] = mapped_column(
        BigInt, info=firm_relation(where={"object_type": "firm"})
    )
    external_id: Mapped[str] = mapped_column(String(80), unique=True)
    crm_object: Mapped[str] = mapped_column(String(64))
    crm_id: Mapped[str] = mapped_column(String(100))
    # Empty where the record is known to have moved on: look at it before writing.
    crm_version: Mapped[str] = mapped_column(String(100), default="")
    crm_modified_at: Mapped[datetime]
    base: Mapped[dict[str, Any]]
    ours: Mapped[dict[str, Any]]
    base_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[LinkStatus] = mapped_column(status_type(LinkStatus))
    linked_at: Mapped[datetime]
    synced_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("object_type", "object_id"),
        UniqueConstraint("crm_object", "crm_id"),
    )


class CrmCursor(Base):
    """How far the pull of one CRM object has come."""

    __tablename__ = "crm_cursor"

    crm_object: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[dict[str, Any]]
    pulled_at: Mapped[datetime]


class CrmQuestion(Base):
    """Which of several records in the CRM one of ours is: asked once, and the answer is kept.

    `ours` and `fits` show both sides as they were when it was asked, by our field names; `not_these`
    are the ids of those that people have ruled out.
    """

    __tablename__ = "crm_question"

    id: Mapped[Id]
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int] = mapped_column(
        BigInt, info=firm_relation(where={"object_type": "firm"})
    )
    external_id: Mapped[str] = mapped_column(String(80))
    crm_object: Mapped[str] = mapped_column(String(64))
    ours: Mapped[dict[str, Any]]
    # [{"id": …, "external_id": …, "modified_at": …, "fields": {…}}]
    fits: Mapped[list[Any]]
    not_these: Mapped[list[Any]]
    status: Mapped[QuestionStatus] = mapped_column(status_type(QuestionStatus))
    link_to: Mapped[str | None] = mapped_column(String(100))
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        UniqueConstraint("object_type", "object_id"),
        Index("ix_crm_question_status", "status", "asked_at"),
    )


class SyncEvent(Base):
    """What was said to the CRM or heard from it: a firm's sync history."""

    __tablename__ = "sync_event"

    id: Mapped[Id]
    at: Mapped[datetime]
    direction: Mapped[SyncDirection] = mapped_column(status_type(SyncDirection))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int] = mapped_column(BigInt)
    what: Mapped[SyncWhat] = mapped_column(status_type(SyncWhat))
    # {field: [before, after]}
    changes: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_sync_event_object", "object_type", "object_id", "at"),)


class CrmFact(Base):
    """What was taken from the CRM about a firm, by our field names.

    Facts that only the CRM has (owner, customer or not), and values of our own fields in which the
    CRM prevails by policy. They stand beside the firm's own facts and never overwrite them.
    """

    __tablename__ = "crm_fact"

    firm_id: Mapped[int] = mapped_column(
        BigInt, primary_key=True, autoincrement=False, info=firm_relation()
    )
    facts: Mapped[dict[str, Any]]
    read_at: Mapped[datetime]
