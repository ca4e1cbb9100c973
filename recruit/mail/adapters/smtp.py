"""Outgoing mail over SMTP: connections to one server, kept between messages, several at once."""

import smtplib
import ssl
import threading
from contextlib import suppress

from recruit.config import Secret, SmtpSecurity
from recruit.mail.adapters.smtp_conversation import Connection, SmtpConversation, refused
from recruit.mail.port import DefinitelyNotSent, Envelope, NoRoom

# A server may end a long conversation at any time; ending it ourselves is politer and as cheap.
_MESSAGES_A_CONNECTION = 100
# Big providers allow a client few connections at once.
_MOST_AT_ONCE = 4


class SmtpMailer:
    """Keeps idle connections between messages; each message has one to itself, so threads may share it."""

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
        self._most = _MOST_AT_ONCE
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._lock = threading.Lock()

    def offer(self, envelope: Envelope, message: bytes) -> SmtpConversation:
        """Talk until the server waits for the text (354); raises DefinitelyNotSent."""
        conversation = SmtpConversation(self, self.take() or self.connect(), envelope, message)
        conversation.await_readiness()
        return conversation

    def begin(self, envelope: Envelope, message: bytes) -> SmtpConversation:
        """Tell the server of a message without waiting for its answer; raises DefinitelyNotSent or NoRoom.

        A server that refuses one connection more than it has is asked for no more of them.
        """
        connection = self.take()
        if connection is None:
            with self._lock:
                busy = len(self._busy)
            if busy >= self._most:
                raise NoRoom(f"{busy} conversations at once are enough.")
            try:
                connection = self.connect()
            except DefinitelyNotSent as refusal:
                if not busy:
                    raise
                self._most = busy
                raise NoRoom(refusal.text) from refusal
        return SmtpConversation(self, connection, envelope, message)

    def close(self) -> None:
        """End the idle connections."""
        while connection := self.take():
            self.end(connection)

    def take(self) -> Connection | None:
        """Return an idle connection, or None."""
        with self._lock:
            if not self._idle:
                return None
            connection = self._idle.pop()
            self._busy.add(connection)
            return connection

    def keep(self, connection: Connection) -> None:
        """Take a connection back that is ready for the next message."""
        connection.messages += 1
        if connection.messages >= _MESSAGES_A_CONNECTION:
            self.end(connection)
            return
        with self._lock:
            self._busy.discard(connection)
            self._idle.append(connection)

    def end(self, connection: Connection) -> None:
        """Say goodbye."""
        with suppress(OSError, smtplib.SMTPException):
            connection.smtp.quit()
        self.drop(connection)

    def drop(self, connection: Connection) -> None:
        """Close the socket without a word: what stands before the dot is void."""
        connection.smtp.close()
        with self._lock:
            self._busy.discard(connection)

    def connect(self) -> Connection:
        """Return a new connection that is ready for a message; raises DefinitelyNotSent."""
        where = f"{self._host}:{self._port}"
        try:
            connection = Connection(self._open())
        except smtplib.SMTPConnectError as error:
            raise refused(error.smtp_code, error.smtp_error, about_us=True) from error
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
            connection.smtp.close()
            raise refused(error.smtp_code, error.smtp_error, about_us=True) from error
        except (OSError, smtplib.SMTPException) as error:
            connection.smtp.close()
            raise DefinitelyNotSent(f"No conversation with {where}: {error}") from error
        with self._lock:
            self._busy.add(connection)
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
