"""What a person makes of an answer: write again on a day, or write to somebody else there."""

from datetime import date

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact
from recruit.sequences.answering import confirm_mood
from recruit.sequences.store import UnknownRow, announce_firm
from recruit.sequences.suppression import find_suppressed
from recruit.sequences.tables import Reply
from recruit.sequences.values import Mood, SequencesError


class DayIsOver(SequencesError):
    """The day to write again on is no day to come."""


class NotAContact(SequencesError):
    """Somebody cannot be made a contact; the message says why."""


def answer_later(tx: Transaction, *, reply_id: int, again_on: date, actor: str) -> Reply:
    """Put a reply away until a day, on which it waits for a person again. Raises DayIsOver or UnknownRow."""
    if again_on <= tx.now.date():
        raise DayIsOver(f"{again_on:%Y-%m-%d} is no day to come; choose a later one.")
    reply = confirm_mood(tx, reply_id=reply_id, mood=Mood.LATER, actor=actor)
    reply.again_on = again_on
    return reply


def add_referred(
    tx: Transaction, *, reply_id: int, email: str, actor: str, name: str = ""
) -> Contact:
    """Make somebody whom a reply names a contact of its firm; a second time is no second contact.

    Raises NotAContact or UnknownRow.
    """
    reply = tx.session.get(Reply, reply_id)
    if reply is None:
        raise UnknownRow(f"There is no reply {reply_id}.")
    email = email.strip().lower()
    if email not in reply.detail.get("referred_to", []):
        raise NotAContact(f"Reply {reply_id} does not name {email}.")
    if reply.firm_id is None:
        raise NotAContact(f"Reply {reply_id} belongs to no firm yet, so nobody can be its contact.")
    why_not = find_suppressed(tx, email, reply.firm_id)
    if why_not:
        raise NotAContact(f"{email} is never to be written to. {why_not}")
    found = tx.session.scalar(
        select(Contact).where(Contact.firm_id == reply.firm_id, Contact.email == email)
    )
    if found is None:
        found = Contact(
            firm_id=reply.firm_id,
            email=email,
            name=name.strip() or None,
            is_role_address=False,
            origin=f"an answer of {reply.from_address} on {reply.received_at:%Y-%m-%d}, who referred us to you",
            created_at=tx.now,
        )
        tx.session.add(found)
        tx.session.flush()
    confirm_mood(tx, reply_id=reply_id, mood=Mood.REFERRAL, actor=actor)
    announce_firm(tx, reply.firm_id)
    return found
