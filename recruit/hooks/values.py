"""The words of outgoing webhooks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class HookEvent(StrEnum):
    """What can be heard of."""

    FIRM_CHANGED = "firm.changed"
    PARTNER_CHANGED = "partner.changed"
    CANDIDATE_WAITING = "candidate.waiting"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"


DELIVERY_TRANSITIONS: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.PENDING: frozenset({DeliveryStatus.SENDING, DeliveryStatus.DEAD}),
    # Pending again after a failure, or when the lease of a sender that died ran out: at least once.
    DeliveryStatus.SENDING: frozenset(
        {DeliveryStatus.PENDING, DeliveryStatus.DELIVERED, DeliveryStatus.DEAD}
    ),
    DeliveryStatus.DELIVERED: frozenset(),
    # Replayed by a person.
    DeliveryStatus.DEAD: frozenset({DeliveryStatus.PENDING}),
}


@dataclass(frozen=True)
class Happening:
    """Something to tell: thin, for whoever hears of it reads the rest by the API.

    `state` is the object's state in up to 64 characters. A happening that is `once` is told only when its
    state is another than before; a `silent` one is remembered so, and never told.
    """

    event: HookEvent
    object_id: int
    state: str
    data: dict[str, Any]
    once: bool = False
    silent: bool = False


@dataclass(frozen=True)
class HookView:
    """A subscription without its secret."""

    hook_id: int
    key_id: int
    event: HookEvent
    target_url: str
    created_at: datetime
    ended_at: datetime | None
    ended_because: str


@dataclass(frozen=True)
class DeliveryView:
    """A delivery and what came of its last attempt."""

    delivery_id: int
    hook_id: int
    event: HookEvent
    object_id: int
    target_url: str
    status: DeliveryStatus
    attempts: int
    next_at: datetime
    response_status: int | None
    words: str
    created_at: datetime
