"""A mailbox's room: its daily cap and the gap between two messages, locked while places are reserved."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.db.transaction import Transaction
from recruit.sequences.due import MailboxView
from recruit.sequences.tables import Mailbox, MailboxDay


@dataclass
class Room:
    """A mailbox locked by this transaction. `slot` is the next moment with nobody before it in line."""

    mailbox: Mailbox
    day: MailboxDay
    slot: datetime | None

    def view(self) -> MailboxView:
        """Return what the rules see."""
        return MailboxView(
            address=self.mailbox.address,
            cap_per_day=self.mailbox.cap_per_day,
            reserved=self.day.reserved,
            next_free_at=self.slot,
            paused_reason=self.mailbox.paused_reason if self.mailbox.paused_at else None,
        )

    def reserve(self, now: datetime) -> None:
        """Take a place for a message at `now`."""
        self.day.reserved += 1
        if self.mailbox.gap_s:
            self.slot = self.mailbox.next_free_at = now + timedelta(seconds=self.mailbox.gap_s)

    def queue(self) -> None:
        """Somebody waits for the present slot; the one after is told a later one."""
        if self.slot is not None:
            self.slot += timedelta(seconds=self.mailbox.gap_s)


def lock_room(tx: Transaction, mailbox_id: int) -> Room:
    """Lock a mailbox and its counter of today (UTC)."""
    # The mailbox's lock also keeps two transactions from making the same day's row.
    mailbox = tx.session.get_one(
        Mailbox, mailbox_id, with_for_update={"key_share": True}, populate_existing=True
    )
    key = (mailbox_id, tx.now.date())
    day = tx.session.get(
        MailboxDay, key, with_for_update={"key_share": True}, populate_existing=True
    )
    if day is None:
        day = MailboxDay(mailbox_id=mailbox_id, day=tx.now.date(), reserved=0)
        tx.session.add(day)
    slot = mailbox.next_free_at
    return Room(mailbox, day, slot if slot is not None and slot > tx.now else None)
