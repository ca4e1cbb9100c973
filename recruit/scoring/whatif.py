"""What would change a ranking: weights that move, facts that are looked up, firms that do something more.

`line` everywhere is the total, in hundredths, that a firm needs to be among the best `top`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columnar import Assessed, Counted, count, count_criterion, order
from recruit.scoring.columns import FirmColumns, Ints
from recruit.scoring.criteria.finding import Lift
from recruit.scoring.points import score_firm
from recruit.scoring.profile import Criterion, ProfileDefinition
from recruit.scoring.values import Standing

TOP = 50
_SWING = 0.2
_BIN = 10


@dataclass(frozen=True)
class Distribution:
    """How totals are spread: firms in each tenth of the points that can be had, and the median total."""

    bins: tuple[int, ...]
    most: float
    median: float | None


@dataclass(frozen=True)
class Steadiness:
    """How many of the best stay among them when one criterion weighs a fifth less, and a fifth more."""

    criterion: str
    less: int
    more: int
    of: int

    @property
    def least(self) -> int:
        """Return how many stay in the worse of the two cases."""
        return min(self.less, self.more)


@dataclass(frozen=True)
class LookUp:
    """One fact that somebody could look up, and what knowing it would do to the best `top`.

    `gain` is the expected change of what the best have together, in points; `chance` that the firm
    changes sides of the line.
    """

    firm_id: int
    name: str
    criterion: str
    fields: tuple[str, ...]
    enters: bool
    chance: float
    gain: float
    total: float
    low: float
    high: float


def distribution(counted: Counted, most: float) -> Distribution:
    """Return how the totals of the firms that take part are spread; those of the last bin may be past `most`."""
    totals = counted.total[counted.is_ranked] / 100
    if not len(totals):
        return Distribution((0,) * _BIN, most, None)
    places = np.clip((totals / (most or 1) * _BIN).astype(np.int64), 0, _BIN - 1)
    bins = np.bincount(places, minlength=_BIN)
    middle = np.partition(totals, len(totals) // 2)[len(totals) // 2]
    return Distribution(tuple(int(n) for n in bins), most, float(middle))


def steadiness(
    profile: ProfileDefinition, assessed: Assessed, firms: FirmColumns, top: int = TOP
) -> list[Steadiness]:
    """Return, for each criterion, how the best `top` hold when it weighs a fifth less or more."""
    best = set(order(count(profile, assessed), firms, top).tolist())
    found = []
    for criterion in profile.criteria:
        stay = [
            len(
                best
                & set(order(count(_scaled(profile, criterion, by), assessed), firms, top).tolist())
            )
            for by in (1 - _SWING, 1 + _SWING)
        ]
        found.append(Steadiness(criterion.key, stay[0], stay[1], len(best)))
    return found


def say_steadiness(steady: Sequence[Steadiness]) -> str:
    """Return in one sentence how the best hold when weights move; nothing where none were ranked."""
    worst = min(steady, key=lambda one: one.least, default=None)
    if worst is None or not worst.of:
        return ""
    if worst.least == worst.of:
        return f"The top {worst.of} hold when any weight moves by a fifth."
    return (
        f"When one weight moves by a fifth, at least {worst.least} of the top {worst.of} stay; "
        f"{worst.criterion} moves most."
    )


def _scaled(profile: ProfileDefinition, criterion: Criterion, by: float) -> ProfileDefinition:
    return replace(
        profile,
        criteria=tuple(
            replace(c, hundredths=round(c.hundredths * by)) if c is criterion else c
            for c in profile.criteria
        ),
    )


def look_ups(
    profile: ProfileDefinition,
    assessed: Assessed,
    firms: FirmColumns,
    *,
    top: int = TOP,
    most: int = 5,
) -> list[LookUp]:
    """Return the look-ups that would change the best `top` most, the best first.

    What is not known on a criterion turns out at its high end with the probability `missing`, which the
    points that count stand for, else at its low end. A firm outside gains what lifts it over the line, a
    firm inside loses what it falls below it: the expectation of that is the value of knowing.
    """
    counted = count(profile, assessed)
    rows = order(counted, firms, top + 1)
    if len(rows) <= top:
        return []
    line, below = int(counted.total[rows[top - 1]]), int(counted.total[rows[top]])
    inside = np.zeros(len(firms), np.bool_)
    inside[rows[:top]] = True
    found: list[LookUp] = []
    for criterion, low, high in zip(profile.criteria, assessed.low, assessed.high, strict=True):
        counts, least, greatest = count_criterion(criterion, low, high)
        up = np.maximum(counted.total + greatest - counts - line, 0) * criterion.missing
        down = np.maximum(below - (counted.total - counts + least), 0) * (1 - criterion.missing)
        gain = np.where(inside, down, up) * (counted.is_ranked & ~counted.pinned)
        best = _largest(gain, most)
        names = firms.names.take(_indices(best)).to_pylist()
        for row, name in zip(best.tolist(), names, strict=True):
            other = int(counted.total[row] - counts[row])
            found.append(
                LookUp(
                    firm_id=int(firms.ids[row]),
                    name=name,
                    criterion=criterion.key,
                    fields=(),
                    enters=not inside[row],
                    chance=criterion.missing if not inside[row] else 1 - criterion.missing,
                    gain=float(gain[row]) / 100,
                    total=int(counted.total[row]) / 100,
                    low=(other + int(least[row])) / 100,
                    high=(other + int(greatest[row])) / 100,
                )
            )
    return sorted(found, key=lambda one: (-one.gain, one.name, one.firm_id))[:most]


def _largest(values: np.ndarray[Any, Any], most: int) -> Ints:
    positive = np.flatnonzero(values > 0)
    if len(positive) > most:
        positive = positive[np.argpartition(-values[positive], most)[:most]]
    return positive[np.argsort(-values[positive], kind="stable")]


def _indices(rows: Ints) -> Any:
    import pyarrow as pa

    return pa.array(rows)


@dataclass(frozen=True)
class WayUp:
    """One change of one criterion that would lift a firm over a line, and the points that it would bring."""

    criterion: str
    sentence: str
    points: float
    effort: int


def ways_up(firm: FirmView, profile: ProfileDefinition, today: date, line: float) -> list[WayUp]:
    """Return, for each criterion that can do it alone, the smallest change that lifts a firm to `line`.

    The easiest stands first: what a look-up may settle, then what the firm could learn, grow into or wait
    for. A firm that is over the line, or that takes no part, has none.
    """
    card = score_firm(firm, profile, today)
    need = round(line * 100) - round(card.total * 100)
    if need <= 0 or card.standing is not Standing.RANKED:
        return []
    ways = []
    for criterion, reason in zip(profile.criteria, card.reasons, strict=False):
        wanted = round(reason.points * 100) + need
        if wanted > criterion.hundredths:
            continue
        lift = criterion.measure.lift(firm, today, wanted / criterion.hundredths)
        if lift is None:
            continue
        brings = round(criterion.hundredths * lift.share) / 100 - reason.points
        if round(brings * 100) >= need:
            ways.append(WayUp(criterion.key, _say(lift, brings), brings, lift.effort))
    return sorted(ways, key=lambda way: (way.effort, way.points, way.criterion))


def _say(lift: Lift, points: float) -> str:
    sentence = f"{lift.sentence}: +{points:.2f}".rstrip("0").rstrip(".")
    return f"{sentence[:1].upper()}{sentence[1:]} points"


def who_moves(before: Ints, after: Ints) -> tuple[list[int], list[int]]:
    """Return which firm ids enter and which leave, each in the order of its own list."""
    old, new = set(before.tolist()), set(after.tolist())
    return [i for i in after.tolist() if i not in old], [i for i in before.tolist() if i not in new]
