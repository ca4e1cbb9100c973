"""Batches of rows: read, compared with what is stored, and written together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from recruit.db.transaction import Transaction
from recruit.sourcing import import_store, store
from recruit.sourcing.delimited import BrokenRow, Row
from recruit.sourcing.import_store import ChangedRecord, NewRecord
from recruit.sourcing.readings import RowReading, write_raw
from recruit.sourcing.rows import RowReader
from recruit.sourcing.tables import SourcingJob
from recruit.sourcing.text import storable
from recruit.sourcing.usecases import LEASE
from recruit.sourcing.values import Problem

# Each batch waits once for the disk.
_MOST_ROWS = 5000
# Characters of facts and problems; a batch of very long rows is cut earlier.
_MOST_TEXT = 8_000_000


@dataclass
class Batch:
    """Some rows of a file, in order, and what they say."""

    reader: RowReader
    rows: int = 0
    left_out: int = 0
    readings: list[tuple[Row, RowReading]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def cut_batches(rows: Iterator[Row | BrokenRow], reader: RowReader) -> Iterator[Batch]:
    """Read rows into batches that fit into memory whatever the rows are."""
    batch, size = Batch(reader), 0
    for row in rows:
        batch.rows += 1
        if isinstance(row, BrokenRow):
            place = reader.place_of(row.number)
            problem = Problem(place, None, row.reason, row.remedy, row.raw, row.number, True)
            batch.problems.append(problem)
            size += len(row.raw)
        else:
            reading = reader.read(row.number, row.cells)
            if reading.record_id is not None:
                batch.readings.append((row, reading))
                size += len(reading.facts_json) + sum(map(len, row.cells))
                batch.left_out += reading.left_out
            if reading.problems:
                batch.problems += reading.problems
                size += len(reading.problems[0].raw) * len(reading.problems)
        if batch.rows >= _MOST_ROWS or size >= _MOST_TEXT:
            yield batch
            batch, size = Batch(reader), 0
    if batch.rows:
        yield batch


def record_batch(tx: Transaction, *, job: SourcingJob, batch: Batch) -> None:
    """Write what is new or has changed, count it on the job, and renew the job's lease.

    A record id that comes a second time in one import, with other content, is not stored: the first one
    counts, so that importing a file again changes nothing.
    """
    known = import_store.find_known(
        tx, job.source_id, (reading.record_id or "" for _, reading in batch.readings)
    )
    new: dict[str, NewRecord] = {}
    changed: dict[int, ChangedRecord] = {}
    same: set[int] = set()
    problems, reader = list(batch.problems), batch.reader
    again = 0
    for row, reading in batch.readings:
        record_id = reading.record_id or ""
        content_hash = reading.content_hash
        record = known.get(record_id)
        earlier = new.get(record_id) if record is None else changed.get(record.id)
        if earlier:
            if earlier.content_hash == content_hash:
                again += 1
            else:
                problems.append(_repetition(reader, row, record_id))
        elif record is None:
            new[record_id] = NewRecord(record_id, reading.facts_json, content_hash)
        elif record.content_hash == content_hash:
            same.add(record.id)
            again += 1
        elif record.id in same or record.last_job_id == job.id:
            problems.append(_repetition(reader, row, record_id))
        else:
            changed[record.id] = ChangedRecord(
                record.id, reading.facts_json, content_hash, record.version + 1
            )
    import_store.add_new(tx, source_id=job.source_id, job_id=job.id, rows=list(new.values()))
    import_store.write_changed(tx, job_id=job.id, rows=list(changed.values()))
    import_store.touch(tx, job_id=job.id, ids=sorted(same))
    problems.sort(key=lambda problem: problem.row or 0)
    store.add_problems(tx, [_to_row(problem, job.id, tx) for problem in problems])
    job.problems += len(problems)
    job.read += batch.rows
    job.records_new += len(new)
    job.records_changed += len(changed)
    job.records_same += again
    job.lease_until = tx.now + LEASE


def _to_row(problem: Problem, job_id: int, tx: Transaction) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "place": storable(problem.place),
        "field": storable(problem.field)[:100] if problem.field else None,
        "reason": storable(problem.reason),
        "remedy": storable(problem.remedy),
        "raw": storable(problem.raw),
        "row": problem.row,
        "refused": problem.refused,
        "at": tx.now,
    }


def _repetition(reader: RowReader, row: Row, record_id: str) -> Problem:
    if record_id.startswith("h-"):
        reason = "An earlier row has the same name and website, but says something else."
        remedy = (
            "Add a column 'id' if they are two firms; else remove one row. The first one counts."
        )
    else:
        reason = f"An earlier row has the id {record_id!r} and says something else."
        remedy = "Give each firm an id of its own. The first row counts."
    place, raw = reader.place_of(row.number), write_raw(row.cells)
    return Problem(place, "record_id", reason, remedy, raw, row.number, refused=True)
