"""`recruit model`: train, judge, compare and use what outcomes teach."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from recruit.cli.output import Format, FormatOption, console, fail, open_app, print_rows
from recruit.learning.values import Stage

model = typer.Typer(help="Models that learn from outcomes.", no_args_is_help=True)

ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="The profile's name; needed where there are several."),
]
StageOption = Annotated[Stage, typer.Option("--stage", help="The outcome to foretell.")]
DaysOption = Annotated[
    int | None,
    typer.Option(
        "--within", min=1, help="Days after the first contact in which the outcome counts."
    ),
]
RevenueOption = Annotated[
    float, typer.Option("--revenue", min=0, help="What revenue has to come to, for that stage.")
]
TableOption = Annotated[
    Path | None,
    typer.Option("--table", help="A CSV or Parquet file with outcomes, instead of the database."),
]
OutcomeOption = Annotated[str, typer.Option("--outcome", help="The table's column of outcomes.")]
TimeOption = Annotated[
    str | None,
    typer.Option("--time", help="The column to order rows by; without it, the rows' own order."),
]
GoodOption = Annotated[
    str | None, typer.Option("--good", help="The outcome that is hoped for, where it is not plain.")
]
DropOption = Annotated[
    list[str] | None, typer.Option("--drop", help="A column to leave out; may be repeated.")
]
KeepOption = Annotated[
    list[str] | None,
    typer.Option("--keep", help="A column to keep although it looks like a leak or an identifier."),
]
PriorOption = Annotated[
    Path | None, typer.Option("--prior", help="What is believed beforehand, as a TOML file.")
]
BecauseOption = Annotated[str, typer.Option("--because", help="Why, for those who ask later.")]


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(model, name="model")


@model.command("backtest")
def backtest(
    profile_name: ProfileOption = None,
    stage: StageOption = Stage.ACCEPTED,
    within: DaysOption = None,
    revenue: RevenueOption = 0.0,
    table: TableOption = None,
    outcome: OutcomeOption = "",
    time: TimeOption = None,
    good: GoodOption = None,
    drop: DropOption = None,
    keep: KeepOption = None,
    prior: PriorOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Foretell past outcomes in the order of time, and say how well that went; keeps nothing."""
    from recruit.cli.learning_report import print_trained

    trained, extra = _train(
        profile_name, stage, within, revenue, table, outcome, time, good, drop, keep, prior
    )
    print_trained(trained, extra, output_format)


@model.command("train")
def train(
    profile_name: ProfileOption = None,
    stage: StageOption = Stage.ACCEPTED,
    within: DaysOption = None,
    revenue: RevenueOption = 0.0,
    table: TableOption = None,
    outcome: OutcomeOption = "",
    time: TimeOption = None,
    good: GoodOption = None,
    drop: DropOption = None,
    keep: KeepOption = None,
    prior: PriorOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Train a model on all known outcomes and keep it, with its card; it is not in use by that."""
    from recruit.cli.learning_report import print_trained
    from recruit.learning.registry import Models

    trained, extra = _train(
        profile_name, stage, within, revenue, table, outcome, time, good, drop, keep, prior
    )
    with open_app() as app:
        models = Models(app.settings.models)
        record = models.add(trained.record, trained.tables)
    print_trained(trained, extra, output_format, record=record, folder=models.folder / record.name)


def _train(
    profile_name: str | None,
    stage: Stage,
    within: int | None,
    revenue: float,
    table: Path | None,
    outcome: str,
    time: str | None,
    good: str | None,
    drop: list[str] | None,
    keep: list[str] | None,
    prior: Path | None,
) -> tuple[Any, dict[str, Any]]:
    from recruit.learning.backtest import TooFewRows
    from recruit.learning.model import OneClassOnly
    from recruit.learning.outcome_table import TableRefused
    from recruit.learning.prior import PriorRefused
    from recruit.learning.registry import Models
    from recruit.learning.table_usecases import train_on_table
    from recruit.learning.usecases import train_on_outcomes
    from recruit.learning.values import Training
    from recruit.scoring.section import ProfileError
    from recruit.scoring.usecases import pick_profile_name
    from recruit.scoring.values import ScoringRefused

    if table is None and (outcome or time or good or drop or keep or prior):
        fail("--outcome, --time, --good, --drop, --keep and --prior go with --table FILE.")
    if table is not None and not outcome:
        fail("Name the table's column of outcomes with --outcome COLUMN.")
    try:
        with open_app() as app:
            if table is not None:
                return train_on_table(
                    table,
                    outcome=outcome,
                    time=time,
                    good=good,
                    drop=drop or [],
                    keep=keep or [],
                    prior_file=prior,
                    now=app.clock.now(),
                    actor="command line",
                )
            with app.reading() as tx:
                name = pick_profile_name(tx, given=profile_name)
            training = Training(name, stage, within, revenue)
            trained = train_on_outcomes(
                app.reading,
                Models(app.settings.models),
                training=training,
                now=app.clock.now(),
                actor="command line",
            )
            return trained, {}
    except (
        ScoringRefused, ProfileError, TooFewRows, TableRefused, PriorRefused, OneClassOnly,
    ) as error:  # fmt: skip
        fail(str(error))


@model.command("list")
def list_models(output_format: FormatOption = Format.TABLE) -> None:
    """List the models, which are in use, and whether their files are whole."""
    from recruit.learning.registry import ModelRefused, Models

    columns = [
        "name",
        "kind",
        "outcome",
        "profile",
        "rows",
        "good",
        "auc",
        "trust",
        "in_use",
        "files",
    ]
    rows: list[dict[str, Any]] = []
    with open_app() as app:
        models = Models(app.settings.models)
        in_use = {name: profile for profile, name in models.all_current().items()}
        for name in models.names():
            files = "; ".join(models.problems(name)) or "whole"
            try:
                record = models.get(name)
            except ModelRefused:
                rows.append({"name": name, "files": files})
                continue
            rows.append(
                {
                    "name": name,
                    "kind": record.kind.value,
                    "outcome": record.outcome,
                    "profile": record.profile or "(a table)",
                    "rows": record.data.rows,
                    "good": record.data.positives,
                    "auc": round(record.trial.auc.value, 4),
                    "trust": record.verdict.trust.value,
                    "in_use": "yes" if name in in_use else "",
                    "files": files,
                }
            )
    if not rows and output_format is Format.TABLE:
        typer.echo("There is no model yet. Train one with: recruit model train")
        return
    print_rows(rows, columns, output_format)


@model.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The model's name, such as ipp-0001.")],
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Print a model's card, or with --format json its metrics."""
    from recruit.learning.registry import ModelRefused, Models

    with open_app() as app:
        models = Models(app.settings.models)
        try:
            record = models.get(name)
            if problems := models.problems(name):
                fail(f"{name} is damaged: {'; '.join(problems)}. Restore it or train anew.")
            card = (models.folder / name / "card.md").read_text(encoding="utf-8")
        except ModelRefused as error:
            fail(str(error))
    if output_format is Format.JSON:
        typer.echo(json.dumps(record.to_json(), ensure_ascii=False))
        return
    if output_format is Format.CSV:
        rows = [
            {"model": t.kind.value, "auc": t.auc.value, "low": t.auc.low, "high": t.auc.high,
             "error": t.error, "rolling_error": t.rolling_error, "loss": t.loss}
            for t in record.trials
        ]  # fmt: skip
        print_rows(rows, list(rows[0]), output_format)
        return
    from rich.markdown import Markdown

    console.print(Markdown(card))


@model.command("promote")
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


@model.command("rollback")
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


@model.command("score")
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


@model.command("partners")
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


@model.command("draw")
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


@model.command("report")
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
