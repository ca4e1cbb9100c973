"""The `recruit` command: each stage brings its own commands, this module joins them."""

import sys
from dataclasses import fields

import typer

from recruit.cli import (
    api,
    audit,
    crm,
    demo,
    firms,
    inbound,
    learning,
    onboarding,
    people,
    scoring,
    sequences,
    serve,
    sourcing,
)
from recruit.cli.output import Format, FormatOption, open_app, print_rows
from recruit.config import PREFIX, Settings

cli = typer.Typer(
    name="recruit",
    help="Find, rank, win and onboard channel partners.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)

db = typer.Typer(help="The database.", no_args_is_help=True)
cli.add_typer(db, name="db")


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema."""
    from recruit.db.migrate import upgrade

    with open_app() as app:
        upgrade(app.engine)
        typer.echo(f"{app.engine.url.render_as_string()} is up to date.")


@cli.command("settings")
def list_settings(output_format: FormatOption = Format.TABLE) -> None:
    """List every setting, its default and what it does."""
    rows = [
        {
            "variable": PREFIX + f.name.upper(),
            "default": "" if f.metadata["secret"] else str(f.default),
            "meaning": f.metadata["doc"],
        }
        for f in fields(Settings)
    ]
    print_rows(rows, ["variable", "default", "meaning"], output_format)


for stage in (
    sourcing,
    firms,
    scoring,
    learning,
    sequences,
    inbound,
    onboarding,
    crm,
    api,
    people,
    audit,
    serve,
    demo,
):
    stage.register(cli)


def run() -> None:
    """Run the command line; an interrupted command ends with 130 and no traceback."""
    try:
        cli()
    except KeyboardInterrupt:
        sys.exit(130)
