"""What is believed of each column before there are outcomes: weights on the logit scale."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Curve = tuple[tuple[float, float], ...]


class PriorRefused(ValueError):
    """A declared prior that cannot be used; the message names the column or file and what to give."""


@dataclass(frozen=True)
class Prior:
    """A declared belief: `curves` for numbers, `levels` for categories, in logits.

    A curve is level beyond its ends; a level that is not named, and a missing value, weigh nothing.
    `rising` and `falling` name numeric columns along which the learned part may only go one way.
    """

    curves: Mapping[str, Curve] = field(default_factory=dict)
    levels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rising: frozenset[str] = frozenset()
    falling: frozenset[str] = frozenset()

    @property
    def columns(self) -> frozenset[str]:
        """Return the columns that something is said of."""
        return frozenset(self.curves) | frozenset(self.levels) | self.rising | self.falling


def read_prior(
    data: "Mapping[str, Any] | Prior | None", monotone: Mapping[str, int] | None = None
) -> Prior:
    """Return the prior that plain data declare: column -> [(value, weight), …] or {level: weight}.

    `monotone` maps columns to 1 (rising) or -1 (falling). Raises `PriorRefused`.
    """
    if isinstance(data, Prior):
        return data
    curves: dict[str, Curve] = {}
    levels: dict[str, Mapping[str, float]] = {}
    for column, weights in (data or {}).items():
        if isinstance(weights, Mapping):
            levels[column] = {str(k): _number(w, column) for k, w in weights.items()}
        else:
            curves[column] = _curve(weights, column)
    directions = dict(monotone or {})
    if wrong := {c: d for c, d in directions.items() if d not in {-1, 0, 1}}:
        raise PriorRefused(f"monotone takes 1 (rising), -1 (falling) or 0, not {wrong}.")
    return Prior(
        curves=curves,
        levels=levels,
        rising=frozenset(c for c, d in directions.items() if d == 1),
        falling=frozenset(c for c, d in directions.items() if d == -1),
    )


def curve_at(curve: Curve, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the curve's weights at `x`; missing values weigh 0."""
    xs, ys = zip(*curve, strict=True)
    weights: NDArray[np.float64] = np.interp(x, xs, ys)
    return np.where(np.isnan(x), 0.0, weights)


def _curve(points: Any, column: str) -> Curve:
    if not isinstance(points, Sequence) or isinstance(points, str) or not points:
        raise PriorRefused(
            f'The prior of "{column}" is neither a list of (value, weight) nor a table of levels.'
        )
    curve = []
    for point in points:
        if not isinstance(point, Sequence) or len(point) != 2:
            raise PriorRefused(
                f'The prior of "{column}" has the point {point!r}; give (value, weight).'
            )
        curve.append((_number(point[0], column), _number(point[1], column)))
    if any(a[0] >= b[0] for a, b in pairwise(curve)):
        raise PriorRefused(f'The values of the prior of "{column}" do not rise; sort its points.')
    return tuple(curve)


def _number(value: Any, column: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise PriorRefused(f'The prior of "{column}" has {value!r} where a finite number belongs.')
    return number


def read_prior_file(path: Path) -> Prior:
    """Read a prior from TOML; raises `PriorRefused`.

    rising = ["employees"]          # columns along which the learned part may only rise
    falling = ["distance_km"]
    [weights]
    employees = [[5, -0.5], [50, 0.3]]        # (value, weight) with straight lines between
    country = { Germany = 0.4, France = 0.1 } # a level that is not named weighs nothing
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PriorRefused(f"{path} cannot be read as TOML: {error}.") from error
    if unknown := sorted(told.keys() - {"weights", "rising", "falling"}):
        raise PriorRefused(
            f'{path}: "{unknown[0]}" is unknown; a prior has [weights], rising and falling.'
        )
    weights = told.get("weights", {})
    if not isinstance(weights, Mapping):
        raise PriorRefused(f"{path}: weights is a table, as in [weights].")
    monotone: dict[str, int] = {}
    for key, direction in (("rising", 1), ("falling", -1)):
        names = told.get(key, [])
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise PriorRefused(f"{path}: {key} is a list of columns' names.")
        if both := [n for n in names if n in monotone]:
            raise PriorRefused(f'{path}: "{both[0]}" cannot both rise and fall.')
        monotone |= dict.fromkeys(names, direction)
    return read_prior(weights, monotone)
