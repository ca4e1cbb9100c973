"""Exploration: a stated share of each batch goes to firms of which little is known, with logged propensities.

Who only ever writes to the firms that score best never learns whether the others would have answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# So many simulated draws tell how likely an explored firm was to be drawn.
_TRIALS = 2000
_MOST_SIMULATED = 2000


class ShareRefused(ValueError):
    """A share that is not between 0 and 0.5, or a batch of no firms."""


@dataclass(frozen=True)
class Option:
    """A firm that could be written to: its score and the interval that its unknown facts leave open."""

    firm_id: int
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class Chosen:
    """A chosen firm; `propensity` is the probability that it would be in such a batch."""

    firm_id: int
    propensity: float
    explored: bool


def choose_with_exploration(
    options: Sequence[Option], n: int, *, share: float, seed: int
) -> tuple[Chosen, ...]:
    """Choose `n` firms: the best by score, and `share` of them drawn from the rest, the uncertain ones likelier.

    The draw is without replacement with weights (interval + 1 point), by exponential keys (Efraimidis and
    Spirakis, 2006), from those whose high end reaches the lowest score that was taken, where enough do. The
    same options and seed give the same batch. Raises `ShareRefused`.
    """
    if n < 1:
        raise ShareRefused(f"A batch has at least 1 firm, not {n}.")
    if not 0 <= share <= 0.5:
        raise ShareRefused(f"The share to explore is between 0 and 0.5, not {share:g}.")
    ranked = sorted(options, key=lambda o: (-o.score, -o.low, o.firm_id))
    if len(ranked) <= n:
        return tuple(Chosen(o.firm_id, 1.0, explored=False) for o in ranked)
    explored = round(share * n)
    best, rest = ranked[: n - explored], ranked[n - explored :]
    chosen = [Chosen(o.firm_id, 1.0, explored=False) for o in best]
    if explored:
        line = ranked[n - 1].score
        reaching = [o for o in rest if o.high >= line]
        pool = reaching if len(reaching) > explored else rest
        chosen += _draw(pool, explored, seed)
    return tuple(chosen)


def _draw(pool: Sequence[Option], n: int, seed: int) -> list[Chosen]:
    weights = np.array([max(o.high - o.low, 0.0) + 1.0 for o in pool])
    random = np.random.default_rng(seed)
    keys = random.exponential(size=len(pool)) / weights
    drawn = np.argsort(keys, kind="stable")[:n]
    propensity = np.minimum(1.0, n * weights / weights.sum())
    # Without replacement no formula is exact: small pools are simulated, large ones hardly differ.
    if n > 1 and len(pool) <= _MOST_SIMULATED:
        propensity = _simulate(weights, n, random)
    return [Chosen(pool[i].firm_id, float(propensity[i]), explored=True) for i in sorted(drawn)]


def _simulate(weights: Floats, n: int, random: np.random.Generator) -> Floats:
    drawn = np.zeros(len(weights))
    for _ in range(_TRIALS):
        keys = random.exponential(size=len(weights)) / weights
        drawn[np.argpartition(keys, n - 1)[:n]] += 1
    # One more of each, so that no firm that was drawn has a propensity of 0.
    found: Floats = (drawn + n / len(weights)) / (_TRIALS + 1)
    return found
