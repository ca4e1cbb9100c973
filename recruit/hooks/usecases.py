"""What people and programs do with webhooks: subscribe, end, renew a secret, look, send again."""

import base64
import secrets
from datetime import timedelta

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.hooks.tables import Hook, HookDelivery
from recruit.hooks.targets import check_target
from recruit.hooks.values import (
    DELIVERY_TRANSITIONS,
    DeliveryStatus,
    DeliveryView,
    HookEvent,
    HookView,
)

MOST_A_KEY = 200
OLD_SECRET_LASTS = timedelta(hours=24)


class UnknownHook(LookupError):
    """There is no such subscription, or it is another key's: both look the same."""


class UnknownDelivery(LookupError):
    """No delivery has this id."""


class AlreadySubscribed(ValueError):
    """The key hears of this event at this address already."""


class TooManyHooks(ValueError):
    """The key has as many subscriptions as it may have."""


class DeliveryNotDead(ValueError):
    """Only a delivery that was given up can be sent again."""


class TransitionRefused(Exception):
    """A delivery can't go from its status to the one that is asked for."""


def subscribe(
    tx: Transaction, *, key_id: int, target_url: str, event: HookEvent, allow_private: bool
) -> tuple[HookView, str]:
    """Let an address hear of an event; returns the subscription and the secret that it is signed with.

    Raises `TargetRefused`, `AlreadySubscribed` or `TooManyHooks`.
    """
    check_target(target_url, allow_private=allow_private)
    mine = select(Hook).where(Hook.api_key_id == key_id, Hook.ended_at.is_(None))
    if tx.session.scalar(
        mine.where(Hook.event == event, Hook.target_url == target_url).with_only_columns(Hook.id)
    ):
        raise AlreadySubscribed(f"This address hears of {event.value} already. Delete that first.")
    if (tx.session.scalar(mine.with_only_columns(func.count())) or 0) >= MOST_A_KEY:
        raise TooManyHooks(f"A key has at most {MOST_A_KEY} subscriptions. Delete some first.")
    hook = Hook(
        api_key_id=key_id,
        event=event,
        target_url=target_url,
        secret=_new_secret(),
        created_at=tx.now,
    )
    tx.session.add(hook)
    tx.session.flush()
    return hook_view(hook), hook.secret


def unsubscribe(tx: Transaction, *, key_id: int, hook_id: int) -> None:
    """End a subscription of a key; raises `UnknownHook`."""
    hook = _get(tx, key_id, hook_id)
    hook.ended_at, hook.ended_because = tx.now, "It was deleted."


def rotate_secret(tx: Transaction, *, key_id: int, hook_id: int) -> tuple[HookView, str]:
    """Give a subscription a new secret; the old one signs beside it for a day. Raises `UnknownHook`."""
    hook = _get(tx, key_id, hook_id)
    hook.old_secret, hook.old_secret_until = hook.secret, tx.now + OLD_SECRET_LASTS
    hook.secret = _new_secret()
    return hook_view(hook), hook.secret


def get_hook(tx: Transaction, *, key_id: int, hook_id: int) -> HookView:
    """Return a live subscription of a key; raises `UnknownHook`."""
    return hook_view(_get(tx, key_id, hook_id))


def find_hook(tx: Transaction, *, hook_id: int) -> HookView | None:
    """Return a subscription of any key, an ended one too."""
    hook = tx.session.get(Hook, hook_id)
    return None if hook is None else hook_view(hook)


def list_hooks(
    tx: Transaction,
    *,
    key_id: int | None = None,
    before_id: int | None = None,
    limit: int | None = None,
) -> list[HookView]:
    """Return live subscriptions, the newest first: of one key, or of all with the ended ones."""
    query = select(Hook).order_by(Hook.id.desc()).limit(limit)
    if key_id is not None:
        query = query.where(Hook.api_key_id == key_id, Hook.ended_at.is_(None))
    if before_id is not None:
        query = query.where(Hook.id < before_id)
    return [hook_view(hook) for hook in tx.session.scalars(query)]


def list_deliveries(
    tx: Transaction,
    *,
    status: DeliveryStatus | None = None,
    hook_id: int | None = None,
    limit: int = 50,
) -> list[DeliveryView]:
    """Return deliveries, the newest first: all, or those of a status or a subscription."""
    query = (
        select(HookDelivery, Hook.target_url)
        .join(Hook, Hook.id == HookDelivery.hook_id)
        .order_by(HookDelivery.id.desc())
        .limit(limit)
    )
    if status is not None:
        query = query.where(HookDelivery.status == status)
    if hook_id is not None:
        query = query.where(HookDelivery.hook_id == hook_id)
    return [
        DeliveryView(
            delivery_id=one.id,
            hook_id=one.hook_id,
            event=one.event,
            object_id=one.object_id,
            target_url=target_url,
            status=one.status,
            attempts=one.attempts,
            next_at=one.next_at,
            response_status=one.response_status,
            words=one.words,
            created_at=one.created_at,
        )
        for one, target_url in tx.session.execute(query)
    ]


def replay_delivery(tx: Transaction, *, delivery_id: int) -> None:
    """Send a dead delivery again; raises `UnknownDelivery`, `DeliveryNotDead`, `UnknownHook`."""
    delivery = tx.session.get(HookDelivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise UnknownDelivery(f"There is no delivery {delivery_id}.")
    if delivery.status is not DeliveryStatus.DEAD:
        raise DeliveryNotDead(
            f"Delivery {delivery_id} is {delivery.status.value}; only dead ones are sent again."
        )
    if tx.session.get_one(Hook, delivery.hook_id).ended_at is not None:
        raise UnknownHook(f"The subscription of delivery {delivery_id} has ended.")
    move(delivery, DeliveryStatus.PENDING)
    delivery.attempts, delivery.next_at, delivery.settled_at = 0, tx.now, None


def move(delivery: HookDelivery, status: DeliveryStatus) -> None:
    """Change a delivery's status; raises `TransitionRefused` where the table doesn't allow it."""
    if status not in DELIVERY_TRANSITIONS[delivery.status]:
        raise TransitionRefused(
            f"Delivery {delivery.id} is {delivery.status.value} and cannot become {status.value}."
        )
    delivery.status = status


def hook_view(hook: Hook) -> HookView:
    """Return a subscription without its secret."""
    return HookView(
        hook_id=hook.id,
        key_id=hook.api_key_id,
        event=hook.event,
        target_url=hook.target_url,
        created_at=hook.created_at,
        ended_at=hook.ended_at,
        ended_because=hook.ended_because,
    )


def _get(tx: Transaction, key_id: int, hook_id: int) -> Hook:
    hook = tx.session.get(Hook, hook_id)
    if hook is None or hook.api_key_id != key_id or hook.ended_at is not None:
        raise UnknownHook(f"There is no subscription {hook_id}.")
    return hook


def _new_secret() -> str:
    # Standard Webhooks asks for 24 to 64 random bytes.
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
