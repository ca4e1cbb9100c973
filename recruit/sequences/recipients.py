"""Who is written to: contact, firm and place, as the rules and templates want them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.sequences.policies import Addressee
from recruit.sequences.rendering import merge_values
from recruit.sequences.tables import Mailbox
from recruit.sequences.windows import Place
from recruit.sequences.zones import find_zone


@dataclass(frozen=True)
class Recipient:
    """A contact at a firm. `firm` and `contact` hold the values that templates and conditions may name."""

    firm_id: int
    contact_id: int
    firm_name: str
    email: str
    name: str
    is_role_address: bool
    origin: str
    place: Place
    addressee: Addressee
    firm: Mapping[str, Any]
    contact: Mapping[str, Any]

    def values(self, mailbox: Mailbox) -> dict[str, dict[str, Any]]:
        """Return what templates see."""
        sender = {"name": mailbox.from_name, "address": mailbox.address}
        return merge_values(firm=self.firm, contact=self.contact, sender=sender)

    def known(self, score: float | None, task_outcome: str = "") -> dict[str, Any]:
        """Return the facts that conditions may ask (see `conditions`)."""
        facts = {f"firm.{key}": value for key, value in self.firm.items()}
        facts |= {f"contact.{key}": value for key, value in self.contact.items()}
        facts["contact.is_role_address"] = self.is_role_address
        return facts | {"score": score, "task.outcome": task_outcome}


def list_recipients(tx: Transaction, contact_ids: Iterable[int]) -> dict[int, Recipient]:
    """Return recipients by contact id."""
    rows = tx.session.connection().execute(_BY_CONTACT, {"ids": list(set(contact_ids))})
    return {row.contact_id: _recipient(row) for row in rows}


def list_firm_recipients(tx: Transaction, firm_ids: Iterable[int]) -> list[Recipient]:
    """Return everyone at these firms: people before role addresses, then the longest known first."""
    rows = tx.session.execute(
        _query()
        .where(Contact.firm_id.in_(set(firm_ids)))
        .order_by(Contact.is_role_address, Contact.id)
    )
    return [_recipient(row) for row in rows]


def _query() -> Select[*tuple[Any, ...]]:
    return select(
        Contact.id.label("contact_id"),
        Contact.email,
        Contact.name.label("contact_name"),
        Contact.job_title,
        Contact.is_role_address,
        Contact.origin,
        Firm.id.label("firm_id"),
        Firm.name.label("firm_name"),
        Firm.city,
        Firm.region,
        Firm.country,
        Firm.website,
        Firm.domain,
        Firm.specialties,
        Firm.latitude,
        Firm.longitude,
        Firm.legal_form,
        Firm.employees_low,
        Firm.founded_high,
    ).join(Firm, Firm.id == Contact.firm_id)


_BY_CONTACT = _query().where(Contact.id.in_(bindparam("ids", expanding=True)))


def _recipient(row: Row[*tuple[Any, ...]]) -> Recipient:
    name = row.contact_name or ""
    return Recipient(
        firm_id=row.firm_id,
        contact_id=row.contact_id,
        firm_name=row.firm_name,
        email=row.email,
        name=name,
        is_role_address=row.is_role_address,
        origin=_origin(row.origin),
        place=Place(find_zone(row.country, row.latitude, row.longitude), row.country),
        addressee=Addressee(row.country, row.email, row.legal_form, row.origin),
        firm={
            "name": row.firm_name,
            "city": row.city,
            "region": row.region,
            "country": row.country,
            "website": row.website,
            "domain": row.domain,
            "specialties": row.specialties,
            "employees": row.employees_low,
            "founded": row.founded_high,
        },
        contact={
            "name": name,
            "first_name": "" if row.is_role_address else name.partition(" ")[0],
            "job_title": row.job_title,
            "email": row.email,
        },
    )


def _origin(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return (
        text if text.lower().startswith("your ") else f"Your address comes from {text.rstrip('.')}."
    )
