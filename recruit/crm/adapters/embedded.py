"""A small, real CRM in an SQLite file of its own: for teams that have none yet, and for the demo.

It is a peer, not a part of Recruit's database: it has ids, versions and opinions of its own, and
only speaks through the port. `create`, `edit` and `delete` are what its own users do.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from recruit.clock import Clock
from recruit.crm.adapters.embedded_schema import (
    SCHEMA,
    check_external_id,
    check_fields,
    check_object,
    check_required,
)
from recruit.crm.port import (
    Capabilities,
    ChangePage,
    CrmConflict,
    CrmRecord,
    CrmRefused,
    CrmUnavailable,
)

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


class EmbeddedCrm:
    """The embedded CRM. `path` None keeps it in memory. Safe to share between threads."""

    name = "embedded"
    capabilities = Capabilities(
        native_upsert=True, conditional_write=True, batch_size=1, deletes_in_feed=True
    )

    def __init__(self, path: Path | None, *, clock: Clock) -> None:
        """Remember where the file is; it is opened, and made, when it is first needed."""
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def describe(self, crm_object: str) -> dict[str, str]:
        """Return the object's fields and their types."""
        return {name: field.kind for name, field in check_object(crm_object).items()}

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id."""
        check_object(crm_object)
        with self._reading() as db:
            record = self._by_id(db, crm_object, crm_id)
        return None if record is None or record.deleted else record

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records whose field has this value exactly; `external_id` is a field too."""
        types = check_object(crm_object)
        if field != "external_id" and field not in types:
            raise CrmRefused(f"{crm_object} has no field {field!r}.", kind="unknown_field")
        # The name is one of the schema's own, so it may stand in the statement.
        where = "external_id" if field == "external_id" else f"json_extract(fields, '$.{field}')"
        with self._reading() as db:
            rows = db.execute(
                f"SELECT * FROM record WHERE object = ? AND {where} = ? AND NOT deleted "  # noqa: S608
                "ORDER BY number",
                (crm_object, value),
            ).fetchall()
        return [_record(row) for row in rows]

    def upsert(
        self,
        crm_object: str,
        external_id: str,
        fields: Mapping[str, Any],
        *,
        crm_id: str | None = None,
        if_version: str | None = None,
    ) -> CrmRecord:
        """Write fields to the record with this external id (or this id), or make it."""
        check_external_id(external_id)
        stored = check_fields(crm_object, fields)
        with self._writing() as db:
            by_external_id = self._by_external_id(db, crm_object, external_id)
            record = by_external_id
            if crm_id is not None:
                record = self._live(db, crm_object, crm_id)
                if by_external_id is not None and by_external_id.id != crm_id:
                    raise CrmRefused(
                        f"External id {external_id} belongs to {by_external_id.id}.",
                        kind="duplicate_external_id",
                    )
                if record.external_id not in {None, external_id}:
                    raise CrmRefused(
                        f"{crm_id} has the external id {record.external_id} already.",
                        kind="duplicate_external_id",
                    )
            if record is None:
                if if_version is not None:
                    raise CrmConflict(f"No {crm_object} {external_id} in version {if_version}.")
                return self._insert(db, crm_object, external_id, stored)
            if record.deleted:
                raise CrmRefused(f"{crm_object} {record.id} is deleted.", kind="deleted")
            if if_version not in {None, record.version}:
                raise CrmConflict(
                    f"{crm_object} {record.id} is at version {record.version}, not {if_version}."
                )
            return self._update(db, record, stored, external_id=external_id)

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position`, deleted ones too, by time of change and number."""
        check_object(crm_object)
        at, number = position.get("modified_us", -1), position.get("number", -1)
        with self._reading() as db:
            rows = db.execute(
                "SELECT * FROM record WHERE object = ? "
                "AND (modified_us, number) > (?, ?) ORDER BY modified_us, number LIMIT ?",
                (crm_object, at, number, limit + 1),
            ).fetchall()
        page = rows[:limit]
        if page:
            number, at = page[-1][0], page[-1][4]
        return ChangePage(
            records=tuple(_record(row) for row in page),
            position={"modified_us": at, "number": number},
            more=len(rows) > limit,
        )

    def create(self, crm_object: str, fields: Mapping[str, Any]) -> CrmRecord:
        """Make a record the way the CRM's own users do: without an external id."""
        stored = check_fields(crm_object, fields)
        with self._writing() as db:
            return self._insert(db, crm_object, None, stored)

    def edit(self, crm_object: str, crm_ids: str | list[str], fields: Mapping[str, Any]) -> None:
        """Change one record or many; a mass change gives all of them the same time of change."""
        stored = check_fields(crm_object, fields)
        with self._writing() as db:
            moment = self._next_moment(db)
            for crm_id in [crm_ids] if isinstance(crm_ids, str) else crm_ids:
                self._update(db, self._live(db, crm_object, crm_id), stored, moment=moment)

    def delete(self, crm_object: str, crm_id: str) -> None:
        """Delete a record. A tombstone stays, and its external id is never given again."""
        with self._writing() as db:
            self._update(db, self._live(db, crm_object, crm_id), {}, deleted=True)

    def list_records(self, crm_object: str) -> list[CrmRecord]:
        """Return all live records of an object, oldest first."""
        check_object(crm_object)
        with self._reading() as db:
            rows = db.execute(
                "SELECT * FROM record WHERE object = ? AND NOT deleted ORDER BY number",
                (crm_object,),
            ).fetchall()
        return [_record(row) for row in rows]

    def close(self) -> None:
        """Close the file. What was kept in memory is gone."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _insert(
        self, db: sqlite3.Connection, crm_object: str, external_id: str | None, fields: Any
    ) -> CrmRecord:
        present = {name: value for name, value in fields.items() if value is not None}
        self._check_whole(db, crm_object, present)
        row = db.execute(
            "INSERT INTO record (object, external_id, version, modified_us, fields) "
            "VALUES (?, ?, 1, ?, ?) RETURNING *",
            (crm_object, external_id, self._next_moment(db), json.dumps(present)),
        ).fetchone()
        return _record(row)

    def _update(
        self,
        db: sqlite3.Connection,
        record: CrmRecord,
        fields: Mapping[str, Any],
        *,
        external_id: str | None = None,
        moment: int | None = None,
        deleted: bool = False,
    ) -> CrmRecord:
        merged = {k: v for k, v in {**record.fields, **fields}.items() if v is not None}
        self._check_whole(db, record.object, merged)
        row = db.execute(
            "UPDATE record SET version = version + 1, modified_us = ?, fields = ?, deleted = ?, "
            "external_id = coalesce(external_id, ?) WHERE number = ? RETURNING *",
            (
                self._next_moment(db) if moment is None else moment,
                json.dumps(merged),
                deleted,
                external_id,
                _number(record.object, record.id),
            ),
        ).fetchone()
        return _record(row)

    def _check_whole(
        self, db: sqlite3.Connection, crm_object: str, fields: Mapping[str, Any]
    ) -> None:
        check_required(crm_object, fields)
        for name, field in SCHEMA[crm_object].items():
            target = fields.get(name)
            if field.refers_to and target and self._by_id(db, field.refers_to, target) is None:
                raise CrmRefused(
                    f"{crm_object}.{name}: there is no {field.refers_to} {target}.",
                    kind="unknown_reference",
                )

    def _next_moment(self, db: sqlite3.Connection) -> int:
        # Later than every change before, even while the clock stands still: whoever reads the
        # changes up to some moment never misses one that comes after.
        (last,) = db.execute("SELECT coalesce(max(modified_us), -1) FROM record").fetchone()
        now = (self._clock.now() - _EPOCH) // timedelta(microseconds=1)
        return int(max(now, last + 1))

    def _by_external_id(
        self, db: sqlite3.Connection, crm_object: str, external_id: str
    ) -> CrmRecord | None:
        row = db.execute(
            "SELECT * FROM record WHERE object = ? AND external_id = ?",
            (crm_object, external_id),
        ).fetchone()
        return _record(row) if row else None

    def _by_id(self, db: sqlite3.Connection, crm_object: str, crm_id: str) -> CrmRecord | None:
        row = db.execute(
            "SELECT * FROM record WHERE object = ? AND number = ?",
            (crm_object, _number(crm_object, crm_id)),
        ).fetchone()
        return _record(row) if row else None

    def _live(self, db: sqlite3.Connection, crm_object: str, crm_id: str) -> CrmRecord:
        record = self._by_id(db, crm_object, crm_id)
        if record is None:
            raise CrmRefused(f"There is no {crm_object} {crm_id}.", kind="not_found")
        if record.deleted:
            raise CrmRefused(f"{crm_object} {crm_id} is deleted.", kind="deleted")
        return record

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._open()
            except sqlite3.OperationalError as error:
                raise CrmUnavailable(
                    f"The embedded CRM at {self._path} cannot be read: {error}", kind="storage"
                ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(
                self._path or ":memory:", timeout=30, isolation_level=None, check_same_thread=False
            )
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.executescript(_TABLES)
            self._connection = db
        return self._connection


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
