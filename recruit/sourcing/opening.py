"""Opens an import: which source, which mapping, which job; and runs it where the caller waits for it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recruit.db.transaction import Transaction
from recruit.sourcing import import_store, store
from recruit.sourcing.importing import OnProgress, OpenTx, apply_mapping, run_import
from recruit.sourcing.looking import fingerprint_header, look_into
from recruit.sourcing.mapping import ColumnMapping, MappingSpec, load_mapping
from recruit.sourcing.plans import ImportPlan, identify_file
from recruit.sourcing.tables import Source, SourcingJob
from recruit.sourcing.usecases import (
    JobTaken,
    SourceIsOther,
    define_file_source,
    finish_job,
    open_job,
)
from recruit.sourcing.values import JobKind, JobStatus, Problem

__all__ = [
    "JobReport",
    "JobTaken",
    "OpenedImport",
    "SourceIsOther",
    "import_file",
    "open_import",
]

_SHOWN = 20  # problems that a report carries itself
_MOST_SHAPES = 50  # files of different columns that one source remembers


@dataclass(frozen=True)
class JobReport:
    """What an import did. `problems` counts all of them, `first_problems` are the first few.

    `resumed_at` is the number of rows that an earlier process of this import had read already.
    """

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
    resumed_at: int
    message: str


@dataclass(frozen=True)
class OpenedImport:
    """A job that waits for its process, and the number of rows that were read before."""

    job_id: int
    resumed_at: int
    columns: ColumnMapping


def open_import(
    tx: Transaction,
    *,
    path: Path,
    source_name: str,
    header: tuple[str, ...],
    mapping: MappingSpec,
    about: Mapping[str, Any] | None = None,
    file_name: str = "",
    complete: bool | None = None,
    is_ours: bool = False,
) -> OpenedImport:
    """Make the source and a job that imports the file; the mapping is remembered for files of its columns.

    An import of the same file that is not over goes on instead. `about` may hold title, trust,
    licence_note and lawful_basis; `complete` says that the file lists all firms of the source, None that
    the source knows. Raises `MappingError`, `SourceIsOther`, `JobTaken`.
    """
    columns = apply_mapping(header, mapping)
    about = dict(about or mapping.source)
    said_complete = about.pop("complete", None) if complete is None else complete
    about.pop("complete", None)
    source = define_file_source(tx, name=source_name, mapping=None, about=about)
    _remember(tx, source, header, mapping, said_complete)
    plan = ImportPlan(
        path=str(path.resolve()),
        file_name=file_name or path.name,
        identity=identify_file(path),
        mapping=mapping.to_definition(),
        complete=bool(source.definition.get("complete")),
        is_ours=is_ours,
        header=header,
    )
    unfinished = _find_unfinished(tx, source, plan)
    if unfinished is not None:
        earlier = ImportPlan.from_json(unfinished.plan or {})
        unfinished.plan = replace(plan, left_out=earlier.left_out).to_json()
        return OpenedImport(unfinished.id, unfinished.read, columns)
    job = open_job(tx, source_id=source.id, kind=JobKind.IMPORT)
    job.plan = plan.to_json()
    return OpenedImport(job.id, 0, columns)


def _remember(
    tx: Transaction,
    source: Source,
    header: tuple[str, ...],
    mapping: MappingSpec,
    complete: bool | None,
) -> None:
    definition = dict(source.definition)
    shapes = dict(definition.get("shapes", {}))
    key = fingerprint_header(header)
    # The latest stand last, and the oldest are forgotten first.
    shapes.pop(key, None)
    shapes[key] = mapping.to_definition()
    definition["shapes"] = dict(list(shapes.items())[-_MOST_SHAPES:])
    definition["mapping"] = mapping.to_definition()
    if complete is not None:
        definition["complete"] = complete
    if definition != source.definition:
        source.definition = definition
        source.updated_at = tx.now


def _find_unfinished(tx: Transaction, source: Source, plan: ImportPlan) -> SourcingJob | None:
    """Return the import of the same file that can go on; end those that nobody will go on with."""
    found: SourcingJob | None = None
    for job in store.list_open_jobs(tx, source_id=source.id, kind=JobKind.IMPORT):
        if job.status is JobStatus.RUNNING and job.lease_until and job.lease_until > tx.now:
            left = (job.lease_until - tx.now).total_seconds()
            raise JobTaken(
                f"Job {job.id} is importing into {source.name!r} just now. Wait until it is done; if it "
                f"was killed, try again in {left:.0f} s.",
                job.claimed_by or "",
            )
        if job.plan and found is None and ImportPlan.from_json(job.plan).is_same_work(plan):
            found = job
            continue
        text = "This import was not finished; another file was imported in its place."
        finish_job(tx, job_id=job.id, status=JobStatus.CANCELLED, message=text)
    return found


def import_file(
    open_tx: OpenTx,
    *,
    path: Path,
    source_name: str,
    mapping: MappingSpec | Path | None = None,
    preset: str | None = None,
    complete: bool | None = None,
    about: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> JobReport:
    """Import a file into the source of this name, which is made where it does not exist.

    Without `mapping` the remembered one of the source is used, else the one of the `preset` or the preset
    that the columns betray, else the columns are guessed. `on_progress` is called with the rows read and
    how many there probably are. Raises `UnusableFile`, `MappingError`, `SourceIsOther` and `JobTaken`
    before anything is stored, and what `run_import` raises.
    """
    given = load_mapping(mapping) if isinstance(mapping, Path) else mapping
    seen = look_into(open_tx, path=path, source_name=source_name, options=given, preset=preset)
    header, given = seen.header, seen.mapping
    with open_tx() as tx:
        opened = open_import(
            tx,
            path=path,
            source_name=source_name,
            header=header,
            mapping=given,
            about=about,
            complete=complete,
        )
    run_import(
        open_tx, job_id=opened.job_id, runner=f"import:{os.getpid()}", on_progress=on_progress
    )
    with open_tx() as tx:
        job = store.get_job(tx, opened.job_id)
        return JobReport(
            job_id=opened.job_id,
            source_name=source_name,
            read=job.read,
            new=job.records_new,
            changed=job.records_changed,
            same=job.records_same,
            problems=job.problems,
            first_problems=tuple(import_store.list_problems(tx, opened.job_id, limit=_SHOWN)),
            columns=opened.columns.used,
            unused_columns=opened.columns.unused,
            resumed_at=opened.resumed_at,
            message=job.message,
        )
