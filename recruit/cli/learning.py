"""`recruit model`: train, judge, compare and use what outcomes teach."""

import json
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


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    from recruit.cli import learning_use

    learning_use.register(model)
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
