"""The log's queries."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, Table, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from recruit.audit.chain import GENESIS, moment
from recruit.audit.tables import AuditEntry, AuditHead
from recruit.audit.values import Head, Row
from recruit.db.transaction import Transaction

_ENTRIES = cast("Table", AuditEntry.__table__)
_HEADS = cast("Table", AuditHead.__table__)
_COLUMNS = [_ENTRIES.c[field.name] for field in fields(Row)]
_BATCH = 2000


@dataclass(frozen=True)
class Wanted:
    """Which rows somebody looks for; what is empty asks for nothing.

    `who` is found anywhere in the actor's name or in the address they came from, `object_id` goes with
    `object_type`, `since` is within, `until` is not.
    """

    who: str = ""
    person_id: int | None = None
    action: str = ""
    object_type: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def lock_head(tx: Transaction) -> Head:
    """Return where the log ends, and let nobody else append until this transaction is over."""
    asked = select(_HEADS.c.seq, _HEADS.c.hash).where(_HEADS.c.id == 1).with_for_update()
    row = tx.session.execute(asked).one_or_none()
    if row is None:
        dialect = postgresql if tx.session.get_bind().dialect.name == "postgresql" else sqlite
        first = {"id": 1, "seq": GENESIS.seq, "hash": GENESIS.hash}
        tx.session.execute(dialect.insert(_HEADS).values(first).on_conflict_do_nothing())
        row = tx.session.execute(asked).one()
    return Head(row.seq, row.hash)


def find_head(tx: Transaction) -> Head | None:
    """Return where the log is said to end."""
    row = tx.session.execute(
        select(_HEADS.c.seq, _HEADS.c.hash).where(_HEADS.c.id == 1)
    ).one_or_none()
    return None if row is None else Head(row.seq, row.hash)


def add_rows(tx: Transaction, rows: Sequence[Row]) -> None:
    """Append rows and move the end behind them."""
    tx.session.execute(insert(_ENTRIES), [asdict(row) for row in rows])
    last = rows[-1]
    tx.session.execute(update(_HEADS).where(_HEADS.c.id == 1).values(seq=last.seq, hash=last.hash))


def walk_rows(tx: Transaction, wanted: Wanted | None = None) -> Iterator[Row]:
    """Give rows by number, a batch in memory at a time."""
    asked = _narrow(select(*_COLUMNS), wanted or Wanted()).order_by(_ENTRIES.c.seq)
    for row in tx.session.execute(asked, execution_options={"yield_per": _BATCH}):
        yield Row(*row)


def list_rows(
    tx: Transaction, wanted: Wanted, *, limit: int, before: int | None = None
) -> list[Row]:
    """Return the newest rows, those numbered below `before` where it is given."""
    asked = _narrow(select(*_COLUMNS), wanted)
    if before is not None:
        asked = asked.where(_ENTRIES.c.seq < before)
    asked = asked.order_by(_ENTRIES.c.seq.desc()).limit(limit)
    return [Row(*row) for row in tx.session.execute(asked)]


def _narrow(asked: Select[Any], wanted: Wanted) -> Select[Any]:
    columns = _ENTRIES.c
    if wanted.who:
        asked = asked.where(
            or_(
                columns.actor.icontains(wanted.who, autoescape=True),
                columns.ip == wanted.who,
            )
        )
    for name in ("person_id", "action", "object_type", "object_id"):
        if getattr(wanted, name) not in (None, ""):
            asked = asked.where(columns[name] == getattr(wanted, name))
    if wanted.since is not None:
        asked = asked.where(columns.at >= moment(wanted.since))
    if wanted.until is not None:
        asked = asked.where(columns.at < moment(wanted.until))
    return asked
