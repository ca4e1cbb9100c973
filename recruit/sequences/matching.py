"""Whose answer a mail is: by the message that it answers, its sender, then the firm's domains."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.families import family_of
from recruit.firms.tables import Firm
from recruit.sequences.addresses import FREE_MAIL, address_key, domain_and_parents, domain_of
from recruit.sequences.tables import Enrollment, Mailbox, Touch


@dataclass(frozen=True)
class Match:
    """The firms that a mail speaks for, the likeliest first, and by what they were found.

    `touch` is the one that it answers; without one, `enrollment` is the newest of the address or firm.
    """

    by: str = ""
    firm_ids: tuple[int, ...] = ()
    touch: Touch | None = None
    enrollment: Enrollment | None = None


def is_our_own(tx: Transaction, message_id: str | None, sender: str) -> bool:
    """Return whether a mail is our own copy: a message of ours, or sent by one of our mailboxes."""
    if message_id and tx.session.scalar(select(Touch.id).where(Touch.message_id == message_id)):
        return True
    addresses = tx.session.scalars(select(Mailbox.address))
    return bool(sender) and address_key(sender) in {address_key(address) for address in addresses}


def match_message(tx: Transaction, message_ids: Iterable[str]) -> Match:
    """Return whose touch one of these messages was, the first that is ours."""
    ids = list(dict.fromkeys(message_ids))[:200]
    found = {
        touch.message_id: touch
        for touch in tx.session.scalars(select(Touch).where(Touch.message_id.in_(ids)))
    }
    for message_id in ids:
        touch = found.get(message_id)
        if touch is not None:
            enrollment = tx.session.get_one(Enrollment, touch.enrollment_id)
            return Match("message", (enrollment.firm_id,), touch, enrollment)
    return Match()


def match_address(tx: Transaction, address: str | None) -> Match:
    """Return which firms were written to at this address, the newest enrollment first."""
    if not address or "@" not in address:
        return Match()
    touched = select(Touch.enrollment_id).where(Touch.address_key == address_key(address))
    return _newest(tx, "sender", Enrollment.id.in_(touched))


def match_domain(tx: Transaction, address: str | None) -> Match:
    """Return which enrolled firms this address's domain belongs to; none for mail providers' domains."""
    domain = domain_of(address or "")
    if "." not in domain or domain in FREE_MAIL:
        return Match()
    names = domain_and_parents(domain)
    owners = list(tx.session.scalars(select(Firm.id).where(Firm.domain.in_(names))))
    # A firm keeps the domains of those that were merged into it, and answers for its family.
    ids = {member for owner in owners for member in family_of(tx, owner)}
    return _newest(
        tx, "domain", or_(Enrollment.address_domain.in_(names), Enrollment.firm_id.in_(ids))
    )


def _newest(tx: Transaction, by: str, condition: ColumnElement[bool]) -> Match:
    enrollments = list(
        tx.session.scalars(
            select(Enrollment)
            .where(condition)
            .order_by(Enrollment.enrolled_at.desc(), Enrollment.id.desc())
        )
    )
    if not enrollments:
        return Match()
    firm_ids = tuple(dict.fromkeys(enrollment.firm_id for enrollment in enrollments))
    return Match(by, firm_ids, None, enrollments[0])
