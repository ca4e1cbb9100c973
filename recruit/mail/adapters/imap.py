"""An IMAP account as an inbox: its INBOX, and its folder for junk, where answers land too.

What we have read is marked with a keyword of our own, not with \\Seen: a colleague who opens an
answer in a mail program must not hide it from us. Flags are compared here, not searched for there,
since a server without keyword search answers "none", and answers would be missed in silence. Where to
begin is told by a bookmark a folder; at the first contact, by the day of our first message.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from recruit.config import Secret
from recruit.mail.adapters.imap_account import FAILURES, ImapAccount, special_folders
from recruit.mail.adapters.imap_folder import KEYWORD, SEEN, Folder
from recruit.mail.bookmarks import Bookmarks
from recruit.mail.port import IncomingMail

_JUNK_NAMES = frozenset(
    {"junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "bulk", "spamverdacht"}
    | {"junk-e-mail", "courrier indésirable", "indésirables", "pourriel", "correo no deseado"}
    | {
        "posta indesiderata",
        "lixo eletrônico",
        "lixo electrónico",
        "ongewenste e-mail",
        "skräppost",
    }
)
# Servers hang up on an IDLE of 30 min (RFC 2177), and routers on a silent connection much sooner.
_MOST_IDLE_S = 240.0
_FIRST_IDLE_S = 0.5
_LOOK_S = 1.0
# How often a server that cannot notify is asked.
_POLL_S = 5.0


class ImapInbox:
    """Reads an account; connects at the first use and again after a lost connection."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        password: Secret,
        tls: bool = True,
        folder: str = "INBOX",
        bookmarks: Bookmarks | None = None,
    ) -> None:
        """Keep the address and the login; nothing is connected yet. Without bookmarks all mails are looked at."""
        self._account = ImapAccount(host, port, user, password, tls)
        self._main = folder
        self._client: IMAPClient | None = None
        self._bookmarks = bookmarks
        self._folders: dict[str, Folder] = {}
        self._selected = ""

    def fetch(self) -> Iterator[IncomingMail]:
        """Yield the mails that are not yet acknowledged, oldest first; raises InboxUnavailable."""
        try:
            client = self._connected()
            for name in self._names(client):
                try:
                    mark = self._select(client, name)
                except IMAPClientError:
                    if name == self._main:
                        raise
                    continue  # somebody has renamed or removed the junk folder meanwhile
                self._folders[name].mark = mark
                yield from self._fetch_folder(client, name)
        except FAILURES as error:
            self.close()
            raise self._account.unavailable(error) from error

    def acknowledge(self, uid: str) -> None:
        """Mark a mail as read by us; raises InboxUnavailable."""
        name, _, rest = uid.rpartition("|")
        validity, _, number = rest.partition(":")
        try:
            client = self._connected()
            if self._selected != name:
                self._select(client, name)
            folder = self._folders[name]
            # A folder that was made anew has other mails under the same numbers.
            if validity != str(folder.validity):
                return
            flags = client.add_flags([int(number)], [folder.flag])
            if folder.flag == KEYWORD and KEYWORD not in flags.get(int(number), (KEYWORD,)):
                folder.flag = SEEN  # the server keeps no keywords
                client.add_flags([int(number)], [SEEN])
            folder.waiting.pop(int(number), None)
        except FAILURES as error:
            self.close()
            raise self._account.unavailable(error) from error

    def wait(self, keep_waiting: Callable[[], bool]) -> bool:
        """Wait for new mail; True as soon as the server tells of some, or where only looking can tell.

        False when `keep_waiting` says no. Raises InboxUnavailable.
        """
        try:
            return self._waited(self._connected(), keep_waiting)
        except FAILURES as error:
            self.close()
            raise self._account.unavailable(error) from error

    def _waited(self, client: IMAPClient, keep_waiting: Callable[[], bool]) -> bool:
        lasts_s, waited_s = _FIRST_IDLE_S, 0.0
        # What a server has told once, even in answer to NOOP or SELECT, it does not tell again in IDLE, and
        # one that is just beginning to watch a folder may miss a mail (Dovecot, for half a minute). So the
        # folder is selected anew around every IDLE, and the first ones, where mails come in bursts, are short.
        while self._select(client, self._main) == self._folders[self._main].mark:
            if not keep_waiting():
                return False
            if waited_s >= _MOST_IDLE_S:
                break  # after a long silence one look costs nothing
            if not client.has_capability("IDLE"):
                return _slept(_POLL_S, keep_waiting)
            if _idled(client, lasts_s, keep_waiting):
                break
            waited_s += lasts_s
            lasts_s = min(2 * lasts_s, _MOST_IDLE_S - waited_s)
        return True

    def close(self) -> None:
        """End the connection."""
        if self._client is not None:
            with suppress(*FAILURES):
                self._client.logout()
            self._client = None

    def _connected(self) -> IMAPClient:
        if self._client is not None:
            try:
                self._client.noop()
            except FAILURES:
                self._client = None
            else:
                return self._client
        # Other connections may have acknowledged mails meanwhile, so flags are read anew.
        self._folders, self._selected = {}, ""
        self._client = self._account.connect()
        return self._client

    def _names(self, client: IMAPClient) -> list[str]:
        if not self._folders:
            junk = special_folders(client, rb"\Junk", _JUNK_NAMES)
            self._folders = {name: Folder(name) for name in (self._main, *junk)}
        return list(self._folders)

    def _select(self, client: IMAPClient, name: str) -> tuple[int, int]:
        """Select a folder and return its mark, which changes whenever a mail comes."""
        # Selecting again is what tells a server to show mails that came by another connection.
        answer = client.select_folder(name)
        self._selected = name
        folder = self._folders.setdefault(name, Folder(name))
        validity = int(answer.get(b"UIDVALIDITY", 0))
        if validity != folder.validity:
            self._folders[name] = folder = Folder(name, validity)
        allowed = answer.get(b"PERMANENTFLAGS")
        keywords = allowed is None or not allowed or rb"\*" in allowed or KEYWORD in allowed
        folder.flag = KEYWORD if keywords and folder.flag == KEYWORD else SEEN
        return int(answer.get(b"UIDNEXT", 0)), int(answer.get(b"EXISTS", 0))

    def _fetch_folder(self, client: IMAPClient, name: str) -> Iterator[IncomingMail]:
        folder = self._folders[name]
        folder.look_for_new(client, self._bookmarks)
        for uid in sorted(folder.waiting):
            if self._selected != name:
                self._select(client, name)
            found = folder.read(client, uid)
            if found is None:
                folder.waiting.pop(uid, None)  # somebody has deleted or moved it
                continue
            yield IncomingMail(f"{name}|{folder.validity}:{uid}", *found)
        folder.keep(self._bookmarks)


def _idled(client: IMAPClient, lasts_s: float, keep_waiting: Callable[[], bool]) -> bool:
    """Idle for so long; return whether the server told of new mail."""
    client.idle()
    heard = False
    waited_s = 0.0
    try:
        while not heard and waited_s < lasts_s and keep_waiting():
            look_s = min(_LOOK_S, lasts_s - waited_s)
            said = client.idle_check(timeout=look_s)
            heard = any(len(word) > 1 and word[1] in {b"EXISTS", b"RECENT"} for word in said)
            waited_s += look_s
    finally:
        client.idle_done()
    return heard


def _slept(seconds: float, keep_waiting: Callable[[], bool]) -> bool:
    slept_s = 0.0
    while slept_s < seconds and keep_waiting():
        time.sleep(0.25)
        slept_s += 0.25
    return keep_waiting()
