"""What likeness to the best partners stands on, as learning last found it: kept here for rankings to read."""

from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.scoring.criteria.look_alike import LikenessTables
from recruit.scoring.tables import LookAlikeTables


def find_likeness(tx: Transaction) -> LikenessTables | None:
    """Return what was found last, None before the first time."""
    newest = _newest(tx)
    return None if newest is None else LikenessTables.from_json(newest.tables)


def find_last_look(tx: Transaction) -> tuple[int, datetime] | None:
    """Return on how many partners what was found last stands, and when learning last looked."""
    newest = _newest(tx)
    return None if newest is None else (newest.partners, newest.looked_at)


def _newest(tx: Transaction) -> LookAlikeTables | None:
    return tx.session.scalar(select(LookAlikeTables).order_by(LookAlikeTables.id.desc()).limit(1))


def is_likeness_newer(tx: Transaction, than: datetime) -> bool:
    """Tell whether learning found something else after that moment."""
    query = select(LookAlikeTables.id).where(LookAlikeTables.made_at > than).limit(1)
    return tx.session.scalar(query) is not None


def keep_likeness(tx: Transaction, tables: LikenessTables) -> bool:
    """Keep what learning found; False where it is what was known already."""
    known = _newest(tx)
    if known is not None and known.version == tables.version:
        known.looked_at = tx.now
        return False
    tx.session.add(
        LookAlikeTables(
            version=tables.version,
            partners=tables.partners,
            tables=tables.to_json(),
            made_at=tx.now,
            looked_at=tx.now,
        )
    )
    tx.session.flush()
    return True
