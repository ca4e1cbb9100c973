"""The verdict: whether a model may speak at all, and in which words it says what it stands on."""

from dataclasses import dataclass
from enum import StrEnum

from recruit.learning.measures import Interval

# Positives below which the boosted challenger is not promoted, however well it does.
LEAST_POSITIVES = 120
# Fewer than so many of either kind among the tested rows tell no skill from luck.
LEAST_TESTED = 10
_FEW, _SOME = 30, LEAST_POSITIVES


class Trust(StrEnum):
    """Whether a model's probabilities are shown."""

    RELIED_ON = "relied on"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """Whether the model may speak, and why, in a sentence or two."""

    trust: Trust
    sentence: str

    @property
    def is_refused(self) -> bool:
        """Tell whether no probability may be shown."""
        return self.trust is Trust.REFUSED


def judge(interval: Interval, *, positives: int, negatives: int) -> Verdict:
    """Judge a backtest by its AUC and how many good and other outcomes were tested.

    Refused is what has too few outcomes to tell, and what is not clearly better than chance.
    """
    least = min(positives, negatives)
    if least < LEAST_TESTED:
        kind = "good" if positives <= negatives else "other"
        return Verdict(
            Trust.REFUSED,
            f"Too few outcomes to tell skill from luck: the rows tested in time order hold {least} {kind} "
            f"{'outcome' if least == 1 else 'outcomes'}, and {LEAST_TESTED} are the least. "
            "Until then the declared points decide alone.",
        )
    told = in_pairs(interval)
    if not interval.low > 0.5:
        return Verdict(
            Trust.REFUSED,
            f"No better than chance in time order: {told} A coin puts it first 500 times. "
            "No probability is shown, and the declared points decide alone.",
        )
    return Verdict(Trust.RELIED_ON, f"Better than chance in time order: {told}")


def in_pairs(interval: Interval) -> str:
    """Say what an AUC means: how often the better of two is put first."""
    return (
        f"of 1,000 pairs of a good and another outcome it puts the good one first "
        f"{interval.value * 1000:.0f} times (95% interval {interval.low * 1000:.0f}–"
        f"{interval.high * 1000:.0f})."
    )


def stands_on(outcomes: int, positives: int) -> str:
    """Say in plain words on how many outcomes a probability stands."""
    how = "few" if positives < _FEW else "some" if positives < _SOME else "many"
    caution = {
        "few": "That is little: take it as a hint.",
        "some": "That is enough for an order of magnitude.",
        "many": "That is enough to plan with.",
    }[how]
    return f"Stands on {outcomes:,} outcomes, {positives:,} of them good. {caution}"
