"""How far each folder of an inbox was read, in the database: it outlives workers and machines."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.mail.bookmarks import Bookmark
from recruit.sequences.tables import InboxBookmark, Touch
from recruit.sequences.values import TouchStatus

# A first contact looks back no further: whoever has not answered within it has been written to again since.
FIRST_DAYS = 30


class StoredBookmarks:
    """The bookmarks of one account, each kept in a transaction of its own."""

    def __init__(
        self, open_tx: Callable[[], AbstractContextManager[Transaction]], account: str
    ) -> None:
        """Keep the account's name ("ann@imap.example:993") and how to open a transaction."""
        self._open_tx = open_tx
        self._account = account

    def find(self, folder: str) -> Bookmark | None:
        """Return the bookmark of a folder, or None at the first contact with it."""
        with self._open_tx() as tx:
            row = tx.session.get(InboxBookmark, (self._account, folder))
            return Bookmark(row.validity, row.uid) if row else None

    def keep(self, folder: str, bookmark: Bookmark) -> None:
        """Remember how far a folder was read; of two readers, the one that read further is believed."""
        with self._open_tx() as tx:
            key = (self._account, folder)
            row = tx.session.get(InboxBookmark, key, with_for_update=True)
            if row is None:
                with suppress(IntegrityError), tx.session.begin_nested():
                    tx.session.add(InboxBookmark(account=key[0], folder=folder, validity=0, uid=0))
                # Another reader may have met the folder at the same moment.
                row = tx.session.get_one(InboxBookmark, key, with_for_update=True)
            if row.validity != bookmark.validity or row.uid < bookmark.uid:
                row.validity, row.uid = bookmark.validity, bookmark.uid

    def first_day(self) -> date:
        """Return the day of our first message, today where none was sent, or `FIRST_DAYS` ago if that is later."""
        with self._open_tx() as tx:
            first = tx.session.scalar(
                select(func.min(Touch.settled_at)).where(
                    Touch.status.in_((TouchStatus.SENT, TouchStatus.UNKNOWN))
                )
            )
            return max((first or tx.now).date(), tx.now.date() - timedelta(days=FIRST_DAYS))
