"""Mail that stays in the process: for tests and for looking at what would be sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from recruit.mail.port import Envelope, IncomingMail


@dataclass
class MemoryDelivery:
    """A message waiting for `finish`."""

    sent: list[tuple[Envelope, bytes]]
    envelope: Envelope
    message: bytes

    def finish(self) -> str:
        """Keep the message."""
        self.sent.append((self.envelope, self.message))
        return "250 kept"

    def abandon(self) -> None:
        """Forget the message."""


@dataclass
class MemoryMailer:
    """Keeps every message that it is given, in order."""

    sent: list[tuple[Envelope, bytes]] = field(default_factory=list)

    def offer(self, envelope: Envelope, message: bytes) -> MemoryDelivery:
        """Accept any message."""
        return MemoryDelivery(self.sent, envelope, message)

    def close(self) -> None:
        """Do nothing: there is no connection."""


@dataclass
class MemoryInbox:
    """An inbox that a test fills."""

    mails: list[IncomingMail] = field(default_factory=list)

    def fetch(self) -> Iterator[IncomingMail]:
        """Yield what has not been acknowledged."""
        yield from list(self.mails)

    def acknowledge(self, uid: str) -> None:
        """Forget a mail."""
        self.mails = [mail for mail in self.mails if mail.uid != uid]

    def close(self) -> None:
        """Do nothing: there is no connection."""
