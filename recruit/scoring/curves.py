"""Curves: from a value, or an interval that holds it, to a share in [0, 1]; no points, no firms."""

import math
from dataclasses import dataclass

EARTH_RADIUS_KM = 6371.0088  # the mean radius of the International Union of Geodesy and Geophysics


@dataclass(frozen=True)
class Band:
    """Full inside `full_from`–`full_to`, none at `none_below` and `none_above`, straight in between.

    None leaves a side open: always full there. `none_below` equal to `full_from` is a hard edge.
    The four must stand in order; whoever reads them from a person checks that.
    """

    full_from: float | None = None
    full_to: float | None = None
    none_below: float | None = None
    none_above: float | None = None

    def at(self, value: float) -> float:
        """Return the share at one value; `math.inf` is allowed."""
        return min(
            _rise(value, self.none_below, self.full_from),
            # The right side is the left one seen in a mirror.
            _rise(-value, _minus(self.none_above), _minus(self.full_to)),
        )

    def over(self, low: float, high: float) -> tuple[float, float]:
        """Return the least and the greatest share that a value between `low` and `high` can have.

        Exact, because the curve rises to one plateau and falls: the least share stands at an end,
        and so does the greatest, unless the plateau reaches into the interval.
        """
        ends = (self.at(low), self.at(high))
        reaches_plateau = (self.full_from is None or high >= self.full_from) and (
            self.full_to is None or low <= self.full_to
        )
        return min(ends), 1.0 if reaches_plateau else max(ends)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _rise(value: float, none: float | None, full: float | None) -> float:
    """Return 0 up to `none`, 1 from `full` on, and a straight line between: 3, none 1, full 5 → 0.5."""
    if full is None or value >= full:
        return 1.0
    if none is None or value <= none:
        return 0.0
    return (value - none) / (full - none)


def saturate(amount: float, enough: float) -> float:
    """Return the share that `amount` makes of `enough`, at most 1: more than enough adds nothing."""
    return min(amount / enough, 1.0)


def distance_km(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Return the great-circle distance between two points given in degrees (haversine formula)."""
    phi, other_phi = math.radians(latitude), math.radians(other_latitude)
    half_chord = (
        math.sin((other_phi - phi) / 2) ** 2
        + math.cos(phi)
        * math.cos(other_phi)
        * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(half_chord, 1.0)))
