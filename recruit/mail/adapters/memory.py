"""Mail that stays in the process: for tests and for looking at what would be sent."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from recruit.mail.port import Delivery, Envelope, IncomingMail


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
class MemoryConversation:
    """A message on its way to the process's own memory: nothing has to be waited for."""

    mailer: "MemoryMailer"
    envelope: Envelope
    message: bytes
    delivery: Delivery | None = None

    def answers_within(self, seconds: float) -> bool:  # noqa: ARG002
        """Return at once: yes."""
        return True

    def await_readiness(self) -> None:
        """Offer the message."""
        self.delivery = self.mailer.offer(self.envelope, self.message)

    def let_go(self) -> None:
        """Do nothing yet."""

    def await_answer(self) -> str:
        """Keep the message."""
        assert self.delivery is not None
        return self.delivery.finish()

    def abandon(self) -> None:
        """Forget the message."""
        if self.delivery is not None:
            self.delivery.abandon()


@dataclass
class MemoryMailer:
    """Keeps every message that it is given, in order."""

    sent: list[tuple[Envelope, bytes]] = field(default_factory=list)

    def offer(self, envelope: Envelope, message: bytes) -> MemoryDelivery:
        """Accept any message."""
        return MemoryDelivery(self.sent, envelope, message)

    def begin(self, envelope: Envelope, message: bytes) -> MemoryConversation:
        """Begin a conversation about any message."""
        return MemoryConversation(self, envelope, message)

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

    def wait(self, keep_waiting: Callable[[], bool]) -> bool:
        """Wait until there is a mail."""
        while not self.mails and keep_waiting():
            time.sleep(0.02)
        return bool(self.mails)

    def close(self) -> None:
        """Do nothing: there is no connection."""


@dataclass
class MemorySentMail:
    """A folder of sent mail that a test fills with Message-IDs."""

    message_ids: set[str] = field(default_factory=set)

    def find_sent(self, message_ids: Collection[str]) -> set[str]:
        """Return those that are known."""
        return self.message_ids & set(message_ids)

    def close(self) -> None:
        """Do nothing: there is no connection."""
