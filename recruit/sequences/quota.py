"""A mailbox's room: caps, ramp and the gap between two messages, locked while places are reserved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, func, insert, select, update

from recruit.db.transaction import Transaction
from recruit.sequences.addresses import domain_of
from recruit.sequences.due import MailboxView
from recruit.sequences.tables import Enrollment, Mailbox, MailboxDay, MailboxDomainDay, Touch
from recruit.sequences.tables import Sequence as SequenceRow
from recruit.sequences.warmup import ramped_cap

_LOCK = (
    select(Mailbox)
    .where(Mailbox.id.in_(bindparam("ids", expanding=True)))
    .order_by(Mailbox.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_DAYS = (
    select(MailboxDay)
    .where(
        MailboxDay.mailbox_id.in_(bindparam("ids", expanding=True)),
        MailboxDay.day == bindparam("day"),
    )
    .order_by(MailboxDay.mailbox_id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_DOMAINS = select(MailboxDomainDay).where(
    MailboxDomainDay.mailbox_id.in_(bindparam("ids", expanding=True)),
    MailboxDomainDay.day == bindparam("day"),
    MailboxDomainDay.domain.in_(bindparam("domains", expanding=True)),
)
_MAILBOX_OF = (
    select(func.coalesce(Enrollment.mailbox_id, SequenceRow.mailbox_id))
    .select_from(Enrollment)
    .join(SequenceRow, SequenceRow.id == Enrollment.sequence_id)
    .where(Enrollment.id == bindparam("enrollment_id"))
)
_GIVE_BACK = (
    update(cast("Table", MailboxDay.__table__))
    .where(MailboxDay.mailbox_id == bindparam("mailbox"), MailboxDay.day == bindparam("on"))
    .values(reserved=MailboxDay.reserved - 1)
)
_GIVE_BACK_DOMAIN = (
    update(cast("Table", MailboxDomainDay.__table__))
    .where(
        MailboxDomainDay.mailbox_id == bindparam("mailbox"),
        MailboxDomainDay.day == bindparam("on"),
        MailboxDomainDay.domain == bindparam("to"),
        MailboxDomainDay.reserved > 0,
    )
    .values(reserved=MailboxDomainDay.reserved - 1)
)


@dataclass
class Room:
    """A mailbox locked by this transaction. `slot` is the next moment with nobody before it in line.

    `cap` is today's, on the ramp or in full; `domains` counts today's places by recipient domain.
    """

    mailbox: Mailbox
    day: MailboxDay
    slot: datetime | None
    cap: int
    domains: dict[str, int] = field(default_factory=dict)

    def view(self, domain: str) -> MailboxView:
        """Return what the rules see, for a recipient at this domain."""
        return MailboxView(
            address=self.mailbox.address,
            cap_per_day=self.cap,
            reserved=self.day.reserved,
            next_free_at=self.slot,
            paused_reason=self.mailbox.paused_reason if self.mailbox.paused_at else None,
            warming_up=self.cap < self.mailbox.cap_per_day,
            domain=domain,
            domain_cap_per_day=self.mailbox.domain_cap_per_day,
            domain_reserved=self.domains.get(domain, 0),
        )

    def reserve(self, now: datetime, domain: str) -> None:
        """Take a place for a message at `now`."""
        self.day.reserved += 1
        if self.mailbox.domain_cap_per_day:
            self.domains[domain] = self.domains.get(domain, 0) + 1
        if self.mailbox.gap_s:
            self.slot = self.mailbox.next_free_at = now + timedelta(seconds=self.mailbox.gap_s)

    def queue(self) -> None:
        """Somebody waits for the present slot; the one after is told a later one."""
        if self.slot is not None:
            self.slot += timedelta(seconds=self.mailbox.gap_s)


def lock_rooms(
    tx: Transaction, mailbox_ids: Iterable[int], domains: Iterable[str]
) -> dict[int, Room]:
    """Lock mailboxes and their counters of today (UTC), in the order of their ids."""
    ids, today = sorted(set(mailbox_ids)), tx.now.date()
    # The mailbox's lock also keeps two transactions from making the same day's row.
    mailboxes = list(tx.session.scalars(_LOCK, {"ids": ids}))
    days = {d.mailbox_id: d for d in tx.session.scalars(_DAYS, {"ids": ids, "day": today})}
    rooms: dict[int, Room] = {}
    for mailbox in mailboxes:
        day = days.get(mailbox.id)
        if day is None:
            day = MailboxDay(mailbox_id=mailbox.id, day=today, reserved=0)
            tx.session.add(day)
        slot = mailbox.next_free_at
        waiting = slot if slot is not None and slot > tx.now else None
        rooms[mailbox.id] = Room(mailbox, day, waiting, today_cap(tx, mailbox))
    throttled = [m.id for m in mailboxes if m.domain_cap_per_day]
    if throttled:
        wanted = {"ids": throttled, "day": today, "domains": sorted(set(domains))}
        for row in tx.session.scalars(_DOMAINS, wanted):
            rooms[row.mailbox_id].domains[row.domain] = row.reserved
    return rooms


def today_cap(tx: Transaction, mailbox: Mailbox) -> int:
    """Return today's cap of a mailbox: that of its ramp, while it warms up."""
    if mailbox.warmup_from is None or not mailbox.warmup_days:
        return mailbox.cap_per_day
    # Only days that sent count: a mailbox that lay idle has warmed up nobody.
    sent_on = tx.session.scalar(
        select(func.count())
        .select_from(MailboxDay)
        .where(
            MailboxDay.mailbox_id == mailbox.id,
            MailboxDay.day >= mailbox.warmup_from,
            MailboxDay.day < tx.now.date(),
            MailboxDay.reserved > 0,
        )
    )
    return ramped_cap(
        mailbox.cap_per_day, mailbox.warmup_first_cap, mailbox.warmup_days, sent_on or 0
    )


def keep_domains(tx: Transaction, before: dict[int, dict[str, int]], rooms: Iterable[Room]) -> None:
    """Write the counters of recipient domains that reservations changed since `before`."""
    table, today = cast("Table", MailboxDomainDay.__table__), tx.now.date()
    for room in rooms:
        old = before.get(room.mailbox.id, {})
        for domain, count in room.domains.items():
            if domain not in old:
                key = {"mailbox_id": room.mailbox.id, "day": today, "domain": domain}
                tx.session.execute(insert(table), key | {"reserved": count})
            elif old[domain] != count:
                tx.session.execute(
                    update(table)
                    .where(
                        MailboxDomainDay.mailbox_id == room.mailbox.id,
                        MailboxDomainDay.day == today,
                        MailboxDomainDay.domain == domain,
                    )
                    .values(reserved=count)
                )


def give_place_back(tx: Transaction, touch: Touch) -> None:
    """Return the touch's place in its mailbox's caps: nothing was sent. Locks the counters, so call it last."""
    if touch.reserved_on is None:
        return
    reserved_on: date = touch.reserved_on
    touch.reserved_on = None
    tx.session.flush()
    mailbox_id = tx.session.scalar(_MAILBOX_OF, {"enrollment_id": touch.enrollment_id})
    where = {"mailbox": mailbox_id, "on": reserved_on}
    tx.session.execute(_GIVE_BACK, where)
    tx.session.execute(_GIVE_BACK_DOMAIN, where | {"to": domain_of(touch.address_key)})
