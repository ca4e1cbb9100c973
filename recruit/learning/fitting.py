"""Fitting: the parts of an outcome model, and how much of each the held-out rows ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.columns import Column, NumberColumn
from recruit.learning.prior import Prior, curve_at
from recruit.learning.steps import StepColumn, boost
from recruit.learning.straight import Straight, fit_straight

Floats = NDArray[np.float64]

# Below these the stepped part is not tried: there would be too little to hold out.
LEAST_ROWS = 200
LEAST_OF_A_CLASS = 25
# The tables are kept every so many rounds, and no more rounds are made after so many in vain.
_EVERY = 10
_PATIENCE = 60
# How strongly the weights of the parts are drawn to 1 when they are put together.
_BLEND_PRECISION = 10.0


@dataclass(frozen=True)
class Part:
    """One column of a fitted model: the weights of its straight part and the table of its stepped part."""

    column: Column
    weights: Floats
    table: Floats
    prior: Any
    declared: float

    def contribution(self, values: pd.Series) -> Floats:
        """Return what the column adds to the logit of each row."""
        read = self.column.read(values)
        added = self.column.design(read) @ self.weights + self.table[self.column.codes(read)]
        return added + self.declared * declared_of(self.column, self.prior, read)


@dataclass(frozen=True)
class Fitted:
    """A fitted model: logit = level + the parts' contributions. `rounds` 0 means no stepped part."""

    level: float
    parts: tuple[Part, ...]
    precision: float
    rounds: int
    blend: tuple[float, float]
    held_out: Floats | None

    @property
    def columns(self) -> list[Any]:
        """Return the columns' names in the order of the contributions."""
        return [part.column.name for part in self.parts]

    def contributions(self, table: pd.DataFrame) -> Floats:
        """Return rows × columns of logits."""
        if not self.parts:
            return np.zeros((len(table), 0))
        return np.column_stack([p.contribution(table[p.column.name]) for p in self.parts])


def declared_of(column: Column, prior: Prior, read: Any) -> Floats:
    """Return the declared weights of a column's values."""
    name: Any = column.name
    if isinstance(column, NumberColumn):
        curve = prior.curves.get(name)
        return np.zeros(len(read)) if curve is None else curve_at(curve, read)
    levels = prior.levels.get(name, {})
    return np.asarray(read.map(lambda text: levels.get(text, 0.0)), dtype=np.float64)


@dataclass(frozen=True)
class _Data:
    """What is fitted to, made once of the table."""

    design: Floats
    score: Floats
    steps: tuple[StepColumn, ...]
    y: Floats
    w: Floats


def fit_parts(
    table: pd.DataFrame,
    columns: Sequence[Column],
    y: Floats,
    w: Floats,
    prior: Prior,
    *,
    max_rounds: int,
    folds: int,
    seed: int,
) -> Fitted:
    """Fit all parts to `y` (0 or 1) with row weights `w`."""
    data = _prepare(table, columns, y, w, prior)
    whole = fit_straight(data.design, data.score, y, w)
    smaller = int(min(y.sum(), (1 - y).sum()))
    parts = min(folds, smaller)
    if parts < 2:
        return _assemble(columns, prior, whole, None, 0, (1.0, 1.0), 0.0, None)
    tried = len(y) >= LEAST_ROWS and smaller >= LEAST_OF_A_CLASS and max_rounds > 0
    # Loaded here, since the web only looks fitted models up and starts in half the time without it.
    from sklearn.model_selection import StratifiedKFold

    split = StratifiedKFold(parts, shuffle=True, random_state=seed).split(data.design, y)
    runs = [
        _run(data, train, test, whole.precision, max_rounds if tried else 0)
        for train, test in split
    ]
    rounds = _choose_rounds(runs, data)
    line = np.zeros(len(y))
    step = np.zeros(len(y))
    for run in runs:
        line[run.test] = run.line
        step[run.test] = run.stepped(data, rounds)
    level, *blend = _blend(line, step if rounds else None, y, w)
    held_out = level + blend[0] * line + blend[1] * step
    if not rounds:
        return _assemble(columns, prior, whole, None, 0, (blend[0], 1.0), level, held_out)
    mean = Straight(
        level=float(np.mean([r.straight.level for r in runs])),
        declared=float(np.mean([r.straight.declared for r in runs])),
        weights=np.mean([r.straight.weights for r in runs], axis=0),
        precision=whole.precision,
    )
    tables = [np.mean([r.tables(rounds)[i] for r in runs], axis=0) for i in range(len(columns))]
    return _assemble(columns, prior, mean, tables, rounds, (blend[0], blend[1]), level, held_out)


@dataclass
class _Run:
    """One held-out part: the fit to the others, its logits here, and the tables every few rounds."""

    test: NDArray[np.intp]
    straight: Straight
    line: Floats
    kept: list[list[Floats]]
    losses: list[Floats]

    def tables(self, rounds: int) -> list[Floats]:
        return self.kept[min(rounds // _EVERY, len(self.kept)) - 1]

    def stepped(self, data: _Data, rounds: int) -> Floats:
        if not rounds:
            return np.zeros(len(self.test))
        return _look_up(self.tables(rounds), data.steps, self.test)


def _run(
    data: _Data, train: NDArray[np.intp], test: NDArray[np.intp], precision: float, rounds: int
) -> _Run:
    straight = fit_straight(
        data.design[train], data.score[train], data.y[train], data.w[train], precision
    )
    logit = straight.level + straight.declared * data.score + data.design @ straight.weights
    run = _Run(test, straight, logit[test], [], [_losses(logit[test], data.y[test])])
    if not rounds:
        return run
    columns = [StepColumn(c.codes[train], c.size, c.ordered, c.direction) for c in data.steps]
    best, best_at = float(np.mean(run.losses[0])), 0
    boosting = boost(columns, logit[train], data.y[train], data.w[train], rounds)
    for made, tables in enumerate(boosting, start=1):
        if made % _EVERY:
            continue
        kept = [_silent(t, c) for t, c in zip(tables, data.steps, strict=True)]
        run.kept.append(kept)
        run.losses.append(_losses(run.line + _look_up(kept, data.steps, test), data.y[test]))
        if (loss := float(np.mean(run.losses[-1]))) < best:
            best, best_at = loss, made
        if made - best_at >= _PATIENCE:
            break
    return run


def _choose_rounds(runs: list[_Run], data: _Data) -> int:
    """Return how many rounds the held-out rows ask for; 0 unless they clearly do better than without."""
    most = max(len(run.losses) for run in runs)
    if most == 1:
        return 0
    w = np.concatenate([data.w[run.test] for run in runs])
    curve = [
        np.concatenate([run.losses[min(i, len(run.losses) - 1)] for run in runs])
        for i in range(most)
    ]
    at = int(np.argmin([np.average(losses, weights=w) for losses in curve]))
    gained = curve[0] - curve[at]
    mean = float(np.average(gained, weights=w))
    error = float(np.sqrt(np.average((gained - mean) ** 2, weights=w) / len(gained)))
    return at * _EVERY if mean > error else 0


def _blend(line: Floats, step: Floats | None, y: Floats, w: Floats) -> list[float]:
    """Return the level and the weights of the two parts that the held-out rows ask for."""
    known = np.zeros((len(y), 0)) if step is None else step[:, None]
    # The stepped part's weight is drawn to 1 by taking it into the declared score as it is.
    score = line if step is None else line + step
    fitted = fit_straight(known, score, y, w, _BLEND_PRECISION)
    first = max(fitted.declared, 0.05)
    second = first if step is None else max(first + float(fitted.weights[0]), 0.0)
    return [fitted.level, first, second]


def _assemble(
    columns: Sequence[Column],
    prior: Prior,
    straight: Straight,
    tables: list[Floats] | None,
    rounds: int,
    blend: tuple[float, float],
    level: float,
    held_out: Floats | None,
) -> Fitted:
    parts, at = [], 0
    for i, column in enumerate(columns):
        weights = blend[0] * straight.weights[at : at + column.width]
        at += column.width
        table = np.zeros(column.size) if tables is None else blend[1] * tables[i]
        parts.append(Part(column, weights, table, prior, blend[0] * straight.declared))
    return Fitted(
        level + blend[0] * straight.level,
        tuple(parts),
        straight.precision,
        rounds,
        blend,
        held_out,
    )


def _prepare(
    table: pd.DataFrame, columns: Sequence[Column], y: Floats, w: Floats, prior: Prior
) -> _Data:
    designs, steps, score = [np.zeros((len(y), 0))], [], np.zeros(len(y))
    for column in columns:
        read = column.read(table[column.name])
        designs.append(column.design(read))
        score += declared_of(column, prior, read)
        name: Any = column.name
        steps.append(
            StepColumn(
                codes=column.codes(read),
                size=column.size,
                ordered=isinstance(column, NumberColumn),
                direction=(name in prior.rising) - (name in prior.falling),
            )
        )
    return _Data(np.column_stack(designs), score, tuple(steps), y, w)


def _silent(table: Floats, column: StepColumn) -> Floats:
    """Return a copy of the table that says nothing where nothing was seen."""
    table = table.copy()
    if column.ordered:
        table[[0, -2]] = 0.0
    else:
        table[-1] = 0.0
    return table


def _look_up(tables: list[Floats], columns: Sequence[StepColumn], rows: NDArray[np.intp]) -> Floats:
    logit = np.zeros(len(rows))
    for table, column in zip(tables, columns, strict=True):
        logit += table[column.codes[rows]]
    return logit


def _losses(logit: Floats, y: Floats) -> Floats:
    losses: Floats = np.logaddexp(0, logit) - y * logit
    return losses
