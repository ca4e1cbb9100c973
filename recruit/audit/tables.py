"""The log's rows, and the note of where it ends."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id
from recruit.db.guards import APPEND_ONLY


class AuditEntry(Base):
    """One thing that somebody did; the database refuses to change or delete it. See `values.Row`."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27), index=True)
    actor: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[int | None] = mapped_column(BigInt)
    ip: Mapped[str] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(200))
    details: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_audit_entry_action_seq", "action", "seq"),
        Index("ix_audit_entry_object", "object_type", "object_id", "seq"),
        Index("ix_audit_entry_person_seq", "person_id", "seq"),
        {"info": {APPEND_ONLY: True}},
    )


class AuditHead(Base):
    """Where the log ends: one row (id 1). Whoever appends locks it, and a log cut short is noticed by it."""

    __tablename__ = "audit_head"

    id: Mapped[Id]
    seq: Mapped[int] = mapped_column(BigInt)
    hash: Mapped[str] = mapped_column(String(64))
