"""Likeness: how much a firm resembles the best partners, and how well partners are found without themselves.

With partners and no refusals on record the others are not known to be bad, only unknown. Bagging deals with
that (Mordelet and Vert, 2014): each of many models takes a sample of the unknown for bad, and judges those
that it did not see.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.backtest import declared_logit
from recruit.learning.measures import Interval
from recruit.learning.model import OutcomeModel
from recruit.learning.prior import Prior
from recruit.learning.sigmoid import expit

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# From fewer partners the likeness made rankings worse than the declared points alone.
ENOUGH = 100
# Programs for which the leave-one-out check is meant.
SMALL, LARGE = 20, 200
_BAGS = 25
_TOP = 0.1
_RESAMPLES = 2000
# Unknown firms that a leave-one-out model is trained against.
_AGAINST = 2000


class TooFewPartners(ValueError):
    """There are fewer partners than anything can be told from."""


@dataclass(frozen=True)
class PartnerLift:
    """How many of the partners stand in the best tenth of all firms, by how much more than chance."""

    partners: int
    firms: int
    declared: Interval
    learned: Interval

    @property
    def sentence(self) -> str:
        """Say what was found, and how sure that is."""

        def told(lift: Interval) -> str:
            return f"{lift.value:.1f} times as often as by chance (95% interval {lift.low:.1f}–{lift.high:.1f})"

        sure = "clearly better than" if self.learned.low > 1 else "not clearly better than"
        return (
            f"The best tenth by the declared points holds a partner {told(self.declared)}. A model that never "
            f"saw the partner in question puts it there {told(self.learned)}: {sure} chance, on "
            f"{self.partners} partners."
        )


def likeness_weight(partners: int) -> float:
    """Return the share of its points that likeness may have: 0 below 100 partners, all from 200 on."""
    return float(np.clip((partners - ENOUGH) / ENOUGH, 0.0, 1.0))


def look_alike(table: pd.DataFrame, best: Mask, *, seed: int = 0) -> Floats:
    """Return each firm's likeness to the `best` ones, in [0, 1]; no firm is judged by a model that saw it.

    Raises `TooFewPartners` below 20.
    """
    partners = np.flatnonzero(best)
    if len(partners) < SMALL:
        raise TooFewPartners(
            f"{len(partners)} partners are too few to be alike; {SMALL} are the least."
        )
    others = np.flatnonzero(~best)
    random = np.random.default_rng(seed)
    told, times = np.zeros(len(table)), np.zeros(len(table))
    for _ in range(_BAGS):
        seen = np.concatenate(
            [
                random.choice(partners, max(2, int(len(partners) * 0.8)), replace=False),
                random.choice(others, min(len(others) // 2, 2 * len(partners)), replace=False),
            ]
        )
        model = OutcomeModel(max_rounds=0).fit(table.iloc[seen], best[seen].astype(np.intp))
        unseen = np.ones(len(table), dtype=bool)
        unseen[seen] = False
        told[unseen] += expit(model.decision_function(table[unseen]))
        times += unseen
    return told / np.maximum(times, 1)


def partner_lift(table: pd.DataFrame, partner: Mask, prior: Prior, *, seed: int = 0) -> PartnerLift:
    """Measure how well the existing partners are found: by the declared points, and leaving each out in turn.

    `table` holds all firms. Raises `TooFewPartners` below 20.
    """
    partners = np.flatnonzero(partner)
    if len(partners) < SMALL:
        raise TooFewPartners(
            f"{len(partners)} partners are too few to check a profile by; {SMALL} are the least."
        )
    declared = declared_logit(table, prior)
    random = np.random.default_rng(seed)
    others = np.flatnonzero(~partner)
    against = random.choice(others, min(len(others), _AGAINST), replace=False)
    learned_in = np.zeros(len(partners))
    # One in turn up to 200 partners, in as many groups beyond.
    for group in np.array_split(random.permutation(len(partners)), min(len(partners), LARGE)):
        rest = np.setdiff1d(partners, partners[group])
        seen = np.concatenate([rest, against])
        model = OutcomeModel(prior=prior, max_rounds=0)
        model.fit(table.iloc[seen], partner[seen].astype(np.intp))
        line = np.quantile(model.decision_function(table.iloc[others]), 1 - _TOP)
        learned_in[group] = model.decision_function(table.iloc[partners[group]]) > line
    line = np.quantile(declared[others], 1 - _TOP)
    at_line = declared[others] == line
    # Ties at the line share what is left of the best tenth.
    share = (_TOP - (declared[others] > line).mean()) / max(at_line.mean(), 1e-12)
    declared_in = (declared[partners] > line) + share * (declared[partners] == line)
    return PartnerLift(
        partners=len(partners),
        firms=len(table),
        declared=_lift(declared_in.astype(np.float64), random),
        learned=_lift(learned_in, random),
    )


def _lift(caught: Floats, random: np.random.Generator) -> Interval:
    again = random.choice(caught, (_RESAMPLES, len(caught))).mean(axis=1) / _TOP
    low, high = np.quantile(again, [0.025, 0.975])
    return Interval(float(caught.mean() / _TOP), float(low), float(high))
