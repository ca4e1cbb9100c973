"""The arrays that sheets consist of, and what numpy has no word or no quick way for.

-1 stands for a missing value everywhere.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Numbers = NDArray[np.float32]
Flags = NDArray[np.bool_]


def look_up(values: Ints, codes: Ints) -> Ints:
    """Return `values[codes]`, -1 where the code is."""
    if not len(values):
        return np.full(codes.shape, -1, np.int32)
    return np.where(codes >= 0, values[np.maximum(codes, 0)], np.int32(-1))


def distinct(values: Longs) -> Longs:
    """Return the different values, in order; many times sooner than `np.unique`, which hashes them."""
    ordered = np.sort(values)
    different: Longs = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return different


def combine(one: Ints, other: Ints, others: int) -> Longs:
    """Return one number for two codes; there are no more than `others` values of the second."""
    combined: Longs = np.where(
        (one >= 0) & (other >= 0), one.astype(np.int64) * (others + 1) + other, -1
    )
    return combined


def pack(codes: Ints, width: int) -> Ints:
    """Return the codes of each row moved to the left over what is missing, at most `width` of them."""
    order = np.argsort(codes < 0, axis=1, kind="stable")[:, :width]
    return np.take_along_axis(codes, order, axis=1)
