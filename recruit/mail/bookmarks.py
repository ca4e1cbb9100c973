"""The port to what an inbox remembers between two connections, so that none begins at the beginning."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True)
class Bookmark:
    """How far a folder was read: everything up to `uid` is done with, as long as `validity` (UIDVALIDITY) holds."""

    validity: int
    uid: int


class Bookmarks(Protocol):
    """Remembers one bookmark a folder. A lost one costs another first contact, and no answer."""

    def find(self, folder: str) -> Bookmark | None:
        """Return the bookmark of a folder, or None at the first contact with it."""
        ...

    def keep(self, folder: str, bookmark: Bookmark) -> None:
        """Remember how far a folder was read."""
        ...

    def first_day(self) -> date:
        """Return the day from which on mail may be an answer to ours: what a first contact reads."""
        ...
