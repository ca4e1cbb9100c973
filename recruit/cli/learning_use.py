"""`recruit model promote` and what else is done with a trained model: use it, score by it, draw by it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from recruit.cli.output import Format, FormatOption, console, fail, open_app, print_rows
from recruit.learning.values import Stage

ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="The profile's name; needed where there are several."),
]
BecauseOption = Annotated[str, typer.Option("--because", help="Why, for those who ask later.")]


def register(model: typer.Typer) -> None:
    """Add this module's commands to `recruit model`."""
    for command in (promote, rollback, explain, score, partners, likeness, draw, report):
        model.command(command.__name__)(command)


def promote(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    because: BecauseOption,
) -> None:
    """Put a model in use for its profile: its probabilities stand beside the points."""
    from recruit.learning.registry import ModelRefused, Models
    from recruit.learning.usecases import promote_model
    from recruit.scoring.values import ScoringRefused

    with open_app() as app:
        try:
            with app.transaction() as tx:
                event = promote_model(
                    tx,
                    Models(app.settings.models),
                    name=name,
                    because=because,
                    actor="command line",
                )
        except (ModelRefused, ScoringRefused) as error:
            fail(str(error))
    typer.echo(f"{event.model} is in use for {event.profile}. Take it back: recruit model rollback")


def rollback(because: BecauseOption, profile_name: ProfileOption = None) -> None:
    """Put back what was in use before: an earlier model, or the points alone."""
    from recruit.learning.registry import ModelRefused, Models
    from recruit.learning.usecases import rollback_model
    from recruit.scoring.usecases import pick_profile_name
    from recruit.scoring.values import ScoringRefused

    with open_app() as app:
        try:
            with app.transaction() as tx:
                event = rollback_model(
                    tx,
                    Models(app.settings.models),
                    profile_name=pick_profile_name(tx, given=profile_name),
                    because=because,
                    actor="command line",
                )
        except (ModelRefused, ScoringRefused) as error:
            fail(str(error))
    now = f"{event.model} is in use again" if event.model else "the points decide alone again"
    typer.echo(f"{event.before} was taken back for {event.profile}: {now}.")


def score(
    file: Annotated[Path, typer.Argument(help="A CSV or Parquet file with the model's columns.")],
    name: Annotated[str, typer.Option("--model", help="The model's name.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The CSV file to write.")],
    reasons: Annotated[bool, typer.Option("--reasons", help="Add what each column adds.")] = False,
) -> None:
    """Score the rows of a file by a model's tables: logit, probability and, if asked, the reasons."""
    from recruit.learning.outcome_table import TableRefused
    from recruit.learning.registry import ModelRefused, Models
    from recruit.learning.table_usecases import score_file

    with open_app() as app:
        try:
            scored = score_file(Models(app.settings.models), name=name, file=file, reasons=reasons)
        except (ModelRefused, TableRefused) as error:
            fail(str(error))
    try:
        scored.to_csv(output, index=False)
    except OSError as error:
        fail(f"{output} cannot be written: {error}.")
    typer.echo(f"{len(scored):,} rows scored by {name} into {output}.")


def explain(
    firm: Annotated[str, typer.Argument(help="The firm's id, domain or exact name.")],
    profile_name: ProfileOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Print how likely a firm is by the model in use, and what each column adds."""
    from recruit.learning.chances import explain_chance
    from recruit.learning.registry import ModelRefused, Models
    from recruit.scoring.usecases import find_firm_by_text, pick_profile_name
    from recruit.scoring.values import ScoringRefused

    with open_app() as app, app.reading() as tx:
        try:
            name = pick_profile_name(tx, given=profile_name)
            found = find_firm_by_text(tx, text=firm)
            card = explain_chance(
                tx, Models(app.settings.models), profile_name=name, firm_id=found.id
            )
        except (ModelRefused, ScoringRefused) as error:
            fail(str(error))
    if card is None:
        fail(f'No model is in use for "{name}"; its points decide alone. See: recruit model list')
    rows = [{"column": "level", "value": "", "logit": card.level}] + [
        {"column": r.column, "value": r.value, "logit": r.logit} for r in card.reasons
    ]
    print_rows(rows, ["column", "value", "logit"], output_format)
    if output_format is Format.TABLE:
        console.print(
            f"{found.name}: {card.outcome} with {card.probability:.1%}, "
            f"sigmoid({card.sigmoid.offset:.3f} + {card.sigmoid.slope:.3f} × {card.logit:.3f}), "
            f"by {card.model}. {card.stands_on}",
            highlight=False,
        )


def partners(
    profile_name: ProfileOption = None, output_format: FormatOption = Format.TABLE
) -> None:
    """Tell how well a profile finds the partners that there are: for programs with 20 to 200 of them."""
    from recruit.learning.likeness import TooFewPartners
    from recruit.learning.usecases import check_partners
    from recruit.scoring.usecases import pick_profile_name
    from recruit.scoring.values import ScoringRefused

    with open_app() as app, app.reading() as tx:
        try:
            found = check_partners(tx, profile_name=pick_profile_name(tx, given=profile_name))
        except (TooFewPartners, ScoringRefused) as error:
            fail(str(error))
    if output_format is Format.TABLE:
        console.print(found.sentence, highlight=False)
        return
    rows = [
        {"what": what, "lift": lift.value, "low": lift.low, "high": lift.high,
         "partners": found.partners, "firms": found.firms}
        for what, lift in (("declared", found.declared), ("left out in turn", found.learned))
    ]  # fmt: skip
    print_rows(rows, list(rows[0]), output_format)


def likeness(output_format: FormatOption = Format.TABLE) -> None:
    """Learn what the best partners have in common, for profiles with the criterion look_alike, and tell it."""
    from recruit.insights.models import list_traits
    from recruit.learning.resembling import refresh_likeness

    with open_app() as app, app.transaction() as tx:
        tables, is_new = refresh_likeness(tx)
    rows = [{"trait": t.trait, "times_the_odds": round(t.times, 2)} for t in list_traits(tables)]
    print_rows(rows, ["trait", "times_the_odds"], output_format)
    if output_format is Format.TABLE:
        news = "learned now" if is_new else "as it was known"
        share = f"{tables.weight:.0%} of a criterion's points on {tables.partners:,} partners"
        console.print(f"{tables.version}, {news}: {share}.", highlight=False)


def draw(
    size: Annotated[int, typer.Option("--size", min=1, help="How many firms.")] = 50,
    explore: Annotated[
        float,
        typer.Option("--explore", min=0, max=0.5, help="The share that goes to uncertain firms."),
    ] = 0.1,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same firms.")] = 0,
    profile_name: ProfileOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Draw a batch of firms to write to: the best, and a stated share of uncertain ones; logs how."""
    from recruit.learning.exploration import ShareRefused
    from recruit.learning.usecases import draw_batch
    from recruit.scoring.usecases import pick_profile_name
    from recruit.scoring.values import ScoringRefused

    with open_app() as app:
        try:
            with app.transaction() as tx:
                batch, chosen = draw_batch(
                    tx,
                    profile_name=pick_profile_name(tx, given=profile_name),
                    size=size,
                    share=explore,
                    seed=seed,
                    actor="command line",
                )
        except (ShareRefused, ScoringRefused) as error:
            fail(str(error))
    rows = [
        {"batch": batch, "firm_id": c.firm_id, "propensity": round(c.propensity, 4),
         "explored": "yes" if c.explored else "no"}
        for c in chosen
    ]  # fmt: skip
    print_rows(rows, ["batch", "firm_id", "propensity", "explored"], output_format)


def report(
    file: Annotated[Path, typer.Argument(help="A CSV file: firm, stage, on, amount.")],
) -> None:
    """Load first deals and revenue that other systems know of: firm (id, domain or name), stage, on, amount."""
    import csv

    from recruit.learning.usecases import OutcomeRefused, report_outcome
    from recruit.scoring.values import ScoringRefused

    added = known = 0
    with open_app() as app, app.transaction() as tx:
        try:
            with file.open(encoding="utf-8-sig", newline="") as handle:
                reader = csv.DictReader(handle)
                if missing := {"firm", "stage", "on"} - set(reader.fieldnames or ()):
                    fail(f"{file} lacks the column {', '.join(sorted(missing))}.")
                for number, row in enumerate(reader, start=2):
                    try:
                        is_new = report_outcome(
                            tx,
                            firm=row["firm"] or "",
                            stage=Stage(row["stage"]),
                            at=datetime.combine(
                                date.fromisoformat(row["on"]), datetime.min.time(), UTC
                            ),
                            amount=float(row["amount"]) if row.get("amount") else None,
                            source=file.name,
                            actor="command line",
                        )
                    except (OutcomeRefused, ScoringRefused, ValueError, TypeError) as error:
                        fail(f"{file}, row {number}: {error} Nothing was loaded.")
                    added, known = added + is_new, known + (not is_new)
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{file} cannot be read: {error}.")
    typer.echo(f"{added} outcomes loaded, {known} were known already.")
