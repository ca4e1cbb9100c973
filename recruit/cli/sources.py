"""`recruit source`: the sources, their jobs and problems, and a trial of a source's file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from recruit.cli.job_report import JOB_COLUMNS, job_row, print_problem
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


@sources.command("check")
def check(
    path: Annotated[Path, typer.Argument(metavar="SOURCE.toml", help="The source's file.")],
    items: Annotated[int, typer.Option(min=1, max=20, help="How many firms to try.")] = 3,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Try a source on a few pages and show what would be read; nothing is stored."""
    from recruit.sourcing.crawling.engine import crawl as run_crawl
    from recruit.sourcing.crawling.plan import CrawlPlan, user_agent
    from recruit.sourcing.spec import SpecError, load_source_spec
    from recruit.sourcing.trial import TrialSink

    try:
        spec = load_source_spec(path)
    except SpecError as error:
        fail(str(error))
    with open_app() as app:
        plan = CrawlPlan(spec, user_agent(app.settings.sender_address), app.clock.now().date())
    sink = TrialSink(spec, items=items)
    run_crawl(plan, sink)
    rows = [
        {
            "page": result.page.url,
            "field": fact.field.value,
            "value": _show(fact.value),
            "method": fact.method + (" (inferred)" if fact.inferred else ""),
            "confidence": f"{fact.confidence:.0%}",
        }
        for result in sink.results
        if result.sighting
        for fact in result.sighting.facts
    ]
    columns = ["field", "value", "method", "confidence"]
    if output_format is not Format.TABLE:
        print_rows(rows, ["page", *columns], output_format)
    else:
        for page in dict.fromkeys(row["page"] for row in rows):
            of_page = [row for row in rows if row["page"] == page]
            print_rows(of_page, columns, output_format, title=page)
        for problem in (p for result in sink.results for p in result.problems):
            print_problem(problem)
    if not rows:
        fail("No firm was found. Compare [listing] and [fields] of the file with the pages' HTML.")


def _show(value: Any) -> str:
    if isinstance(value, str):
        return value
    low, high = value.low, value.high
    if low == high:
        return str(low)
    return f"{low}+" if high is None else f"up to {high}" if low is None else f"{low}-{high}"
