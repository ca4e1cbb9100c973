"""`recruit import`: a file of firms, with the guess of its columns shown before anything is stored."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from recruit.cli.job_report import print_job, print_problem, read_job
from recruit.cli.output import (
    Format,
    FormatOption,
    console,
    err_console,
    fail,
    open_app,
    print_rows,
)

if TYPE_CHECKING:
    from recruit.sourcing.looking import Looked
    from recruit.sourcing.mapping import MappingSpec
    from recruit.wiring import App

_TRIED_ROWS = 1000
_SHOWN_ROWS = 3


def register(cli: typer.Typer) -> None:
    """Add this module's command."""
    cli.command("import")(import_firms)


def import_firms(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A CSV, TSV, XLSX, JSONL, JSON or Parquet file, also .gz, .zip."
        ),
    ],
    source: Annotated[
        str, typer.Option("--source", help="The name of the source it comes from.")
    ] = "",
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="M.toml", help="Which column is which.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", help="What the file was exported from, such as sales-navigator-leads."
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="The sheet of a workbook, or the file in a .zip.")
    ] = None,
    guess: Annotated[
        bool, typer.Option("--guess", help="Print the mapping as TOML to edit, and store nothing.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the first 1,000 rows and store nothing.")
    ] = False,
    complete: Annotated[
        bool | None,
        typer.Option(
            "--complete/--partial",
            help="The file lists all firms of the source: mark those that are missing as vanished.",
        ),
    ] = None,
    lawful_basis: Annotated[
        str | None,
        typer.Option("--lawful-basis", help="On what basis the source's people may be named."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask whether the guess is right.")
    ] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Import a file of firms; importing the same file again changes nothing, a stopped import goes on."""
    from recruit.sourcing.importing import ImportBrokeOff, ImportStopped
    from recruit.sourcing.mapping import MappingError
    from recruit.sourcing.readers import UnusableFile
    from recruit.sourcing.usecases import JobTaken, SourceIsOther

    if not source and not guess and not dry_run:
        fail("Say where the file comes from: --source NAME. A new name makes a new source.")
    about = {} if lawful_basis is None else {"lawful_basis": lawful_basis}
    with open_app() as app:
        try:
            options = _read_options(mapping, sheet)
            seen = _look(app, path, source, options, preset)
            if guess:
                _print_toml(seen)
                return
            if output_format is Format.TABLE:
                _print_guess(seen)
            if dry_run:
                _try(app, path, seen)
                return
            _confirm(seen, output_format, yes=yes or mapping is not None)
            report = _import(
                app,
                path,
                source,
                seen.mapping,
                complete=complete,
                about=about | dict(seen.mapping.source),
            )
        except (
            UnusableFile,
            MappingError,
            JobTaken,
            SourceIsOther,
            ImportBrokeOff,
            ImportStopped,
        ) as e:
            fail(str(e))
        except KeyboardInterrupt:
            err_console.print("Stopped. The same command goes on from here.")
            raise typer.Exit(130) from None
        if report.resumed_at and output_format is Format.TABLE:
            console.print(
                f"It went on behind row {report.resumed_at:,} of an import that was stopped."
            )
        print_job(app, read_job(app, report.job_id), output_format)


def _read_options(mapping: Path | None, sheet: str | None) -> "MappingSpec | None":
    from dataclasses import replace

    from recruit.sourcing.mapping import MappingSpec, load_mapping

    spec = load_mapping(mapping) if mapping else None
    if sheet is not None:
        spec = replace(spec or MappingSpec({}), sheet=sheet)
    return spec


def _look(
    app: "App", path: Path, source: str, options: "MappingSpec | None", preset: str | None
) -> "Looked":
    from recruit.sourcing.looking import look_into

    return look_into(app.transaction, path=path, source_name=source, options=options, preset=preset)


def _import(app: "App", path: Path, source: str, mapping: "MappingSpec", **over: Any) -> Any:
    from recruit.sourcing.opening import import_file

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        console=err_console,
        transient=True,
        disable=not err_console.is_terminal,
    ) as progress:
        task = progress.add_task(escape(path.name), total=None)
        return import_file(
            app.transaction,
            path=path,
            source_name=source,
            mapping=mapping,
            on_progress=lambda read, expected: progress.update(
                task, completed=read, total=expected
            ),
            **over,
        )


def _print_guess(seen: "Looked") -> None:
    if seen.guess.preset:
        console.print(f"This looks like a {seen.guess.preset.title}.", highlight=False)
    used = [column for column in seen.guess.columns if column.target]
    rows = [
        {
            "column": column.head,
            "is": column.target.value if column.target else "",
            "sure": f"{column.confidence:.0%}",
            "for example": " · ".join(column.examples),
        }
        for column in used
    ]
    print_rows(rows, ["column", "is", "sure", "for example"], Format.TABLE)
    unused = ", ".join(column.head for column in seen.guess.columns if not column.target)
    if unused:
        console.print(f"[dim]Not used:[/] {escape(unused)}", highlight=False)
    others = ", ".join(seen.sheets[1:])
    if others:
        console.print(
            f"[dim]Sheet:[/] {escape(seen.sheets[0])}; the others are {escape(others)} (--sheet).",
            highlight=False,
        )


def _confirm(seen: "Looked", output_format: Format, *, yes: bool) -> None:
    from recruit.sourcing.importing import apply_mapping

    # Refuses a file without a column of names before anybody is asked.
    apply_mapping(seen.header, seen.mapping)
    if yes or seen.guess.is_remembered or output_format is not Format.TABLE:
        return
    if not (err_console.is_terminal and console.is_terminal):
        return
    if not typer.confirm("Import it like this?", default=True):
        fail(
            "Nothing was imported. `recruit import --guess FILE > m.toml` writes the mapping to edit."
        )


def _print_toml(seen: "Looked") -> None:
    from recruit.sourcing.mapping import write_mapping

    typer.echo(write_mapping(seen.mapping, seen.guess.columns), nl=False)


def _try(app: "App", path: Path, seen: "Looked") -> None:
    """Read the first rows and print what would be stored of them."""
    from recruit.sourcing.trying import try_file

    tried = try_file(path, seen.mapping, app.clock.now().date(), rows=_TRIED_ROWS)
    for sighting in tried.sightings[:_SHOWN_ROWS]:
        facts = [
            {"field": fact.field.value, "value": fact.text, "sure": f"{fact.confidence:.0%}"}
            for fact in sighting.facts
        ]
        print_rows(facts, ["field", "value", "sure"], Format.TABLE, title=sighting.record_id)
    for problem in tried.problems[:10]:
        print_problem(problem)
    console.print(
        f"{tried.read:,} rows read, {len(tried.sightings):,} firms, {tried.refused:,} rows refused, "
        f"{len(tried.problems):,} problems. Nothing was stored.",
        highlight=False,
    )
