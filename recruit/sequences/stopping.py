"""How an enrollment ends: its open touches are cancelled in the same transaction, claimed ones too.

A sender that has claimed a touch finds its claim void before the final dot, and hangs up.
"""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.sequences.addresses import address_key
from recruit.sequences.quota import give_place_back
from recruit.sequences.store import (
    UnknownRow,
    announce_firm,
    get_family,
    lock_enrollments,
    move_touch,
)
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.values import EnrollmentStatus, ExitReason, TouchStatus

_OPEN = (TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.HELD, TouchStatus.OPEN)


def lock_to_stop(
    tx: Transaction,
    *,
    firm_ids: Iterable[int] = (),
    addresses: Iterable[str] = (),
    enrollment_ids: Collection[int] = (),
) -> None:
    """Lock at once, in order, every enrollment that is about to be stopped for several reasons.

    Whoever stops firms and addresses one after the other would lock out of order, and two of them could
    wait for each other.
    """
    members = {i for family in list_families(tx, firm_ids).values() for i in family}
    keys = {address_key(address) for address in addresses if "@" in address}
    ids = set(enrollment_ids)
    if members:
        ids.update(tx.session.scalars(select(Enrollment.id).where(Enrollment.firm_id.in_(members))))
    if keys:
        ids.update(
            tx.session.scalars(select(Touch.enrollment_id).where(Touch.address_key.in_(keys)))
        )
    if ids:
        tx.session.execute(
            select(Enrollment.id)
            .where(Enrollment.id.in_(ids))
            .order_by(Enrollment.id)
            .with_for_update(key_share=True)
        )


def stop_firm(tx: Transaction, firm_id: int, reason: ExitReason, detail: str) -> int:
    """End every enrollment of a firm, under every id that it has had; return how many ended."""
    family = get_family(tx, firm_id)
    enrollments = lock_enrollments(tx, Enrollment.firm_id.in_(family))
    finish_enrollments(tx, enrollments, reason, detail)
    return len(enrollments)


def finish_enrollments(
    tx: Transaction, enrollments: Sequence[Enrollment], reason: ExitReason, detail: str
) -> None:
    """End these enrollments, which the caller has locked, and cancel what is still open of them."""
    if not enrollments:
        return
    for enrollment in enrollments:
        enrollment.status = EnrollmentStatus.FINISHED
        enrollment.exit_reason = reason
        enrollment.exit_detail = detail
        enrollment.finished_at = tx.now
        enrollment.finish_at = None
        enrollment.paused_until = None
        announce_firm(tx, enrollment.firm_id)
    touches = list(
        tx.session.scalars(
            select(Touch)
            .where(
                Touch.enrollment_id.in_([enrollment.id for enrollment in enrollments]),
                Touch.status.in_(_OPEN),
            )
            .order_by(Touch.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )
    for touch in touches:
        move_touch(touch, TouchStatus.CANCELLED)
        touch.fence += 1
        touch.blocked_by = detail
        touch.settled_at = tx.now
    tx.session.flush()
    # Counters come last in the order of locks.
    for touch in touches:
        give_place_back(tx, touch)
    tx.session.flush()


def remove_enrollment(tx: Transaction, *, enrollment_id: int, actor: str, note: str = "") -> None:
    """Take a firm out of a sequence. It cannot be enrolled there again. Raises UnknownRow."""
    if tx.session.get(Enrollment, enrollment_id) is None:
        raise UnknownRow(f"There is no enrollment {enrollment_id}.")
    enrollments = lock_enrollments(tx, Enrollment.id == enrollment_id)
    detail = f"Removed by {actor}." + (f" {note.strip()}" if note.strip() else "")
    finish_enrollments(tx, enrollments, ExitReason.REMOVED, detail)


def take_claim_back(tx: Transaction, touch: Touch) -> None:
    """Make a claimed touch, which the caller has locked, pending again; its sender hangs up."""
    move_touch(touch, TouchStatus.PENDING)
    touch.fence += 1
    give_place_back(tx, touch)
