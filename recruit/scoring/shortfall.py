"""Whether there is anybody to rank: a criterion that weighs much and that even the best firms hardly meet.

A ranking always has a first; that does not make it a good one. Where the sources hold no firm of the kind
that a profile is after, its best are only the least unlike, and the list has to say so.
"""

import numpy as np

from recruit.scoring.columnar import Assessed, Counted
from recruit.scoring.profile import ProfileDefinition

# Of all points: a criterion below this share does not decide what kind of firm is meant.
_WEIGHTY = 0.25
_LITTLE = 0.5


def say_shortfall(profile: ProfileDefinition, assessed: Assessed, counted: Counted) -> str:
    """Return in one sentence which weighty criterion no ranked firm meets by half; empty where all are met."""
    ranked = counted.is_ranked
    if not ranked.any():
        return ""
    for criterion, low, high in zip(profile.criteria, assessed.low, assessed.high, strict=True):
        if criterion.hundredths < _WEIGHTY * profile.most * 100:
            continue
        known = (low == high)[ranked]
        best = float(np.max(low[ranked]))
        if best >= _LITTLE:
            continue
        if not known.any():
            return f"Of no ranked firm it is known how it stands on {criterion.key}: a source that states it is needed."
        return (
            f"No firm has more than {best:.0%} of the points on {criterion.key}: the sources hold hardly any "
            "firm of this kind, and these are the nearest."
        )
    return ""
