"""`recruit sequence` and `enroll`: who gets what, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recruit.cli import mailboxes, suppression
from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

if TYPE_CHECKING:
    from recruit.db.transaction import Transaction
    from recruit.scoring.usecases import RankedFirm

sequence = typer.Typer(help="The sequences of messages and tasks.", no_args_is_help=True)

ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Take firms from this ranking.")
]
TopOption = Annotated[int, typer.Option("--top", min=1, help="How many of the best firms.")]
FirmOption = Annotated[
    list[int] | None, typer.Option("--firm", help="A firm's id; may be repeated.")
]
_ACTOR = "command line"


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(sequence, name="sequence")
    cli.command("enroll")(enroll)
    mailboxes.register(cli)
    suppression.register(cli)


@contextmanager
def _refusals() -> Iterator[None]:
    from recruit.scoring.values import ScoringRefused
    from recruit.sequences.values import SequencesError

    try:
        yield
    except (SequencesError, ScoringRefused) as error:
        fail(str(error))


@sequence.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="The sequence as a TOML file.")],
    start: Annotated[bool, typer.Option("--start", help="Let it send at once.")] = False,
) -> None:
    """Save a sequence as a new version; firms that are under way keep theirs."""
    from recruit.sequences.parsing import load_definition
    from recruit.sequences.usecases import (
        UnknownMailbox,
        add_mailbox,
        save_sequence,
        start_sequence,
    )

    with _refusals():
        definition = load_definition(file)
        with open_app() as app, app.transaction() as tx:
            try:
                version = save_sequence(tx, definition=definition, actor=_ACTOR)
            except UnknownMailbox:
                ours = app.settings.sender_address
                if definition.get("mailbox", ours) != ours:
                    raise
                add_mailbox(tx, address=ours, from_name=app.settings.sender_name)
                version = save_sequence(tx, definition=definition, actor=_ACTOR)
            name = definition["name"]
            if start:
                start_sequence(tx, name=name, postal_address=app.settings.postal_address)
            typer.echo(f"{name}: version {version.number}, {len(definition['steps'])} steps.")
    if not start:
        typer.echo(
            f"See what it would do with: recruit sequence preview {name} --profile P --top 10"
        )


@sequence.command("list")
def list_all(output_format: FormatOption = Format.TABLE) -> None:
    """List the sequences and what became of their enrollments."""
    from recruit.insights.sequences import list_sequences

    with open_app() as app, app.reading() as tx:
        rows = [vars(card) | {"status": card.status.value} for card in list_sequences(tx)]
    columns = [
        "name",
        "status",
        "version",
        "steps",
        "enrolled",
        "active",
        "sent",
        "replied",
        "positive",
    ]
    wide = [*columns, "title", "mailbox"]
    print_rows(rows, columns if output_format is Format.TABLE else wide, output_format)


@sequence.command("start")
def start(name: str) -> None:
    """Let a sequence send, for the first time or again."""
    from recruit.sequences.usecases import start_sequence

    with _refusals(), open_app() as app, app.transaction() as tx:
        start_sequence(tx, name=name, postal_address=app.settings.postal_address)
    typer.echo(f"{name} is active; what is due goes out in its window.")


@sequence.command("pause")
def pause(name: str) -> None:
    """Stop a sequence from sending until it is started again."""
    from recruit.sequences.usecases import pause_sequence

    with _refusals(), open_app() as app, app.transaction() as tx:
        pause_sequence(tx, name=name)
    typer.echo(f"{name} is paused; nothing goes out.")


@sequence.command("preview")
def preview(
    name: str,
    profile: ProfileOption = None,
    top: TopOption = 10,
    firm: FirmOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Show who would get what, when and under which rule; nothing is sent or saved."""
    from recruit.sequences.usecases import preview as preview_sequence

    with _refusals(), open_app() as app, app.reading() as tx:
        ids = firm or [ranked.firm.id for ranked in _best(tx, profile, top)]
        planned = preview_sequence(tx, sequence_name=name, firm_ids=ids)
    rows = [
        vars(touch)
        | {
            "firm": touch.firm_name,
            "step": touch.step_index + 1,
            "kind": touch.kind.value,
            "their_time": f"{touch.local_at:%a %Y-%m-%d %H:%M}",
            "utc": f"{touch.due_at:%Y-%m-%d %H:%M}",
            "goes": "no" if touch.blocked else "yes",
        }
        for touch in planned
    ]
    columns = ["their_time", "zone", "utc", "firm", "to", "step", "kind", "subject", "goes", "rule"]
    wide = [*columns, "firm_id", "contact_name", "body", "link"]
    print_rows(rows, columns if output_format is Format.TABLE else wide, output_format)


def enroll(
    sequence_name: Annotated[str, typer.Option("--sequence", help="The sequence's name.")],
    profile: ProfileOption = None,
    top: TopOption = 10,
    firm: FirmOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Enroll firms, each by itself: a refusal names its reason, and the others go on."""
    from recruit.sequences.usecases import EnrollmentRefused, UnknownRow, enroll_firm

    rows: list[dict[str, Any]] = []
    with _refusals(), open_app() as app:
        with app.reading() as tx:
            best = [] if firm else _best(tx, profile, top)
        scores: dict[int, dict[str, Any]] = {
            r.firm.id: {"profile_version_id": r.profile_version_id, "score_total": r.card.total}
            for r in best
        }
        names = {r.firm.id: r.firm.name for r in best}
        for firm_id in firm or list(scores):
            row: dict[str, Any] = {
                "firm_id": firm_id,
                "firm": names.get(firm_id, ""),
                "why_not": "",
            }
            try:
                with app.transaction() as tx:
                    enroll_firm(
                        tx,
                        sequence_name=sequence_name,
                        firm_id=firm_id,
                        actor=_ACTOR,
                        **scores.get(firm_id, {}),
                    )
                row["enrolled"] = "yes"
            except (EnrollmentRefused, UnknownRow) as refusal:
                row |= {"enrolled": "no", "why_not": str(refusal)}
            rows.append(row)
    print_rows(rows, ["firm_id", "firm", "enrolled", "why_not"], output_format)
    enrolled = sum(row["enrolled"] == "yes" for row in rows)
    if output_format is Format.TABLE:
        typer.echo(f"{enrolled} of {len(rows)} firms enrolled in {sequence_name}.")
    if rows and not enrolled:
        raise typer.Exit(1)


def _best(tx: "Transaction", profile: str | None, top: int) -> "list[RankedFirm]":
    from recruit.scoring.usecases import list_ranking

    if profile is None:
        fail("Say which firms: --profile P --top N for the best of a ranking, or --firm ID.")
    return list_ranking(tx, profile_name=profile, top=top)
