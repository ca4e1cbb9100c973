"""Where a reader of changes stands, for CRMs whose changes are asked for by time.

Rows may become visible late, with a time that has been read past already. So a run that has read
everything does not go on from the last row but from a while before it began, unless the last row is
older than that. What lies between comes a second time, which does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

# Late rows that were measured and reported elsewhere came within a minute.
OVERLAP = timedelta(seconds=120)
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Keyset:
    """The time and id of the last row that was read; `floor` is set while a run is under way."""

    at: datetime | None = None
    id: str = ""
    floor: datetime | None = None

    @staticmethod
    def from_json(position: Mapping[str, Any]) -> "Keyset":
        """Read a position that `to_json` made; an empty one means from the start."""
        return Keyset(
            at=_moment(position.get("at")),
            id=str(position.get("id", "")),
            floor=_moment(position.get("floor")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what can be stored."""
        position: dict[str, Any] = {}
        if self.at is not None:
            position |= {"at": self.at.isoformat(), "id": self.id}
        if self.floor is not None:
            position["floor"] = self.floor.isoformat()
        return position

    def opened(self, now: datetime, overlap: timedelta) -> "Keyset":
        """Return the place with the floor of this run; one that goes on keeps its own."""
        return self if self.floor is not None else replace(self, floor=now - overlap)

    def closed(self) -> "Keyset":
        """Return where the next run begins, once everything has been read."""
        if self.at is not None and self.floor is not None and self.at > self.floor:
            # Rows are asked for after a place, and one that bears the floor's own time counts.
            return Keyset(at=self.floor - _TICK)
        return replace(self, floor=None)


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
