"""Reading an inbox: one transaction a mail, acknowledged after the commit, so that none is lost."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.logs import get_logger
from recruit.mail.port import Inbox, IncomingMail
from recruit.sequences.inbound import record_inbound
from recruit.sequences.values import InboundKind

OpenTx = Callable[[], AbstractContextManager[Transaction]]


@dataclass
class InboxReport:
    """What was read. `known`: read before, or our own copies; `failed`: left in the inbox for the next time."""

    human: int = 0
    auto_reply: int = 0
    bounce: int = 0
    complaint: int = 0
    unsubscribe: int = 0
    known: int = 0
    failed: int = 0

    def __bool__(self) -> bool:
        """Return whether anything was read."""
        return any(vars(self).values())


def read_inbox(open_tx: OpenTx, inbox: Inbox) -> InboxReport:
    """Record every mail that is not yet acknowledged; raises InboxUnavailable."""
    report = InboxReport()
    for mail in inbox.fetch():
        try:
            kind = record_mail(open_tx, mail)
        except Exception:
            # One mail that nobody foresaw must not keep the answers behind it from stopping sequences.
            get_logger("sequences").exception("a mail could not be recorded", uid=mail.uid)
            report.failed += 1
            continue
        inbox.acknowledge(mail.uid)
        name = kind.value if kind is not None and kind is not InboundKind.OWN else "known"
        setattr(report, name, getattr(report, name) + 1)
    return report


def record_mail(open_tx: OpenTx, mail: IncomingMail) -> InboundKind | None:
    """Record one mail in a transaction of its own; None where it is known already, or our own copy."""
    for attempt in (1, 2):
        try:
            with open_tx() as tx:
                reply = record_inbound(tx, mail=mail)
                return reply.kind if reply is not None else None
        except IntegrityError:
            # Another reader recorded the same mail at this moment; the second look finds it.
            if attempt == 2:
                raise
    return None
