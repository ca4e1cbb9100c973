"""A mailbox's room: caps, ramp and the gap between two messages, locked while places are reserved."""

from collections import Counter
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
_day, _domain_day = (cast("Table", t.__table__) for t in (MailboxDay, MailboxDomainDay))
_DAYS = (
    select(_day.c.mailbox_id, _day.c.reserved)
    .where(
        _day.c.mailbox_id.in_(bindparam("ids", expanding=True)), _day.c.day == bindparam("today")
    )
    .order_by(_day.c.mailbox_id)
    .with_for_update(key_share=True)
)
_RESERVE = (
    update(_day)
    .where(_day.c.mailbox_id == bindparam("mailbox"), _day.c.day == bindparam("today"))
    .values(reserved=_day.c.reserved + bindparam("places"))
)
_DOMAINS = (
    select(_domain_day.c.mailbox_id, _domain_day.c.domain, _domain_day.c.reserved)
    .where(
        _domain_day.c.mailbox_id.in_(bindparam("ids", expanding=True)),
        _domain_day.c.day == bindparam("today"),
        _domain_day.c.domain.in_(bindparam("domains", expanding=True)),
    )
    .order_by(_domain_day.c.mailbox_id, _domain_day.c.domain)
    .with_for_update(key_share=True)
)
_RESERVE_DOMAIN = (
    update(_domain_day)
    .where(
        _domain_day.c.mailbox_id == bindparam("mailbox"),
        _domain_day.c.day == bindparam("today"),
        _domain_day.c.domain == bindparam("to"),
    )
    .values(reserved=_domain_day.c.reserved + bindparam("places"))
)
_MAILBOX_OF = (
    select(func.coalesce(Enrollment.mailbox_id, SequenceRow.mailbox_id))
    .select_from(Enrollment)
    .join(SequenceRow, SequenceRow.id == Enrollment.sequence_id)
    .where(Enrollment.id == bindparam("enrollment_id"))
)
_GIVE_BACK = (
    update(_day)
    .where(MailboxDay.mailbox_id == bindparam("mailbox"), MailboxDay.day == bindparam("on"))
    .values(reserved=MailboxDay.reserved - 1)
)
_GIVE_BACK_DOMAIN = (
    update(_domain_day)
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

    `cap` is today's, on the ramp or in full. `reserved` and `domains` (by recipient domain) count today's
    places as they were found, None or missing where there is no counter yet; `taken` counts those since.
    """

    mailbox: Mailbox
    reserved: int | None
    slot: datetime | None
    cap: int
    domains: dict[str, int] = field(default_factory=dict)
    taken: int = 0
    taken_by_domain: Counter[str] = field(default_factory=Counter)

    def view(self, domain: str) -> MailboxView:
        """Return what the rules see, for a recipient at this domain."""
        return MailboxView(
            address=self.mailbox.address,
            cap_per_day=self.cap,
            reserved=(self.reserved or 0) + self.taken,
            next_free_at=self.slot,
            paused_reason=self.mailbox.paused_reason if self.mailbox.paused_at else None,
            warming_up=self.cap < self.mailbox.cap_per_day,
            domain=domain,
            domain_cap_per_day=self.mailbox.domain_cap_per_day,
            domain_reserved=self.domains.get(domain, 0) + self.taken_by_domain[domain],
        )

    def reserve(self, now: datetime, domain: str) -> None:
        """Take a place for a message at `now`."""
        self.taken += 1
        if self.mailbox.domain_cap_per_day:
            self.taken_by_domain[domain] += 1
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
    connection = tx.connection
    reserved = {row[0]: row[1] for row in connection.execute(_DAYS, {"ids": ids, "today": today})}
    rooms: dict[int, Room] = {}
    for mailbox in mailboxes:
        slot = mailbox.next_free_at
        waiting = slot if slot is not None and slot > tx.now else None
        rooms[mailbox.id] = Room(mailbox, reserved.get(mailbox.id), waiting, today_cap(tx, mailbox))
    throttled = [m.id for m in mailboxes if m.domain_cap_per_day]
    if throttled:
        wanted = {"ids": throttled, "today": today, "domains": sorted(set(domains))}
        for mailbox_id, domain, count in connection.execute(_DOMAINS, wanted):
            rooms[mailbox_id].domains[domain] = count
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


def keep_places(tx: Transaction, rooms: Iterable[Room]) -> None:
    """Write the places that were taken in these rooms."""
    connection, today = tx.connection, tx.now.date()
    for room in rooms:
        if not room.taken:
            continue
        at = {"mailbox": room.mailbox.id, "today": today}
        if room.reserved is None:
            row = {"mailbox_id": room.mailbox.id, "day": today, "reserved": room.taken}
            connection.execute(insert(_day), row)
        else:
            connection.execute(_RESERVE, at | {"places": room.taken})
        for domain, count in sorted(room.taken_by_domain.items()):
            if domain in room.domains:
                connection.execute(_RESERVE_DOMAIN, at | {"to": domain, "places": count})
            else:
                key = {"mailbox_id": room.mailbox.id, "day": today, "domain": domain}
                connection.execute(insert(_domain_day), key | {"reserved": count})


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
