"""One message's way over SMTP, command by command, so that the caller stands between 354 and the dot."""

import re
import selectors
import smtplib
import socket
from typing import Protocol

from recruit.mail.port import DefinitelyNotSent, Envelope, OutcomeUnknown
from recruit.mail.refusals import judge_refusal


class _Gone(Exception):
    """The connection ended before the server was asked to read a message."""


class Connection:
    """A connection to the server; `messages` counts those that it was used for."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self.smtp = smtp
        self.messages = 0
        # Text and dot are two small writes; with Nagle's algorithm the second waits for an ACK.
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Pool(Protocol):
    """Where a conversation gets its connection from, and what it does with it at the end."""

    def take(self) -> Connection | None:
        """Return an idle connection, or None."""
        ...

    def connect(self) -> Connection:
        """Return a new connection; raises DefinitelyNotSent."""
        ...

    def keep(self, connection: Connection) -> None:
        """Take a connection back that is ready for the next message."""
        ...

    def drop(self, connection: Connection) -> None:
        """Close the socket without a word: what stands before the dot is void."""
        ...


class SmtpConversation:
    """One message's way to the server, from MAIL FROM to the answer to its dot."""

    def __init__(
        self, pool: Pool, connection: Connection, envelope: Envelope, message: bytes
    ) -> None:
        """Say as much as may be said without an answer: all, where the server takes commands at once."""
        self._pool = pool
        self._connection = connection
        self._envelope = envelope
        self._message = message
        self._at_once = False
        self._gone: Exception | None = None
        self._dot_failed: Exception | None = None
        self._speak()

    def answers_within(self, seconds: float) -> bool:
        """Return whether the answer to what was said is there within so many seconds."""
        sock = self._connection.smtp.sock
        if self._gone is not None or not self._at_once or sock is None:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def await_readiness(self) -> None:
        """Wait until the server waits for the text (354); raises DefinitelyNotSent."""
        while True:
            try:
                self._hear()
            except _Gone as gone:
                if not self._connection.messages:
                    raise DefinitelyNotSent(f"The mail server hung up: {gone}") from gone
                # An idle connection may have been ended by the server meanwhile. Nothing was said of
                # this message yet that it could have kept, so another connection starts over.
                self._connection = self._pool.take() or self._pool.connect()
                self._speak()
            else:
                return

    def let_go(self) -> None:
        """Send text and dot without waiting for the answer; raises DefinitelyNotSent."""
        smtp = self._connection.smtp
        try:
            smtp.send(_quote(self._message))
        except (OSError, smtplib.SMTPException) as error:
            self._pool.drop(self._connection)
            raise DefinitelyNotSent(
                f"The connection broke before the message's end: {error}"
            ) from error
        try:
            smtp.send(b".\r\n")
        except (OSError, smtplib.SMTPException) as error:
            # Whether the dot left is what nobody knows; the answer's place is where that is told.
            self._dot_failed = error

    def await_answer(self) -> str:
        """Return the server's words to the dot; raises DefinitelyNotSent or OutcomeUnknown."""
        try:
            if self._dot_failed is not None:
                raise self._dot_failed
            code, words = self._connection.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._pool.drop(self._connection)
            raise OutcomeUnknown(
                f"The connection broke after the message's end: {error or type(error).__name__}"
            ) from error
        if code == 250:
            self._pool.keep(self._connection)
            return f"{code} {_text(words)}"
        if 400 <= code < 600:
            refusal = refused(code, words)
            self._reset(refusal)
            raise refusal
        self._pool.drop(self._connection)
        raise OutcomeUnknown(f"The server answered the message's end with {code} {_text(words)}")

    def finish(self) -> str:
        """Send it and return the server's words; raises DefinitelyNotSent or OutcomeUnknown."""
        self.let_go()
        return self.await_answer()

    def abandon(self) -> None:
        """Hang up without the dot, so that the server drops what it has."""
        self._pool.drop(self._connection)

    def _commands(self) -> tuple[str, str]:
        body = " BODY=8BITMIME" if self._connection.smtp.has_extn("8bitmime") else ""
        return (
            f"MAIL FROM:<{self._envelope.sender}>{body}",
            f"RCPT TO:<{self._envelope.recipient}>",
        )

    def _speak(self) -> None:
        """Say MAIL, RCPT and DATA at once (RFC 2920): one way to the server and back instead of three."""
        smtp = self._connection.smtp
        self._gone = None
        self._at_once = smtp.has_extn("pipelining")
        if self._at_once:
            sender, recipient = self._commands()
            try:
                smtp.send(f"{sender}\r\n{recipient}\r\nDATA\r\n".encode("ascii"))
            except (OSError, smtplib.SMTPException) as error:
                self._gone = error

    def _hear(self) -> None:
        """Hear what the server says to sender, recipient and DATA; raises DefinitelyNotSent or _Gone."""
        connection, pool = self._connection, self._pool
        try:
            if self._gone is not None:
                raise self._gone
            if self._at_once:
                self._hear_at_once(connection.smtp)
            else:
                self._hear_in_turn(connection.smtp)
        except DefinitelyNotSent as refusal:
            used = connection.messages > 0
            self._reset(refusal)
            if refusal.code == 421 and used:
                raise _Gone(refusal.text) from refusal
            raise
        except _Waiting as waiting:
            # A server that refuses the recipient and waits for the text all the same: hanging up is
            # the only way to send it nothing.
            pool.drop(connection)
            raise waiting.refusal from waiting
        except (OSError, smtplib.SMTPException) as error:
            pool.drop(connection)
            raise _Gone(str(error) or type(error).__name__) from error

    def _hear_in_turn(self, smtp: smtplib.SMTP) -> None:
        sender, recipient = self._commands()
        _expect({250}, smtp.docmd(sender), about_us=True)
        _expect({250, 251}, smtp.docmd(recipient))
        _expect({354}, smtp.docmd("DATA"))

    def _hear_at_once(self, smtp: smtplib.SMTP) -> None:
        replies = [smtp.getreply() for _ in range(3)]
        try:
            _expect({250}, replies[0], about_us=True)
            _expect({250, 251}, replies[1])
            _expect({354}, replies[2])
        except DefinitelyNotSent as refusal:
            if replies[2][0] == 354:
                raise _Waiting(refusal) from refusal
            raise

    def _reset(self, refusal: DefinitelyNotSent) -> None:
        """Make the connection ready for the next message after a refusal, or hang up."""
        try:
            ready = refusal.code != 421 and self._connection.smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            ready = False
        if ready:
            self._pool.keep(self._connection)
        else:
            self._pool.drop(self._connection)


class _Waiting(Exception):
    """The server refused sender or recipient, and waits for the text."""

    def __init__(self, refusal: DefinitelyNotSent) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


def _quote(message: bytes) -> bytes:
    """Return the text with CRLF line ends and doubled leading dots, ending with CRLF (RFC 5321, 4.5.2)."""
    text = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    if not text.endswith(b"\r\n"):
        text += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", text)


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _expect(codes: set[int], reply: tuple[int, bytes], *, about_us: bool = False) -> None:
    code, words = reply
    if code not in codes:
        raise refused(code, words, about_us=about_us)


def refused(code: int, words: bytes | str, *, about_us: bool = False) -> DefinitelyNotSent:
    """Return what a reply that is no yes means. `about_us`: it was said before the recipient was named."""
    text = _text(words)
    if not 400 <= code < 600:
        return DefinitelyNotSent(f"The mail server answered with nonsense: {code} {text}")
    judged = judge_refusal(code, None, text)
    return DefinitelyNotSent(
        f"{code} {text}",
        code=code,
        permanent=code >= 500 and not judged.mailbox_full,
        about_us=about_us or judged.about_us,
    )
