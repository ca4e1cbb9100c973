"""How a backtest reads on a terminal, and as rows."""

from pathlib import Path
from typing import Any

from rich.table import Table

from recruit.cli.output import Format, console, print_rows
from recruit.learning.record import ModelRecord
from recruit.learning.training import Trained
from recruit.learning.values import Kind
from recruit.learning.verdict import LEAST_POSITIVES

_COLUMNS = [
    "model",
    "auc",
    "low",
    "high",
    "calibration_error",
    "rolling_error",
    "log_loss",
    "blocks",
]
# So many columns are listed by how well they rank alone.
_STRONGEST = 8


def print_trained(
    trained: Trained,
    extra: dict[str, Any],
    output_format: Format,
    *,
    record: ModelRecord | None = None,
    folder: Path | None = None,
) -> None:
    """Print what a backtest found; `record` and `folder` are of the model that was kept."""
    told = record or trained.record
    rows = [
        {
            "model": t.kind.value,
            "auc": t.auc.value,
            "low": t.auc.low,
            "high": t.auc.high,
            "calibration_error": t.error,
            "rolling_error": t.rolling_error,
            "log_loss": t.loss,
            "blocks": list(t.blocks),
        }
        for t in told.trials
    ]
    if output_format is Format.CSV:
        print_rows(rows, _COLUMNS[:-1], output_format)
        return
    if output_format is Format.JSON:
        console.print_json(data=told.to_json() | {"folder": folder and str(folder)} | extra)
        return
    _print_data(told, extra)
    _print_trials(told)
    _print_lift(told)
    style = "bold yellow" if told.verdict.is_refused else "bold green"
    console.print(f"[{style}]{told.verdict.trust.value.capitalize()}.[/] {told.verdict.sentence}")
    console.print(told.stands_on)
    for limit in told.limits:
        console.print(f"[dim]• {limit}[/]", highlight=False)
    if folder is not None:
        console.print(f"Kept as {told.name} in {folder}.", highlight=False)
        if told.profile:
            console.print(
                f"Use it: recruit model promote {told.name} --because WHY", highlight=False
            )


def _print_data(told: ModelRecord, extra: dict[str, Any]) -> None:
    data = told.data
    window = (
        f", {data.first_on} to {data.last_on}" if data.first_on else ", in the order of the rows"
    )
    console.print(
        f"{data.rows:,} rows with a known outcome{window}; {data.positives:,} good "
        f"({data.positives / data.rows:.1%}); {data.unknown:,} rows without an outcome left out.",
        highlight=False,
    )
    for column, why in data.left_out:
        console.print(f"[yellow]Left out[/] {column}: {why}.", highlight=False)
    if alone := extra.get("alone"):
        best = sorted(alone.items(), key=lambda pair: -pair[1])[:_STRONGEST]
        told_best = ", ".join(f"{name} {area:.2f}" for name, area in best)
        console.print(
            f"Ranking alone (AUC): {told_best}. Leave out with --drop what was not known beforehand.",
            highlight=False,
        )


def _print_trials(told: ModelRecord) -> None:
    table = Table(box=None, header_style="dim")
    for column in ("model", "AUC", "95% interval", "by block", "error", "after 300", "log loss"):
        table.add_column(column, justify="left" if column in {"model", "by block"} else "right")
    for t in told.trials:
        table.add_row(
            t.kind.value + (" ←" if t.kind is told.kind else ""),
            f"{t.auc.value:.4f}",
            f"{t.auc.low:.3f}–{t.auc.high:.3f}",
            " ".join(f"{b:.2f}" for b in t.blocks),
            "" if t.error is None else f"{t.error:.3f}",
            f"{t.rolling_error:.3f}",
            f"{t.loss:.4f}",
        )
    console.print(table)
    if told.find_trial(Kind.BOOSTED) is None:
        console.print(
            f"[dim]The boosted model needs {LEAST_POSITIVES} good outcomes and was not tried.[/]",
            highlight=False,
        )
    console.print(
        f"[dim]The last {told.tested:,} rows were foretold block by block by models that saw only earlier rows. "
        "“error” is how far probabilities were off as they came, “after 300” with a sigmoid of the 300 "
        "outcomes before.[/]",
        highlight=False,
    )
    if told.random_order_auc is not None:
        console.print(
            f"In random order (5 folds): AUC {told.random_order_auc:.4f}.", highlight=False
        )


def _print_lift(told: ModelRecord) -> None:
    steps = [s for s in told.trial.lift if s["share"] in {0.1, 0.2, 0.5}]
    if steps:
        parts = [
            f"the best {s['share']:.0%} hold {s['caught']:.0%} of the good outcomes ({s['lift']:.1f} × average)"
            for s in steps
        ]
        console.print("Lift: " + "; ".join(parts) + ".", highlight=False)
