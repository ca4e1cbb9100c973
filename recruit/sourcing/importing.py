"""Imports a file of firms: its rows become sightings, what cannot be used becomes a line of the job's report.

Rows stream through in batches of one transaction each. An import that was killed is simply run again:
what it had stored is then known already.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from recruit.db.transaction import Transaction
from recruit.sourcing import store
from recruit.sourcing.delimited import BrokenRow, Row
from recruit.sourcing.mapping import (
    ColumnMapping,
    MappingError,
    MappingSpec,
    load_mapping,
    map_columns,
    parse_mapping,
)
from recruit.sourcing.readers import Table, open_table
from recruit.sourcing.rows import read_row
from recruit.sourcing.text import shorten
from recruit.sourcing.usecases import (
    LEASE,
    JobTaken,
    claim_job,
    define_file_source,
    finish_job,
    open_job,
    record_problems,
    record_sightings,
)
from recruit.sourcing.values import JobKind, JobStatus, Problem, Sighting

_BATCH = 500
_SHOWN = 20  # problems that a report carries itself

OpenTx = Callable[[], AbstractContextManager[Transaction]]
OnProgress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class JobReport:
    """What an import did. `problems` counts all of them, `first_problems` are the first few."""

    job_id: int
    source_name: str
    read: int
    new: int
    changed: int
    same: int
    problems: int
    first_problems: tuple[Problem, ...]
    columns: dict[str, str]  # column -> field
    unused_columns: tuple[str, ...]


def import_file(
    open_tx: OpenTx,
    *,
    path: Path,
    source_name: str,
    mapping: MappingSpec | Path | None = None,
    on_progress: OnProgress | None = None,
) -> JobReport:
    """Import a file into the source of this name, which is made where it does not exist.

    Without `mapping` the one that was given last for this source is used, else the columns are guessed.
    `on_progress` is called with the rows read and how many there probably are. Raises `UnusableFile`,
    `MappingError`, `SourceIsOther` and `JobTaken` before anything is stored.
    """
    given = load_mapping(mapping) if isinstance(mapping, Path) else mapping
    spec = given or _remembered(open_tx, source_name)
    with open_table(
        path, delimiter=spec.delimiter, encoding=spec.encoding, sheet=spec.sheet
    ) as table:
        columns = _map_columns(table.header, spec, remembered=given is None)
        runner = f"import:{os.getpid()}"
        with open_tx() as tx:
            job_id = _open(tx, source_name, given, runner)
        run = _Import(open_tx, job_id, path.name, columns, on_progress)
        try:
            run.read(table)
        except BaseException as error:
            # An interrupt too: nobody would ever finish the job.
            _give_up(open_tx, job_id, error)
            raise
    with open_tx() as tx:
        job = finish_job(tx, job_id=job_id, status=JobStatus.DONE)
        return JobReport(
            job_id=job_id,
            source_name=source_name,
            read=job.read,
            new=job.records_new,
            changed=job.records_changed,
            same=job.records_same,
            problems=job.problems,
            first_problems=tuple(run.shown),
            columns=columns.used,
            unused_columns=columns.unused,
        )


def _map_columns(header: tuple[str, ...], spec: MappingSpec, *, remembered: bool) -> ColumnMapping:
    try:
        return map_columns(
            header,
            given=spec.columns,
            ignored=spec.ignored,
            default_country=spec.default_country,
        )
    except MappingError as error:
        if remembered and spec.columns:
            hint = "This is the mapping of the last import; give another one with --mapping."
            raise MappingError(f"{error} {hint}") from error
        raise


def _remembered(open_tx: OpenTx, source_name: str) -> MappingSpec:
    with open_tx() as tx:
        source = store.find_source(tx, source_name)
        definition = source.definition.get("mapping") if source else None
    return parse_mapping(definition or {}, f"mapping of the source {source_name}")


def _open(tx: Transaction, source_name: str, given: MappingSpec | None, runner: str) -> int:
    """Make the source and a running job; end imports of the source whose process died."""
    source = define_file_source(
        tx,
        name=source_name,
        mapping=given.to_definition() if given else None,
        about=given.source if given else None,
    )
    for job in store.list_open_jobs(tx, source_id=source.id, kind=JobKind.IMPORT):
        if job.lease_until and job.lease_until > tx.now:
            left = (job.lease_until - tx.now).total_seconds()
            raise JobTaken(
                f"Job {job.id} is importing into {source_name!r} just now. Wait until it is done; if it "
                f"was killed, try again in {left:.0f} s.",
                job.claimed_by or "",
            )
        text = "The process that ran this import is gone. The file was imported again."
        finish_job(tx, job_id=job.id, status=JobStatus.FAILED, message=text)
    job_id = open_job(tx, source_id=source.id, kind=JobKind.IMPORT).id
    claim_job(tx, job_id=job_id, runner=runner)
    return job_id


def _give_up(open_tx: OpenTx, job_id: int, error: BaseException) -> None:
    text = f"The import broke off: {type(error).__name__} {error}".strip()
    with open_tx() as tx:
        message = (
            shorten(text, 500) + ". Import the file again; what is stored is not stored twice."
        )
        finish_job(tx, job_id=job_id, status=JobStatus.FAILED, message=message)


class _Import:
    """The batches of one import."""

    def __init__(
        self,
        open_tx: OpenTx,
        job_id: int,
        file_name: str,
        columns: ColumnMapping,
        on_progress: OnProgress | None,
    ) -> None:
        self.shown: list[Problem] = []
        self._open_tx = open_tx
        self._job_id = job_id
        self._file_name = file_name
        self._columns = columns
        self._on_progress = on_progress

    def read(self, table: Table) -> None:
        read = 0
        for batch in _batches(table.rows):
            with self._open_tx() as tx:
                self._record(tx, batch)
            read += len(batch)
            if self._on_progress:
                share = table.share()
                self._on_progress(read, round(read / share) if share else None)

    def _record(self, tx: Transaction, batch: list[Row | BrokenRow]) -> None:
        sightings: list[Sighting] = []
        places: dict[int, str] = {}
        problems: list[Problem] = []
        for row in batch:
            place = f"{self._file_name}, row {row.number}"
            sighting, found = self._read_row(row, place, tx.now.date())
            problems += found
            if sighting:
                sightings.append(sighting)
                places[id(sighting)] = place
        recorded = record_sightings(tx, job_id=self._job_id, sightings=sightings, read=len(batch))
        problems += [_repetition(places[id(s)], s) for s in recorded.repeated]
        record_problems(tx, job_id=self._job_id, problems=problems)
        store.get_job(tx, self._job_id).lease_until = tx.now + LEASE
        self.shown += problems[: _SHOWN - len(self.shown)]

    def _read_row(
        self, row: Row | BrokenRow, place: str, today: date
    ) -> tuple[Sighting | None, tuple[Problem, ...]]:
        if isinstance(row, BrokenRow):
            return None, (Problem(place, None, row.reason, row.remedy, row.raw),)
        reading = read_row(row.cells, self._columns, place, today)
        return reading.sighting, reading.problems


def _batches(rows: Iterator[Row | BrokenRow]) -> Iterator[list[Row | BrokenRow]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _repetition(place: str, sighting: Sighting) -> Problem:
    if sighting.record_id.startswith("h-"):
        reason = "An earlier row has the same name and website, but says something else."
        remedy = (
            "Add a column 'id' if they are two firms; else remove one row. The first one counts."
        )
    else:
        reason = f"An earlier row has the id {sighting.record_id!r} and says something else."
        remedy = "Give each firm an id of its own. The first row counts."
    return Problem(place, "record_id", reason, remedy)


__all__ = ["JobReport", "MappingError", "MappingSpec", "import_file"]
