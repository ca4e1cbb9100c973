"""Which reminder is due of a certificate that runs out: at 60, 30, 7 and 0 days, and once it has."""

from dataclasses import dataclass
from datetime import datetime, timedelta

REMIND_AT_DAYS = (60, 30, 7, 0)
# Who is told a month later that a certificate has ended does not need to be told any more.
TOLD_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Reminder:
    """What to say now: it runs out within `days`, or, with `days` None, it has."""

    days: int | None

    @property
    def key(self) -> str:
        """Return what makes this reminder one of a kind for its certificate."""
        return "expired" if self.days is None else str(self.days)


def due_reminder(awarded_at: datetime, valid_until: datetime, now: datetime) -> Reminder | None:
    """Return the reminder that is due at `now`, or None.

    Days are counted in the calendar (UTC). Of several that were missed only the latest is said: nobody
    is helped by four letters on one morning. A certificate that was awarded with less time than a
    reminder asks for skips that one.
    """
    if now >= valid_until:
        return Reminder(None) if now < valid_until + TOLD_FOR else None
    left = (valid_until.date() - now.date()).days
    whole = (valid_until.date() - awarded_at.date()).days
    due = [days for days in REMIND_AT_DAYS if left <= days < whole]
    return Reminder(min(due)) if due else None
