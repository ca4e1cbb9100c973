"""What sequences do when two firms become one, or one becomes two.

One firm gets a sequence once: of two enrollments in it that of the firm that stays goes on, the other
ends. Whom never to write to is never forgotten: what was said of a firm holds for all that it becomes.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.tables import Firm
from recruit.firms.uniting import Follower, Memento
from recruit.sequences.addresses import key_hash
from recruit.sequences.stopping import finish_enrollments
from recruit.sequences.store import announce_firm, lock_enrollments
from recruit.sequences.suppression import suppress
from recruit.sequences.tables import Enrollment, Sequence, Suppression, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    SuppressionScope,
    TouchStatus,
)


def stop_doubles(tx: Transaction, keep_id: int, away_id: int) -> Memento:
    """End the enrollments of a firm in sequences that the firm it is merged into is or was in.

    Returns how they were, for `follow_parting` to let them go on.
    """
    families = list_families(tx, [keep_id, away_id])
    theirs = select(Enrollment.sequence_id).where(Enrollment.firm_id.in_(families[keep_id]))
    doubles = lock_enrollments(
        tx, Enrollment.firm_id.in_(families[away_id]) & Enrollment.sequence_id.in_(theirs)
    )
    name = tx.session.scalar(select(Firm.name).where(Firm.id == keep_id))
    stopped = []
    for double in doubles:
        stopped.append(_describe(tx, double))
        title = tx.session.scalar(select(Sequence.title).where(Sequence.id == double.sequence_id))
        why = f"Its firm was merged into {name}, which is or was in “{title}” already."
        finish_enrollments(tx, [double], ExitReason.MERGED, why)
    return {"stopped": stopped} if stopped else {}


def _describe(tx: Transaction, enrollment: Enrollment) -> dict[str, Any]:
    touches = tx.session.execute(
        select(Touch.id, Touch.status, Touch.blocked_by).where(
            Touch.enrollment_id == enrollment.id, Touch.settled_at.is_(None)
        )
    )
    return {
        "id": enrollment.id,
        "status": enrollment.status.value,
        "paused_until": _text(enrollment.paused_until),
        "finish_at": _text(enrollment.finish_at),
        "touches": [[touch_id, status.value, why] for touch_id, status, why in touches],
    }


def follow_parting(
    tx: Transaction, from_id: int, to_id: int, since: datetime | None, before: Memento
) -> None:
    """Let go on what only the merge had ended, and carry over what was said of the firm meanwhile."""
    for stopped in before.get("stopped", ()):
        _resume(tx, stopped)
    _carry_suppressions(tx, from_id, to_id, since)


def _resume(tx: Transaction, before: dict[str, Any]) -> None:
    enrollment = tx.session.get(
        Enrollment, before["id"], with_for_update={"key_share": True}, populate_existing=True
    )
    if enrollment is None or enrollment.exit_reason is not ExitReason.MERGED:
        return
    enrollment.status = EnrollmentStatus(before["status"])
    enrollment.paused_until = _moment(before["paused_until"])
    enrollment.finish_at = _moment(before["finish_at"])
    enrollment.exit_reason = enrollment.finished_at = None
    enrollment.exit_detail = ""
    for touch_id, status, why in before["touches"]:
        touch = tx.session.get_one(
            Touch, touch_id, with_for_update={"key_share": True}, populate_existing=True
        )
        if touch.status is not TouchStatus.CANCELLED:
            continue
        # What was claimed then is anybody's now.
        claimed = status == TouchStatus.CLAIMED
        touch.status = TouchStatus.PENDING if claimed else TouchStatus(status)
        touch.blocked_by = why
        touch.settled_at = None
    tx.session.flush()
    announce_firm(tx, enrollment.firm_id)


def _carry_suppressions(tx: Transaction, from_id: int, to_id: int, since: datetime | None) -> None:
    keys = {key_hash(str(one)) for one in list_families(tx, [from_id])[from_id]}
    said = select(Suppression).where(
        Suppression.scope == SuppressionScope.FIRM,
        Suppression.key_hash.in_(keys),
        Suppression.lifted_at.is_(None),
    )
    if since is not None:
        said = said.where(Suppression.created_at >= since)
    for suppression in tx.session.scalars(said.order_by(Suppression.id)).all():
        suppress(
            tx,
            scope=SuppressionScope.FIRM,
            key=str(to_id),
            reason=f"{suppression.reason} (Said while it was part of firm {from_id}.)",
            actor=suppression.created_by,
        )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


FOLLOWER = Follower(uniting=stop_doubles, parted=follow_parting)
