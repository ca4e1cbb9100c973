"""`recruit source check`: tries a source on a few pages and tells field by field what would be read."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.markup import escape
from rich.table import Table

from recruit.cli.job_report import print_problem
from recruit.cli.output import Format, FormatOption, console, fail, open_app, print_rows

if TYPE_CHECKING:
    from recruit.sourcing.crawling.plan import PageResult
    from recruit.sourcing.spec import SourceSpec
    from recruit.sourcing.trial import TrialSink
    from recruit.sourcing.values import Fact, Sighting

_LONGEST_TEXT = 60
_BY_ROBOTS = {"robots": "closed to us", "robots unavailable": "could not be had"}


def check(
    path: Annotated[Path, typer.Argument(metavar="SOURCE.toml", help="The source's file.")],
    items: Annotated[int, typer.Option(min=1, max=20, help="How many firms to try.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
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
    if not spec.start_urls:
        fail(f"{path}: a source of kind {spec.kind} has no pages to try. Import its file instead.")
    with open_app() as app:
        plan = CrawlPlan(spec, user_agent(app.settings.sender_address), app.clock.now().date())
    sink = TrialSink(spec, items=items)
    ended = run_crawl(plan, sink)
    if not ended:
        raise typer.Exit(130)
    match Format.JSON if as_json else output_format:
        case Format.JSON:
            typer.echo(
                json.dumps(_report(spec, sink, plan.user_agent), ensure_ascii=False, indent=2)
            )
        case Format.CSV:
            rows = [_row(found, fact) for found in sink.sightings for fact in found.facts]
            columns = ["firm", "field", "value", "confidence", "method", "page", "text"]
            print_rows(rows, columns, Format.CSV)
        case Format.TABLE:
            _print(spec, sink)
    if not sink.sightings:
        fail("No firm was found. Compare [listing] and [fields] of the file with the pages' HTML.")


def _report(spec: "SourceSpec", sink: "TrialSink", agent: str) -> dict[str, Any]:
    return {
        "source": spec.name,
        "kind": spec.kind.value,
        "user_agent": agent,
        "robots": [{"host": host, "verdict": said} for host, said in _robots(sink.results)],
        "pages": [
            {"url": r.page.url, "role": r.page.role.value, "outcome": r.outcome}
            for r in sink.results
        ],
        "firms": [
            {
                "record_id": found.record_id,
                "url": found.url,
                "facts": [fact.to_json() for fact in found.facts],
            }
            for found in sink.sightings
        ],
        "problems": [vars(problem) for result in sink.results for problem in result.problems],
    }


def _print(spec: "SourceSpec", sink: "TrialSink") -> None:
    for host, said in _robots(sink.results):
        console.print(f"[bold]{escape(host)}[/]: {escape(said)}", highlight=False)
    polite = spec.politeness
    console.print(
        f"[dim]{len(sink.results)} pages read, {polite.delay_s:g} s between two, "
        f"{polite.concurrency} at a time a host.[/]",
        highlight=False,
    )
    for found in sink.sightings:
        table = Table(title=escape(found.url or found.record_id), title_justify="left", box=None)
        for column in ("field", "value", "sure", "how", "where", "what stood there"):
            table.add_column(column, overflow="fold", header_style="dim")
        for fact in found.facts:
            row = _row(found, fact)
            where = urlsplit(fact.url or "").path or "/"
            # What was only inferred must not look as if it had been read.
            style = "dim italic" if fact.inferred else None
            cells = (fact.field.value, row["value"], row["confidence"], row["method"], where)
            text = " ".join(fact.text.split())
            shown = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
            table.add_row(*(escape(cell) for cell in (*cells, shown)), style=style)
        console.print(table)
        console.print()
    for problem in (p for result in sink.results for p in result.problems):
        print_problem(problem)


def _robots(results: "list[PageResult]") -> list[tuple[str, str]]:
    """Return by host what its robots.txt says of the pages that were tried."""
    hosts: dict[str, list[str]] = {}
    for result in results:
        hosts.setdefault(urlsplit(result.page.url).netloc, []).append(result.outcome)
    verdicts = []
    for host, outcomes in hosts.items():
        closed = [_BY_ROBOTS[outcome] for outcome in outcomes if outcome in _BY_ROBOTS]
        said = f"robots.txt opens all {len(outcomes)} pages tried"
        if closed:
            said = f"robots.txt {closed[0]}: {len(closed)} of {len(outcomes)} pages tried"
        verdicts.append((host, said))
    return verdicts


def _row(found: "Sighting", fact: "Fact") -> dict[str, str]:
    return {
        "firm": found.record_id,
        "field": fact.field.value,
        "value": _show(fact.value),
        "confidence": f"{fact.confidence:.0%}",
        "method": fact.method + (" (inferred)" if fact.inferred else ""),
        "page": fact.url or "",
        "text": fact.text,
    }


def _show(value: Any) -> str:
    from recruit.sourcing.values import Interval

    if not isinstance(value, Interval):
        return str(value)
    low, high = value.low, value.high
    if low == high:
        return str(low)
    return f"{low}+" if high is None else f"up to {high}" if low is None else f"{low}-{high}"
