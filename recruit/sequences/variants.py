"""Which wording of a step a firm gets, and what the wordings' numbers say: honestly, at any time.

A test that is looked at every day until it shows a winner finds one by chance. So the interval of the
difference is one that holds at all times at once (a confidence sequence): whoever stops at the first look
that excludes zero errs in at most 5% of the tests, however often they look.
Formula: Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences",
Annals of Statistics 52 (2024), theorem 2.2 (the normal mixture boundary).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z95 = 1.959964
# The boundary is tightest around this many firms a wording; it is valid at any number.
_TIGHTEST_AT = 200
# Below this the central limit theorem that the boundary rests on says little.
LEAST_A_WORDING = 30


def draw(names: Sequence[str], sequence: str, firm_id: int, step_index: int) -> str:
    """Return the wording of a firm at a step: the same whenever asked, each as often as the others."""
    if not names:
        return ""
    digest = hashlib.sha256(f"{sequence}:{step_index}:{firm_id}".encode()).digest()
    return names[int.from_bytes(digest[:8], "big") % len(names)]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95% score interval of a share (Wilson 1927)."""
    if trials == 0:
        return (0.0, 1.0)
    share, z2 = successes / trials, _Z95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = (_Z95 / (1 + z2 / trials)) * math.sqrt(
        share * (1 - share) / trials + z2 / (4 * trials**2)
    )
    return (max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True)
class Tally:
    """What a wording brought among firms that had their time to answer."""

    name: str
    trials: int
    successes: int

    @property
    def share(self) -> float:
        """Return the share that answered."""
        return self.successes / self.trials if self.trials else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return its 95% interval, for one look."""
        return wilson(self.successes, self.trials)


@dataclass(frozen=True)
class Comparison:
    """The best wording against another. `low` and `high` bound the difference at all times at once."""

    better: Tally
    worse: Tally
    low: float
    high: float

    @property
    def decided(self) -> bool:
        """Return whether the difference is more than chance."""
        enough = min(self.better.trials, self.worse.trials) >= LEAST_A_WORDING
        return enough and self.low > 0

    def __str__(self) -> str:
        """Return in words what may be said."""
        if self.decided:
            return (
                f"“{self.better.name}” gets more answers than “{self.worse.name}”: "
                f"{100 * self.low:+.1f} to {100 * self.high:+.1f} points."
            )
        fewest = min(self.better.trials, self.worse.trials)
        if fewest < LEAST_A_WORDING:
            return f"Too early to say: {fewest} of at least {LEAST_A_WORDING} firms a wording had their time."
        return (
            f"No difference shown between “{self.better.name}” and “{self.worse.name}”: it lies between "
            f"{100 * self.low:+.1f} and {100 * self.high:+.1f} points."
        )


def compare(tallies: Sequence[Tally]) -> Comparison | None:
    """Compare the two wordings with the most answers; None where there are not two."""
    ranked = sorted(tallies, key=lambda tally: (-tally.share, tally.name))
    if len(ranked) < 2:
        return None
    better, worse = ranked[0], ranked[1]
    gap = better.share - worse.share
    # Each pair of wordings gets its part of the 5%, since the best of many is chosen by looking.
    pairs = len(ranked) * (len(ranked) - 1) / 2
    half = _half_width(better, worse, 0.05 / pairs)
    return Comparison(better, worse, max(-1.0, gap - half), min(1.0, gap + half))


def _half_width(one: Tally, other: Tally, alpha: float) -> float:
    if not one.trials or not other.trials:
        return 1.0
    # A share smoothed by half a success keeps the variance of 0 of n from being nothing.
    variance = sum(_smoothed(t) * (1 - _smoothed(t)) / t.trials for t in (one, other))
    count = 2 / (1 / one.trials + 1 / other.trials)
    # rho² for which the boundary is tightest at n (same paper, appendix B.2).
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / _TIGHTEST_AT
    scale = count * rho2 + 1
    boundary = math.sqrt(2 * scale / (count * rho2) * math.log(math.sqrt(scale) / alpha))
    return boundary * math.sqrt(variance)


def _smoothed(tally: Tally) -> float:
    return (tally.successes + 0.5) / (tally.trials + 1)
