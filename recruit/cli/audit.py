"""`recruit audit`: look the audit log up, take it out, and prove that nobody has changed it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from recruit.audit.values import Deed, Head
from recruit.cli.output import Format, FormatOption, console, fail, open_app, print_rows

audit = typer.Typer(help="Who did what to what, when.", no_args_is_help=True)

_COLUMNS = ["seq", "at", "actor", "ip", "action", "object", "details"]
Since = Annotated[datetime | None, typer.Option(help="Not before this moment, in UTC.")]
Until = Annotated[datetime | None, typer.Option(help="Before this moment, in UTC.")]


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(audit, name="audit")


@audit.command("list")
def list_log(
    who: Annotated[str, typer.Option(help="Part of a name, or the address they came from.")] = "",
    action: Annotated[Deed | None, typer.Option(help="What was done.")] = None,
    object_: Annotated[
        str, typer.Option("--object", help="What it was done to: a kind, or kind:id.")
    ] = "",
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 50,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List what was done, the newest first."""
    from recruit.audit.usecases import Wanted, list_entries

    kind, _, number = object_.partition(":")
    wanted = Wanted(
        who=who,
        action=action.value if action else "",
        object_type=kind,
        object_id=number,
        since=_utc(since),
        until=_utc(until),
    )
    with open_app() as app, app.reading() as tx:
        rows = [
            {
                "seq": row.seq,
                "at": row.at,
                "actor": row.actor,
                "ip": row.ip,
                "action": row.action,
                "object": f"{row.object_type}:{row.object_id}",
                "details": row.details,
            }
            for row in list_entries(tx, wanted, limit=limit)
        ]
    print_rows(rows, _COLUMNS, output_format)


@audit.command("export")
def export(
    path: Annotated[Path, typer.Argument(help="The file to write, - for standard output.")],
) -> None:
    """Write the whole log as lines of JSON, which `recruit audit verify --file` checks anywhere."""
    from recruit.audit.usecases import walk_export

    with open_app() as app, app.reading() as tx:
        if str(path) == "-":
            sys.stdout.writelines(walk_export(tx))
            return
        try:
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(walk_export(tx))
        except OSError as error:
            fail(f"{path} can't be written: {error.strerror}. Choose another place.")
    console.print(f"Wrote the audit log to {path}.", soft_wrap=True, markup=False)


@audit.command("verify")
def verify(
    head: Annotated[
        str, typer.Option(help="A head printed earlier, number:hash: the log must pass through it.")
    ] = "",
    file: Annotated[
        Path | None, typer.Option(help="An export to check instead of the database.")
    ] = None,
) -> None:
    """Check every row against the one before; exits with 1 and names the first that doesn't hold."""
    from recruit.audit.chain import NotARow
    from recruit.audit.usecases import verify_export, verify_log

    noted = _head(head) if head else None
    try:
        if file is not None:
            with file.open(encoding="utf-8") as lines:
                verdict = verify_export(lines, noted=noted)
        else:
            with open_app() as app, app.reading() as tx:
                verdict = verify_log(tx, noted=noted)
    except NotARow as error:
        fail(str(error))
    except OSError as error:
        fail(f"{file} can't be read: {error.strerror}.")
    except UnicodeDecodeError:
        fail(f"{file} is no export of the audit log: it isn't UTF-8 text.")
    if verdict.broken is not None:
        fail(
            f"The audit log is broken at row {verdict.broken.seq}. {verdict.broken.why} "
            f"The {verdict.rows} rows before it hold."
        )
    console.print(
        f"All {verdict.rows} rows hold. To prove it later too, note this head elsewhere: "
        f"{verdict.head.seq}:{verdict.head.hash}",
        soft_wrap=True,
        highlight=False,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _head(text: str) -> Head:
    number, _, digest = text.strip().partition(":")
    if not (number.isascii() and number.isdigit()) or len(digest) != 64:
        fail(f"{text!r} is no head. Write it as `recruit audit verify` prints it: number:hash.")
    return Head(int(number), digest.lower())
