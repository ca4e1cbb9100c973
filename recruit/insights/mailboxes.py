"""Mailboxes as their page reads them: today's room, the ramp, a week of bounces, what DNS says."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.mail.health import State, worst
from recruit.sequences.breaker import BREAKER_WEEK, LEAST_SENT, MOST_BOUNCED, count_came_back
from recruit.sequences.quota import today_cap
from recruit.sequences.tables import Mailbox, MailboxDay, Sequence
from recruit.sequences.warmup import ramped_cap

# As many days as a week's curve needs to be seen in.
DAYS = 14


@dataclass(frozen=True)
class MailboxDayBar:
    """One UTC day: how many messages were accepted."""

    day: date
    sent: int


@dataclass(frozen=True)
class MailboxCard:
    """One address that sends. `ramp` are the caps of the warm-up's days, in order, empty without one."""

    address: str
    from_name: str
    cap_per_day: int
    cap_today: int
    reserved_today: int
    gap_s: int
    domain_cap_per_day: int
    next_free_at: datetime | None
    paused_at: datetime | None
    paused_reason: str
    ramp: tuple[int, ...]
    days: tuple[MailboxDayBar, ...]
    sent_week: int
    bounced_week: int
    complained_week: int
    findings: tuple[dict[str, str], ...]
    state: State
    checked_at: datetime | None
    sequences: tuple[tuple[str, str], ...]

    @property
    def bounce_share(self) -> float | None:
        """Return the share that came back, None where too few were sent to say."""
        total = self.sent_week + self.bounced_week
        return self.bounced_week / total if total >= LEAST_SENT else None

    @property
    def bounce_limit(self) -> float:
        """Return the share from which the breaker stops the mailbox."""
        return MOST_BOUNCED


def list_mailbox_cards(tx: Transaction) -> list[MailboxCard]:
    """Return the addresses that send, by address."""
    today = tx.now.date()
    since = today - timedelta(days=DAYS - 1)
    sent: dict[int, dict[date, int]] = {}
    for row in tx.session.scalars(select(MailboxDay).where(MailboxDay.day >= since)):
        sent.setdefault(row.mailbox_id, {})[row.day] = row.reserved
    bounced, complained = count_came_back(tx)
    sequences: dict[int, list[tuple[str, str]]] = {}
    for mailbox_id, name, title in tx.session.execute(
        select(Sequence.mailbox_id, Sequence.name, Sequence.title).order_by(Sequence.title)
    ):
        sequences.setdefault(mailbox_id, []).append((name, title))
    week = (tx.now - BREAKER_WEEK).date()
    cards = []
    for box in tx.session.scalars(select(Mailbox).order_by(Mailbox.address)):
        days = sent.get(box.id, {})
        findings = tuple(box.health or ())
        cards.append(
            MailboxCard(
                address=box.address,
                from_name=box.from_name,
                cap_per_day=box.cap_per_day,
                cap_today=today_cap(tx, box),
                reserved_today=days.get(today, 0),
                gap_s=box.gap_s,
                domain_cap_per_day=box.domain_cap_per_day,
                next_free_at=box.next_free_at,
                paused_at=box.paused_at,
                paused_reason=box.paused_reason,
                ramp=tuple(
                    ramped_cap(box.cap_per_day, box.warmup_first_cap, box.warmup_days, day)
                    for day in range(box.warmup_days + 1)
                )
                if box.warmup_from is not None and box.warmup_days
                else (),
                days=tuple(
                    MailboxDayBar(day, days.get(day, 0))
                    for day in (since + timedelta(days=n) for n in range(DAYS))
                ),
                sent_week=sum(count for day, count in days.items() if day >= week),
                bounced_week=bounced[box.id],
                complained_week=complained[box.id],
                findings=findings,
                state=worst(f["state"] for f in findings),
                checked_at=box.health_at,
                sequences=tuple(sequences.get(box.id, ())),
            )
        )
    return cards
