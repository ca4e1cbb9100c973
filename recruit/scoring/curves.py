"""Curves: from a value, or an interval that holds it, to a share in [0, 1]; no points, no firms.

Each has a twin for columns of values, which does the same sums in the same order: a share is the same to
the last bit whether one firm is asked or a million.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

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

    def at_each(self, values: Floats) -> Floats:
        """Return the share at each of the values."""
        return np.minimum(
            _rise_each(values, self.none_below, self.full_from),
            _rise_each(-values, _minus(self.none_above), _minus(self.full_to)),
        )

    def over_each(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Return `over` of each pair of ends."""
        left, right = self.at_each(low), self.at_each(high)
        most = np.maximum(left, right)
        reaches = np.ones(len(low), np.bool_)
        if self.full_from is not None:
            reaches &= high >= self.full_from
        if self.full_to is not None:
            reaches &= low <= self.full_to
        most[reaches] = 1.0
        return np.minimum(left, right), most

    def nearest(self, share: float, value: float) -> float | None:
        """Return the value nearest to `value` at which the share is reached; None where it never is."""
        if self.at(value) >= share:
            return value
        if self.full_from is not None and value < self.full_from:
            none = self.full_from if self.none_below is None else self.none_below
            return none + share * (self.full_from - none)
        if self.full_to is not None and value > self.full_to:
            none = self.full_to if self.none_above is None else self.none_above
            return none - share * (none - self.full_to)
        return None


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _rise(value: float, none: float | None, full: float | None) -> float:
    """Return 0 up to `none`, 1 from `full` on, and a straight line between: 3, none 1, full 5 → 0.5."""
    if full is None or value >= full:
        return 1.0
    if none is None or value <= none:
        return 0.0
    return (value - none) / (full - none)


def _rise_each(values: Floats, none: float | None, full: float | None) -> Floats:
    if full is None:
        return np.ones(len(values))
    if none is None or none == full:
        return (values >= full).astype(np.float64)
    shares = (values - none) / (full - none)
    shares[values <= none] = 0.0
    shares[values >= full] = 1.0
    return shares


def saturate(amount: float, enough: float) -> float:
    """Return the share that `amount` makes of `enough`, at most 1: more than enough adds nothing."""
    return min(amount / enough, 1.0)


def distance_km(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Return the great-circle distance between two points given in degrees (haversine formula)."""
    each = distances_km(
        latitude, longitude, np.array([other_latitude]), np.array([other_longitude])
    )
    return float(each[0])


def distances_km(
    latitude: float, longitude: float, latitudes: Floats, longitudes: Floats
) -> Floats:
    """Return the great-circle distance in km from one point to each of the others, to the millimetre.

    A library's sine may differ in the last bit with the length of its input; a millimetre does not.
    """
    phi, phis = np.radians(latitude), np.radians(latitudes)
    half_chord = (
        np.sin((phis - phi) / 2) ** 2
        + np.cos(phi) * np.cos(phis) * np.sin(np.radians(longitudes - longitude) / 2) ** 2
    )
    distances = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half_chord, 1.0)))
    rounded: Floats = np.round(distances, 6)
    return rounded
