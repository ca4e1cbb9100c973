"""How the CLI speaks: rows as table, CSV or JSON; errors as one sentence with its remedy."""

import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import OperationalError, ProgrammingError

from recruit.config import SettingsError, load_settings
from recruit.db.transaction import Origin, act_for
from recruit.logs import set_up_logs
from recruit.spreadsheets import harmless
from recruit.wiring import App, build_app

console = Console()
err_console = Console(stderr=True)


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]


def fail(message: str) -> NoReturn:
    """Print what went wrong and what to do, and exit with 1."""
    # A message may quote what a person wrote, and "[/]" in it is no markup of ours.
    err_console.print(f"[bold red]Error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


@contextmanager
def open_app(**overrides: Any) -> Iterator[App]:
    """Give the App of this process's settings, and close it afterwards."""
    try:
        settings = load_settings(**overrides)
        set_up_logs(as_json=settings.log_json)
        app = build_app(settings)
    except SettingsError as error:
        fail(str(error))
    act_for(Origin("command line"))
    try:
        yield app
    except (OperationalError, ProgrammingError) as error:
        # SQLite and PostgreSQL word it differently: "no such table", "relation … does not exist".
        if re.search(r"no such (table|column)|does not exist", str(error.orig)):
            fail("The database lacks a table or column. Bring it up to date: `recruit db upgrade`.")
        raise
    finally:
        app.close()


def print_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    output_format: Format,
    *,
    title: str = "",
) -> None:
    """Print `rows` with these columns, in this order; numbers stand to the right."""
    if output_format is Format.JSON:
        sys.stdout.write(
            json.dumps([{c: row.get(c) for c in columns} for row in rows], default=str) + "\n"
        )
        return
    if output_format is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([harmless(row.get(c)) for c in columns] for row in rows)
        return
    table = Table(title=title or None, title_justify="left", header_style="dim", box=None)
    for column in columns:
        numeric = any(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(
            column.replace("_", " "),
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric,
        )
    for row in rows:
        table.add_row(*("" if row.get(c) is None else str(row.get(c)) for c in columns))
    console.print(table)
