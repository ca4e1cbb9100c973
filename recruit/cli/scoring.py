"""`recruit profile`, `recruit rank` and `recruit explain`: who fits the profile, why, and what has moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from recruit.cli import scoring_overrides
from recruit.cli.output import Format, FormatOption, console, fail, open_app, print_rows
from recruit.cli.scoring_rows import LEARNED, ROW, chances_of, row_of

profile = typer.Typer(help="The ideal partner profiles.", no_args_is_help=True)
ranking = typer.Typer(help="Rank all firms against a profile, and compare rankings.")


class Choice(StrEnum):
    """How the firms to print are chosen."""

    SCORE = "score"
    PORTFOLIO = "portfolio"


ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="The profile's name; needed where there are several."),
]


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(profile, name="profile")
    cli.add_typer(ranking, name="rank")
    cli.command("explain")(explain)
    scoring_overrides.register(cli)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what scoring refuses into one sentence and the exit code 1."""
    from recruit.scoring.section import ProfileError
    from recruit.scoring.values import ScoringRefused

    try:
        yield
    except (ScoringRefused, ProfileError) as error:
        fail(str(error))


@profile.command("load")
def load(file: Annotated[Path, typer.Argument(help="The profile as a TOML file.")]) -> None:
    """Save a profile as a new version, and print what changed against the last one."""
    from recruit.scoring.profile import read_profile
    from recruit.scoring.section import ProfileError
    from recruit.scoring.usecases import compare_profile, save_profile

    text = _read_text(file)
    try:
        definition = read_profile(text, str(file))
    except ProfileError as error:
        fail(str(error))
    with open_app() as app, app.transaction() as tx:
        change = compare_profile(tx, definition=definition)
        version = save_profile(tx, definition=definition, actor="command line")
        number = version.number
    if number == change.version_before:
        typer.echo(f"{definition.name}: nothing changed, still version {number}.")
        return
    typer.echo(f"{definition.name}: saved as version {number}.")
    for line in change.changes:
        typer.echo(f"  {line}")
    typer.echo(f"Rank all firms against it with: recruit rank --profile {definition.name}")


@profile.command("list")
def list_profiles(output_format: FormatOption = Format.TABLE) -> None:
    """List the profiles, each by its newest version."""
    from recruit.scoring.usecases import list_profiles

    with open_app() as app, app.reading() as tx:
        rows = [vars(line) | _moments(line) for line in list_profiles(tx)]
    columns = ["name", "title", "version", "saved_at", "saved_by", "ranked_at"]
    print_rows(rows, columns, output_format)


def _moments(line: Any) -> dict[str, str | None]:
    """Return a profile's moments to the second, as all formats print them."""
    moments = {"saved_at": line.saved_at, "ranked_at": line.ranked_at}
    return {key: at and at.isoformat(sep=" ", timespec="seconds") for key, at in moments.items()}


@ranking.callback(invoke_without_command=True)
def rank(
    context: typer.Context,
    profile_name: ProfileOption = None,
    top: Annotated[int, typer.Option(min=1, help="How many firms to print.")] = 20,
    choose: Annotated[
        Choice,
        typer.Option(
            help="The best by score, or a portfolio: those that add most to the partners."
        ),
    ] = Choice.SCORE,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Rank all firms against a profile, and print the best with their reasons."""
    if context.invoked_subcommand is not None:
        return
    with _refusals(), open_app() as app:
        from recruit.scoring.usecases import list_ranking, pick_profile_name, rank_firms

        with app.transaction() as tx:
            name = pick_profile_name(tx, given=profile_name)
            report = rank_firms(tx, profile_name=name, actor="command line")
            if choose is Choice.PORTFOLIO:
                from recruit.cli.scoring_portfolio import print_portfolio
                from recruit.insights.portfolio import choose_portfolio

                print_portfolio(choose_portfolio(tx, profile_name=name, wanted=top), output_format)
                return
            ranked = list_ranking(tx, profile_name=name, top=top)
            learned = chances_of(tx, name, [r.firm.id for r in ranked])
    if output_format is not Format.TABLE:
        as_text = output_format is Format.CSV
        rows = [row_of(r, reasons_as_text=as_text) | learned.get(r.firm.id, {}) for r in ranked]
        print_rows(rows, [*ROW, *(LEARNED if learned else ())], output_format)
        return
    from recruit.cli.scoring_table import ranking_table

    console.print(ranking_table(ranked, console.width))
    vetoed = f", {report.vetoed:,} vetoed" if report.vetoed else ""
    console.print(
        f"[dim]{report.ranked:,} firms ranked against {name}, version {report.version}; "
        f"{report.gated:,} fail a must-have, {report.excluded:,} are excluded{vetoed}. "
        f"Ranking {report.digest[:12]}. Why: recruit explain FIRM[/]",
        highlight=False,
    )
    if learned:
        console.print(
            "[dim]How likely each is by the model in use: recruit rank --format csv, "
            "recruit model explain FIRM[/]",
            highlight=False,
        )
    if report.shortfall:
        console.print(f"[yellow]{report.shortfall}[/]", highlight=False)


@ranking.command("list")
def list_rankings(
    profile_name: ProfileOption = None, output_format: FormatOption = Format.TABLE
) -> None:
    """List the rankings of a profile, the newest first; rankings with one digest are the same to the byte."""
    with _refusals(), open_app() as app, app.reading() as tx:
        from recruit.scoring.usecases import list_ranking_lines, pick_profile_name

        name = pick_profile_name(tx, given=profile_name)
        lines = list_ranking_lines(tx, profile_name=name)
    rows = [
        vars(line)
        | {
            "digest": line.digest[:12] if output_format is Format.TABLE else line.digest,
            "ranked_at": line.ranked_at.isoformat(sep=" ", timespec="seconds"),
            "can_be_compared": "yes" if line.is_kept else "no",
        }
        for line in lines
    ]
    columns = [
        "ranking_id", "version", "model_version", "ranked_at", "actor", "ranked", "left_out",
        "digest", "can_be_compared",
    ]  # fmt: skip
    print_rows(rows, columns, output_format)


@ranking.command("file")
def rank_file(
    file: Annotated[Path, typer.Argument(help="Firms as Parquet: id, name, and what is known.")],
    profile_file: Annotated[Path, typer.Option("--profile-file", help="The profile as TOML.")],
    top: Annotated[int, typer.Option(min=1, help="How many firms to print.")] = 20,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Rank the firms of a Parquet file against a profile's file, without a database."""
    from recruit.clock import SystemClock
    from recruit.scoring.filing import rank_parquet

    with _refusals():
        text = _read_text(profile_file)
        ranked = rank_parquet(
            file, text, str(profile_file), top=top, today=SystemClock().now().date()
        )
    if output_format is not Format.TABLE:
        as_text = output_format is Format.CSV
        print_rows([row_of(r, reasons_as_text=as_text) for r in ranked], list(ROW), output_format)
        return
    from recruit.cli.scoring_table import ranking_table

    console.print(ranking_table(ranked, console.width))


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read: {error}. Give the path of a TOML file in UTF-8.")


@ranking.command("diff")
def diff(
    before: Annotated[int | None, typer.Argument(help="The earlier ranking's id.")] = None,
    after: Annotated[int | None, typer.Argument(help="The later ranking's id.")] = None,
    profile_name: ProfileOption = None,
    top: Annotated[int, typer.Option(min=1, help="How many moves to print.")] = 20,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Say what moved between two rankings and why: data, weight, model, override or merge.

    Without ids, the last two are compared. See them with: recruit rank list
    """
    with _refusals(), open_app() as app, app.reading() as tx:
        from recruit.scoring.usecases import compare_rankings, pick_profile_name

        name = pick_profile_name(tx, given=profile_name)
        found = compare_rankings(tx, profile_name=name, before=before, after=after)
    from recruit.cli.scoring_moves import print_moves

    print_moves(found, top, output_format)


def explain(
    firm: Annotated[str, typer.Argument(help="The firm's id, domain or exact name.")],
    profile_name: ProfileOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Print the whole arithmetic of a firm's score, with the evidence."""
    with _refusals(), open_app() as app, app.reading() as tx:
        from recruit.scoring.usecases import (
            explain_firm,
            find_firm_by_text,
            find_line,
            find_rank,
            get_profile,
            list_ways_up,
            pick_profile_name,
        )

        name = pick_profile_name(tx, given=profile_name)
        found = find_firm_by_text(tx, text=firm)
        card = explain_firm(tx, profile_name=name, firm_id=found.id)
        last = find_rank(tx, profile_name=name, firm_id=found.id)
        most = get_profile(tx, profile_name=name).most
        line = find_line(tx, profile_name=name)
        ways = list_ways_up(tx, profile_name=name, firm_id=found.id)
    if output_format is Format.TABLE:
        from recruit.cli.scoring_table import print_explanation

        print_explanation(found, card, name, most, last)
        if ways and line is not None:
            console.print(f"To be among the best {line.top}, it needs {line.points:g} points:")
            for way in ways:
                console.print(f"  {way.sentence}", highlight=False, markup=False)
        return
    columns = ["criterion", "points", "low", "high", "most", "sentence", "evidence"]
    print_rows([reason.to_json() for reason in card.reasons], columns, output_format)
