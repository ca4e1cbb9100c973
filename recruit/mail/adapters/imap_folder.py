"""One folder of an IMAP account: which of its mails wait to be read, and how much of each is fetched."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from imapclient import IMAPClient

from recruit.mail.bookmarks import Bookmark, Bookmarks

KEYWORD = b"$RecruitRead"
SEEN = rb"\Seen"
# Answers are short, and of a mail with large attachments the first part says all that we need.
_WHOLE_BYTES = 2_000_000
_PART_BYTES = 256 * 1024
_BATCH = 500


@dataclass
class Folder:
    """What we know of a folder since it was selected; a new UIDVALIDITY makes it all void.

    `mark` is the next mail's UID and the number of mails, as they were when we last looked for new ones;
    `waiting` has the sizes of the mails that are not yet acknowledged, by UID.
    """

    name: str
    validity: int = 0
    last_uid: int | None = None
    mark: tuple[int, int] = (0, 0)
    waiting: dict[int, int] = field(default_factory=dict)
    flag: bytes = KEYWORD
    kept: Bookmark | None = None

    def look_for_new(self, client: IMAPClient, bookmarks: Bookmarks | None) -> None:
        """Add to `waiting` what has come since the last look, or since the bookmark.

        Without a bookmark, the mails that came since the first day on which one may be an answer.
        """
        if self.last_uid is None and bookmarks is not None:
            self.kept = bookmarks.find(self.name)
            if self.kept is None or self.kept.validity != self.validity:
                new = self._meet(client, bookmarks.first_day())
            else:
                new = self._after(client, self.kept.uid)
        else:
            new = self._after(client, self.last_uid or 0)
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            for uid, found in client.fetch(batch, ["FLAGS", "RFC822.SIZE"]).items():
                if self.flag not in found.get(b"FLAGS", ()):
                    self.waiting[uid] = int(found.get(b"RFC822.SIZE", 0))

    def _after(self, client: IMAPClient, known: int) -> list[int]:
        # "n:*" names the newest mail even where it is older than n, and a server may answer in any order.
        new = sorted(uid for uid in client.search(["UID", f"{known + 1}:*"]) if uid > known)
        self.last_uid = max(new, default=known)
        return new

    def _meet(self, client: IMAPClient, first_day: date) -> list[int]:
        # Servers compare days of their own zone.
        new = sorted(client.search(["SINCE", first_day - timedelta(days=1)]))
        self.last_uid = max([*new, self.mark[0] - 1, *client.search(["UID", "*"])])
        return new

    def keep(self, bookmarks: Bookmarks | None) -> None:
        """Remember how far everything is acknowledged."""
        if bookmarks is None or self.last_uid is None:
            return
        done = Bookmark(self.validity, min(self.waiting, default=self.last_uid + 1) - 1)
        if done != self.kept:
            bookmarks.keep(self.name, done)
            self.kept = done

    def read(self, client: IMAPClient, uid: int) -> tuple[bytes, datetime | None] | None:
        """Return a mail, or the first part of a big one, and when it came; None where it is gone meanwhile."""
        most = _WHOLE_BYTES if self.waiting[uid] <= _WHOLE_BYTES else _PART_BYTES
        found: dict[bytes, Any] = client.fetch(
            [uid], ["INTERNALDATE", f"BODY.PEEK[]<0.{most}>"]
        ).get(uid, {})
        raw = next((v for k, v in found.items() if k.startswith(b"BODY[]")), None)
        return None if raw is None else (raw, _aware(found.get(b"INTERNALDATE")))


def _aware(moment: object) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
