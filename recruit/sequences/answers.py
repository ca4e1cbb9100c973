"""Whether a firm has answered, asked again inside every claim: a reply and a merge may have crossed."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, select

from recruit.db.transaction import Transaction
from recruit.sequences.sql import fixed_all
from recruit.sequences.tables import Reply
from recruit.sequences.values import InboundKind

_HEARD = (
    select(Reply.firm_id, func.max(Reply.recorded_at))
    .where(
        Reply.firm_id.in_(bindparam("ids", expanding=True)),
        Reply.kind.in_(fixed_all((InboundKind.HUMAN, InboundKind.UNSUBSCRIBE))),
    )
    .group_by(Reply.firm_id)
)


def list_answers(tx: Transaction, families: Mapping[int, tuple[int, ...]]) -> dict[int, datetime]:
    """Return when a person of each firm, under any id that it has had, was last heard of."""
    members = {member for family in families.values() for member in family}
    rows = tx.connection.execute(_HEARD, {"ids": sorted(members)})
    heard: dict[int | None, datetime] = {row[0]: row[1] for row in rows}
    return {
        firm_id: max(heard[member] for member in family if member in heard)
        for firm_id, family in families.items()
        if any(member in heard for member in family)
    }


def answered_since(heard: datetime | None, enrolled_at: datetime) -> str | None:
    """Return in words that the firm answered after it was enrolled, or None."""
    if heard is None or heard < enrolled_at:
        return None
    return f"The firm answered on {heard:%Y-%m-%d}."
