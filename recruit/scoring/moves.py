"""Why a firm stands elsewhere than in an earlier ranking: data, weights, the model, a person, or a merge.

Between two rankings lie steps: firms that became one, then what else became known, then the profile's
own change, then the model's, then what people decided. Each step is a ranking by itself, and the
difference between the ranks before and behind it is what that cause did to a firm; over all steps the
differences sum to the whole move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt


class Cause(StrEnum):
    """What may move a firm, in the order of the steps."""

    MERGE = "merge"
    DATA = "data"
    WEIGHT = "weight"
    MODEL = "model"
    OVERRIDE = "override"


@dataclass(frozen=True)
class Step:
    """The state behind a step: the ids of the firms that take part, the best first, and their totals."""

    cause: Cause
    ids: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Move:
    """What became of one firm; a rank is None where it took no part.

    `by_cause` holds (places up, points) of each cause that did anything: places up are negative where it
    fell, points are the firm's own; where those are 0, others passed it or fell behind.
    """

    firm_id: int
    before: int | None
    after: int | None
    points_before: float | None
    points_after: float | None
    by_cause: Mapping[Cause, tuple[int, float]]
    entered_by: Cause | None = None
    left_by: Cause | None = None

    @property
    def places(self) -> int:
        """Return how many places it went up; 0 for one that came or left."""
        return 0 if self.before is None or self.after is None else self.before - self.after


def attribute(first: Step, steps: Sequence[Step]) -> list[Move]:
    """Return the move of every firm that does not stand where it stood; the largest first, then by id.

    `first` is the state of the earlier ranking (its cause is not read); `steps` lead to the later one.
    """
    states = [first, *steps]
    ids = np.unique(np.concatenate([state.ids for state in states]))
    ranks = np.zeros((len(states), len(ids)), np.int64)
    points = np.zeros((len(states), len(ids)), np.int64)
    for number, state in enumerate(states):
        places = np.searchsorted(ids, state.ids)
        ranks[number, places] = np.arange(1, len(state.ids) + 1)
        points[number, places] = state.totals
    moved = np.flatnonzero((ranks[0] != ranks[-1]) | (points[0] != points[-1]))
    found = [
        _move(int(ids[place]), steps, ranks[:, place].tolist(), points[:, place].tolist())
        for place in moved
    ]
    return sorted(found, key=lambda m: (-_size(m, len(ids)), m.firm_id))


def _size(move: Move, firms: int) -> int:
    if move.before is None or move.after is None:
        # Coming to the top or leaving it is a larger move than any within.
        return 2 * firms - (move.before or move.after or 0)
    return abs(move.places)


def _move(firm_id: int, steps: Sequence[Step], ranks: list[int], points: list[int]) -> Move:
    by_cause: dict[Cause, tuple[int, float]] = {}
    entered_by = left_by = None
    for number, step in enumerate(steps, start=1):
        before, after = ranks[number - 1], ranks[number]
        if before and after:
            places, gained = before - after, points[number] - points[number - 1]
            if places or gained:
                had = by_cause.get(step.cause, (0, 0.0))
                by_cause[step.cause] = (had[0] + places, round(had[1] + gained / 100, 2))
        elif after:
            entered_by = step.cause
        elif before:
            left_by = step.cause
    return Move(
        firm_id=firm_id,
        before=ranks[0] or None,
        after=ranks[-1] or None,
        points_before=points[0] / 100 if ranks[0] else None,
        points_after=points[-1] / 100 if ranks[-1] else None,
        by_cause=by_cause,
        entered_by=entered_by if ranks[-1] else None,
        left_by=left_by if ranks[0] and not ranks[-1] else None,
    )
