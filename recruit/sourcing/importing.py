"""Imports a file of firms: its rows become sightings, what cannot be used becomes a line of the job's report.

Rows stream through in batches. A batch's sightings, its problems and how far the file is read are
committed together, so an import that was killed goes on behind the last batch: nothing is lost, nothing
is read twice.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.exc import InterfaceError, OperationalError

from recruit.db.transaction import Transaction
from recruit.sourcing import store
from recruit.sourcing.batches import Batch, cut_batches, record_batch
from recruit.sourcing.import_store import mark_missing
from recruit.sourcing.mapping import ColumnMapping, MappingError, MappingSpec, map_columns
from recruit.sourcing.persons import may_name_people
from recruit.sourcing.plans import ImportPlan, identify_file
from recruit.sourcing.readers import Table, UnusableFile, open_table
from recruit.sourcing.rows import RowReader
from recruit.sourcing.tables import SourcingJob
from recruit.sourcing.text import shorten
from recruit.sourcing.usecases import FINAL, JobIsOver, JobTaken, claim_job, set_job_status
from recruit.sourcing.values import JobKind, JobStatus

__all__ = [
    "FileIsGone",
    "ImportBrokeOff",
    "ImportStopped",
    "JobIsOver",
    "JobTaken",
    "KeepGoing",
    "MappingError",
    "MappingSpec",
    "UnusableFile",
    "find_spent_upload",
    "find_waiting_imports",
    "run_import",
]

# Seconds to wait for a database that is away, one pause after the other.
_PATIENCE_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)

OpenTx = Callable[[], AbstractContextManager[Transaction]]
OnProgress = Callable[[int, int | None], None]
KeepGoing = Callable[[], bool]


class ImportStopped(Exception):
    """The import is not to go on: a person paused or cancelled it, or its process was asked to end."""

    def __init__(self, status: JobStatus) -> None:
        """Keep what the job is now."""
        super().__init__(f"The import is {status} and stopped here; what it has read is kept.")
        self.status = status


class ImportBrokeOff(Exception):
    """The database or the disk cannot take any more rows; the message says where the import stands."""


class FileIsGone(UnusableFile):
    """The file of an import that is to go on is not there any more, or is another one now."""


@dataclass(frozen=True)
class _Claim:
    plan: ImportPlan
    read: int
    with_people: bool


def find_waiting_imports(tx: Transaction) -> list[int]:
    """Return the job ids of imports that wait for a process: queued ones, and those whose process died."""
    return [
        job.id
        for job in reversed(store.list_open_jobs(tx, source_id=None, kind=JobKind.IMPORT))
        if job.plan and (job.status is JobStatus.QUEUED or _is_abandoned(job, tx))
    ]


def _is_abandoned(job: SourcingJob, tx: Transaction) -> bool:
    return job.status is JobStatus.RUNNING and (
        job.lease_until is None or job.lease_until <= tx.now
    )


def find_spent_upload(tx: Transaction, *, job_id: int) -> Path | None:
    """Return the uploaded file of a job that is over; None while it may go on, or for a file of others.

    Raises `UnknownJob`.
    """
    job = store.get_job(tx, job_id)
    if not job.plan or job.status not in FINAL:
        return None
    plan = ImportPlan.from_json(job.plan)
    return Path(plan.path) if plan.is_ours else None


def run_import(
    open_tx: OpenTx,
    *,
    job_id: int,
    runner: str,
    on_progress: OnProgress | None = None,
    keep_going: KeepGoing = lambda: True,
) -> None:
    """Import what a job's plan says, from where it stands to the end of the file.

    `on_progress` is called with the rows read and how many there probably are; when `keep_going` says no
    the job goes back into the queue. Raises `UnknownJob`, `JobTaken`, `JobIsOver`, `ImportStopped`,
    `ImportBrokeOff`, `UnusableFile`, `MappingError`.
    """
    with open_tx() as tx:
        claim = _claim(tx, job_id, runner)
    try:
        _check_file(claim.plan)
        spec = claim.plan.spec
        with open_table(
            Path(claim.plan.path),
            delimiter=spec.delimiter,
            encoding=spec.encoding,
            sheet=spec.sheet,
            kind_of=claim.plan.file_name,
        ) as table:
            columns = apply_mapping(table.header, spec)
            _Run(open_tx, job_id, runner, claim, columns, on_progress, keep_going).read(table)
    except (ImportStopped, ImportBrokeOff):
        raise
    except KeyboardInterrupt:
        _let_go(
            open_tx, job_id, runner, JobStatus.PAUSED, "Stopped by hand. It can go on from here."
        )
        raise
    except BaseException as error:
        text = f"The import broke off: {shorten(str(error) or type(error).__name__, 500)}"
        _let_go(open_tx, job_id, runner, JobStatus.FAILED, text)
        raise
    with open_tx() as tx:
        _finish(tx, job_id, runner)


def apply_mapping(header: tuple[str, ...], spec: MappingSpec) -> ColumnMapping:
    """Return which column of a file with this header is what. Raises `MappingError`."""
    return map_columns(
        header, given=spec.columns, ignored=spec.ignored, default_country=spec.default_country
    )


def _claim(tx: Transaction, job_id: int, runner: str) -> _Claim:
    job = claim_job(tx, job_id=job_id, runner=runner)
    if job.kind is not JobKind.IMPORT or not job.plan:
        raise JobIsOver(f"Job {job_id} has no file to import. Run `recruit import` with the file.")
    source = store.get_source(tx, job.source_id)
    with_people = may_name_people(source.lawful_basis)
    return _Claim(ImportPlan.from_json(job.plan), job.read, with_people)


def _check_file(plan: ImportPlan) -> None:
    path = Path(plan.path)
    if not path.is_file():
        raise FileIsGone(f"The file {plan.file_name} is not there any more. Import it again.")
    if identify_file(path) != plan.identity:
        raise FileIsGone(
            f"The file {plan.file_name} has changed since this import began. Import it again; what is "
            "stored already is not stored twice."
        )


def _let_go(open_tx: OpenTx, job_id: int, runner: str, status: JobStatus, message: str) -> None:
    try:
        with open_tx() as tx:
            job = store.get_job(tx, job_id, lock=True)
            if job.status is JobStatus.RUNNING and job.claimed_by == runner:
                set_job_status(tx, job_id=job_id, status=status, message=message)
    except OperationalError:
        # The database is away or full: the lease runs out, and the job can go on then.
        return


def _finish(tx: Transaction, job_id: int, runner: str) -> None:
    job = store.get_job(tx, job_id, lock=True)
    if job.status is not JobStatus.RUNNING or job.claimed_by != runner:
        raise ImportStopped(job.status)
    plan = ImportPlan.from_json(job.plan or {})
    said: list[str] = []
    seen = job.records_new + job.records_changed + job.records_same
    if plan.complete and seen:
        vanished = mark_missing(tx, source_id=job.source_id, job_id=job_id)
        if vanished:
            firms = "1 firm is" if vanished == 1 else f"{vanished:,} firms are"
            said.append(f"{firms} not in the list any more.")
    elif not seen:
        said.append("No firm was found in the file.")
    if plan.left_out:
        people = "1 person was" if plan.left_out == 1 else f"{plan.left_out:,} people were"
        said.append(
            f"{people} left out: the source records no lawful basis for naming people. "
            "Record one and import the file again."
        )
    job.expected = job.read
    set_job_status(tx, job_id=job_id, status=JobStatus.DONE, message=" ".join(said))


class _Run:
    """The batches of one import."""

    def __init__(
        self,
        open_tx: OpenTx,
        job_id: int,
        runner: str,
        claim: _Claim,
        columns: ColumnMapping,
        on_progress: OnProgress | None,
        keep_going: KeepGoing,
    ) -> None:
        self._open_tx = open_tx
        self._job_id = job_id
        self._runner = runner
        self._claim = claim
        self._columns = columns
        self._on_progress = on_progress
        self._keep_going = keep_going

    def read(self, table: Table) -> None:
        """Read the rows behind those that are read already."""
        with self._open_tx() as tx:
            today = tx.now.date()
        plan = self._claim.plan
        reader = RowReader(
            self._columns, today, file_name=plan.file_name, with_people=self._claim.with_people
        )
        done = 0
        while done < self._claim.read and next(table.rows, None) is not None:
            done += 1
        for batch in cut_batches(table.rows, reader, table.share):
            expected = round((done + batch.rows) / batch.share) if batch.share else None
            self._store(batch, reader, done, expected)
            done += batch.rows
            if self._on_progress:
                self._on_progress(done, expected)
            if not self._keep_going():
                text = "Its process was stopped; the next one goes on from here."
                _let_go(self._open_tx, self._job_id, self._runner, JobStatus.QUEUED, text)
                raise ImportStopped(JobStatus.QUEUED)

    def _store(self, batch: Batch, reader: RowReader, done: int, expected: int | None) -> None:
        """Commit a batch; wait a little for a database that is being restarted."""
        for pause in (*_PATIENCE_S, None):
            try:
                with self._open_tx() as tx:
                    self._record(tx, batch, reader, done, expected)
            except (OperationalError, InterfaceError) as error:
                full = _is_full(error)
                if pause is None or full:
                    raise self._broken_off(error, done, full=full) from error
                time.sleep(pause)
            else:
                return

    def _record(
        self, tx: Transaction, batch: Batch, reader: RowReader, done: int, expected: int | None
    ) -> None:
        job = store.get_job(tx, self._job_id, lock=True)
        if job.status is not JobStatus.RUNNING or job.claimed_by != self._runner:
            raise ImportStopped(job.status)
        if job.read != done:
            # The commit arrived, and only its answer was lost with the connection.
            return
        record_batch(tx, job=job, batch=batch, reader=reader)
        job.expected = max(expected or 0, job.read) or None
        if batch.left_out:
            plan = ImportPlan.from_json(job.plan or {})
            job.plan = replace(plan, left_out=plan.left_out + batch.left_out).to_json()

    def _broken_off(self, error: Exception, done: int, *, full: bool) -> ImportBrokeOff:
        what = "The disk of the database is full" if full else "The database does not answer"
        remedy = "Make room" if full else "Start it"
        cause = shorten(str(getattr(error, "orig", error)).strip().partition("\n")[0], 200)
        text = f"{what} ({cause}). {done:,} rows are stored. {remedy}, and let the import go on."
        _let_go(self._open_tx, self._job_id, self._runner, JobStatus.PAUSED, text)
        return ImportBrokeOff(text)


def _is_full(error: OperationalError | InterfaceError) -> bool:
    # SQLite's words, and PostgreSQL's class of "no space left on device".
    return "disk is full" in str(error.orig) or getattr(error.orig, "sqlstate", "") == "53100"
