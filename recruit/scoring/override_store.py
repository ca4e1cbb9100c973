"""The queries of overrides: which stand, which stood, and whether any has changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from recruit.db.transaction import Transaction
from recruit.scoring.tables import FirmOverride
from recruit.scoring.values import Override


def standing_overrides(now: datetime) -> ColumnElement[bool]:
    """Return the condition of an override that is neither undone nor expired."""
    return and_(
        FirmOverride.undone_at.is_(None),
        or_(FirmOverride.expires_at.is_(None), FirmOverride.expires_at > now),
    )


def list_override_rows(
    tx: Transaction,
    profile_id: int,
    *,
    firm_ids: Sequence[int] | None = None,
    standing: bool = True,
) -> list[FirmOverride]:
    """Return the overrides of a profile, the oldest first; all that ever were where not `standing`."""
    query = select(FirmOverride).where(FirmOverride.profile_id == profile_id)
    if standing:
        query = query.where(standing_overrides(tx.now))
    if firm_ids is not None:
        query = query.where(FirmOverride.firm_id.in_(firm_ids))
    return list(tx.session.scalars(query.order_by(FirmOverride.id)))


def list_overrides(
    tx: Transaction, profile_id: int, *, firm_ids: Sequence[int] | None = None
) -> list[Override]:
    """Return what people decided and still stands, the oldest first."""
    return [as_override(row) for row in list_override_rows(tx, profile_id, firm_ids=firm_ids)]


def as_override(row: FirmOverride) -> Override:
    """Return an override as plain values."""
    return Override(
        row.firm_id,
        row.kind,
        row.because,
        row.actor,
        row.created_at,
        row.expires_at,
        row.hundredths,
    )


def have_overrides_changed(tx: Transaction, profile_id: int, since: datetime) -> bool:
    """Tell whether a person decided something, or an override ended, after `since`."""
    query = (
        select(FirmOverride.id)
        .where(
            FirmOverride.profile_id == profile_id,
            or_(
                FirmOverride.created_at > since,
                FirmOverride.undone_at > since,
                and_(FirmOverride.expires_at > since, FirmOverride.expires_at <= tx.now),
            ),
        )
        .limit(1)
    )
    return tx.session.scalar(query) is not None


def find_override_row(tx: Transaction, override_id: int) -> FirmOverride | None:
    """Return an override by its id; None where there is none. Another who undoes it has to wait."""
    return tx.session.get(FirmOverride, override_id, with_for_update=True)


def list_overrides_at(tx: Transaction, profile_id: int, at: datetime) -> list[Override]:
    """Return what people had decided and still stood at a moment, the oldest first."""
    rows = tx.session.scalars(
        select(FirmOverride)
        .where(
            FirmOverride.profile_id == profile_id,
            FirmOverride.created_at <= at,
            or_(FirmOverride.undone_at.is_(None), FirmOverride.undone_at > at),
            or_(FirmOverride.expires_at.is_(None), FirmOverride.expires_at > at),
        )
        .order_by(FirmOverride.id)
    )
    return [as_override(row) for row in rows]
