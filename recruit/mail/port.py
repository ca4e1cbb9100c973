"""The port to mail. Outgoing mail is a conversation in two halves, because of one hard fact:

between the final dot and the server's 250 nobody can know whether a message is on its way. So the
caller talks until the server waits for the text (`offer`), writes down that it is about to send, and
only then lets the message go (`finish`). A mailer that talks on several connections says the same in
smaller steps: `begin`, `await_readiness`, `let_go`, `await_answer`.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


class DefinitelyNotSent(Exception):
    """The server did not take the message. `permanent` tells a 5xx from what may work later.

    `about_us` is true where the server refuses us (blocked address, bad login), not the recipient.
    """

    def __init__(
        self, text: str, *, code: int | None = None, permanent: bool = False, about_us: bool = False
    ) -> None:
        """Keep the server's words and reply code."""
        super().__init__(text)
        self.text = text
        self.code = code
        self.permanent = permanent
        self.about_us = about_us


class OutcomeUnknown(Exception):
    """The connection broke after the message was let go; it may or may not arrive."""


class NoRoom(Exception):
    """No further conversation can begin while those that have begun last; nothing was said of the message."""


class InboxUnavailable(Exception):
    """The inbox could not be read now; the message says where and what the server answered."""


@dataclass(frozen=True)
class Envelope:
    """Who the server is told that a message is from and to."""

    sender: str
    recipient: str


class Delivery(Protocol):
    """A message that the server is ready to read: nothing has been sent yet."""

    def finish(self) -> str:
        """Send it and return the server's words; raises DefinitelyNotSent or OutcomeUnknown."""
        ...

    def abandon(self) -> None:
        """Hang up without sending it."""
        ...


class Mailer(Protocol):
    """Sends messages, one at a time; keeps its connection between them."""

    def offer(self, envelope: Envelope, message: bytes) -> Delivery:
        """Talk until the server waits for the text; raises DefinitelyNotSent."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class Conversation(Protocol):
    """A message that the server has been told of, and may not have answered yet."""

    def answers_within(self, seconds: float) -> bool:
        """Return whether `await_readiness` will probably return within so many seconds."""
        ...

    def await_readiness(self) -> None:
        """Wait until the server waits for the text; raises DefinitelyNotSent."""
        ...

    def let_go(self) -> None:
        """Send text and dot without waiting for the answer; raises DefinitelyNotSent."""
        ...

    def await_answer(self) -> str:
        """Return the server's words to the dot; raises DefinitelyNotSent or OutcomeUnknown."""
        ...

    def abandon(self) -> None:
        """Hang up; before `let_go`, nothing is sent."""
        ...


@runtime_checkable
class ParallelMailer(Mailer, Protocol):
    """A mailer that can talk about several messages at once, each on a connection of its own."""

    def begin(self, envelope: Envelope, message: bytes) -> Conversation:
        """Tell the server of a message without waiting for its answer; raises DefinitelyNotSent or NoRoom."""
        ...


@dataclass(frozen=True)
class IncomingMail:
    """A raw mail as it lies in an inbox. `uid` is the inbox's name for it."""

    uid: str
    raw: bytes
    received_at: datetime | None = None


class Inbox(Protocol):
    """Where answers arrive. A mail stays until it is acknowledged."""

    def fetch(self) -> Iterator[IncomingMail]:
        """Yield the mails that are not yet acknowledged, oldest first; raises InboxUnavailable."""
        ...

    def acknowledge(self, uid: str) -> None:
        """Mark a mail as read by us; it is never deleted. Raises InboxUnavailable."""
        ...

    def wait(self, keep_waiting: Callable[[], bool]) -> bool:
        """Wait for new mail; True when it is time to look, False when `keep_waiting` says no.

        Raises InboxUnavailable.
        """
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class LookupUnavailable(Exception):
    """DNS did not answer a question; that says nothing about the name."""


class Lookup(Protocol):
    """Questions to DNS. What does not exist is an empty list; each raises LookupUnavailable."""

    def list_txt(self, name: str) -> list[str]:
        """Return the texts at a name."""
        ...

    def list_addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a name."""
        ...

    def list_mail_hosts(self, name: str) -> list[str]:
        """Return the hosts that take mail for a domain, the preferred one first."""
        ...

    def list_names(self, address: str) -> list[str]:
        """Return the names that an address goes by."""
        ...


class SentMail(Protocol):
    """What lies in a mailbox's folder of sent mail."""

    def find_sent(self, message_ids: Collection[str]) -> set[str]:
        """Return which of these Message-IDs lie there; raises InboxUnavailable."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...
