"""The queries of an import: many rows at once, by each database's own fastest way in.

PostgreSQL takes new rows by COPY, SQLite by one prepared statement; both within the transaction of the
caller. Facts come as the JSON text that is stored.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, String, bindparam, column, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from recruit.db.base import UtcDateTime
from recruit.db.transaction import Transaction
from recruit.sourcing.store import KnownRecord
from recruit.sourcing.tables import JobProblem, SourceRecord
from recruit.sourcing.values import Problem

_COLUMNS = (
    "source_id", "record_id", "facts", "content_hash", "version", "first_job_id", "last_job_id",
    "first_seen_at", "last_seen_at",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO source_record ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
)
_COPY = f"COPY source_record ({', '.join(_COLUMNS)}) FROM STDIN"


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A sighting that the source did not have before."""

    record_id: str
    facts_json: str
    content_hash: str


def find_known(
    tx: Transaction, source_id: int, record_ids: Iterable[str]
) -> dict[str, KnownRecord]:
    """Return what is stored under these record ids of a source, in one question."""
    wanted = list(record_ids)
    table = SourceRecord.__table__.c
    if _is_postgresql(tx):
        among = table.record_id == func.any(bindparam("ids", wanted, ARRAY(String)))
    else:
        each = func.json_each(json.dumps(wanted)).table_valued(column("value", String))
        among = table.record_id.in_(select(each.c.value))
    query = select(
        table.record_id, table.id, table.content_hash, table.version, table.last_job_id
    ).where(table.source_id == source_id, among)
    return {row[0]: KnownRecord(*row[1:]) for row in tx.session.execute(query)}


def add_new(tx: Transaction, *, source_id: int, job_id: int, rows: Sequence[NewRecord]) -> None:
    """Store new sightings."""
    if not rows:
        return
    if _is_postgresql(tx):
        _copy(tx, source_id, job_id, rows)
        return
    connection = tx.session.connection()
    # The text that the ORM stores: made once, and alike in every row.
    stored = UtcDateTime().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    now: Any = stored(tx.now) if stored else tx.now
    connection.exec_driver_sql(
        _INSERT,
        [
            (
                source_id,
                row.record_id,
                row.facts_json,
                row.content_hash,
                1,
                job_id,
                job_id,
                now,
                now,
            )
            for row in rows
        ],
    )


def _copy(tx: Transaction, source_id: int, job_id: int, rows: Sequence[NewRecord]) -> None:
    now = tx.now.isoformat()
    tail = f"\t1\t{job_id}\t{job_id}\t{now}\t{now}\n"
    # Neither an id nor JSON holds a tab or the end of a line; a backslash is written twice.
    lines = "".join(
        [
            f"{source_id}\t{row.record_id}\t{row.facts_json}\t{row.content_hash}".replace(
                "\\", "\\\\"
            )
            + tail
            for row in rows
        ]
    )
    driver: Any = tx.session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(lines)


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A sighting that says something else than before; `version` is its new one."""

    id: int
    facts_json: str
    content_hash: str
    version: int


def write_changed(tx: Transaction, *, job_id: int, rows: Sequence[ChangedRecord]) -> None:
    """Store what known sightings say now."""
    if not rows:
        return
    facts = ":facts" if not _is_postgresql(tx) else "CAST(:facts AS jsonb)"
    statement = text(
        f"UPDATE source_record SET facts = {facts}, content_hash = :hash, version = :version,"  # noqa: S608
        " last_job_id = :job, last_seen_at = :now, vanished_at = NULL, url = NULL WHERE id = :id"
    ).bindparams(bindparam("now", type_=UtcDateTime()))
    tx.session.execute(
        statement,
        [
            {
                "facts": row.facts_json,
                "hash": row.content_hash,
                "version": row.version,
                "job": job_id,
                "now": tx.now,
                "id": row.id,
            }
            for row in rows
        ],
    )


def touch(tx: Transaction, *, job_id: int, ids: Sequence[int]) -> None:
    """Note that sightings were seen again unchanged."""
    if not ids:
        return
    table = SourceRecord.__table__.c
    if _is_postgresql(tx):
        among = table.id == func.any(bindparam("ids", list(ids), ARRAY(Integer)))
    else:
        each = func.json_each(json.dumps(list(ids))).table_valued(column("value", Integer))
        among = table.id.in_(select(each.c.value))
    tx.session.execute(
        update(SourceRecord.__table__)  # type: ignore[arg-type]
        .where(among)
        .values(last_seen_at=tx.now, last_job_id=job_id, vanished_at=None)
    )


def mark_missing(tx: Transaction, *, source_id: int, job_id: int) -> int:
    """Mark the sightings of a source that a complete list does not have any more; return how many."""
    table = SourceRecord.__table__.c
    found = tx.session.execute(
        update(SourceRecord.__table__)  # type: ignore[arg-type]
        .where(
            table.source_id == source_id, table.last_job_id != job_id, table.vanished_at.is_(None)
        )
        .values(vanished_at=tx.now)
    )
    return int(found.rowcount)  # type: ignore[attr-defined]


def list_problems(tx: Transaction, job_id: int, *, limit: int) -> list[Problem]:
    """Return the first problems of a job, in their order."""
    rows = tx.session.scalars(
        select(JobProblem).where(JobProblem.job_id == job_id).order_by(JobProblem.id).limit(limit)
    )
    return [
        Problem(row.place, row.field, row.reason, row.remedy, row.raw, row.row, row.refused)
        for row in rows
    ]


def _is_postgresql(tx: Transaction) -> bool:
    return tx.session.get_bind().dialect.name == "postgresql"
