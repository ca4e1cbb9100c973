"""The backtest: what each model would have foretold, trained only on what was known at the time.

The rows stand in the order of time. Those of the later half are foretold block after block; a model sees the
rows before the block whose outcome was known when the block began, and no others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.calibration import calibrate_rolling
from recruit.learning.columns import find_columns
from recruit.learning.fitting import declared_of
from recruit.learning.measures import Interval, auc, auc_interval, calibration_error, log_loss
from recruit.learning.prior import Prior
from recruit.learning.sigmoid import expit
from recruit.learning.values import Kind
from recruit.learning.verdict import LEAST_POSITIVES

Floats = NDArray[np.float64]

# The earlier share of the rows is only learned from.
_LEARNED_FROM = 0.5
_BLOCKS = 4
# Rows below which a block would say nothing.
_LEAST_BLOCK = 10
LEAST_ROWS = 40
# What two backtests must differ by to be told apart at all.
_CLEARLY = 1e-4


ROUNDS = {Kind.DRAWN: 0, Kind.BOOSTED: 400}


class TooFewRows(ValueError):
    """There are too few rows with an outcome for a backtest."""


@dataclass(frozen=True)
class Trial:
    """What one model foretold of the tested rows, and how good that was.

    `error` is the calibration error of its probabilities as they came (None for the declared points, which
    foretell none), `rolling_error` after a sigmoid of the latest outcomes, as is `loss`.
    """

    kind: Kind
    logit: Floats
    rolling: Floats
    interval: Interval
    blocks: tuple[float, ...]
    error: float | None
    rolling_error: float
    loss: float


@dataclass(frozen=True)
class Backtest:
    """The trials, over the tested rows in the order of time. `starts` are the blocks' first tested rows."""

    rows: int
    positives: int
    tested: NDArray[np.intp]
    y: Floats
    starts: tuple[int, ...]
    trials: Mapping[Kind, Trial]

    @property
    def winner(self) -> Trial:
        """Return the best trial; the boosted model only with enough positives and where it is better."""
        drawn = self.trials[Kind.DRAWN]
        boosted = self.trials.get(Kind.BOOSTED)
        return boosted if boosted is not None and may_replace(boosted, drawn) else drawn


def may_replace(challenger: Trial, champion: Trial) -> bool:
    """Tell whether the challenger did better over the same rows: in order, and no worse in probability."""
    return bool(
        challenger.interval.value > champion.interval.value + _CLEARLY
        and challenger.loss <= champion.loss + _CLEARLY
    )


def run_backtest(
    table: pd.DataFrame,
    y: Floats,
    *,
    prior: Prior | None = None,
    at: Floats | None = None,
    known_at: Floats | None = None,
) -> Backtest:
    """Backtest the models over rows in the order of time.

    `at` is when a row's features held and `known_at` when its outcome was known (both in any one unit);
    without them every row is known before the next. Raises `TooFewRows`.
    """
    rows = len(table)
    if rows < LEAST_ROWS:
        raise TooFewRows(
            f"There are {rows} rows with a known outcome; a backtest needs {LEAST_ROWS}. "
            "Come back when more outcomes have matured."
        )
    prior = prior or Prior()
    starts = _starts(rows)
    positives = int(y.sum())
    kinds = [Kind.DRAWN, *([Kind.BOOSTED] if positives >= LEAST_POSITIVES else [])]
    logits: dict[Kind, list[Floats]] = {kind: [] for kind in kinds}
    for start, end in zip(starts, [*starts[1:], rows], strict=True):
        known = np.arange(rows) < start
        if at is not None and known_at is not None:
            known &= known_at <= at[start]
        for kind in kinds:
            block = table.iloc[start:end]
            logits[kind].append(_foretell(kind, table[known], y[known], prior, block))
    first = starts[0]
    offsets = tuple(s - first for s in starts)
    trials = {
        kind: _trial(kind, np.concatenate(logits[kind]), y[first:], offsets) for kind in kinds
    }
    if prior.columns:
        declared = declared_logit(table, prior)[first:]
        trials[Kind.DECLARED] = _trial(Kind.DECLARED, declared, y[first:], offsets)
    return Backtest(rows, positives, np.arange(first, rows), y[first:], offsets, trials)


def declared_logit(table: pd.DataFrame, prior: Prior) -> Floats:
    """Return the declared logit of each row: what the prior alone says, without a level."""
    found: Floats = np.zeros(len(table))
    for column in find_columns(table):
        found += declared_of(column, prior, column.read(table[column.name]))
    return found


def _starts(rows: int) -> list[int]:
    first = int(rows * _LEARNED_FROM)
    blocks = max(1, min(_BLOCKS, (rows - first) // _LEAST_BLOCK))
    return [first + (rows - first) * i // blocks for i in range(blocks)]


def _foretell(
    kind: Kind, table: pd.DataFrame, y: Floats, prior: Prior, block: pd.DataFrame
) -> Floats:
    alike = len(y) == 0 or y.min() == y.max()
    if len(y) == 0 or (alike and not prior.columns):
        # Nothing is known yet, or nothing to tell apart: every row is foretold alike.
        return declared_logit(block, prior)
    from recruit.learning.model import OutcomeModel

    model = OutcomeModel(prior=prior, max_rounds=ROUNDS[kind])
    return model.fit(table, y.astype(np.intp)).decision_function(block)


def _trial(kind: Kind, logit: Floats, y: Floats, starts: Sequence[int]) -> Trial:
    ends = [*starts[1:], len(y)]
    blocks = [(y[a:b], logit[a:b]) for a, b in zip(starts, ends, strict=True)]
    rolling, _ = calibrate_rolling(logit, y)
    return Trial(
        kind=kind,
        logit=logit,
        rolling=rolling,
        interval=auc_interval(blocks),
        blocks=tuple(auc(*block) for block in blocks),
        error=None if kind is Kind.DECLARED else calibration_error(y, expit(logit)),
        rolling_error=calibration_error(y, rolling),
        loss=log_loss(y, rolling),
    )
