"""Which firm a person means by an id, a domain or a name, an earlier one too."""

from sqlalchemy import func, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.domains import registrable_domain
from recruit.firms.families import list_firms_once_named
from recruit.firms.names import parse_name
from recruit.firms.store import get_firm, list_firms_by_ids
from recruit.firms.tables import Firm
from recruit.sourcing.text import clean


class FirmUnclear(LookupError):
    """No firm, or more than one, is meant; the message says what to give instead."""


def find_meant_firm(tx: Transaction, text: str) -> Firm:
    """Return the firm that is meant by an id, a domain or a URL, or a name. Raises `FirmUnclear`."""
    text = clean(text).removeprefix("#")
    if text.isascii() and text.isdecimal() and len(text) < 18:
        found = list_firms_by_ids(tx, [int(text)])
        if found:
            return get_firm(tx, found[0].id)
    firms = _with_domain(tx, text) or _called(tx, text)
    if len(firms) == 1:
        return firms[0]
    if firms:
        ids = ", ".join(
            f"{firm.id} ({firm.domain or firm.city or firm.name})" for firm in firms[:10]
        )
        raise FirmUnclear(f'{len(firms)} firms are meant by "{text}". Give one\'s id: {ids}.')
    raise FirmUnclear(
        f'No firm has the id, the domain or the name "{text}". '
        "Its id stands in the address of its page, and in `recruit firms export`."
    )


def _with_domain(tx: Transaction, text: str) -> list[Firm]:
    domain = registrable_domain(text) if " " not in text else None
    if domain is None:
        return []
    query = select(Firm).where(Firm.domain == domain, Firm.merged_into_id.is_(None))
    return list(tx.session.scalars(query.order_by(Firm.id)))


def _called(tx: Transaction, text: str) -> list[Firm]:
    if not text:
        return []
    key = parse_name(text).key
    exact = or_(Firm.name == text, func.lower(Firm.name) == text.lower(), Firm.name_key == key)
    now = list(
        tx.session.scalars(
            select(Firm).where(exact, Firm.merged_into_id.is_(None)).order_by(Firm.id)
        )
    )
    whole = [firm for firm in now if firm.name.lower() == text.lower()]
    return whole or now or list_firms_once_named(tx, text)
