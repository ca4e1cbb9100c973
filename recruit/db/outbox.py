"""The outbox: what changed and has to be told to the customer's CRM.

A row is written in the transaction of the edit itself, so that neither can exist without the other.
What becomes of a row afterwards is decided by `recruit.sync`.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type


class OutboxStatus(StrEnum):
    """Where a change stands on its way to the CRM."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    UNKNOWN = "unknown"
    ACKNOWLEDGED = "acknowledged"
    DEAD = "dead"


class OutboxEntry(Base):
    """One announced change of one object."""

    __tablename__ = "outbox"

    id: Mapped[Id]
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int] = mapped_column(BigInt)
    status: Mapped[OutboxStatus] = mapped_column(status_type(OutboxStatus))
    queued_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    error_class: Mapped[str | None] = mapped_column(String(64))
    error_text: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_outbox_status_next_attempt_at", "status", "next_attempt_at"),
        Index("ix_outbox_object", "object_type", "object_id", "status"),
    )
