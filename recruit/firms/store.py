"""The queries of resolution that other stages need: firms, their contacts, and what becomes of an id."""

from collections.abc import Sequence

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.firms.domains import registrable_domain
from recruit.firms.tables import Contact, Firm, FirmMember
from recruit.firms.values import FirmView
from recruit.firms.views import firm_view
from recruit.sourcing.tables import Source, SourceRecord


class FirmNotFound(LookupError):
    """No firm has that id."""


def get_firm(tx: Transaction, firm_id: int) -> Firm:
    """Return a firm; an id that was merged away leads to the firm that it became.

    Raises `FirmNotFound`.
    """
    firm = tx.session.get(Firm, firm_id)
    if firm is None:
        raise FirmNotFound(
            f"There is no firm with the id {firm_id}. List them with: recruit firms export -o FILE"
        )
    return firm if firm.merged_into_id is None else get_firm(tx, firm.merged_into_id)


def find_firm_by_domain(tx: Transaction, domain: str) -> Firm | None:
    """Return the firm of a domain, a host or a URL; the oldest where several share one."""
    registered = registrable_domain(domain)
    if registered is None:
        return None
    return tx.session.scalar(
        select(Firm)
        .where(Firm.domain == registered, Firm.merged_into_id.is_(None))
        .order_by(Firm.id)
        .limit(1)
    )


def list_firms(tx: Transaction, *, after_id: int = 0, limit: int = 5000) -> list[Firm]:
    """Return firms in the order of their ids, from behind `after_id` on; merged-away ones left out."""
    return list(
        tx.session.scalars(
            select(Firm)
            .where(Firm.id > after_id, Firm.merged_into_id.is_(None))
            .order_by(Firm.id)
            .limit(limit)
        )
    )


def list_firm_views(tx: Transaction, after_id: int = 0, limit: int = 5000) -> list[FirmView]:
    """Return firms as plain values, a page at a time, like `list_firms`."""
    return [firm_view(firm) for firm in list_firms(tx, after_id=after_id, limit=limit)]


def list_firms_by_ids(tx: Transaction, firm_ids: Sequence[int]) -> list[Firm]:
    """Return the firms of these ids that exist, merged-away ones too, in the order of their ids."""
    found: list[Firm] = []
    ids = sorted(set(firm_ids))
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        found += tx.session.scalars(select(Firm).where(Firm.id.in_(chunk)).order_by(Firm.id))
    return found


def count_firms(tx: Transaction) -> int:
    """Return how many firms there are, merged-away ones left out."""
    return tx.session.scalar(select(func.count(Firm.id)).where(Firm.merged_into_id.is_(None))) or 0


def list_contacts(tx: Transaction, firm_id: int) -> list[Contact]:
    """Return a firm's contacts, the first found first."""
    return list(
        tx.session.scalars(select(Contact).where(Contact.firm_id == firm_id).order_by(Contact.id))
    )


def list_members(
    tx: Transaction, *, after_record_id: int = 0, limit: int = 5000
) -> list[tuple[int, str, str, int]]:
    """Return which sighting belongs to which firm, a page at a time in the order of the sightings.

    Each row is (firm id, the source's name, the source's own id of the record, our id of the record).
    """
    rows = tx.session.execute(
        select(FirmMember.firm_id, Source.name, SourceRecord.record_id, SourceRecord.id)
        .join(SourceRecord, SourceRecord.id == FirmMember.source_record_id)
        .join(Source, Source.id == SourceRecord.source_id)
        .where(SourceRecord.id > after_record_id)
        .order_by(SourceRecord.id)
        .limit(limit)
    )
    return [(firm_id, source, record, key) for firm_id, source, record, key in rows]


# Parameters that both databases take in one statement.
_CHUNK = 500
