"""Subscriptions, deliveries, and how far the announcements have been read."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.hooks.values import DeliveryStatus, HookEvent
from recruit.people.tables import ApiKey


class Hook(Base):
    """A subscription of an API key. What is signed with needs its secret, so that is stored as it is.

    Until `old_secret_until` deliveries are signed with both secrets.
    """

    __tablename__ = "hook"

    id: Mapped[Id]
    api_key_id: Mapped[int] = mapped_column(ForeignKey(ApiKey.id), index=True)
    event: Mapped[HookEvent] = mapped_column(status_type(HookEvent))
    target_url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(String(100))
    old_secret: Mapped[str | None] = mapped_column(String(100))
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str] = mapped_column(Text, default="")


class HookDelivery(Base):
    """One message to one subscription. `message_id` stays the same in every attempt."""

    __tablename__ = "hook_delivery"

    id: Mapped[Id]
    hook_id: Mapped[int] = mapped_column(ForeignKey("hook.id"))
    event: Mapped[HookEvent] = mapped_column(status_type(HookEvent))
    object_id: Mapped[int] = mapped_column(BigInt)
    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    payload: Mapped[dict[str, Any]]
    status: Mapped[DeliveryStatus] = mapped_column(status_type(DeliveryStatus))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    response_status: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_hook_delivery_status_next_at", "status", "next_at"),
        Index("ix_hook_delivery_hook_object", "hook_id", "object_id"),
    )


class HookSaid(Base):
    """The state of an object that was told last, of the events that are told once a state."""

    __tablename__ = "hook_said"

    id: Mapped[Id]
    event: Mapped[HookEvent] = mapped_column(status_type(HookEvent))
    object_id: Mapped[int] = mapped_column(BigInt)
    state: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("event", "object_id"),)


class HookMark(Base):
    """Up to which row of the outbox everything was read. There is one row."""

    __tablename__ = "hook_mark"

    id: Mapped[Id]
    outbox_id: Mapped[int] = mapped_column(BigInt)


class HookTaken(Base):
    """A row of the outbox behind the mark that was read: one with a lower id may be committed later."""

    __tablename__ = "hook_taken"

    outbox_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    taken_at: Mapped[datetime]
