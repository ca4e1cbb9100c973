"""What is decided of very many pairs, one entry each."""

from dataclasses import dataclass, fields

import numpy as np

from recruit.firms.bulk.arrays import Flags, Longs, Numbers
from recruit.firms.matching import MatchDecision
from recruit.firms.values import Verdict


@dataclass(frozen=True, eq=False)
class Scores:
    """What is decided of pairs, one entry each. `low` and `high` bound the score in bits.

    Where `open` is false the verdict is settled: `same` or not. Where `exact` is true, both bounds are
    the score that `decide` gives, and `identified` and `contradicted` are its own.
    """

    low: Numbers
    high: Numbers
    same: Flags
    open: Flags
    exact: Flags
    identified: Flags
    contradicted: Flags

    def put(self, at: int, decision: MatchDecision) -> None:
        """Settle one pair by what `decide` says of it."""
        self.low[at] = self.high[at] = decision.score
        self.same[at] = decision.verdict is Verdict.SAME
        self.open[at], self.exact[at] = False, True
        self.identified[at], self.contradicted[at] = decision.identified, decision.contradicted

    def replace(self, rows: Longs, scores: "Scores") -> None:
        """Put other scores of these pairs in the place of their own."""
        for each in fields(self):
            getattr(self, each.name)[rows] = getattr(scores, each.name)

    @classmethod
    def joined(cls, parts: list["Scores"]) -> "Scores":
        """Put the scores of consecutive pairs together."""
        return cls(
            *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls))
        )
