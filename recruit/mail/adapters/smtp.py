"""Outgoing mail over SMTP, spoken command by command so that the caller stands between 354 and the dot."""

import re
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass

from recruit.config import Secret, SmtpSecurity
from recruit.mail.port import DefinitelyNotSent, Envelope, OutcomeUnknown
from recruit.mail.refusals import judge_refusal

# A server may end a long conversation at any time; ending it ourselves is politer and as cheap.
_MESSAGES_A_CONNECTION = 100


class SmtpMailer:
    """Keeps idle connections between messages; each delivery has one to itself, so threads may share it."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str = "",
        password: Secret | None = None,
        security: SmtpSecurity = SmtpSecurity.STARTTLS,
        timeout_s: float = 30.0,
    ) -> None:
        """Keep the address and the login; nothing is connected before the first message."""
        self._host = host
        self._port = port
        self._user = user
        self._password = password or Secret("")
        self._security = security
        self._timeout_s = timeout_s
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def offer(self, envelope: Envelope, message: bytes) -> "SmtpDelivery":
        """Talk until the server waits for the text (354); raises DefinitelyNotSent."""
        while connection := self._take():
            # An idle connection may have been ended by the server meanwhile. Nothing was said of
            # this message yet, so a new connection starts over.
            with suppress(_Gone):
                return self._talk(connection, envelope, message)
        try:
            return self._talk(self._connect(), envelope, message)
        except _Gone as gone:
            raise DefinitelyNotSent(f"The mail server hung up: {gone}") from gone

    def close(self) -> None:
        """End the idle connections."""
        while connection := self._take():
            connection.quit()

    def _take(self) -> "_Connection | None":
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, connection: "_Connection") -> None:
        connection.messages += 1
        if connection.messages >= _MESSAGES_A_CONNECTION:
            connection.quit()
            return
        with self._lock:
            self._idle.append(connection)

    def _connect(self) -> "_Connection":
        where = f"{self._host}:{self._port}"
        try:
            connection = _Connection(self._open())
        except smtplib.SMTPConnectError as error:
            raise _refused(error.smtp_code, error.smtp_error, about_us=True) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DefinitelyNotSent(
                f"The mail server {where} cannot be reached: {error}"
            ) from error
        try:
            if self._security is SmtpSecurity.STARTTLS:
                connection.smtp.starttls(context=ssl.create_default_context())
            if self._user:
                connection.smtp.login(self._user, self._password)
            connection.smtp.ehlo_or_helo_if_needed()
        except smtplib.SMTPResponseException as error:
            connection.hang_up()
            raise _refused(error.smtp_code, error.smtp_error, about_us=True) from error
        except (OSError, smtplib.SMTPException) as error:
            connection.hang_up()
            raise DefinitelyNotSent(f"No conversation with {where}: {error}") from error
        return connection

    def _open(self) -> smtplib.SMTP:
        if self._security is SmtpSecurity.TLS:
            return smtplib.SMTP_SSL(
                self._host,
                self._port,
                timeout=self._timeout_s,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)

    def _talk(
        self, connection: "_Connection", envelope: Envelope, message: bytes
    ) -> "SmtpDelivery":
        smtp = connection.smtp
        try:
            body = " BODY=8BITMIME" if smtp.has_extn("8bitmime") else ""
            talk = self._talk_at_once if smtp.has_extn("pipelining") else self._talk_in_turn
            talk(smtp, f"MAIL FROM:<{envelope.sender}>{body}", f"RCPT TO:<{envelope.recipient}>")
        except DefinitelyNotSent as refusal:
            used = connection.messages > 0
            self._reset(connection, refusal)
            if refusal.code == 421 and used:
                raise _Gone(refusal.text) from refusal
            raise
        except _Waiting as waiting:
            # A server that refuses the recipient and waits for the text all the same: hanging up is
            # the only way to send it nothing.
            connection.hang_up()
            raise waiting.refusal from waiting
        except (OSError, smtplib.SMTPException) as error:
            connection.hang_up()
            raise _Gone(str(error) or type(error).__name__) from error
        return SmtpDelivery(self, connection, message)

    def _talk_in_turn(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
        _expect({250}, smtp.docmd(sender), about_us=True)
        _expect({250, 251}, smtp.docmd(recipient))
        _expect({354}, smtp.docmd("DATA"))

    def _talk_at_once(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
        """Say all three at once (RFC 2920): one way to the server and back instead of three."""
        smtp.send(f"{sender}\r\n{recipient}\r\nDATA\r\n".encode("ascii"))
        replies = [smtp.getreply() for _ in range(3)]
        try:
            _expect({250}, replies[0], about_us=True)
            _expect({250, 251}, replies[1])
            _expect({354}, replies[2])
        except DefinitelyNotSent as refusal:
            if replies[2][0] == 354:
                raise _Waiting(refusal) from refusal
            raise

    def _reset(self, connection: "_Connection", refusal: DefinitelyNotSent) -> None:
        """Make a connection ready for the next message after a refusal, or end it."""
        try:
            ready = refusal.code != 421 and connection.smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            ready = False
        if ready:
            self._keep(connection)
        else:
            connection.hang_up()


class _Waiting(Exception):
    """The server refused sender or recipient, and waits for the text."""

    def __init__(self, refusal: DefinitelyNotSent) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class _Gone(Exception):
    """The connection ended before the server was asked to read a message."""


class _Connection:
    """A conversation that has said EHLO."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self.smtp = smtp
        self.messages = 0
        # Text and dot are two small writes; with Nagle's algorithm the second waits for an ACK.
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hang_up(self) -> None:
        """Close the socket without a word: what stands before the dot is void."""
        self.smtp.close()

    def quit(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self.smtp.quit()
        self.smtp.close()


@dataclass
class SmtpDelivery:
    """The server has said 354 and waits."""

    mailer: SmtpMailer
    connection: _Connection
    message: bytes

    def finish(self) -> str:
        """Send text and dot, and return the server's words; raises DefinitelyNotSent or OutcomeUnknown."""
        smtp = self.connection.smtp
        try:
            smtp.send(_quote(self.message))
        except (OSError, smtplib.SMTPException) as error:
            self.connection.hang_up()
            raise DefinitelyNotSent(
                f"The connection broke before the message's end: {error}"
            ) from error
        try:
            smtp.send(b".\r\n")
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.connection.hang_up()
            raise OutcomeUnknown(
                f"The connection broke after the message's end: {error or type(error).__name__}"
            ) from error
        if code == 250:
            self.mailer._keep(self.connection)
            return f"{code} {_text(words)}"
        if 400 <= code < 600:
            refusal = _refused(code, words)
            self.mailer._reset(self.connection, refusal)
            raise refusal
        self.connection.hang_up()
        raise OutcomeUnknown(f"The server answered the message's end with {code} {_text(words)}")

    def abandon(self) -> None:
        """Hang up without the dot, so that the server drops what it has."""
        self.connection.hang_up()


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
        raise _refused(code, words, about_us=about_us)


def _refused(code: int, words: bytes | str, *, about_us: bool = False) -> DefinitelyNotSent:
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
