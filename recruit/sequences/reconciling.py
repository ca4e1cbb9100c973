"""Parked touches, whose outcome nobody knows, are settled by looking, never by sending again at a venture.

A message that lies in the Sent folder was sent. One that does not was not sent only where that folder is known
to hold everything (`absence_is_proof`), and not before a slow server has had its time to file the copy.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.mail.port import SentMail
from recruit.sequences.settling import settle_by_evidence, settle_unknown
from recruit.sequences.store import IllegalTransition
from recruit.sequences.tables import Touch
from recruit.sequences.values import TouchStatus

OpenTx = Callable[[], AbstractContextManager[Transaction]]
_MOST = 100
# By then a copy is filed, and a message that a server still holds back has come to its first report.
_TIME_TO_FILE = timedelta(minutes=30)
_FOUND = "It lies in the folder of sent mail: it was sent."
_ABSENT = "the folder of sent mail, which holds everything"


@dataclass
class ReconcileReport:
    """What became of the parked touches that were looked for."""

    sent: int = 0
    not_sent: int = 0
    still_unknown: int = 0

    def __bool__(self) -> bool:
        """Return whether something was settled."""
        return bool(self.sent or self.not_sent)


@dataclass(frozen=True)
class ParkedTouch:
    """A touch whose outcome nobody knows."""

    touch_id: int
    message_id: str
    is_ripe: bool


def list_parked(tx: Transaction) -> list[ParkedTouch]:
    """Return the parked touches that have a Message-ID, the oldest first, at most a hundred."""
    rows = tx.session.execute(
        select(Touch.id, Touch.message_id, Touch.settled_at)
        .where(Touch.status == TouchStatus.UNKNOWN, Touch.message_id.is_not(None))
        .order_by(Touch.settled_at, Touch.id)
        .limit(_MOST)
    )
    return [
        ParkedTouch(touch_id, str(message_id), (parked_at or tx.now) + _TIME_TO_FILE <= tx.now)
        for touch_id, message_id, parked_at in rows
    ]


def reconcile_unknown(
    open_tx: OpenTx, sent_mail: SentMail, *, absence_is_proof: bool = False
) -> ReconcileReport:
    """Look for each parked touch and settle what the folder proves; raises InboxUnavailable.

    The folder is asked between transactions, and each touch is settled in one of its own.
    """
    report = ReconcileReport()
    with open_tx() as tx:
        parked = list_parked(tx)
    if not parked:
        return report
    found = sent_mail.find_sent([touch.message_id for touch in parked])
    for touch in parked:
        if touch.message_id in found:
            with open_tx() as tx:
                settle_by_evidence(tx, touch.touch_id, _FOUND)
            report.sent += 1
        elif absence_is_proof and touch.is_ripe:
            with open_tx() as tx:
                report.not_sent += _settle_absent(tx, touch.touch_id)
        else:
            report.still_unknown += 1
    return report


def _settle_absent(tx: Transaction, touch_id: int) -> bool:
    try:
        settle_unknown(tx, touch_id=touch_id, sent=False, actor=_ABSENT)
    except IllegalTransition:
        return False  # a person, or a late answer, was faster
    return True
