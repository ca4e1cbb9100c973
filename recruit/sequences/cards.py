"""The rows of one claim as plain values: what is due, locked, and the claims written back by groups.

Claiming bounds how fast we send, so nothing here goes through the unit of work.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, or_, select, update
from sqlalchemy.orm import aliased

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.sequences.definition import Compliance, SequenceDefinition
from recruit.sequences.planning import get_definition
from recruit.sequences.recipients import RECIPIENT, Recipient, recipient_of
from recruit.sequences.sql import fixed
from recruit.sequences.store import list_halted, mailbox_id_of, may_move_on
from recruit.sequences.tables import Enrollment, Sequence, SequenceVersion, Touch
from recruit.sequences.values import EnrollmentStatus, SequenceStatus, StepKind, TouchStatus

_touch, _enrollment = (cast("Table", table.__table__) for table in (Touch, Enrollment))
_version, _today = aliased(SequenceVersion), aliased(SequenceVersion)
_relative = aliased(Firm)


@dataclass(frozen=True)
class SequenceState:
    """A sequence as it stands today. The law is asked of its newest version's `compliance`."""

    id: int
    name: str
    status: SequenceStatus
    active_since: datetime | None
    compliance: Compliance


@dataclass(frozen=True)
class Card:
    """A touch that is due, as it stood when it was locked, with what belongs to it.

    `definition` is the version that the enrollment began with. `merged`: its firm took part in a merge.
    """

    sequence: SequenceState
    definition: SequenceDefinition
    recipient: Recipient
    touch_id: int
    step_index: int
    address_key: str
    due_at: datetime
    fence: int
    enrollment_id: int
    firm_id: int
    status: EnrollmentStatus
    paused_until: datetime | None
    score: float | None
    enrolled_at: datetime
    unsubscribe_key: str | None
    mailbox_id: int
    merged: bool


_CARD = {
    "touch_id": _touch.c.id,
    "step_index": _touch.c.step_index,
    "address_key": _touch.c.address_key,
    "due_at": _touch.c.due_at,
    "fence": _touch.c.fence,
    "enrollment_id": _enrollment.c.id,
    "firm_id": _enrollment.c.firm_id,
    "status": _enrollment.c.status,
    "paused_until": _enrollment.c.paused_until,
    "score": _enrollment.c.score_total,
    "enrolled_at": _enrollment.c.enrolled_at,
    "unsubscribe_key": _enrollment.c.unsubscribe_key,
    "mailbox_id": mailbox_id_of(),
    "merged": or_(
        exists().where(
            _relative.id == _enrollment.c.firm_id, _relative.merged_into_id.is_not(None)
        ),
        # Said twice, for the index holds only firms that were merged.
        exists().where(
            _relative.merged_into_id == _enrollment.c.firm_id,
            _relative.merged_into_id.is_not(None),
        ),
    ),
}
_newest = (
    select(SequenceVersion.id)
    .where(SequenceVersion.sequence_id == Sequence.id)
    .order_by(SequenceVersion.number.desc())
    .limit(1)
    .correlate(Sequence)
    .scalar_subquery()
)
_LOCK = (
    select(_touch.c.id)
    .join(_enrollment, _enrollment.c.id == _touch.c.enrollment_id)
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
_CARDS = (
    select(
        *(column.label(f"card_{name}") for name, column in _CARD.items()),
        Sequence.id.label("sequence_id"),
        Sequence.name.label("sequence_name"),
        Sequence.status.label("sequence_status"),
        Sequence.active_since.label("sequence_since"),
        _version.id.label("version_id"),
        _version.definition_hash.label("version_hash"),
        _today.id.label("today_id"),
        _today.definition_hash.label("today_hash"),
        *RECIPIENT,
    )
    .select_from(_touch)
    .join(_enrollment, _enrollment.c.id == _touch.c.enrollment_id)
    .join(Sequence, Sequence.id == _touch.c.sequence_id)
    .join(_version, _version.id == _enrollment.c.sequence_version_id)
    .join(_today, _today.id == _newest)
    .join(Contact, Contact.id == _enrollment.c.contact_id)
    .join(Firm, Firm.id == Contact.firm_id)
    .where(_touch.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_touch.c.due_at, _touch.c.id)
)


def lock_due(tx: Transaction, kinds: Collection[StepKind], limit: int) -> list[Card]:
    """Lock the touches of these kinds that are due, and their enrollments; oldest first, at most `limit`.

    What another transaction holds is left to it.
    """
    wanted = {"now": tx.now, "most": limit, "kinds": list(kinds)} | list_halted(tx)
    ids = list(tx.connection.scalars(_LOCK, wanted))
    if not ids:
        return []
    # Read once they are locked, so that nothing in them is older than the lock.
    rows = tx.connection.execute(_CARDS, {"ids": ids})
    sequences: dict[int, SequenceState] = {}
    cards = []
    for row in rows.all():
        sequence = sequences.get(row.sequence_id)
        if sequence is None:
            today = get_definition(tx, row.today_id, row.today_hash)
            sequence = sequences[row.sequence_id] = SequenceState(
                row.sequence_id,
                row.sequence_name,
                row.sequence_status,
                row.sequence_since,
                today.compliance,
            )
        definition = get_definition(tx, row.version_id, row.version_hash)
        own: tuple[Any, ...] = tuple(row)[: len(_CARD)]
        cards.append(Card(sequence, definition, recipient_of(row), *own))
    return cards


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
        status=fixed(TouchStatus.CLAIMED),
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
    connection = tx.connection
    if touches:
        connection.execute(_CLAIM, touches)
    if enrollments:
        connection.execute(_RESUME, enrollments)
