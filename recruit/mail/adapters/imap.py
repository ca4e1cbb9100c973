"""An IMAP folder as an inbox.

What we have read is marked with a keyword of our own, not with \\Seen: a colleague who opens an
answer in a mail program must not hide it from us. Flags are compared here, not searched for there,
since a server without keyword search answers "none", and answers would be missed in silence.
"""

import imaplib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from recruit.config import Secret
from recruit.mail.port import InboxUnavailable, IncomingMail

_KEYWORD = "$RecruitRead"
# Answers are short; of a mail with large attachments the first part says all that we need.
_MOST_BYTES = 5_000_000
_TIMEOUT_S = 30.0


class ImapInbox:
    """Reads one folder; connects at the first use and again after a lost connection."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        password: Secret,
        tls: bool = True,
        folder: str = "INBOX",
    ) -> None:
        """Keep the address and the login; nothing is connected yet."""
        self._host = host
        self._port = port
        self._user = user
        self._password = password
        self._tls = tls
        self._folder = folder
        self._imap: imaplib.IMAP4 | None = None
        self._validity = ""
        self._flag = _KEYWORD
        self._last_uid = 0
        self._waiting: set[int] = set()

    def fetch(self) -> Iterator[IncomingMail]:
        """Yield the mails that are not yet acknowledged, oldest first; raises InboxUnavailable."""
        try:
            imap = self._connected()
            self._look_for_new(imap)
            for uid in sorted(self._waiting):
                _, parts = imap.uid(
                    "FETCH", str(uid), f"(INTERNALDATE BODY.PEEK[]<0.{_MOST_BYTES}>)"
                )
                found = [part for part in parts if isinstance(part, tuple)]
                if not found:
                    self._waiting.discard(uid)  # somebody has deleted or moved it
                for head, raw in (part[:2] for part in found):
                    yield IncomingMail(f"{self._validity}:{uid}", raw, _internal_date(head))
        except (OSError, imaplib.IMAP4.error) as error:
            raise self._lost(error) from error

    def acknowledge(self, uid: str) -> None:
        """Mark a mail as read by us; raises InboxUnavailable."""
        validity, _, number = uid.partition(":")
        try:
            imap = self._connected()
            # A folder that was made anew has other mails under the same numbers.
            if validity != self._validity:
                return
            _, flags = imap.uid("STORE", number, "+FLAGS", f"({self._flag})")
            if self._flag == _KEYWORD and _KEYWORD.encode() not in _joined(flags):
                self._flag = r"\Seen"  # the server keeps no keywords
                imap.uid("STORE", number, "+FLAGS", r"(\Seen)")
            self._waiting.discard(int(number))
        except (OSError, imaplib.IMAP4.error) as error:
            raise self._lost(error) from error

    def _look_for_new(self, imap: imaplib.IMAP4) -> None:
        # "n:*" names the newest mail even where it is older than n, and a server may answer in any order.
        known = self._last_uid
        _, lines = imap.uid("FETCH", f"{known + 1}:*", "(UID FLAGS)")
        for line in lines:
            text = _joined([line]).decode("ascii", "replace")
            uid, flags = re.search(r"UID (\d+)", text), re.search(r"FLAGS \(([^)]*)\)", text)
            if not uid or not flags or int(uid.group(1)) <= known:
                continue
            self._last_uid = max(self._last_uid, int(uid.group(1)))
            if self._flag not in flags.group(1).split():
                self._waiting.add(int(uid.group(1)))

    def close(self) -> None:
        """End the connection."""
        if self._imap is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._imap.logout()
            self._imap = None

    def _connected(self) -> imaplib.IMAP4:
        if self._imap is not None:
            try:
                self._imap.noop()
            except (OSError, imaplib.IMAP4.error):
                self._imap = None
            else:
                return self._imap
        kind = imaplib.IMAP4_SSL if self._tls else imaplib.IMAP4
        imap = kind(self._host, self._port, timeout=_TIMEOUT_S)
        imap.login(self._user, self._password)
        status, answer = imap.select(f'"{self._folder}"')
        if status != "OK":
            raise imaplib.IMAP4.error(f"folder {self._folder}: {answer!r}")
        _, validity = imap.response("UIDVALIDITY")
        self._validity = (validity[0] or b"").decode() if validity else ""
        _, allowed = imap.response("PERMANENTFLAGS")
        keywords = not allowed or allowed[0] is None or rb"\*" in _joined(allowed)
        self._flag = _KEYWORD if keywords else r"\Seen"
        self._last_uid = 0
        self._waiting = set()
        self._imap = imap
        return imap

    def _lost(self, error: Exception) -> InboxUnavailable:
        self.close()
        return InboxUnavailable(
            f"The inbox of {self._user} at {self._host}:{self._port} cannot be read: {error}"
        )


def _joined(parts: list[Any]) -> bytes:
    flat = (piece for part in parts for piece in (part if isinstance(part, tuple) else (part,)))
    return b" ".join(piece for piece in flat if isinstance(piece, bytes))


def _internal_date(head: bytes) -> datetime | None:
    found = re.search(rb'INTERNALDATE "([^"]+)"', head)
    if not found:
        return None
    return datetime.strptime(found.group(1).decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(
        UTC
    )
