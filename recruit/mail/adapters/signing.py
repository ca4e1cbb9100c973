"""A mailer that signs what another one sends."""

from dataclasses import dataclass

from recruit.mail.port import Conversation, Delivery, Envelope, ParallelMailer
from recruit.mail.signing import Signer


@dataclass
class SigningMailer:
    """Adds a DKIM signature to each message before it is offered."""

    mailer: ParallelMailer
    signer: Signer

    def offer(self, envelope: Envelope, message: bytes) -> Delivery:
        """Sign, then talk until the server waits for the text; raises DefinitelyNotSent."""
        return self.mailer.offer(envelope, self.signer.sign(message))

    def begin(self, envelope: Envelope, message: bytes) -> Conversation:
        """Sign, then tell the server without waiting; raises DefinitelyNotSent or NoRoom."""
        return self.mailer.begin(envelope, self.signer.sign(message))

    def close(self) -> None:
        """End the connection."""
        self.mailer.close()
