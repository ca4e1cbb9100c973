"""What two rows share, and how crowded it is."""

from dataclasses import dataclass

import numpy as np

from recruit.firms import evidence as weights
from recruit.firms.bulk.arrays import Flags, Ints, Longs, Numbers
from recruit.firms.bulk.pairs import Places
from recruit.firms.bulk.sheet import Sheet


@dataclass(frozen=True, eq=False)
class Doublings:
    """How crowded each value is, by its code: see `Crowds`."""

    domain: Numbers
    outlets: Numbers
    email: Numbers
    phone: Numbers
    street: Numbers
    in_town: Numbers
    name: Numbers
    name_in_city: Numbers


@dataclass
class Found:
    """What pairs were found to share so far, that says something of the verdict beside its points."""

    identified: Flags
    corroborated: Flags
    contradicted: Flags

    def shared(self, where: Flags, doublings: Numbers, most: float, crowded: float) -> Numbers:
        """Return the points of something shared, and note where it is the firm's own."""
        points = np.maximum(0, most + crowded * doublings)
        own = where & (points > most / 2)
        self.identified |= own
        self.corroborated |= own
        return np.where(where, points, 0).astype(np.float32)


def value_at(values: Numbers, codes: Ints) -> Numbers:
    """Return `values[codes]`, 0 where the code is missing."""
    if not len(values):
        return np.zeros(codes.shape, np.float32)
    return np.where(codes >= 0, values[np.maximum(codes, 0)], np.float32(0))


def least_crowded(values: Ints, crowd: Numbers, a: Longs, b: Longs) -> tuple[Flags, Numbers]:
    """Return where two rows share a value, and how crowded the least crowded of these is."""
    x, y = values[a], values[b]
    least = np.full(len(a), np.inf, np.float32)
    for left in range(x.shape[1]):
        if not (x[:, left] >= 0).any():
            continue
        for right in range(y.shape[1]):
            here = (x[:, left] >= 0) & (x[:, left] == y[:, right])
            least = np.where(here, np.minimum(least, value_at(crowd, x[:, left])), least)
    shared = np.isfinite(least)
    return shared, np.where(shared, least, 0).astype(np.float32)


def crowding(sheet: Sheet, places: Places, crowds: Doublings, a: Longs, b: Longs) -> Numbers:
    """Return how crowded the street of rows is, in the town that both name where they name one."""
    crowd = value_at(crowds.street, places.street[a])
    one_city = (sheet.city[a] >= 0) & (sheet.city[a] == sheet.city[b])
    one_postcode = (sheet.postcode[a] >= 0) & (sheet.postcode[a] == sheet.postcode[b])
    in_town = np.maximum(
        np.where(one_city, crowds.in_town[a, 0], 0),
        np.where(one_postcode, crowds.in_town[a, 1], 0),
    )
    return np.where(one_city | one_postcode, in_town, crowd).astype(np.float32)


def elsewhere(sheet: Sheet, a: Longs, b: Longs) -> Flags:
    """Say where both are known to be in different cities, as `evidence._elsewhere` does."""
    one, other = sheet.city[a], sheet.city[b]
    apart: Flags = (one >= 0) & (other >= 0) & (one != other)
    known = sheet.is_known_town
    if len(known):
        apart &= known[np.maximum(one, 0)] == known[np.maximum(other, 0)]
    return apart


def forms_differ(legal_forms: list[str]) -> Flags:
    """Return by two legal forms whether they name different kinds of company."""
    plain = [weights.plain_form(form) for form in legal_forms]
    size = max(len(plain), 1)
    differ = np.zeros((size, size), bool)
    for at, one in enumerate(plain):
        for to, other in enumerate(plain):
            differ[at, to] = bool(one and other and one not in other and other not in one)
    return differ
