"""`recruit override`: what a person decides of a firm against the arithmetic."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

override = typer.Typer(
    help="Pin a firm, veto it, or give it points; each with a reason.", no_args_is_help=True
)
FirmArgument = Annotated[str, typer.Argument(help="The firm's id, domain or exact name.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why; others read it.")]
UntilOption = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="The day on which it ends."),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="The profile's name; needed where there are several."),
]


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(override, name="override")


@override.command("pin")
def pin(
    firm: FirmArgument,
    because: BecauseOption,
    until: UntilOption = None,
    profile_name: ProfileOption = None,
) -> None:
    """Put a firm in front of the ranking; it passes the must-haves, not the exclusions."""
    _decide("pin", firm, because, until, profile_name)


@override.command("veto")
def veto(
    firm: FirmArgument,
    because: BecauseOption,
    until: UntilOption = None,
    profile_name: ProfileOption = None,
) -> None:
    """Take a firm out of the ranking."""
    _decide("veto", firm, because, until, profile_name)


@override.command("points", context_settings={"ignore_unknown_options": True})
def points(
    firm: FirmArgument,
    number: Annotated[float, typer.Argument(help="How many points: 5, or -5.")],
    because: BecauseOption,
    until: UntilOption = None,
    profile_name: ProfileOption = None,
) -> None:
    """Give a firm so many points more, or fewer."""
    _decide("points", firm, because, until, profile_name, number)


@override.command("undo")
def undo(
    override_id: Annotated[int, typer.Argument(help="Its number, from: recruit override list")],
) -> None:
    """Take an override back; it stays in the list of all that were."""
    from recruit.scoring.usecases import undo_override
    from recruit.scoring.values import ScoringRefused

    with open_app() as app:
        try:
            with app.transaction() as tx:
                undo_override(tx, override_id=override_id, actor="command line")
        except ScoringRefused as error:
            fail(str(error))
    typer.echo(f"Override {override_id} is undone, and the ranking is renewed.")


@override.command("list")
def list_overrides(
    profile_name: ProfileOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were undone or ran out, too.")
    ] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List what people decided, the newest first."""
    from recruit.scoring.usecases import list_decisions, pick_profile_name
    from recruit.scoring.values import ScoringRefused

    with open_app() as app, app.reading() as tx:
        try:
            name = pick_profile_name(tx, given=profile_name)
            lines = list_decisions(tx, profile_name=name, standing=not everything)
        except ScoringRefused as error:
            fail(str(error))
    rows = [
        {
            "id": line.override_id,
            "firm_id": line.override.firm_id,
            "firm": line.firm_name,
            "kind": line.override.kind.value,
            "points": line.override.hundredths / 100 or None,
            "because": line.override.because,
            "actor": line.override.actor,
            "since": f"{line.override.created_at:%Y-%m-%d}",
            "until": f"{line.override.expires_at:%Y-%m-%d}" if line.override.expires_at else None,
            "stands": "yes" if line.is_standing else "no",
        }
        for line in lines
    ]
    columns = [
        "id", "firm_id", "firm", "kind", "points", "because", "actor", "since", "until", "stands",
    ]  # fmt: skip
    print_rows(rows, columns, output_format)


def _decide(
    kind: str,
    firm: str,
    because: str,
    until: datetime | None,
    profile_name: str | None,
    number: float = 0,
) -> None:
    from recruit.scoring.section import ProfileError
    from recruit.scoring.usecases import (
        find_firm_by_text,
        find_rank,
        override_firm,
        pick_profile_name,
    )
    from recruit.scoring.values import OverrideKind, ScoringRefused

    with open_app() as app:
        try:
            with app.transaction() as tx:
                name = pick_profile_name(tx, given=profile_name)
                found = find_firm_by_text(tx, text=firm)
                row = override_firm(
                    tx,
                    profile_name=name,
                    firm_id=found.id,
                    kind=OverrideKind(kind),
                    because=because,
                    actor="command line",
                    points=number,
                    expires_at=until and until.replace(tzinfo=UTC),
                )
                override_id = row.id
                last = find_rank(tx, profile_name=name, firm_id=found.id)
        except (ScoringRefused, ProfileError) as error:
            fail(str(error))
    rank = last[0] if last else None
    place = f"rank {rank:,}" if rank else "not in the ranking"
    typer.echo(
        f"{found.name}: {place} in {name}. Undo it with: recruit override undo {override_id}"
    )
