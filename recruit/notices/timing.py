"""When a notice goes out: at once, with the day's letter, or never. Pure."""

from datetime import datetime, time, timedelta

from recruit.notices.values import ACCOUNT_KINDS, NoticeKind, Preference

# The day's letter, in UTC: before work in Europe, and in the night elsewhere.
DIGEST_AT = time(6, 0)


def next_digest(after: datetime) -> datetime:
    """Return the moment of the first day's letter after a moment (aware, UTC)."""
    today = after.replace(hour=DIGEST_AT.hour, minute=DIGEST_AT.minute, second=0, microsecond=0)
    return today if after < today else today + timedelta(days=1)


def due_at(kind: NoticeKind, preference: Preference, raised_at: datetime) -> datetime | None:
    """Return when a notice that was raised at a moment is due; None for one that nobody wants."""
    if kind in ACCOUNT_KINDS or preference is Preference.INSTANT:
        return raised_at
    return None if preference is Preference.OFF else next_digest(raised_at)
