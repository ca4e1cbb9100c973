"""Who is written to: contact, firm and place, as the rules and templates want them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, select

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
    rows = tx.connection.execute(_BY_CONTACT, {"ids": list(set(contact_ids))})
    return {row.to_contact_id: recipient_of(row) for row in rows}


def list_firm_recipients(tx: Transaction, firm_ids: Iterable[int]) -> list[Recipient]:
    """Return everyone at these firms: people before role addresses, then the longest known first."""
    rows = tx.session.execute(
        _QUERY.where(Contact.firm_id.in_(set(firm_ids))).order_by(
            Contact.is_role_address, Contact.id
        )
    )
    return [recipient_of(row) for row in rows]


# What `recipient_of` reads; labelled, since other columns may stand beside them.
RECIPIENT: tuple[ColumnElement[Any], ...] = tuple(
    column.label(f"to_{name}")
    for name, column in {
        "contact_id": Contact.id,
        "email": Contact.email,
        "contact_name": Contact.name,
        "job_title": Contact.job_title,
        "is_role_address": Contact.is_role_address,
        "origin": Contact.origin,
        "firm_id": Firm.id,
        "firm_name": Firm.name,
        "city": Firm.city,
        "region": Firm.region,
        "country": Firm.country,
        "website": Firm.website,
        "domain": Firm.domain,
        "specialties": Firm.specialties,
        "latitude": Firm.latitude,
        "longitude": Firm.longitude,
        "legal_form": Firm.legal_form,
        "employees_low": Firm.employees_low,
        "founded_high": Firm.founded_high,
    }.items()
)
_QUERY = select(*RECIPIENT).join_from(Contact, Firm, Firm.id == Contact.firm_id)
_BY_CONTACT = _QUERY.where(Contact.id.in_(bindparam("ids", expanding=True)))


def recipient_of(row: Row[*tuple[Any, ...]]) -> Recipient:
    """Return the recipient in a row that has the columns `RECIPIENT`."""
    name = row.to_contact_name or ""
    return Recipient(
        firm_id=row.to_firm_id,
        contact_id=row.to_contact_id,
        firm_name=row.to_firm_name,
        email=row.to_email,
        name=name,
        is_role_address=row.to_is_role_address,
        origin=_origin(row.to_origin),
        place=Place(find_zone(row.to_country, row.to_latitude, row.to_longitude), row.to_country),
        addressee=Addressee(row.to_country, row.to_email, row.to_legal_form, row.to_origin),
        firm={
            "name": row.to_firm_name,
            "city": row.to_city,
            "region": row.to_region,
            "country": row.to_country,
            "website": row.to_website,
            "domain": row.to_domain,
            "specialties": row.to_specialties,
            "employees": row.to_employees_low,
            "founded": row.to_founded_high,
        },
        contact={
            "name": name,
            "first_name": "" if row.to_is_role_address else name.partition(" ")[0],
            "job_title": row.to_job_title,
            "email": row.to_email,
        },
    )


def _origin(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return (
        text if text.lower().startswith("your ") else f"Your address comes from {text.rstrip('.')}."
    )
