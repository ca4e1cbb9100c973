"""A real IMAP server, written by others (Twisted), for one mailbox in memory.

    python -m tests.factories.imap_server [--no-keywords]      # prints its port

Mails are put in by APPEND. The protocol is Twisted's; only the storage is here.
"""

import sys
from io import BytesIO
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import defer, protocol, reactor
from twisted.mail import imap4
from zope.interface import implementer

USER, PASSWORD = "partners", "secret"


@implementer(imap4.IMessage, imap4.IMessageFile)
class StoredMessage:
    """One mail with its flags."""

    def __init__(self, uid: int, raw: bytes, flags: list[str], date: str) -> None:
        self.uid, self.raw, self.flags, self.date = uid, raw, list(flags), date

    def open(self) -> BytesIO:
        return BytesIO(self.raw)

    def getUID(self) -> int:
        return self.uid

    def getFlags(self) -> list[str]:
        return self.flags

    def getInternalDate(self) -> str:
        return self.date

    def getSize(self) -> int:
        return len(self.raw)

    def getHeaders(self, negate: bool, *names: bytes) -> dict[str, str]:
        return {}

    def getBodyFile(self) -> BytesIO:
        return BytesIO(self.raw.partition(b"\r\n\r\n")[2])

    def isMultipart(self) -> bool:
        return False

    def getSubPart(self, part: int) -> None:
        raise IndexError(part)


@implementer(imap4.IMailbox)
class Box:
    """The inbox."""

    def __init__(self, keywords: bool) -> None:
        self.messages: list[StoredMessage] = []
        self.listeners: list[Any] = []
        self.keywords = keywords

    def getFlags(self) -> list[str]:
        return ["\\Seen", "\\Deleted", *(["\\*"] if self.keywords else [])]

    def getHierarchicalDelimiter(self) -> str:
        return "/"

    def getUIDValidity(self) -> int:
        return 7

    def getUIDNext(self) -> int:
        return len(self.messages) + 1

    def getUID(self, message: int) -> int:
        return self.messages[message - 1].uid

    def getMessageCount(self) -> int:
        return len(self.messages)

    def getRecentCount(self) -> int:
        return 0

    def getUnseenCount(self) -> int:
        return sum("\\Seen" not in m.flags for m in self.messages)

    def isWriteable(self) -> bool:
        return True

    def destroy(self) -> None:
        raise imap4.MailboxException("This folder cannot be deleted.")

    def requestStatus(self, names: list[str]) -> dict[str, int]:
        return imap4.statusRequestHelper(self, names)

    def addListener(self, listener: Any) -> None:
        self.listeners.append(listener)

    def removeListener(self, listener: Any) -> None:
        self.listeners.remove(listener)

    def addMessage(self, message: Any, flags: Any = (), date: Any = None) -> Any:
        raw = message.read()
        stored = StoredMessage(len(self.messages) + 1, raw, list(flags), date or "")
        self.messages.append(stored)
        return defer.succeed(None)

    def expunge(self) -> list[int]:
        return []

    def fetch(self, messages: Any, uid: bool) -> list[tuple[int, StoredMessage]]:
        messages.last = len(self.messages)
        wanted = set(messages)
        return [
            (number, message)
            for number, message in enumerate(self.messages, start=1)
            if (message.uid if uid else number) in wanted
        ]

    def store(self, messages: Any, flags: Any, mode: int, uid: bool) -> dict[int, list[str]]:
        changed = {}
        for number, message in self.fetch(messages, uid):
            if mode == 1:
                kept = [flag for flag in flags if self.keywords or flag.startswith("\\")]
                message.flags += [flag for flag in kept if flag not in message.flags]
            changed[number] = message.flags
        return changed


class Account(imap4.MemoryAccount):
    """The only account."""

    def __init__(self, box: Box) -> None:
        super().__init__(USER)
        self.addMailbox("INBOX", box)


@implementer(IRealm)
class Realm:
    """Gives the account to whoever has the password."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def requestAvatar(self, avatar: bytes, mind: Any, *interfaces: Any) -> Any:
        return imap4.IAccount, self.account, lambda: None


def main() -> None:
    """Serve until killed."""
    portal = Portal(Realm(Account(Box("--no-keywords" not in sys.argv))))
    portal.registerChecker(InMemoryUsernamePasswordDatabaseDontUse(**{USER: PASSWORD.encode()}))

    class Factory(protocol.ServerFactory):
        def buildProtocol(self, addr: Any) -> imap4.IMAP4Server:
            server = imap4.IMAP4Server()
            server.portal = portal
            return server

    port = reactor.listenTCP(0, Factory(), interface="127.0.0.1")  # type: ignore[attr-defined]
    print(port.getHost().port, flush=True)  # noqa: T201
    reactor.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
