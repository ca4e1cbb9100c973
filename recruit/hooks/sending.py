"""The webhooks' sweep: at least once, with patience, until somebody listens or it is given up.

Claim and commit → post → commit the result. A sender that dies leaves a lease that runs out, and the
delivery goes out again under the same `webhook-id`, by which the other side knows it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update

from recruit.db.transaction import Transaction
from recruit.hooks.posting import Answer, Message, post_message
from recruit.hooks.tables import Hook, HookDelivery
from recruit.hooks.usecases import move
from recruit.hooks.values import DeliveryStatus
from recruit.people.tables import ApiKey

OpenTx = Callable[[], AbstractContextManager[Transaction]]
Post = Callable[[Message], Answer]

# 30 s, 1 min, 2 min … 6 h: sixteen attempts take about two days.
FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS = timedelta(seconds=30), timedelta(hours=6), 16
_LEASE = timedelta(minutes=2)
_GONE = 410


@dataclass
class HookReport:
    """What a sweep did, in deliveries; `ended` are subscriptions."""

    delivered: int = 0
    postponed: int = 0
    dead: int = 0
    ended: int = 0


@dataclass(frozen=True)
class _Claimed:
    delivery_id: int
    hook_id: int
    message: Message


def send_due_hooks(
    open_tx: OpenTx, *, allow_private: bool = False, limit: int = 100, post: Post | None = None
) -> HookReport:
    """Send what is due, at most `limit` deliveries; `post` takes the place of the network."""
    report = HookReport()
    with open_tx() as tx:
        _end_keyless(tx, report)
        _recover_expired(tx)
    # Whoever does not answer has waited its turn: the others are not to wait with it.
    silent: set[int] = set()
    for _ in range(limit):
        with open_tx() as tx:
            claimed = _claim(tx, silent)
        if claimed is None:
            break
        answer = (
            post(claimed.message)
            if post
            else post_message(claimed.message, allow_private=allow_private)
        )
        if answer.status is None:
            silent.add(claimed.hook_id)
        with open_tx() as tx:
            _settle(tx, claimed, answer, report)
    return report


def _end_keyless(tx: Transaction, report: HookReport) -> None:
    """End subscriptions whose key opens nothing any more, and give up what ended ones wait for."""
    dead_keys = select(ApiKey.id).where(
        or_(ApiKey.revoked_at.is_not(None), ApiKey.expires_at <= tx.now)
    )
    ended = tx.session.execute(
        update(Hook)
        .where(Hook.ended_at.is_(None), Hook.api_key_id.in_(dead_keys))
        .values(ended_at=tx.now, ended_because="Its API key has ended.")
        .returning(Hook.id)
    ).all()
    report.ended += len(ended)
    buried = tx.session.execute(
        update(HookDelivery)
        .where(
            HookDelivery.status == DeliveryStatus.PENDING,
            HookDelivery.hook_id.in_(select(Hook.id).where(Hook.ended_at.is_not(None))),
        )
        .values(status=DeliveryStatus.DEAD, settled_at=tx.now, words="The subscription has ended.")
        .returning(HookDelivery.id)
    ).all()
    report.dead += len(buried)


def _recover_expired(tx: Transaction) -> None:
    tx.session.execute(
        update(HookDelivery)
        .where(HookDelivery.status == DeliveryStatus.SENDING, HookDelivery.lease_until <= tx.now)
        .values(status=DeliveryStatus.PENDING, lease_until=None, next_at=tx.now)
    )


def _claim(tx: Transaction, silent: set[int]) -> _Claimed | None:
    row = tx.session.execute(
        select(HookDelivery, Hook)
        .join(Hook, Hook.id == HookDelivery.hook_id)
        .where(
            HookDelivery.status == DeliveryStatus.PENDING,
            HookDelivery.next_at <= tx.now,
            HookDelivery.hook_id.not_in(silent),
            Hook.ended_at.is_(None),
        )
        .order_by(HookDelivery.next_at, HookDelivery.id)
        .limit(1)
        .with_for_update(of=HookDelivery, skip_locked=True)
    ).first()
    if row is None:
        return None
    delivery, hook = row
    move(delivery, DeliveryStatus.SENDING)
    delivery.attempts += 1
    delivery.lease_until = tx.now + _LEASE
    keys = [hook.secret]
    if hook.old_secret and hook.old_secret_until and hook.old_secret_until > tx.now:
        keys.append(hook.old_secret)
    return _Claimed(
        delivery.id,
        hook.id,
        Message(hook.target_url, delivery.message_id, delivery.payload, tuple(keys), tx.now),
    )


def _settle(tx: Transaction, claimed: _Claimed, answer: Answer, report: HookReport) -> None:
    delivery = tx.session.get(HookDelivery, claimed.delivery_id, with_for_update=True)
    if delivery is None or delivery.status is not DeliveryStatus.SENDING:
        return
    delivery.lease_until = None
    delivery.response_status, delivery.words = answer.status, answer.words
    if answer.status is not None and 200 <= answer.status < 300:
        move(delivery, DeliveryStatus.DELIVERED)
        delivery.settled_at = tx.now
        report.delivered += 1
        return
    hook = tx.session.get_one(Hook, claimed.hook_id)
    if answer.status == _GONE:
        hook.ended_at = hook.ended_at or tx.now
        hook.ended_because = hook.ended_because or "Its address answered 410 Gone."
        report.ended += 1
    if answer.status == _GONE or delivery.attempts >= MOST_ATTEMPTS:
        move(delivery, DeliveryStatus.DEAD)
        delivery.settled_at = tx.now
        report.dead += 1
        return
    move(delivery, DeliveryStatus.PENDING)
    delivery.next_at = tx.now + pause_after(delivery.attempts, answer.retry_after_s)
    report.postponed += 1


def pause_after(attempts: int, retry_after_s: float | None = None) -> timedelta:
    """Return how long to wait after this many attempts; longer where the other side asks for it."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return max(pause, timedelta(seconds=retry_after_s or 0))
