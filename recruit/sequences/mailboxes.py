"""Mailboxes: the addresses that send, their limits, and whether one is paused."""

from dataclasses import dataclass

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.sequences.addresses import ascii_address, is_sendable
from recruit.sequences.standing import name_rules
from recruit.sequences.store import get_mailbox
from recruit.sequences.tables import Mailbox
from recruit.sequences.values import SequencesError

_MOST_A_DAY = 1_000_000


class BadMailbox(SequencesError):
    """A mailbox cannot send like this; the message says what to change."""


@dataclass(frozen=True)
class Warmup:
    """A ramp from `first_cap` messages a day to the full cap, over `days` days that send."""

    first_cap: int = 5
    days: int = 20


def add_mailbox(
    tx: Transaction,
    *,
    address: str,
    from_name: str,
    cap_per_day: int = 50,
    gap_s: int = 60,
    domain_cap_per_day: int | None = None,
    warmup: Warmup | None = None,
) -> Mailbox:
    """Add an address to send from, or change the limits of one that is there. Raises BadMailbox.

    `cap_per_day` counts accepted messages on a UTC day; `gap_s` are seconds between two messages;
    `domain_cap_per_day` is for one recipient domain (0: no limit). A `warmup` begins today; without one,
    a ramp that runs goes on.
    """
    address = address.strip().lower()
    _check(address, from_name, cap_per_day, gap_s, domain_cap_per_day or 0, warmup)
    mailbox = tx.session.scalar(select(Mailbox).where(Mailbox.address == address))
    if mailbox is None:
        mailbox = Mailbox(address=address, paused_reason="")
        tx.session.add(mailbox)
    mailbox.from_name = from_name.strip()
    mailbox.cap_per_day = cap_per_day
    mailbox.gap_s = gap_s
    if domain_cap_per_day is not None:
        mailbox.domain_cap_per_day = domain_cap_per_day
    if warmup is not None:
        mailbox.warmup_from = tx.now.date() if warmup.days else None
        mailbox.warmup_first_cap = warmup.first_cap
        mailbox.warmup_days = warmup.days
    tx.session.flush()
    return mailbox


def _check(
    address: str, from_name: str, cap: int, gap_s: int, domain_cap: int, warmup: Warmup | None
) -> None:
    try:
        sendable = is_sendable(ascii_address(address))
    except ValueError:
        sendable = False
    if not sendable:
        raise BadMailbox(f"{address!r} is no address that can send.")
    if len(from_name) > 200 or any(ord(c) < 32 or ord(c) == 127 for c in from_name):
        raise BadMailbox("The sender's name is one line of at most 200 characters.")
    if not 1 <= cap <= _MOST_A_DAY or not 0 <= gap_s <= 86_400:
        raise BadMailbox(
            f"The cap is 1 to {_MOST_A_DAY:,} messages a day and the gap 0 to 86,400 s, not {cap} and {gap_s}."
        )
    if domain_cap < 0:
        raise BadMailbox("The cap for one recipient domain is 0 (no limit) or more.")
    if warmup is not None and (not 0 <= warmup.days <= 365 or not 1 <= warmup.first_cap <= cap):
        raise BadMailbox(
            f"A warm-up lasts 0 to 365 days and begins with 1 to {cap} messages, not "
            f"{warmup.days} and {warmup.first_cap}."
        )


def pause_mailbox(tx: Transaction, *, address: str, reason: str) -> Mailbox:
    """Stop sending from a mailbox until `resume_mailbox`. Raises UnknownMailbox."""
    mailbox = get_mailbox(tx, address)
    if mailbox.paused_at is None:
        mailbox.paused_at = tx.now
        mailbox.paused_reason = reason
        name_rules(tx, Mailbox.id == mailbox.id)
    return mailbox


def resume_mailbox(tx: Transaction, *, address: str) -> Mailbox:
    """Let a mailbox send again; what came due meanwhile is due now. Raises UnknownMailbox.

    Bounces of before no longer count for the breaker: a person has looked.
    """
    mailbox = get_mailbox(tx, address)
    if mailbox.paused_at is not None:
        mailbox.paused_at = None
        mailbox.paused_reason = ""
        mailbox.active_since = tx.now
        record(tx, Deed.MAILBOX_RESUMED, "mailbox", mailbox.id, address=mailbox.address)
        name_rules(tx, Mailbox.id == mailbox.id)
    return mailbox


def list_mailboxes(tx: Transaction) -> list[Mailbox]:
    """Return the addresses that send, with their limits, and why one is paused."""
    return list(tx.session.scalars(select(Mailbox).order_by(Mailbox.address)))
