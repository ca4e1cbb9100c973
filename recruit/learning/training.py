"""Training: from rows with outcomes to a model with its tables and its record.

Decides which model is kept (the boosted one only where it has earned it) and what its card warns of; reads
no database and no clock.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.backtest import ROUNDS, Backtest, run_backtest
from recruit.learning.calibration import WINDOW, Sigmoid, fit_sigmoid
from recruit.learning.drift import spread_of
from recruit.learning.lookup import LookupTables, centre_tables, compile_tables
from recruit.learning.prior import Prior
from recruit.learning.record import DataWindow, ModelRecord, record_trials
from recruit.learning.values import Kind
from recruit.learning.verdict import LEAST_POSITIVES, Verdict, judge

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Rows with known outcomes in the order of time, and what was left out of them.

    `at` and `known_at` are days since 1970: when the features held, and when the outcome was known.
    """

    features: pd.DataFrame
    y: Floats
    source: str
    outcome: str
    at: Floats | None = None
    known_at: Floats | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    unknown: int = 0
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """A trained model that has no name yet."""

    record: ModelRecord
    tables: LookupTables
    backtest: Backtest


def train(
    rows: Rows,
    *,
    prior: Prior | None = None,
    profile: str = "",
    profile_version: int | None = None,
    parent: str = "",
    by: str,
    now: datetime,
    limits: Sequence[str] = (),
) -> Trained:
    """Backtest, choose, and train on all rows; raises `TooFewRows` and what `OutcomeModel.fit` raises."""
    prior = prior or Prior()
    backtest = run_backtest(rows.features, rows.y, prior=prior, at=rows.at, known_at=rows.known_at)
    winner = backtest.winner
    from recruit.learning.model import OutcomeModel

    model = OutcomeModel(prior=prior, max_rounds=ROUNDS[winner.kind])
    model.fit(rows.features, rows.y.astype(np.intp))
    verdict = judge_backtest(backtest)
    latest = slice(-WINDOW, None)
    sigmoid = fit_sigmoid(winner.logit[latest], backtest.y[latest])
    tables = compile_tables(model.parts_)
    # A reason is then what sets a row apart from the average one.
    tables = centre_tables(tables, model.parts_of(rows.features).mean(axis=0))
    record = ModelRecord(
        name="",
        parent=parent,
        kind=winner.kind,
        outcome=rows.outcome,
        asked=dict(rows.asked),
        profile=profile,
        profile_version=profile_version,
        created_at=now.isoformat(timespec="seconds"),
        created_by=by,
        data=_window(rows),
        features=tuple(column.name for column in tables.columns),
        tested=len(backtest.y),
        tested_positives=int(backtest.y.sum()),
        trials=record_trials(backtest),
        random_order_auc=None if np.isnan(model.held_out_auc_) else model.held_out_auc_,
        sigmoid=sigmoid if not verdict.is_refused else Sigmoid(),
        verdict=verdict,
        limits=(*_limits(backtest, rows), *limits),
        spread=spread_of(rows.features, tables),
    )
    return Trained(record, tables, backtest)


def judge_backtest(backtest: Backtest) -> Verdict:
    """Judge the winner, and say which model won against which."""
    positives = int(backtest.y.sum())
    winner = backtest.winner
    verdict = judge(winner.interval, positives=positives, negatives=len(backtest.y) - positives)
    declared = backtest.trials.get(Kind.DECLARED)
    if declared is None or verdict.is_refused:
        return verdict
    gained = winner.interval.value - declared.interval.value
    word = "better than" if gained > 0 else "no better than"
    return replace(
        verdict,
        sentence=f"{verdict.sentence} That is {word} the declared points alone "
        f"({declared.interval.value * 1000:.0f} times).",
    )


def _window(rows: Rows) -> DataWindow:
    first, last = ("", "") if rows.at is None else map(_on, (rows.at.min(), rows.at.max()))
    return DataWindow(
        source=rows.source,
        rows=len(rows.y),
        positives=int(rows.y.sum()),
        first_on=first,
        last_on=last,
        sha256=hash_rows(rows.features, rows.y),
        unknown=rows.unknown,
        left_out=rows.left_out,
    )


def _on(days: float) -> str:
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)).date().isoformat()
    except OverflowError:
        # A time column may hold numbers that are no days.
        return f"{days:g}"


def hash_rows(features: pd.DataFrame, y: Floats) -> str:
    """Return the SHA-256 of rows as they were learned from: names, values and outcomes in order."""
    digest = hashlib.sha256("\x1f".join(map(str, features.columns)).encode())
    for i in range(features.shape[1]):
        column: Any = pd.util.hash_pandas_object(features.iloc[:, i].astype(object), index=False)
        digest.update(column.to_numpy().tobytes())
    digest.update(np.asarray(y, dtype=np.float64).tobytes())
    return digest.hexdigest()


def _limits(backtest: Backtest, rows: Rows) -> tuple[str, ...]:
    found = [
        "It knows only rows like those it learned from; of a value that it never saw it says nothing.",
        "What goes together with an outcome need not bring it about.",
    ]
    if backtest.positives < LEAST_POSITIVES:
        found.append(
            f"{backtest.positives} good outcomes are too few for the boosted model ({LEAST_POSITIVES}); "
            "it was not tried."
        )
    areas = [b for b in backtest.winner.blocks if not np.isnan(b)]
    if areas and max(areas) - min(areas) > 0.1:
        found.append(
            f"How well it ranks moved between {min(areas):.2f} and {max(areas):.2f} (AUC) from block to block."
        )
    half = len(rows.y) // 2
    early, late = rows.y[:half].mean(), rows.y[half:].mean()
    if max(early, late) > 1.5 * min(early, late) + 1e-9:
        found.append(
            f"The rate of good outcomes moved from {early:.1%} in the earlier half to {late:.1%} in the later: "
            "probabilities lean on the latest outcomes alone."
        )
    return tuple(found)
