"""Where an IMAP server is and how to log in: shared by the inbox and the folder of sent mail."""

from dataclasses import dataclass

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from recruit.config import Secret
from recruit.mail.port import InboxUnavailable

_TIMEOUT_S = 30.0
FAILURES = (OSError, IMAPClientError, ValueError, AssertionError)


@dataclass(frozen=True)
class ImapAccount:
    """A login on a server."""

    host: str
    port: int
    user: str
    password: Secret
    tls: bool = True

    def connect(self) -> IMAPClient:
        """Return a connection that is logged in."""
        client = IMAPClient(self.host, self.port, ssl=self.tls, timeout=_TIMEOUT_S)
        # INTERNALDATE as the server gives it, with its zone.
        client.normalise_times = False
        try:
            client.login(self.user, self.password)
        except FAILURES:
            client.shutdown()
            raise
        return client

    def unavailable(self, error: Exception) -> InboxUnavailable:
        """Return the refusal that says where and what."""
        return InboxUnavailable(
            f"The inbox of {self.user} at {self.host}:{self.port} cannot be read: {error}"
        )


def special_folders(client: IMAPClient, use: bytes, names: frozenset[str]) -> list[str]:
    """Return the folders of a special use (RFC 6154), or else those with one of these names."""
    listed = client.list_folders()
    usable = [(flags, name) for flags, _, name in listed if rb"\Noselect" not in flags]
    marked = [name for flags, name in usable if use in flags]
    return marked or [name for _, name in usable if _last_part(name) in names]


def _last_part(name: str) -> str:
    return name.replace(".", "/").rpartition("/")[2].strip().lower()
