"""The sigmoid and its inverse, which turn logits into probabilities and back."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def expit(logit: Floats) -> Floats:
    """Return the probability of each logit, without overflow."""
    small = np.exp(-np.abs(logit))
    share: Floats = np.where(logit >= 0, 1.0, small) / (1.0 + small)
    return share


def logit_of(probability: Floats) -> Floats:
    """Return the logit of each probability; 0 and 1 are taken to be a little inside."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    logit: Floats = np.log(p) - np.log1p(-p)
    return logit
