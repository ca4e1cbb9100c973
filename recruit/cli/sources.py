"""`recruit source`: the sources, their jobs and problems, and a trial of a source's file."""

from dataclasses import asdict
from typing import Annotated

import typer

from recruit.cli.check import check
from recruit.cli.job_report import JOB_COLUMNS, job_row
from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

sources = typer.Typer(
    help="The places that firms are found at, and their jobs.", no_args_is_help=True
)


@sources.command("list")
def list_sources(output_format: FormatOption = Format.TABLE) -> None:
    """List all sources and what they yielded."""
    from recruit.insights.jobs import list_sources as read

    with open_app() as app, app.reading() as tx:
        rows = [
            {
                "name": line.name,
                "title": line.title,
                "kind": line.kind.value,
                "trust": line.trust,
                "records": line.records,
                "firms": line.firms,
                "last_job": line.last_job_id,
                "last_status": line.last_job_status.value if line.last_job_status else None,
            }
            for line in read(tx)
        ]
    columns = ["name", "title", "kind", "trust", "records", "firms", "last_job", "last_status"]
    print_rows(rows, columns, output_format)


@sources.command("jobs")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List the latest crawls and imports."""
    from recruit.insights.jobs import list_jobs as read

    with open_app() as app, app.reading() as tx:
        rows = [job_row(line) for line in read(tx, limit)]
    print_rows(rows, [*JOB_COLUMNS, "message"], output_format)


@sources.command("problems")
def list_problems(
    job_id: Annotated[int, typer.Argument(metavar="JOB")],
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List all that a job could not use, why, and what helps."""
    from recruit.insights.jobs import UnknownJobLine, get_job, list_job_problems

    with open_app() as app, app.reading() as tx:
        try:
            get_job(tx, job_id)
        except UnknownJobLine as error:
            fail(str(error))
        rows = [asdict(problem) for problem in list_job_problems(tx, job_id, None)]
    columns = ["place", "field", "reason", "remedy"]
    print_rows(rows, columns if output_format is Format.TABLE else [*columns, "raw"], output_format)


sources.command("check")(check)
