"""Erasing a person: what we hold about an address goes, and what keeps us from writing to it stays.

GDPR Art. 17 and 21: the wish not to be written to outlives the data, as a hash that nobody can read back.
"""

from dataclasses import dataclass

from sqlalchemy import Select, select, update

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact
from recruit.sequences.addresses import address_key, key_hash
from recruit.sequences.stopping import lock_to_stop
from recruit.sequences.suppression import NotAKey, suppress
from recruit.sequences.tables import Enrollment, Reply, Suppression, Touch
from recruit.sequences.values import ExitReason, SuppressionScope

ERASED = "(erased)"


@dataclass
class ErasureReport:
    """How many rows lost what they said of a person."""

    contacts: int = 0
    touches: int = 0
    replies: int = 0


def erase_address(tx: Transaction, *, address: str, actor: str) -> ErasureReport:
    """Suppress an address for ever by its hash alone, and erase what is known of who is behind it.

    Rows stay, so that what was sent is still counted; names, addresses and texts go. Raises NotAKey.
    """
    if "@" not in address.strip("@ "):
        raise NotAKey(f"{address!r} is no address; nothing was erased.")
    key = address_key(address)
    gone = f"erased-{key_hash(key)[:24]}@erased.invalid"
    contacts = [c for c in tx.session.scalars(_same(key)) if address_key(c.email) == key]
    lock_to_stop(tx, addresses=[key], enrollment_ids=_enrollments(tx, contacts))
    suppress(
        tx,
        scope=SuppressionScope.ADDRESS,
        key=key,
        reason="Erased at the person's request.",
        actor=actor,
        exit_reason=ExitReason.OPTED_OUT,
    )
    report = ErasureReport(contacts=len(contacts))
    tx.session.execute(
        update(Suppression)
        .where(Suppression.scope == SuppressionScope.ADDRESS, Suppression.key_hash == key_hash(key))
        .values(key_text=None)
        .execution_options(synchronize_session="fetch")
    )
    touches = list(
        tx.session.scalars(
            select(Touch)
            .where(Touch.address_key == key)
            .order_by(Touch.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )
    for touch in touches:
        touch.address_key = gone
        touch.subject = touch.body = ERASED
        touch.link = ""
    report.touches = len(touches)
    replies = list(
        tx.session.scalars(
            select(Reply).where(
                (Reply.enrollment_id.in_([t.enrollment_id for t in touches]))
                | (Reply.from_address.ilike(f"%{_escaped(key)}%", escape="\\"))
            )
        )
    )
    for reply in replies:
        reply.from_address, reply.subject = gone, ERASED
        reply.text = reply.raw = ERASED
        reply.detail = {k: v for k, v in reply.detail.items() if k != "recipient"}
    report.replies = len(replies)
    for contact in contacts:
        # One person may stand twice at a firm, in two spellings of one address.
        contact.email = gone.replace("@", f".{contact.id}@")
        contact.name = contact.job_title = None
    tx.session.flush()
    # The log can't forget, so it never hears the address.
    record(
        tx,
        Deed.ADDRESS_ERASED,
        "address_hash",
        key_hash(key),
        actor=actor,
        contacts=report.contacts,
        touches=report.touches,
        replies=report.replies,
    )
    return report


def _same(key: str) -> Select[Contact]:
    domain = key.rpartition("@")[2]
    return select(Contact).where(Contact.email.ilike(f"%@{_escaped(domain)}", escape="\\"))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _enrollments(tx: Transaction, contacts: list[Contact]) -> list[int]:
    ids = [contact.id for contact in contacts]
    return list(tx.session.scalars(select(Enrollment.id).where(Enrollment.contact_id.in_(ids))))
