"""The rows of one claim as plain values: what is due, locked, and the claims written back by groups.

Claiming bounds how fast we send, so nothing here goes through the unit of work.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update

from recruit.db.transaction import Transaction
from recruit.sequences.store import mailbox_id_of, may_move_on
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, Touch
from recruit.sequences.values import EnrollmentStatus, StepKind, TouchStatus

_touch, _enrollment = (cast("Table", table.__table__) for table in (Touch, Enrollment))


@dataclass(frozen=True)
class Card:
    """A touch that is due, with its enrollment, as it stood when both were locked."""

    touch_id: int
    step_index: int
    address_key: str
    due_at: datetime
    fence: int
    enrollment_id: int
    sequence_id: int
    version_id: int
    firm_id: int
    contact_id: int
    status: EnrollmentStatus
    paused_until: datetime | None
    score: float | None
    enrolled_at: datetime
    unsubscribe_key: str | None
    mailbox_id: int


_DUE = (
    select(
        _touch.c.id,
        _touch.c.step_index,
        _touch.c.address_key,
        _touch.c.due_at,
        _touch.c.fence,
        _enrollment.c.id,
        _enrollment.c.sequence_id,
        _enrollment.c.sequence_version_id,
        _enrollment.c.firm_id,
        _enrollment.c.contact_id,
        _enrollment.c.status,
        _enrollment.c.paused_until,
        _enrollment.c.score_total,
        _enrollment.c.enrolled_at,
        _enrollment.c.unsubscribe_key,
        mailbox_id_of(),
    )
    .join(_enrollment, _enrollment.c.id == _touch.c.enrollment_id)
    .join(Sequence, Sequence.id == _touch.c.sequence_id)
    .join(Mailbox, Mailbox.id == mailbox_id_of())
    .where(
        may_move_on(),
        _touch.c.due_at <= bindparam("now"),
        _touch.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(_touch.c.due_at, _touch.c.id)
    .limit(bindparam("most"))
    # On SQLite this compiles to nothing, and the transaction has the database to itself.
    .with_for_update(skip_locked=True, key_share=True, of=[_touch, _enrollment])
)


def lock_due(tx: Transaction, kinds: Collection[StepKind], limit: int) -> list[Card]:
    """Lock the touches of these kinds that are due, and their enrollments; oldest first, at most `limit`.

    What another transaction holds is left to it.
    """
    rows = tx.session.connection().execute(
        _DUE, {"now": tx.now, "most": limit, "kinds": list(kinds)}
    )
    return [Card(*cast("tuple[Any, ...]", row)) for row in rows]


@dataclass(frozen=True)
class Claiming:
    """What a claim writes on its touch. `unsubscribe_key` goes to the enrollment."""

    card: Card
    fence: int
    lease_until: datetime
    reserved_on: date
    variant: str
    subject: str
    body: str
    message_id: str
    unsubscribe_key: str


_CLAIM = (
    update(_touch)
    .where(_touch.c.id == bindparam("of"))
    .values(
        status=TouchStatus.CLAIMED,
        blocked_by="",
        **{
            name: bindparam(name)
            for name in (
                "fence",
                "lease_until",
                "reserved_on",
                "variant",
                "subject",
                "body",
                "message_id",
            )
        },
    )
)
_RESUME = (
    update(_enrollment)
    .where(_enrollment.c.id == bindparam("of"))
    .values(
        status=bindparam("status"),
        paused_until=None,
        unsubscribe_key=bindparam("unsubscribe_key"),
    )
)


def write_claims(tx: Transaction, claims: Iterable[Claiming]) -> None:
    """Write claims on touches that `lock_due` has locked; an out-of-office pause of theirs is over."""
    touches: list[dict[str, Any]] = []
    enrollments: list[dict[str, Any]] = []
    for claim in claims:
        card = claim.card
        values = vars(claim).copy()
        del values["card"], values["unsubscribe_key"]
        touches.append({"of": card.touch_id, **values})
        status = EnrollmentStatus.ACTIVE if card.status is EnrollmentStatus.PAUSED else card.status
        before = (card.status, card.paused_until, card.unsubscribe_key)
        if before != (status, None, claim.unsubscribe_key):
            enrollments.append(
                {
                    "of": card.enrollment_id,
                    "status": status,
                    "unsubscribe_key": claim.unsubscribe_key,
                }
            )
    connection = tx.session.connection()
    if touches:
        connection.execute(_CLAIM, touches)
    if enrollments:
        connection.execute(_RESUME, enrollments)
