"""A copy of a mailbox's room, for previews: reserved in without a trace."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from recruit.sequences.due import MailboxView
from recruit.sequences.tables import Mailbox


@dataclass
class PaperRoom:
    """A copy of a mailbox's room, to reserve in without a trace."""

    mailbox: Mailbox
    cap_today: int
    free_at: datetime | None
    reserved: dict[date, int] = field(default_factory=dict)
    domains: dict[tuple[date, str], int] = field(default_factory=dict)

    def view(self, now: datetime, domain: str) -> MailboxView:
        """Return what the rules see. The ramp is taken to stay where it is today."""
        mailbox = self.mailbox
        return MailboxView(
            address=mailbox.address,
            cap_per_day=self.cap_today,
            reserved=self.reserved.get(now.date(), 0),
            next_free_at=self.free_at,
            paused_reason=mailbox.paused_reason if mailbox.paused_at else None,
            warming_up=self.cap_today < mailbox.cap_per_day,
            domain=domain,
            domain_cap_per_day=mailbox.domain_cap_per_day,
            domain_reserved=self.domains.get((now.date(), domain), 0),
        )

    def reserve(self, now: datetime, domain: str) -> None:
        """Take a place for a message at `now`."""
        day = now.date()
        self.reserved[day] = self.reserved.get(day, 0) + 1
        self.domains[day, domain] = self.domains.get((day, domain), 0) + 1
        self.free_at = now + timedelta(seconds=self.mailbox.gap_s)
