"""The stepped part: boosted trees of one split, a column at a time, as one table of logits a column.

Each column in its turn gets a small step towards the outcomes that the logit so far does not explain
(cyclic gradient boosting; Lou, Caruana and Gehrke, Intelligible models, 2012). No tree sees two columns,
so what a column adds is a table over its codes and nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

RATE = 0.1
# Added to the bends, so that few rows take small steps.
_RIDGE = 2.0
_LEVEL_RIDGE = 5.0
_LEAVES = 5
_LEAST_ROWS = 4.0
# Logits are taken to be no farther from 0 than this.
_FARTHEST = 30.0


@dataclass(frozen=True)
class StepColumn:
    """A column to boost: its codes, how many there are, whether they have an order, and the way to go.

    The last two codes of an ordered column are above what was seen and missing; both stay apart.
    """

    codes: Codes
    size: int
    ordered: bool
    direction: int = 0


def boost(
    columns: Sequence[StepColumn], offset: Floats, y: Floats, w: Floats, rounds: int
) -> Iterator[list[Floats]]:
    """Yield the tables after each round (the same arrays, updated in place)."""
    tables = [np.zeros(c.size) for c in columns]
    rows = [_sums(c, w) for c in columns]
    # The logit is kept as odds against, which a step multiplies: no exponential a row and a step.
    against = np.exp(-np.clip(offset, -_FARTHEST, _FARTHEST))
    p, gap, spread = np.empty_like(against), np.empty_like(against), np.empty_like(against)
    weighted = bool(np.any(w != 1.0))
    for _ in range(rounds):
        for i, column in enumerate(columns):
            np.add(against, 1.0, out=p)
            np.divide(1.0, p, out=p)
            np.subtract(y, p, out=gap)
            np.multiply(p, p, out=spread)
            np.subtract(p, spread, out=spread)
            if weighted:
                gap *= w
                spread *= w
            pull = _sums(column, gap)
            bend = _sums(column, spread)
            if column.ordered:
                step = _ordered_step(pull, bend, rows[i])
            else:
                step = pull / (bend + _LEVEL_RIDGE)
            step *= RATE
            if column.direction:
                step = _keep_direction(tables[i], step, rows[i], column.direction)
            tables[i] += step
            np.take(np.exp(-step), column.codes, out=p, mode="clip")
            against *= p
        yield tables


def _sums(column: StepColumn, values: Floats) -> Floats:
    """Return the sum of the values of each code."""
    return np.asarray(np.bincount(column.codes, values, minlength=column.size), dtype=np.float64)


def _ordered_step(pull: Floats, bend: Floats, rows: Floats) -> Floats:
    """Return the step of a tree with few leaves over the ordered codes; a missing value is its own leaf."""
    step = np.zeros(len(pull))
    step[-1] = pull[-1] / (bend[-1] + _RIDGE)
    a, b = 0, len(pull) - 1
    g, h, m = np.cumsum(pull[:b]), np.cumsum(bend[:b]), np.cumsum(rows[:b])
    leaves = [(a, b, *_best_split(g, h, m, a, b))]
    while len(leaves) < _LEAVES:
        at = max(range(len(leaves)), key=lambda k: leaves[k][2])
        start, end, gain, cut = leaves[at]
        if gain <= 0:
            break
        leaves[at : at + 1] = [
            (start, cut, *_best_split(g, h, m, start, cut)),
            (cut, end, *_best_split(g, h, m, cut, end)),
        ]
    for start, end, _, _ in leaves:
        g0, h0 = (g[start - 1], h[start - 1]) if start else (0.0, 0.0)
        step[start:end] = (g[end - 1] - g0) / (h[end - 1] - h0 + _RIDGE)
    return step


def _best_split(g: Floats, h: Floats, m: Floats, start: int, end: int) -> tuple[float, int]:
    """Return the gain of the best cut of codes start … end - 1, and the first code after it."""
    if end - start < 2:
        return 0.0, start
    g0, h0, m0 = (g[start - 1], h[start - 1], m[start - 1]) if start else (0.0, 0.0, 0.0)
    left_g, left_h, left_m = (
        g[start : end - 1] - g0,
        h[start : end - 1] - h0,
        m[start : end - 1] - m0,
    )
    all_g, all_h, all_m = g[end - 1] - g0, h[end - 1] - h0, m[end - 1] - m0
    gain = (
        left_g**2 / (left_h + _RIDGE)
        + (all_g - left_g) ** 2 / (all_h - left_h + _RIDGE)
        - all_g**2 / (all_h + _RIDGE)
    )
    gain[(left_m < _LEAST_ROWS) | (all_m - left_m < _LEAST_ROWS)] = 0.0
    at = int(gain.argmax())
    return float(gain[at]), start + at + 1


def _keep_direction(table: Floats, step: Floats, rows: Floats, direction: int) -> Floats:
    """Return the step changed so that the table goes one way only, except for missing values."""
    wanted = table + step
    wanted[:-1] = direction * _rising(direction * wanted[:-1], rows[:-1])
    changed: Floats = wanted - table
    return changed


def _rising(values: Floats, weights: Floats) -> Floats:
    """Return the nearest rising sequence (pool adjacent violators)."""
    blocks: list[list[float]] = []
    for value, weight in zip(values, np.maximum(weights, 1e-9), strict=True):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            v, w, k = blocks.pop()
            u, t, j = blocks.pop()
            blocks.append([(v * w + u * t) / (w + t), w + t, k + j])
    return np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])
