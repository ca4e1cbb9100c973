"""A Maildir as an inbox: one file a mail, safe beside the server that delivers into it."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from recruit.mail.port import IncomingMail


class MaildirInbox:
    """Reads a Maildir's `new` and unseen `cur`; an acknowledged mail moves to `cur` with the flag S."""

    def __init__(self, path: Path) -> None:
        """Keep the folder; it and its three parts are made when they are missing."""
        self._path = path

    def _part(self, name: str) -> Path:
        folder = self._path / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _waiting(self) -> list[Path]:
        self._part("tmp")
        unseen = [path for path in self._part("cur").iterdir() if "S" not in _flags(path)]
        found = [*self._part("new").iterdir(), *unseen]
        # A dot in front marks what is no mail (a server's own index, an editor's file).
        return [path for path in found if path.is_file() and not path.name.startswith(".")]

    def fetch(self) -> Iterator[IncomingMail]:
        """Yield the mails that are not yet acknowledged, oldest first."""
        dated: list[tuple[float, str, Path]] = []
        for path in self._waiting():
            try:
                dated.append((path.stat().st_mtime, path.name, path))
            except FileNotFoundError:
                continue  # another reader was faster
        for modified, name, path in sorted(dated):
            try:
                raw = path.read_bytes()
            except FileNotFoundError:
                continue
            yield IncomingMail(_unique(name), raw, datetime.fromtimestamp(modified, UTC))

    def acknowledge(self, uid: str) -> None:
        """Move the mail to `cur` and flag it as seen; one that is gone already is no error."""
        for path in self._waiting():
            if _unique(path.name) == uid:
                flags = "".join(sorted(set(_flags(path)) | {"S"}))
                path.rename(self._part("cur") / f"{uid}:2,{flags}")
                return

    def wait(self, keep_waiting: Callable[[], bool]) -> bool:
        """Wait until there is an unread mail, looking twice a second."""
        while keep_waiting():
            if self._waiting():
                return True
            time.sleep(0.5)
        return False

    def close(self) -> None:
        """Do nothing: there is no connection."""


def _unique(name: str) -> str:
    return name.partition(":")[0]


def _flags(path: Path) -> str:
    return path.name.partition(":2,")[2]
