"""The embedded CRM's storage: one table of records in an SQLite file, with versions and tombstones."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from recruit.clock import Clock
from recruit.crm.port import CrmRecord, CrmUnavailable

_TABLES = """
CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    object TEXT NOT NULL,
    external_id TEXT,
    version INTEGER NOT NULL,
    modified_us INTEGER NOT NULL,
    fields TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (object, external_id)
);
CREATE INDEX IF NOT EXISTS ix_record_changes ON record (object, modified_us, number);
CREATE INDEX IF NOT EXISTS ix_record_modified ON record (modified_us);
CREATE INDEX IF NOT EXISTS ix_record_domain ON record (object, json_extract(fields, '$.domain'));
CREATE INDEX IF NOT EXISTS ix_record_email ON record (object, json_extract(fields, '$.email'));
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LETTER = {"company": "C", "contact": "P", "activity": "A"}
# Where a reader of changes stands: microseconds since 1970, and the number of a record.
Place = tuple[int, int]
START: Place = (-1, -1)


class EmbeddedRecords:
    """All records, in a file or in memory. Threads take turns; processes do by SQLite's lock."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        """Remember where the file is; it is opened, and made, when it is first needed."""
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make everything inside happen as a whole or not at all."""
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def by_id(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a record by its id, deleted ones too."""
        rows = self._select(
            "SELECT * FROM record WHERE object = ? AND number = ?",
            (crm_object, _number(crm_object, crm_id)),
        )
        return rows[0] if rows else None

    def by_external_id(self, crm_object: str, external_id: str) -> CrmRecord | None:
        """Return a record by its external id, deleted ones too."""
        rows = self._select(
            "SELECT * FROM record WHERE object = ? AND external_id = ?", (crm_object, external_id)
        )
        return rows[0] if rows else None

    def by_field(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records with this value; `field` has to be a name of the schema's own."""
        return self._select(
            f"SELECT * FROM record WHERE object = ? AND json_extract(fields, '$.{field}') = ? "  # noqa: S608
            "AND NOT deleted ORDER BY number",
            (crm_object, value),
        )

    def live(self, crm_object: str) -> list[CrmRecord]:
        """Return all live records of an object, oldest first."""
        return self._select(
            "SELECT * FROM record WHERE object = ? AND NOT deleted ORDER BY number", (crm_object,)
        )

    def changed_since(
        self, crm_object: str, place: Place, limit: int
    ) -> tuple[list[CrmRecord], Place]:
        """Return records changed after a place, deleted ones too, and the place of the last one."""
        found = self._select(
            "SELECT * FROM record WHERE object = ? AND (modified_us, number) > (?, ?) "
            "ORDER BY modified_us, number LIMIT ?",
            (crm_object, *place, limit),
        )
        if found:
            place = (_microseconds(found[-1].modified_at), _number(crm_object, found[-1].id))
        return found, place

    def insert(
        self, crm_object: str, external_id: str | None, fields: Mapping[str, Any], moment: int
    ) -> CrmRecord:
        """Add a record."""
        return self._select(
            "INSERT INTO record (object, external_id, version, modified_us, fields) "
            "VALUES (?, ?, 1, ?, ?) RETURNING *",
            (crm_object, external_id, moment, json.dumps(fields)),
        )[0]

    def replace(
        self,
        record: CrmRecord,
        fields: Mapping[str, Any],
        moment: int,
        *,
        external_id: str | None = None,
        deleted: bool = False,
    ) -> CrmRecord:
        """Give a record these fields and its next version; an external id is only given once."""
        return self._select(
            "UPDATE record SET version = version + 1, modified_us = ?, fields = ?, deleted = ?, "
            "external_id = coalesce(external_id, ?) WHERE number = ? RETURNING *",
            (moment, json.dumps(fields), deleted, external_id, _number(record.object, record.id)),
        )[0]

    def next_moment(self) -> int:
        """Return a time of change, in microseconds since 1970.

        It is later than every change before, even while the clock stands still: whoever reads the
        changes up to some moment never misses one that comes after.
        """
        with self._connected() as db:
            (last,) = db.execute("SELECT coalesce(max(modified_us), -1) FROM record").fetchone()
        return max(_microseconds(self._clock.now()), int(last) + 1)

    def close(self) -> None:
        """Close the file. What was kept in memory is gone."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _select(self, statement: str, values: Iterable[Any]) -> list[CrmRecord]:
        with self._connected() as db:
            return [_record(row) for row in db.execute(statement, tuple(values)).fetchall()]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                yield self._connection
            except (sqlite3.OperationalError, OSError) as error:
                raise CrmUnavailable(
                    f"The embedded CRM at {self._path} cannot be used: {error}.", kind="storage"
                ) from error

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(
            self._path or ":memory:", timeout=30, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(_TABLES)
        return db


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _number(crm_object: str, crm_id: str) -> int:
    """Return the row number inside an id such as C0000042; -1 for what is no id of this object."""
    digits = crm_id[1:]
    if crm_id[:1] != _LETTER[crm_object] or not (digits.isascii() and digits.isdigit()):
        return -1
    return int(digits) if len(digits) <= 18 else -1


def _record(row: tuple[Any, ...]) -> CrmRecord:
    number, crm_object, external_id, version, modified_us, fields, deleted = row
    return CrmRecord(
        object=crm_object,
        id=f"{_LETTER[crm_object]}{number:07d}",
        external_id=external_id,
        version=str(version),
        modified_at=_EPOCH + timedelta(microseconds=modified_us),
        fields=json.loads(fields),
        deleted=bool(deleted),
    )
