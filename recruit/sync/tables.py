"""Which of our objects is which in the CRM, where the pull stands, and what was said."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.sync.values import LinkStatus, SyncDirection


class CrmLink(Base):
    """One of our objects and its twin. `base` is the state that the CRM returned last, by CRM field.

    The three-way merge compares both sides with it; its hash tells our own echo from an edit.
    """

    __tablename__ = "crm_link"

    id: Mapped[Id]
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int] = mapped_column(BigInt)
    external_id: Mapped[str] = mapped_column(String(80), unique=True)
    crm_object: Mapped[str] = mapped_column(String(64))
    crm_id: Mapped[str] = mapped_column(String(100))
    crm_version: Mapped[str] = mapped_column(String(100), default="")
    base: Mapped[dict[str, Any]]
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


class SyncEvent(Base):
    """What was said to the CRM or heard from it: a firm's sync history."""

    __tablename__ = "sync_event"

    id: Mapped[Id]
    at: Mapped[datetime]
    direction: Mapped[SyncDirection] = mapped_column(status_type(SyncDirection))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int] = mapped_column(BigInt)
    # created, updated, unchanged, refused, conflict, linked, deleted_there
    what: Mapped[str] = mapped_column(String(32))
    # {field: [before, after]}
    changes: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_sync_event_object", "object_type", "object_id", "at"),)


class CrmFact(Base):
    """What the CRM alone knows of a firm: owner, customer or not, open opportunities."""

    __tablename__ = "crm_fact"

    firm_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    facts: Mapped[dict[str, Any]]
    read_at: Mapped[datetime]
