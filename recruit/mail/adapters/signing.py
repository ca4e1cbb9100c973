"""A mailer that signs what another one sends."""

from dataclasses import dataclass

from recruit.mail.port import Delivery, Envelope, Mailer
from recruit.mail.signing import Signer


@dataclass
class SigningMailer:
    """Adds a DKIM signature to each message before it is offered."""

    mailer: Mailer
    signer: Signer

    def offer(self, envelope: Envelope, message: bytes) -> Delivery:
        """Sign, then talk until the server waits for the text; raises DefinitelyNotSent."""
        return self.mailer.offer(envelope, self.signer.sign(message))

    def close(self) -> None:
        """End the connection."""
        self.mailer.close()
