"""Write down what somebody did, look it up, and prove that nobody has changed it since.

`record` belongs into the transaction of the deed itself: neither exists without the other.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from recruit.audit import store
from recruit.audit.chain import NotARow, canonical, check, clean, follow, row_of
from recruit.audit.store import Wanted
from recruit.audit.values import Deed, Entry, Head, Row, Verdict
from recruit.db.transaction import Transaction

__all__ = [
    "Wanted",
    "list_entries",
    "read_export",
    "record",
    "verify_export",
    "verify_log",
    "walk_export",
]

_PENDING = "recruit.audit"
Detail = str | int | bool | None


def record(
    tx: Transaction,
    action: Deed,
    object_type: str,
    object_id: int | str,
    *,
    actor: str = "",
    person_id: int | None = None,
    ip: str = "",
    **details: Detail | list[str] | list[int],
) -> None:
    """Write down that somebody did `action` to an object, with what one has to know to understand it.

    Who and from where is the transaction's origin, except for what is given. Rows get their places in the
    chain as the last thing before the commit: appending locks the log's end, and a lock taken last is
    held for two statements and can close no circle of waiting. What is recorded inside a savepoint that
    is rolled back stays recorded, so record after it.
    """
    origin = tx.origin
    entry = Entry(
        actor=clean(actor or origin.name or "Recruit")[:200],
        person_id=person_id if person_id is not None else origin.person_id,
        ip=clean(ip or origin.ip)[:45],
        action=action.value,
        object_type=object_type,
        object_id=clean(str(object_id))[:200],
        details=clean(canonical(details)),
    )
    pending: list[Entry] = tx.session.info.setdefault(_PENDING, [])
    if not pending:
        tx.before_commit(lambda: _append(tx))
    pending.append(entry)


def _append(tx: Transaction) -> None:
    tx.session.flush()
    head = store.lock_head(tx)
    rows: list[Row] = []
    for entry in tx.session.info.pop(_PENDING):
        row = follow(head, entry, tx.now)
        rows.append(row)
        head = Head(row.seq, row.hash)
    store.add_rows(tx, rows)


def list_entries(
    tx: Transaction, wanted: Wanted, *, limit: int = 50, before: int | None = None
) -> list[Row]:
    """Return the newest rows that are wanted; `before` is the number to go on below."""
    return store.list_rows(tx, wanted, limit=limit, before=before)


def verify_log(tx: Transaction, *, noted: Head | None = None) -> Verdict:
    """Check every row of the log against the one before, its end, and a head that was noted earlier."""
    return check(store.walk_rows(tx), newest=store.find_head(tx) or Head(0, "0" * 64), noted=noted)


def walk_export(tx: Transaction, wanted: Wanted | None = None) -> Iterator[str]:
    """Give the rows that are wanted as lines of JSON, the oldest first; all of them can be verified alone."""
    for row in store.walk_rows(tx, wanted):
        yield json.dumps(asdict(row), ensure_ascii=False) + "\n"


def read_export(lines: Iterable[str]) -> Iterator[Row]:
    """Give the rows of an export; raises `NotARow` with the line's number."""
    for number, line in enumerate(lines, 1):
        try:
            data = json.loads(line)
            if not isinstance(data, dict):
                raise NotARow("It is no JSON object.")
            yield row_of(data)
        except ValueError as error:
            raise NotARow(f"Line {number} is no row of the log. {error}") from error


def verify_export(lines: Iterable[str], *, noted: Head | None = None) -> Verdict:
    """Check an export of the whole log as `verify_log` does; raises `NotARow`."""
    return check(read_export(lines), newest=None, noted=noted)
