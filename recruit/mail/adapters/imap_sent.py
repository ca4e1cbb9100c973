"""The Sent folder of an IMAP account: asked whether a message of ours lies there."""

from collections.abc import Collection
from contextlib import suppress

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from recruit.mail.adapters.imap_account import FAILURES, ImapAccount, special_folders

_SENT_NAMES = frozenset(
    {
        "sent",
        "sent items",
        "sent mail",
        "sent messages",
        "gesendet",
        "gesendete elemente",
        "gesendete objekte",
    }
    | {
        "envoyés",
        "éléments envoyés",
        "enviados",
        "elementos enviados",
        "posta inviata",
        "inviata",
        "itens enviados",
    }
    | {"verzonden", "verzonden items", "skickat", "sendt", "wysłane"}
)


class ImapSentMail:
    """Looks into the folders marked or named as sent mail; connects for each look."""

    def __init__(self, account: ImapAccount) -> None:
        """Keep the login; nothing is connected yet."""
        self._account = account

    def find_sent(self, message_ids: Collection[str]) -> set[str]:
        """Return which of these Message-IDs lie there; raises InboxUnavailable, also without such a folder."""
        try:
            client = self._account.connect()
            try:
                return self._search(client, message_ids)
            finally:
                with suppress(*FAILURES):
                    client.logout()
        except FAILURES as error:
            raise self._account.unavailable(error) from error

    def _search(self, client: IMAPClient, message_ids: Collection[str]) -> set[str]:
        folders = special_folders(client, rb"\Sent", _SENT_NAMES)
        if not folders:
            raise IMAPClientError("it has no folder of sent mail")
        found: set[str] = set()
        for folder in folders:
            client.select_folder(folder, readonly=True)
            for message_id in message_ids:
                # A header search is one for a part of the header, so what is found is looked at.
                for uid in client.search(["HEADER", "Message-ID", message_id]):
                    head = client.fetch([uid], ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]).get(
                        uid, {}
                    )
                    if any(
                        isinstance(v, bytes) and message_id.encode() in v for v in head.values()
                    ):
                        found.add(message_id)
        return found

    def close(self) -> None:
        """Do nothing: no connection is kept."""
