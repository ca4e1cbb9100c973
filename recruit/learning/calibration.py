"""Calibration: a sigmoid that turns a model's logits into probabilities that came true lately.

The order of the rows never changes: a sigmoid is monotone, and its slope is kept above zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recruit.learning.sigmoid import expit
from recruit.learning.straight import fit_straight

Floats = NDArray[np.float64]

# So many of the latest outcomes say how far probabilities can be believed.
WINDOW = 300
# After so many further outcomes a rolling sigmoid is fitted anew.
_EVERY = 25
_FLATTEST = 0.05


@dataclass(frozen=True)
class Sigmoid:
    """probability = 1 / (1 + exp(-(offset + slope × logit)))."""

    slope: float = 1.0
    offset: float = 0.0

    def probability(self, logit: Floats) -> Floats:
        """Return the calibrated probability of each logit."""
        return expit(self.offset + self.slope * logit)


def fit_sigmoid(logit: Floats, y: Floats, start: Sigmoid | None = None) -> Sigmoid:
    """Fit a sigmoid to outcomes (0 or 1), its slope drawn to that of `start`: few outcomes move it little.

    Without outcomes it is `start`.
    """
    start = start or Sigmoid()
    if not len(y):
        return start
    known = start.offset + start.slope * logit
    fitted = fit_straight(np.zeros((len(y), 0)), known, y, np.ones(len(y)), 1.0)
    slope = max(fitted.declared, _FLATTEST)
    level = fitted.level
    if slope != fitted.declared:
        # The level belonged to the slope that was refused: find the one that keeps the rate.
        level = fit_level(slope * known, y)
    return Sigmoid(slope * start.slope, level + slope * start.offset)


def fit_level(logit: Floats, y: Floats) -> float:
    """Return what added to the logits makes the mean probability the rate of the outcomes."""
    wanted = (y.sum() + 0.5) / (len(y) + 1.0)
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(logit + middle).mean() < wanted else (low, middle)
    return (low + high) / 2


def calibrate_rolling(
    logit: Floats, y: Floats, window: int = WINDOW
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return each row's probability by the sigmoid of the `window` outcomes before it, in the order of time.

    The second array tells which rows had a full window before them; the others are calibrated by fewer.
    """
    p = np.empty(len(y))
    sigmoid = Sigmoid()
    for start in range(0, len(y), _EVERY):
        part = slice(start, start + _EVERY)
        before = slice(max(0, start - window), start)
        if start:
            sigmoid = fit_sigmoid(logit[before], y[before])
        p[part] = sigmoid.probability(logit[part])
    return p, np.arange(len(y)) // _EVERY * _EVERY >= window
