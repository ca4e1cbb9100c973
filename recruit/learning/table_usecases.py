"""What people do with tables of their own: train a model on one, and score another by it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from recruit.learning.outcome_table import prepare, read_features, read_table
from recruit.learning.prior import Prior, PriorRefused, read_prior_file
from recruit.learning.registry import Models
from recruit.learning.serving import LookupScorer
from recruit.learning.training import Rows, Trained, train
from recruit.people.values import SYSTEM


def train_on_table(
    file: Path,
    *,
    outcome: str,
    time: str | None = None,
    good: str | None = None,
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    prior_file: Path | None = None,
    now: datetime,
    actor: str = SYSTEM.name,
) -> tuple[Trained, dict[str, Any]]:
    """Train a model of a file's rows; also return how well each column ranks alone.

    Raises `TableRefused`, `PriorRefused`, `TooFewRows` and `OneClassOnly`.
    """
    table = prepare(read_table(file), outcome, time=time, good=good, drop=drop, keep=keep)
    prior = Prior() if prior_file is None else read_prior_file(prior_file)
    if unknown := sorted(prior.columns - set(table.features.columns)):
        raise PriorRefused(
            f'{prior_file} speaks of "{unknown[0]}", which is not among the columns learned from: '
            f"{', '.join(table.features.columns)}."
        )
    trained = train(
        Rows(
            features=table.features,
            y=table.y,
            source=f"{file.name}, {outcome} = {table.good}",
            outcome=outcome,
            at=table.at,
            left_out=tuple((one.column, one.because) for one in table.left_out),
            unknown=table.unknown,
            asked={"time": time},
        ),
        prior=prior,
        by=actor,
        now=now,
    )
    return trained, {"alone": table.alone}


def score_file(models: Models, *, name: str, file: Path, reasons: bool = False) -> pd.DataFrame:
    """Return the rows of a file scored by a model's tables: logit, probability and, if asked, the reasons.

    Raises `ModelRefused`, and `TableRefused` where a column is missing.
    """
    record = models.get(name)
    scorer = LookupScorer(models.tables(name))
    table = read_features(file, record.features, time=record.asked.get("time"))
    logit = scorer.score(table)
    scored = pd.DataFrame({"logit": logit, "probability": record.sigmoid.probability(logit)})
    if record.verdict.is_refused:
        scored = scored.drop(columns="probability")
    if reasons:
        scored.insert(0, "level", scorer.tables.level)
        added = pd.DataFrame(scorer.explain(table), columns=[f"+ {c}" for c in record.features])
        scored = pd.concat([scored, added], axis=1)
    return scored
