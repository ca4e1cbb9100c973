"""Mail that is only shown: for trying things out on one's own machine."""

import sys
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from typing import TextIO

from recruit.mail.port import Envelope


@dataclass
class ConsoleDelivery:
    """A message waiting to be printed."""

    stream: TextIO
    envelope: Envelope
    message: bytes

    def finish(self) -> str:
        """Print who would get what."""
        mail = BytesParser(policy=policy.default).parsebytes(self.message)
        body = mail.get_body(preferencelist=("plain", "html"))
        text = body.get_content() if body is not None else ""
        self.stream.write(
            f"--- mail to {self.envelope.recipient} from {self.envelope.sender}\n"
            f"Subject: {mail['Subject']}\n\n{text.rstrip()}\n---\n"
        )
        self.stream.flush()
        return "250 printed"

    def abandon(self) -> None:
        """Print nothing."""


class ConsoleMailer:
    """Prints each message to a stream, the standard error of the process by default."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Keep the stream; without one, the process's own is looked up at each message."""
        self._stream = stream

    def offer(self, envelope: Envelope, message: bytes) -> ConsoleDelivery:
        """Accept any message."""
        return ConsoleDelivery(self._stream or sys.stderr, envelope, message)

    def close(self) -> None:
        """Do nothing: there is no connection."""
