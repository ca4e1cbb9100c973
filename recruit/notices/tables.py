"""Notices and what people prefer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id, status_type
from recruit.notices.values import NoticeKind, NoticeStatus, Preference


class Notice(Base):
    """One thing that one person is to hear. `key` says of what, and makes it be said once.

    `next_at` is when it may go out next, `words` what the mail server said, or why not.
    """

    __tablename__ = "notice"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[NoticeKind] = mapped_column(status_type(NoticeKind))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    facts: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    status: Mapped[NoticeStatus] = mapped_column(status_type(NoticeStatus))
    next_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(String(200), default="")
    settled_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_notice_status_next_at", "status", "next_at"),
        Index("ix_notice_person_id", "person_id"),
    )


class NoticePreference(Base):
    """When a person wants to hear; without a row at once."""

    __tablename__ = "notice_preference"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    preference: Mapped[Preference] = mapped_column(status_type(Preference))
    changed_at: Mapped[datetime]
