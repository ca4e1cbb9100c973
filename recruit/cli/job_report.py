"""How the command line tells of a job: its numbers, its first problems, and where the rest stand."""

from typing import TYPE_CHECKING, Any

from rich.markup import escape

from recruit.cli.output import Format, console, print_rows

if TYPE_CHECKING:
    from recruit.insights.jobs import JobLine
    from recruit.sourcing.values import Problem
    from recruit.wiring import App

JOB_COLUMNS = ["job", "source", "kind", "status", "read", "new", "changed", "same", "problems"]
_SHOWN_PROBLEMS = 10


def read_job(app: "App", job_id: int) -> "JobLine":
    """Return a job as it stands now."""
    from recruit.insights.jobs import get_job

    with app.reading() as tx:
        return get_job(tx, job_id)


def print_job(app: "App", line: "JobLine", output_format: Format) -> None:
    """Print a job's numbers, its first problems and where to see the rest."""
    from recruit.insights.jobs import list_job_problems

    if output_format is not Format.TABLE:
        print_rows([job_row(line)], JOB_COLUMNS, output_format)
        return
    unit = "pages" if line.kind.value == "crawl" else "rows"
    problems = f"{line.problems} problem{'' if line.problems == 1 else 's'}"
    console.print(
        f"Job {line.job_id}, {escape(line.source_title)}: {line.status}. {line.read} {unit} read, "
        f"{line.new} new, {line.changed} changed, {line.same} same, {problems}.",
        highlight=False,
        soft_wrap=True,
    )
    if line.message:
        console.print(escape(line.message), highlight=False, soft_wrap=True)
    if not line.problems:
        return
    with app.reading() as tx:
        first = list_job_problems(tx, line.job_id, _SHOWN_PROBLEMS)
    for problem in first:
        print_problem(problem)
    more = line.problems - len(first)
    console.print(
        f"{f'{more} more. ' if more else ''}All: `recruit source problems {line.job_id}`, with "
        f"`--format csv` for a file; on the web under Sources, job {line.job_id}.",
        highlight=False,
        soft_wrap=True,
    )


def print_problem(problem: "Problem") -> None:
    """Print one thing that could not be used, and what helps."""
    where = f"{problem.place}, {problem.field}" if problem.field else problem.place
    console.print(
        f"  [yellow]![/] [bold]{escape(where)}[/]: {escape(problem.reason)} {escape(problem.remedy)}",
        highlight=False,
        soft_wrap=True,
    )


def job_row(line: "JobLine") -> dict[str, Any]:
    """Return a job as a row to print."""
    return {
        "job": line.job_id,
        "source": line.source_name,
        "kind": line.kind.value,
        "status": line.status.value,
        "read": line.read,
        "new": line.new,
        "changed": line.changed,
        "same": line.same,
        "problems": line.problems,
        "started": line.started_at,
        "message": line.message,
    }
