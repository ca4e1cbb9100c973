"""`recruit suppression`: whom never to write to again."""

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

suppression = typer.Typer(
    help="Whom never to write to again: addresses, domains, firms.", no_args_is_help=True
)
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stays on the record.")]


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(suppression, name="suppression")


def actor() -> str:
    """Return who gives the command."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


@suppression.command("add")
def add(
    key: Annotated[str, typer.Argument(help="ann@firm.example, firm.example or a firm's id.")],
    reason: ReasonOption,
) -> None:
    """Never write there again, and stop what runs there now."""
    from recruit.sequences.usecases import suppress
    from recruit.sequences.values import SequencesError, SuppressionScope

    scope = SuppressionScope.DOMAIN
    if key.strip().isdecimal():
        scope = SuppressionScope.FIRM
    elif key.strip().rpartition("@")[0]:
        scope = SuppressionScope.ADDRESS
    try:
        with open_app() as app, app.transaction() as tx:
            made = suppress(tx, scope=scope, key=key, reason=reason, actor=actor())
            number, text = made.id, made.key_text
    except SequencesError as error:
        fail(str(error))
    typer.echo(f"{number}: {text or 'an erased address'} ({scope.value}) gets nothing any more.")


@suppression.command("list")
def list_all(
    lifted: Annotated[bool, typer.Option("--lifted", help="Those that were lifted.")] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List what is suppressed, the newest first."""
    from recruit.sequences.usecases import list_suppressions

    with open_app() as app, app.reading() as tx:
        rows: list[dict[str, Any]] = [
            {
                "id": row.id,
                "scope": row.scope.value,
                "key": row.key_text or f"(erased) {row.key_hash[:12]}…",
                "reason": row.reason,
                "since": f"{row.created_at:%Y-%m-%d}",
                "by": row.created_by,
                "lifted": f"{row.lifted_at:%Y-%m-%d} {row.lifted_by}: {row.lifted_reason}"
                if row.lifted_at
                else "",
            }
            for row in list_suppressions(tx, lifted=lifted)
        ]
    columns = ["id", "scope", "key", "reason", "since", "by"]
    print_rows(rows, [*columns, "lifted"] if lifted else columns, output_format)


@suppression.command("lift")
def lift(suppression_id: int, reason: ReasonOption) -> None:
    """Allow writing again. What was stopped stays stopped."""
    from recruit.sequences.usecases import lift_suppression
    from recruit.sequences.values import SequencesError

    try:
        with open_app() as app, app.transaction() as tx:
            lift_suppression(tx, suppression_id=suppression_id, reason=reason, actor=actor())
    except SequencesError as error:
        fail(str(error))
    typer.echo(f"Suppression {suppression_id} is lifted.")


@suppression.command("import")
def import_list(
    file: Annotated[
        Path, typer.Argument(help="One address or domain a line, or a CSV with a column 'email'.")
    ],
    reason: ReasonOption,
) -> None:
    """Take over a list from another tool. What is no address or domain is named and left out."""
    from recruit.sequences.suppression_lists import read_list
    from recruit.sequences.usecases import suppress
    from recruit.sequences.values import SequencesError

    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
    taken, refused = 0, 0
    with open_app() as app:
        for entry in read_list(text):
            try:
                with app.transaction() as tx:
                    suppress(tx, scope=entry.scope, key=entry.key, reason=reason, actor=actor())
                taken += 1
            except SequencesError as error:
                refused += 1
                typer.echo(f"line {entry.line}: {error}", err=True)
    typer.echo(f"{taken} suppressed, {refused} refused.")
    if refused and not taken:
        raise typer.Exit(1)


@suppression.command("erase")
def erase(address: str) -> None:
    """Erase a person at their request: texts, name and address go, the suppression stays as a hash."""
    from recruit.sequences.usecases import erase_address
    from recruit.sequences.values import SequencesError

    try:
        with open_app() as app, app.transaction() as tx:
            report = erase_address(tx, address=address, actor=actor())
    except SequencesError as error:
        fail(str(error))
    typer.echo(
        f"Erased: {report.contacts} contacts, {report.touches} touches, {report.replies} replies. "
        "The address is suppressed by its hash for good. What public sources say of it is not ours to erase: "
        "see `recruit source`."
    )
