"""A model's card: what a person has to know of it before believing it, as Markdown."""

from recruit.learning.record import ModelRecord, TrialRecord
from recruit.learning.values import Kind

HEADINGS = ("Data", "Features", "Left out", "Split", "Measures", "Use", "Limits", "Files")

TITLES = {
    Kind.DECLARED: "declared points alone",
    Kind.DRAWN: "logistic, drawn to what was declared",
    Kind.BOOSTED: "boosted: additive, one column at a time",
}


def write_card(record: ModelRecord) -> str:
    """Return the card's text."""
    data = record.data
    window = (
        f"{data.first_on} to {data.last_on}" if data.first_on else "no times: the order of the rows"
    )
    of = (
        f"profile {record.profile}, version {record.profile_version}"
        if record.profile
        else "no profile"
    )
    parts = [
        f"# {record.name}: {record.outcome}",
        "",
        (
            f"Made {record.created_at} by {record.created_by} for {of}. Parent: {record.parent or 'none'}. "
            f"Kind: {TITLES[record.kind]}."
        ),
        "",
        f"**{record.verdict.trust.value.capitalize()}.** {record.verdict.sentence} {record.stands_on}",
        *_section("Data"),
        f"- Source: {data.source}",
        f"- Window: {window}",
        (
            f"- Rows: {data.rows:,} with a known outcome, {data.positives:,} of them good "
            f"({data.positives / data.rows:.1%}); {data.unknown:,} without one were left out"
        ),
        f"- SHA-256 of the rows as learned from: {data.sha256}",
        *_section("Features"),
        *([f"- {name}" for name in record.features] or ["- none"]),
        *_section("Left out"),
        *([f"- {name}: {why}" for name, why in data.left_out] or ["- nothing"]),
        *_section("Split"),
        (
            f"In the order of time: the last {record.tested:,} rows ({record.tested_positives:,} good) are foretold "
            f"in {len(record.trial.blocks)} blocks, each by a model that saw only rows whose outcome was known when "
            "the block began. The model that is kept has seen all rows."
        ),
        *_section("Measures"),
        "| Model | AUC (95%) | calibration error as it came | after rolling recalibration | log loss |",
        "|---|---|---|---|---|",
        *[_measures(trial) for trial in record.trials],
        "",
        *(
            [
                f"In random order (5 folds, which drift does not touch): AUC {record.random_order_auc:.3f}."
            ]
            if record.random_order_auc is not None
            else []
        ),
        *_section("Use"),
        (
            f"probability = sigmoid({record.sigmoid.offset:.4f} + {record.sigmoid.slope:.4f} × logit), where the "
            "logit is the level plus what each column adds by its table. It stands beside the points and "
            "never in their place."
        ),
        *_section("Limits"),
        *[f"- {limit}" for limit in record.limits],
        *_section("Files"),
        f"tables.json and tables.npz, SHA-256 {record.tables_sha256}",
    ]
    return "\n".join(parts) + "\n"


def _section(heading: str) -> list[str]:
    return ["", f"## {heading}", ""]


def _measures(trial: TrialRecord) -> str:
    came = "—" if trial.error is None else f"{trial.error:.3f}"
    area = trial.auc
    return (
        f"| {TITLES[trial.kind]} | {area.value:.3f} ({area.low:.3f}–{area.high:.3f}) | {came} "
        f"| {trial.rolling_error:.3f} | {trial.loss:.4f} |"
    )
