"""The bounce breaker: a mailbox whose messages come back stops by itself, before receivers stop it.

Receivers judge a sender by what share of its mail goes to nobody. Both numbers are counted over a week,
from the moment that a person last resumed the mailbox.
"""

from collections import Counter
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select

from recruit.db.transaction import Transaction
from recruit.sequences.mailboxes import pause_mailbox
from recruit.sequences.sql import fixed, fixed_all
from recruit.sequences.store import mailbox_id_of
from recruit.sequences.tables import Enrollment, Mailbox, MailboxDay, Reply, Sequence, Touch
from recruit.sequences.values import InboundKind, TouchStatus

BREAKER_WEEK = timedelta(days=7)
# Of fewer messages, or with fewer bounces, chance explains them: at 2% of dead addresses every 17th batch
# of 20 has two.
LEAST_SENT = 20
FEWEST_BOUNCED = 3
MOST_BOUNCED = 0.05
# Gmail and Yahoo demand less than 0.3%, which no small sender can measure: two are taken as a sign.
MOST_COMPLAINTS = 2
_MOST_COMPLAINED = 0.003


def why_trip(sent: int, bounced: int, complained: int) -> str | None:
    """Return in words why a mailbox stops, given what happened to its messages in a week; or None."""
    messages = sent + bounced
    enough = messages >= LEAST_SENT and bounced >= FEWEST_BOUNCED
    if enough and bounced / messages > MOST_BOUNCED:
        return (
            f"{bounced} of {messages} messages of the last 7 days came back as undeliverable, more than "
            f"{MOST_BOUNCED:.0%}. Clean the addresses before you resume it."
        )
    if complained >= MOST_COMPLAINTS and complained > _MOST_COMPLAINED * max(sent, 1):
        return (
            f"{complained} recipients of the last 7 days reported our mail as spam. "
            "Look at whom you write to, and what, before you resume it."
        )
    return None


_CAME_BACK = (
    select(mailbox_id_of(), Reply.kind, func.count(func.distinct(Reply.touch_id)))
    .select_from(Reply)
    .join(Touch, Touch.id == Reply.touch_id)
    .join(Enrollment, Enrollment.id == Touch.enrollment_id)
    .join(Sequence, Sequence.id == Enrollment.sequence_id)
    .join(Mailbox, Mailbox.id == mailbox_id_of())
    .where(
        Reply.kind.in_((InboundKind.BOUNCE, InboundKind.COMPLAINT)),
        Reply.received_at >= bindparam("since"),
        or_(Mailbox.active_since.is_(None), Reply.received_at > Mailbox.active_since),
        or_(Reply.kind == InboundKind.COMPLAINT, Reply.detail["hard"].as_boolean().is_(True)),
    )
    .group_by(mailbox_id_of(), Reply.kind)
)
_REFUSED = (
    select(mailbox_id_of(), func.count())
    .select_from(Touch)
    .join(Enrollment, Enrollment.id == Touch.enrollment_id)
    .join(Sequence, Sequence.id == Enrollment.sequence_id)
    .join(Mailbox, Mailbox.id == mailbox_id_of())
    .where(
        Touch.status == TouchStatus.FAILED,
        # By the index on status and due_at: what failed was due at about that time.
        Touch.due_at >= bindparam("since"),
        or_(Mailbox.active_since.is_(None), Touch.settled_at > Mailbox.active_since),
    )
    .group_by(mailbox_id_of())
)
_SENT = select(func.coalesce(func.sum(MailboxDay.reserved), 0)).where(
    MailboxDay.mailbox_id == bindparam("mailbox_id"), MailboxDay.day >= bindparam("day")
)


def anything_came_back() -> ColumnElement[bool]:
    """Return the condition that makes a look at the breakers worth it; binds `since`."""
    returned = exists().where(
        Reply.kind.in_(fixed_all((InboundKind.BOUNCE, InboundKind.COMPLAINT))),
        Reply.received_at >= bindparam("since"),
    )
    refused = exists().where(
        Touch.status == fixed(TouchStatus.FAILED), Touch.due_at >= bindparam("since")
    )
    return or_(returned, refused)


def count_came_back(tx: Transaction) -> tuple[Counter[int], Counter[int]]:
    """Return by mailbox how many messages of a week bounced (or were refused), and were complained about."""
    since = {"since": tx.now - BREAKER_WEEK}
    bounced: Counter[int] = Counter({row[0]: row[1] for row in tx.session.execute(_REFUSED, since)})
    complained: Counter[int] = Counter()
    for mailbox_id, kind, count in tx.session.execute(_CAME_BACK, since):
        (bounced if kind is InboundKind.BOUNCE else complained)[mailbox_id] += count
    return bounced, complained


def trip_breakers(tx: Transaction) -> list[str]:
    """Pause every mailbox whose messages come back too often; return their addresses."""
    bounced, complained = count_came_back(tx)
    tripped = []
    for mailbox_id in sorted(bounced.keys() | complained.keys()):
        mailbox = tx.session.get_one(Mailbox, mailbox_id)
        if mailbox.paused_at is not None:
            continue
        day = max(tx.now - BREAKER_WEEK, mailbox.active_since or tx.now - BREAKER_WEEK).date()
        sent = tx.session.scalar(_SENT, {"mailbox_id": mailbox_id, "day": day}) or 0
        # What bounced later was sent; what was refused at once gave its place back.
        reason = why_trip(int(sent), bounced[mailbox_id], complained[mailbox_id])
        if reason is not None:
            pause_mailbox(tx, address=mailbox.address, reason=reason)
            tripped.append(mailbox.address)
    return tripped
