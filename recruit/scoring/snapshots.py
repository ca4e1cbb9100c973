"""Rankings in few bytes: which firms stood where with how many points, so that later ones can be compared.

    rows = Snapshot(ids, versions, standing, total, low, high)     # those that take part first, by rank

Identical rankings make identical bytes; their SHA-256 is the digest that a ranking is known by.
"""

import hashlib
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Packing is on the way of every ranking; more effort saves little on numbers.
_EFFORT = 1
_FORMAT = b"RK1\n"
_COLUMNS = (
    ("ids", "<i8"),
    ("versions", "<i4"),
    ("standing", "<i1"),
    ("total", "<i4"),
    ("low", "<i4"),
    ("high", "<i4"),
)


class SnapshotError(ValueError):
    """The bytes are no snapshot that this release can read."""


@dataclass(frozen=True)
class Snapshot:
    """All firms of a ranking, an entry each: the ranked ones by rank, then the others by id.

    `total`, `low` and `high` are hundredths, `standing` places in `columnar.STANDINGS`.
    """

    ids: npt.NDArray[np.int64]
    versions: npt.NDArray[np.int32]
    standing: npt.NDArray[np.int8]
    total: npt.NDArray[np.int32]
    low: npt.NDArray[np.int32]
    high: npt.NDArray[np.int32]

    @property
    def ranked(self) -> int:
        """Return how many firms take part."""
        return int((self.standing == 0).sum())

    def to_bytes(self) -> bytes:
        """Return the columns one behind the other, in one byte order on every machine."""
        columns = [getattr(self, name).astype(kind).tobytes() for name, kind in _COLUMNS]
        return b"".join([_FORMAT, len(self.ids).to_bytes(8, "little"), *columns])


def digest_of(data: bytes) -> str:
    """Return the digest of a snapshot's bytes."""
    return hashlib.sha256(data).hexdigest()


def pack(data: bytes) -> bytes:
    """Return a snapshot's bytes as they are stored."""
    return zlib.compress(data, _EFFORT)


def unpack(packed: bytes) -> Snapshot:
    """Read what `pack` made; raises `SnapshotError`."""
    try:
        data = zlib.decompress(packed)
    except zlib.error as error:
        raise SnapshotError(f"A ranking's snapshot is damaged: {error}.") from error
    if not data.startswith(_FORMAT):
        raise SnapshotError("A ranking's snapshot was written by another release.")
    size = int.from_bytes(data[4:12], "little")
    start, columns = 12, []
    for _, kind in _COLUMNS:
        columns.append(np.frombuffer(data, kind, size, start))
        start += size * np.dtype(kind).itemsize
    return Snapshot(*columns)
