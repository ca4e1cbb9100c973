"""Batches of rows: read, compared with what is stored, and written together."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from recruit.beside import Beside, can_work_beside
from recruit.db.transaction import Transaction
from recruit.sourcing import import_store, store
from recruit.sourcing.delimited import BrokenRow, Row
from recruit.sourcing.import_store import ChangedRecord, NewRecord
from recruit.sourcing.readings import write_raw
from recruit.sourcing.rows import RowReader
from recruit.sourcing.tables import SourcingJob
from recruit.sourcing.text import storable
from recruit.sourcing.usecases import LEASE
from recruit.sourcing.values import Problem

# Each batch waits once for the disk.
_MOST_ROWS = 5000
# Characters of cells; a batch of very long rows is cut earlier.
_MOST_TEXT = 2_000_000
# Batches read ahead of the one that is stored.
_AHEAD = 2


# A row's place among the lines of its batch, the id of its sighting, facts as JSON, and their hash.
Reading = tuple[int, str, str, str]


@dataclass
class Batch:
    """Some rows of a file, in order, and what they say; `share` of the file was read when they ended."""

    lines: Sequence[Row | BrokenRow]
    share: float
    readings: list[Reading] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: int = 0

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.lines)


def cut_batches(
    rows: Iterator[Row | BrokenRow], reader: RowReader, share: Callable[[], float]
) -> Iterator[Batch]:
    """Read rows into batches that fit into memory whatever the rows are.

    Reading is nearly all of an import's work: from the second batch on processes beside this one do it,
    while this one stores those before. A file that breaks in its middle raises behind what came before.
    """
    beside = can_work_beside()
    begun: deque[tuple[Batch, Beside[_Said]]] = deque()
    failure: Exception | None = None
    try:
        for number, some in enumerate(_cut(rows)):
            if isinstance(some, Exception):
                failure = some
                break
            batch = Batch(some, share())
            if number == 0 or not beside:
                yield _told(batch, _read(reader, some))
                continue
            begun.append((batch, Beside(partial(_read, reader, some))))
            if len(begun) > _AHEAD:
                batch, work = begun.popleft()
                yield _told(batch, work.wait())
        while begun:
            batch, work = begun.popleft()
            yield _told(batch, work.wait())
    finally:
        for _, unwanted in begun:
            unwanted.drop()
    if failure is not None:
        raise failure


# What came of reading rows: plain tuples, which go from process to process many times sooner than objects.
_Said = tuple[list[Reading], list[Problem], int]


def _told(batch: Batch, said: _Said) -> Batch:
    batch.readings, batch.problems, batch.left_out = said
    return batch


def _cut(rows: Iterator[Row | BrokenRow]) -> Iterator[list[Row | BrokenRow] | Exception]:
    """Yield rows by the batch; last, where the file breaks, what it raised."""
    some: list[Row | BrokenRow] = []
    size = 0
    try:
        for row in rows:
            some.append(row)
            size += len(row.raw) if isinstance(row, BrokenRow) else sum(map(len, row.cells))
            if len(some) >= _MOST_ROWS or size >= _MOST_TEXT:
                yield some
                some, size = [], 0
    except Exception as failure:
        yield failure
        return
    if some:
        yield some


def _read(reader: RowReader, lines: Sequence[Row | BrokenRow]) -> _Said:
    readings: list[Reading] = []
    problems: list[Problem] = []
    left_out = 0
    for at, row in enumerate(lines):
        if isinstance(row, BrokenRow):
            place = reader.place_of(row.number)
            problems.append(Problem(place, None, row.reason, row.remedy, row.raw, row.number, True))
            continue
        said = reader.read(row.number, row.cells)
        if said.record_id is not None:
            readings.append((at, said.record_id, said.facts_json, said.content_hash))
            left_out += said.left_out
        problems += said.problems
    return readings, problems, left_out


def record_batch(tx: Transaction, *, job: SourcingJob, batch: Batch, reader: RowReader) -> None:
    """Write what is new or has changed, count it on the job, and renew the job's lease.

    A record id that comes a second time in one import, with other content, is not stored: the first one
    counts, so that importing a file again changes nothing.
    """
    known = import_store.find_known(
        tx, job.source_id, (record_id for _, record_id, *_ in batch.readings)
    )
    new: dict[str, NewRecord] = {}
    changed: dict[int, ChangedRecord] = {}
    same: set[int] = set()
    problems = list(batch.problems)
    again = 0
    for at, record_id, facts_json, content_hash in batch.readings:
        record = known.get(record_id)
        earlier = new.get(record_id) if record is None else changed.get(record.id)
        if earlier:
            if earlier.content_hash == content_hash:
                again += 1
            else:
                problems.append(_repetition(reader, batch.lines[at], record_id))
        elif record is None:
            new[record_id] = NewRecord(record_id, facts_json, content_hash)
        elif record.content_hash == content_hash:
            same.add(record.id)
            again += 1
        elif record.id in same or record.last_job_id == job.id:
            problems.append(_repetition(reader, batch.lines[at], record_id))
        else:
            changed[record.id] = ChangedRecord(
                record.id, facts_json, content_hash, record.version + 1
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


def _repetition(reader: RowReader, row: Row | BrokenRow, record_id: str) -> Problem:
    if record_id.startswith("h-"):
        reason = "An earlier row has the same name and website, but says something else."
        remedy = (
            "Add a column 'id' if they are two firms; else remove one row. The first one counts."
        )
    else:
        reason = f"An earlier row has the id {record_id!r} and says something else."
        remedy = "Give each firm an id of its own. The first row counts."
    place, raw = (
        reader.place_of(row.number),
        write_raw(row.cells) if isinstance(row, Row) else row.raw,
    )
    return Problem(place, "record_id", reason, remedy, raw, row.number, refused=True)
