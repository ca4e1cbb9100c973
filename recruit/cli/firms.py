"""`recruit resolve` and `recruit firms`: sightings become firms, and firms become a file."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from recruit.cli import firm_changes, firm_lists
from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows
from recruit.spreadsheets import harmless

firms = typer.Typer(help="The firms that sightings were resolved into.", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.command("resolve")(resolve)
    firm_changes.register(firms)
    firm_lists.register(firms)
    cli.add_typer(firms, name="firms")


class Engine(StrEnum):
    """What compares sightings."""

    HERE = "here"
    SPARK = "spark"


def resolve(
    engine: Annotated[
        Engine, typer.Option("--engine", help="Compare on this machine, or on Spark.")
    ] = Engine.HERE,
    spark_master: Annotated[
        str, typer.Option("--spark-master", help="Where Spark is, such as spark://host:7077.")
    ] = "local[*]",
    spark_folder: Annotated[
        Path | None,
        typer.Option("--spark-folder", help="A folder that all machines of the cluster can read."),
    ] = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Make firms of all sightings that are new or have changed."""
    from recruit.firms.usecases import SparkMissing, SparkPlace, resolve_firms

    if spark_folder is not None and not spark_folder.is_dir():
        fail(f"There is no folder {spark_folder}. Make it, or give another --spark-folder.")
    place = SparkPlace(spark_master, spark_folder) if engine is Engine.SPARK else None
    with open_app() as app, app.transaction() as tx:
        try:
            report = resolve_firms(tx, actor="command line", spark=place)
        except SparkMissing as missing:
            fail(str(missing))
    if output_format is not Format.TABLE:
        print_rows([vars(report)], list(vars(report)), output_format)
        return
    typer.echo(
        f"{report.records} new or changed sightings: {report.new_firms} new firms, "
        f"{report.changed_firms} changed, {report.merged} joined into others, {report.split} split off. "
        f"{report.firms} firms in all."
    )
    if report.doubtful:
        typer.echo(f"{report.doubtful} pairs are doubtful and were left apart.")
    if report.nameless:
        typer.echo(f"{report.nameless} sightings name no firm and were left out.")


@firms.command("export")
def export(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The CSV file to write; - for the terminal.")
    ],
    members: Annotated[
        bool, typer.Option("--members", help="One row a sighting: which firm it belongs to.")
    ] = False,
) -> None:
    """Write all firms, or with --members the sightings that they are made of, as CSV."""
    from recruit.firms.usecases import FIRM_COLUMNS, MEMBER_COLUMNS, export_firms, export_members

    with open_app() as app, app.reading() as tx:
        if members:
            # Ids are written as they are, because they are there to be joined by.
            found = export_members(tx)
            written = _write(output, MEMBER_COLUMNS, ([*row.values()] for row in found))
        else:
            rows = ([harmless(row[column]) for column in FIRM_COLUMNS] for row in export_firms(tx))
            written = _write(output, FIRM_COLUMNS, rows)
    if str(output) != "-":
        typer.echo(f"{written} {'sightings' if members else 'firms'} written to {output}.")


def _write(output: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    written = 0
    with _open(output) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(row)
            written += 1
    return written


@contextmanager
def _open(output: Path) -> Iterator[TextIO]:
    if str(output) == "-":
        yield sys.stdout
        return
    try:
        file = output.open("w", encoding="utf-8", newline="")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}. Choose another file with -o.")
    with file:
        yield file
