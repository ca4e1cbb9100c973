"""The straight part: a logistic regression whose weights are drawn to what was declared.

It maximises the likelihood with a Gaussian prior on the weights (MAP). The weight of the declared score is
drawn to 1 and all others to 0, so that without outcomes the declared ranking stands as it is. How strongly
they are drawn is what makes the outcomes most likely (Laplace's approximation of the evidence; Bishop,
Pattern Recognition and Machine Learning, 4.4 and 4.5).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recruit.learning.sigmoid import expit

Floats = NDArray[np.float64]

# Precisions of the weights that are tried; a standard deviation of 1.8 to 0.02.
PRECISIONS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
# Before the outcomes speak, all columns together are expected to move a row's logit by about this.
_EXPECTED_MOVE = 1.0
# How far, in logs, the precision may well be from what that takes.
_SPREAD_LOG_PRECISION = 1.5
# The weight of the declared score: 1 give or take 0.5.
_DECLARED_PRECISION = 4.0
# The level is hardly drawn to anything.
_LEVEL_PRECISION = 1e-3
_STEPS = 60


@dataclass(frozen=True)
class Straight:
    """Fitted weights: logit = level + declared × score + design · weights."""

    level: float
    declared: float
    weights: Floats
    precision: float


def fit_straight(
    design: Floats, score: Floats, y: Floats, w: Floats, precision: float | None = None
) -> Straight:
    """Fit the weights; `precision` None lets the evidence choose it.

    `design` is rows × columns, `score` the declared logit of each row, `y` 0 or 1, `w` row weights.
    """
    # With more columns than rows the weights lie in the space that the rows span.
    basis = None
    expected = np.log(max(float(design.var(axis=0).sum()), 1.0) / _EXPECTED_MOVE**2)
    if design.shape[1] > design.shape[0]:
        u, s, basis = np.linalg.svd(design, full_matrices=False)
        design = u * s
    x = np.column_stack([np.ones(len(y)), score, design])
    start = np.zeros(x.shape[1])
    share = (np.dot(w, y) + 0.5) / (w.sum() + 1.0)
    start[1] = 1.0
    start[0] = np.log(share / (1 - share)) - float(np.average(score, weights=w))
    best: tuple[float, Floats, float] | None = None
    theta = start
    for tried in (precision,) if precision is not None else PRECISIONS[::-1]:
        theta, evidence = _maximise(x, y, w, theta, tried)
        evidence -= ((np.log(tried) - expected) / _SPREAD_LOG_PRECISION) ** 2 / 2
        if best is None or evidence > best[0]:
            best = (evidence, theta, tried)
    assert best is not None
    _, theta, chosen = best
    weights = theta[2:] if basis is None else basis.T @ theta[2:]
    return Straight(float(theta[0]), float(theta[1]), weights, chosen)


def _maximise(
    x: Floats, y: Floats, w: Floats, theta: Floats, precision: float
) -> tuple[Floats, float]:
    """Return the maximum by Newton's method with halved steps, and the log evidence there."""
    pull = np.full(x.shape[1], precision)
    pull[0], pull[1] = _LEVEL_PRECISION, _DECLARED_PRECISION
    centre = np.zeros(x.shape[1])
    centre[1] = 1.0
    # The level is drawn to where it starts, which is to say hardly at all.
    centre[0] = theta[0]

    def loss(t: Floats) -> float:
        z = x @ t
        return float(np.dot(w, np.logaddexp(0, z) - y * z) + np.dot(pull, (t - centre) ** 2) / 2)

    now = loss(theta)
    for _ in range(_STEPS):
        p = expit(x @ theta)
        slope = x.T @ (w * (p - y)) + pull * (theta - centre)
        bend = (x * (w * p * (1 - p))[:, None]).T @ x
        bend[np.diag_indices_from(bend)] += pull
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while (then := loss(theta - size * step)) > now and size > 1e-6:
            size /= 2
        gained = now - then
        if gained > 0:
            theta, now = theta - size * step, then
        if gained < 1e-9 * (1 + abs(now)):
            break
    evidence = -now + float(np.log(pull).sum() - np.linalg.slogdet(bend)[1]) / 2
    return theta, evidence
