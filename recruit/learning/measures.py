"""Measures: how well probabilities rank and how far they can be believed.

All functions take outcomes `y` (0 or 1) and scores or probabilities of the same length, as float arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Two-sided 95%.
_Z = 1.959964
# Shares are taken to be no smaller than this, so that an empty part does not count without end.
_LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95% confidence interval; NaN where it cannot be told."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bin:
    """Rows with like probabilities: what was foretold, what came, and what chance allows around it."""

    rows: int
    foretold: float
    came: float
    low: float
    high: float


@dataclass(frozen=True)
class LiftStep:
    """The best-ranked part of all rows: how many outcomes it holds, and how often more than average."""

    share: float
    rows: int
    positives: int
    caught: float
    lift: float


def auc(y: Floats, score: Floats) -> float:
    """Return the area under the ROC curve, ties counted half; NaN where all outcomes are alike."""
    positives = int(y.sum())
    negatives = len(y) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = _ranks(score)
    return float((ranks[y == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _ranks(score: Floats) -> Floats:
    """Return the rank of each score from 1 on, the average where several are alike."""
    _, where, count = np.unique(score, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(count) - (count - 1) / 2)[where]
    return ranks


def auc_interval(blocks: Sequence[tuple[Floats, Floats]]) -> Interval:
    """Return the AUC of several blocks of (outcomes, scores), pairs within a block compared only.

    The variance of a block is DeLong's (DeLong, DeLong and Clarke-Pearson, 1988); the interval is made on
    the logit scale, so that it stays within 0 and 1.
    """
    areas, variances, pairs = [], [], []
    for y, score in blocks:
        area = auc(y, score)
        if np.isnan(area):
            continue
        areas.append(area)
        variances.append(_delong(y, score, area))
        pairs.append(float(y.sum() * (len(y) - y.sum())))
    if not areas:
        return Interval(float("nan"), float("nan"), float("nan"))
    weights = np.array(pairs) / sum(pairs)
    value = float(weights @ areas)
    error = float(np.sqrt(weights**2 @ variances))
    # Not closer to certainty than half a pair.
    least = 0.5 / (sum(pairs) + 1)
    inside = min(max(value, least), 1 - least)
    reach = _Z * error / (inside * (1 - inside))
    middle = np.log(inside / (1 - inside))
    low, high = 1 / (1 + np.exp(-(middle - reach))), 1 / (1 + np.exp(-(middle + reach)))
    return Interval(value, float(low), float(high))


def _delong(y: Floats, score: Floats, area: float) -> float:
    positives, negatives = score[y == 1], score[y == 0]
    m, n = len(positives), len(negatives)
    if m < 2 or n < 2 or area in {0.0, 1.0}:
        # Without a spread to measure, Hanley and McNeil's (1982), a little inside the limits.
        a = min(max(area, 0.5 / (m * n + 1)), 1 - 0.5 / (m * n + 1))
        q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
        top = a * (1 - a) + (m - 1) * (q1 - a**2) + (n - 1) * (q2 - a**2)
        return float(top / (m * n))
    both = _ranks(np.concatenate([positives, negatives]))
    above = (both[:m] - _ranks(positives)) / n
    below = 1 - (both[m:] - _ranks(negatives)) / m
    return float(np.var(above, ddof=1) / m + np.var(below, ddof=1) / n)


def calibration_error(y: Floats, p: Floats, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width; NaN without rows."""
    if not len(y):
        return float("nan")
    where = np.minimum((p * bins).astype(np.intp), bins - 1)
    count = np.bincount(where, minlength=bins)
    gap = np.bincount(where, p - y, minlength=bins)
    return float(np.abs(gap)[count > 0].sum() / len(y))


def log_loss(y: Floats, p: Floats) -> float:
    """Return the mean negative log-likelihood in nats."""
    inside = np.clip(p, 1e-9, 1 - 1e-9)
    return float(-np.mean(y * np.log(inside) + (1 - y) * np.log1p(-inside)))


def reliability(y: Floats, p: Floats, bins: int = 10) -> tuple[Bin, ...]:
    """Return the rows in bins of equal size by probability, with Wilson's interval of what came."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(bins, max(1, len(p) // 5)))
    return tuple(
        Bin(len(part), float(p[part].mean()), float(y[part].mean()), *_wilson(y[part]))
        for part in parts
        if len(part)
    )


def _wilson(y: Floats) -> tuple[float, float]:
    n, share = len(y), float(y.mean())
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, min(share, float(middle - reach))), max(share, float(middle + reach))


def lift_steps(
    y: Floats, score: Floats, shares: Sequence[float] = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
) -> tuple[LiftStep, ...]:
    """Return what the best-ranked shares of the rows hold; ties share their outcomes evenly."""
    if not y.sum():
        return ()
    # Rows with one score stand for their average, or the order of the file would decide.
    _, where, count = np.unique(score, return_inverse=True, return_counts=True)
    even = (np.bincount(where, y) / count)[where]
    caught = np.cumsum(even[np.argsort(-score, kind="stable")])
    steps = []
    for share in shares:
        rows = max(1, round(share * len(y)))
        found = float(caught[rows - 1])
        steps.append(
            LiftStep(
                share,
                rows,
                round(found),
                found / float(y.sum()),
                found / rows / float(y.mean()),
            )
        )
    return tuple(steps)


def stability_index(before: Floats, after: Floats) -> float:
    """Return the population stability index of two distributions (counts or shares of the same parts).

    Below 0.1 nothing has moved, above 0.25 much has (Siddiqi, Credit Risk Scorecards, 2006).
    """
    if not before.sum() or not after.sum():
        return float("nan")
    was = np.maximum(before / before.sum(), _LEAST_SHARE)
    is_now = np.maximum(after / after.sum(), _LEAST_SHARE)
    return float(np.sum((is_now - was) * np.log(is_now / was)))
