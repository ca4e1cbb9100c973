"""`recruit crawl`: bring sightings of firms home; the other commands of sourcing are joined here."""

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from recruit.cli import importing
from recruit.cli.job_report import print_job, read_job
from recruit.cli.output import Format, FormatOption, console, err_console, fail, open_app
from recruit.cli.sources import sources

if TYPE_CHECKING:
    from recruit.insights.jobs import JobLine
    from recruit.wiring import App

_LOOK_S = 0.2


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.command("crawl")(crawl)
    importing.register(cli)
    cli.add_typer(sources, name="source")


def crawl(
    path: Annotated[Path, typer.Argument(metavar="SOURCE.toml", help="The source's file.")],
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew where an earlier crawl was not finished.")
    ] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Crawl a source; a crawl that was stopped or killed goes on where it was."""
    from recruit.sourcing.spec import SpecError, load_source_spec
    from recruit.sourcing.usecases import SourceIsOther

    try:
        spec = load_source_spec(path)
    except SpecError as error:
        fail(str(error))
    with open_app() as app:
        try:
            job_id, resumed = _open_crawl(app, spec, fresh=fresh)
        except SourceIsOther as error:
            fail(str(error))
        if resumed and output_format is Format.TABLE:
            console.print(f"Job {job_id} was not finished and goes on. `--fresh` would begin anew.")
        code, log = _watch(app, job_id)
        line = read_job(app, job_id)
        print_job(app, line, output_format)
        if code:
            _explain_exit(code, line, log)


def _open_crawl(app: "App", spec: Any, *, fresh: bool) -> tuple[int, bool]:
    from recruit.sourcing.frontier import find_unfinished_crawl
    from recruit.sourcing.usecases import define_source, finish_job, open_job
    from recruit.sourcing.values import JobKind, JobStatus

    with app.transaction() as tx:
        source = define_source(tx, spec=spec)
        unfinished = find_unfinished_crawl(tx, source_id=source.id)
        if unfinished and fresh:
            text = "A new crawl was begun in its place."
            finish_job(tx, job_id=unfinished, status=JobStatus.CANCELLED, message=text)
        elif unfinished:
            return unfinished, True
        return open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id, False


def _watch(app: "App", job_id: int) -> tuple[int, Path]:
    """Run the crawler and show its progress; Ctrl-C ends it and pauses the job."""
    from recruit.sourcing.usecases import set_job_status
    from recruit.sourcing.values import JobStatus
    from recruit.worker.crawl import run_crawl_process, stop_crawl_process

    log = app.settings.var_dir / "logs" / f"crawl-{job_id}.log"
    process = run_crawl_process(job_id, app.settings, log=log)
    try:
        _show_progress(app, job_id, process)
    except KeyboardInterrupt:
        stop_crawl_process(process)
        if read_job(app, job_id).finished_at is None:
            text = "Stopped by hand. The same command goes on from here."
            with app.transaction() as tx:
                set_job_status(tx, job_id=job_id, status=JobStatus.PAUSED, message=text)
            err_console.print(f"Job {job_id}: {text}")
        raise typer.Exit(130) from None
    finally:
        stop_crawl_process(process)
    return process.returncode, log


def _show_progress(app: "App", job_id: int, process: subprocess.Popen[bytes]) -> None:
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pages · {task.fields[found]} firms · {task.fields[problems]} problems"),
        TimeElapsedColumn(),
        console=err_console,
        transient=True,
        disable=not err_console.is_terminal,
    ) as progress:
        title = escape(read_job(app, job_id).source_title)
        task = progress.add_task(title, total=None, found=0, problems=0)
        while True:
            ended = process.poll() is not None
            line = read_job(app, job_id)
            progress.update(
                task,
                completed=line.read,
                total=line.expected,
                found=line.records,
                problems=line.problems,
            )
            if ended:
                return
            time.sleep(_LOOK_S)


def _explain_exit(code: int, line: "JobLine", log: Path) -> None:
    from recruit.worker.crawl import REFUSED, STOPPED

    if code == REFUSED:
        fail(f"Job {line.job_id} is worked on by another process. `recruit source jobs` shows it.")
    if code == STOPPED:
        fail(f"The crawl was stopped ({line.status}). Run the same command again to go on.")
    if code < 0:
        fail(f"The crawler was killed by signal {-code}. Run the same command again to go on.")
    fail(f"{line.message or 'The crawler failed.'} Its log is {log}.")
