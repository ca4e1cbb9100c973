"""Drift: whether the firms, the outcomes and the errors of today are still those that a model learned from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.columns import as_floats, as_texts
from recruit.learning.lookup import LookupTables, NumberTable
from recruit.learning.measures import calibration_error, stability_index

Floats = NDArray[np.float64]

# Parts that a numeric column's distribution is kept in, and levels that a category's is.
_PARTS = 10
_LEVELS = 20
# The usual marks of the stability index, of the rate, and of what a probability may be off by.
MOVED, MOVED_FAR = 0.1, 0.25
_RATE_MOVED = 1.5
_ERROR_MOVED = 0.1
# Fewer outcomes or firms say nothing of drift.
LEAST_OUTCOMES = 50
LEAST_FIRMS = 50


@dataclass(frozen=True)
class ColumnDrift:
    """How far one column's distribution has moved: the stability index, and a word."""

    column: str
    index: float

    @property
    def word(self) -> str:
        """Return what the index means."""
        if self.index >= MOVED_FAR:
            return "moved far"
        return "moved" if self.index >= MOVED else "steady"


@dataclass(frozen=True)
class Drift:
    """What has moved since training. A number is None where too little is known to tell."""

    columns: tuple[ColumnDrift, ...]
    rows: int
    outcomes: int
    rate_then: float
    rate_now: float | None
    error_now: float | None
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Drift":
        """Read what `to_json` wrote."""
        columns = tuple(ColumnDrift(**c) for c in told["columns"])
        return cls(**(dict(told) | {"columns": columns, "warnings": tuple(told["warnings"])}))


def spread_of(features: pd.DataFrame, tables: LookupTables) -> dict[str, dict[str, Any]]:
    """Return the distribution of each column of a model, to compare a later one with."""
    return {
        column.name: _spread(features[column.name], isinstance(column, NumberTable))
        for column in tables.columns
    }


def _spread(values: pd.Series, is_number: bool) -> dict[str, Any]:
    if is_number:
        x = as_floats(values)
        present = x[np.isfinite(x)]
        edges = (
            np.unique(np.quantile(present, np.linspace(0, 1, _PARTS + 1)[1:-1]))
            if len(present)
            else np.zeros(0)
        )
        return {"edges": edges.tolist(), "rows": _count_numbers(x, edges).tolist()}
    texts = as_texts(values)
    levels = sorted(map(str, texts.value_counts().head(_LEVELS).index))
    return {"levels": levels, "rows": _count_levels(texts, levels).tolist()}


def _count_numbers(x: Floats, edges: Floats) -> Floats:
    codes = np.searchsorted(edges, x, side="left")
    codes[np.isnan(x)] = len(edges) + 1
    return np.bincount(codes, minlength=len(edges) + 2).astype(np.float64)


def _count_levels(texts: pd.Series, levels: list[str]) -> Floats:
    place = {level: i for i, level in enumerate(levels)}
    # Behind the levels: all others, and missing ones.
    codes = [len(levels) + 1 if t is None else place.get(t, len(levels)) for t in texts]
    return np.bincount(codes, minlength=len(levels) + 2).astype(np.float64)


def measure_drift(
    spread: Mapping[str, Mapping[str, Any]],
    features: pd.DataFrame,
    *,
    rate_then: float,
    probability: Floats,
    y: Floats,
) -> Drift:
    """Compare today's rows with the training's; `probability` and `y` are of outcomes since then."""
    columns = tuple(
        ColumnDrift(name, _index(told, features[name]))
        for name, told in spread.items()
        if name in features and len(features) >= LEAST_FIRMS
    )
    enough = len(y) >= LEAST_OUTCOMES
    rate_now = float(y.mean()) if enough else None
    error_now = calibration_error(y, probability) if enough else None
    return Drift(
        columns=tuple(sorted(columns, key=lambda c: -c.index)),
        rows=len(features),
        outcomes=len(y),
        rate_then=rate_then,
        rate_now=rate_now,
        error_now=error_now,
        warnings=_warnings(columns, rate_then, rate_now, error_now),
    )


def _index(told: Mapping[str, Any], values: pd.Series) -> float:
    before = np.asarray(told["rows"], dtype=np.float64)
    if "edges" in told:
        after = _count_numbers(as_floats(values), np.asarray(told["edges"], dtype=np.float64))
    else:
        after = _count_levels(as_texts(values), list(told["levels"]))
    return stability_index(before, after)


def _warnings(
    columns: tuple[ColumnDrift, ...],
    rate_then: float,
    rate_now: float | None,
    error_now: float | None,
) -> tuple[str, ...]:
    found = []
    far = [c.column for c in columns if c.index >= MOVED_FAR]
    if far:
        named = ", ".join(far[:3]) + (f" and {len(far) - 3} more" if len(far) > 3 else "")
        found.append(f"The firms are others than those it learned from: {named} moved far.")
    if rate_now is not None:
        more, less = max(rate_then, rate_now), min(rate_then, rate_now)
        if more > _RATE_MOVED * less:
            found.append(
                f"Good outcomes come at {rate_now:.1%} now and came at {rate_then:.1%} when it was trained."
            )
    if error_now is not None and error_now > _ERROR_MOVED:
        found.append(
            f"Its probabilities are off by {error_now:.0%} on average over the latest outcomes."
        )
    return tuple(found)
