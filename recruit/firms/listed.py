"""What the lists say: their entries and the firms that they mean, for pages and the command line."""

from collections.abc import Collection

from sqlalchemy import bindparam, func, select

from recruit.db.transaction import Transaction
from recruit.firms.lists import ListedLine, ListReport
from recruit.firms.tables import Firm, ListedFirm
from recruit.firms.values import FirmTag, ListedState, why_left_alone


class EntryNotFound(LookupError):
    """No list, or no entry of one, is called so."""


def report_list(tx: Transaction, *, list_name: str, tag: FirmTag | None = None) -> ListReport:
    """Return what the entries of a list mean; raises `EntryNotFound` where there is no such list."""
    rows = tx.session.execute(
        select(ListedFirm, Firm.name)
        .outerjoin(Firm, Firm.id == ListedFirm.firm_id)
        .where(ListedFirm.list_name == list_name, ListedFirm.removed_at.is_(None))
        .order_by(ListedFirm.position, ListedFirm.id)
    ).all()
    if not rows and tag is None:
        known = ", ".join(name for name, _ in list_lists(tx)) or "none"
        raise EntryNotFound(f"There is no list {list_name!r}. Known: {known}.")
    lines = tuple(_line(row, name) for row, name in rows)
    counts = {state: sum(line.state is state for line in lines) for state in ListedState}
    return ListReport(
        list_name=list_name,
        tag=tag or lines[0].tag,
        matched=counts[ListedState.MATCHED],
        unmatched=counts[ListedState.UNMATCHED],
        ambiguous=counts[ListedState.AMBIGUOUS],
        lines=lines,
    )


def _line(row: ListedFirm, firm_name: str | None) -> ListedLine:
    place = ", ".join(part for part in (row.city or row.postcode, row.country) if part)
    parts = (row.name, row.domain, place, row.registry_id)
    return ListedLine(
        listed_id=row.id,
        list_name=row.list_name,
        tag=row.tag,
        position=row.position,
        label=" · ".join(part for part in parts if part),
        state=row.state,
        because=row.because,
        firm_id=row.firm_id,
        firm_name=firm_name or "",
        candidates=tuple(row.candidates),
    )


# Built once, since every claim asks it.
_SAID = (
    select(ListedFirm.firm_id, ListedFirm.tag, ListedFirm.list_name)
    .where(
        ListedFirm.firm_id.in_(bindparam("ids", expanding=True)), ListedFirm.removed_at.is_(None)
    )
    .order_by(ListedFirm.tag, ListedFirm.list_name)
)


def list_left_alone(tx: Transaction, firm_ids: Collection[int]) -> dict[int, str]:
    """Return for each of these firms that lists say to leave alone, in words, what they call it."""
    rows = tx.session.execute(_SAID, {"ids": sorted(firm_ids)})
    tags: dict[int, dict[str, None]] = {}
    lists: dict[int, dict[str, None]] = {}
    for firm_id, tag, name in rows:
        tags.setdefault(firm_id or 0, {})[tag] = None
        lists.setdefault(firm_id or 0, {})[name] = None
    return {
        one: f"{why_left_alone(said)} (Said by: {', '.join(lists[one])}.)"
        for one, said in tags.items()
    }


def list_lists(tx: Transaction) -> list[tuple[str, int]]:
    """Return every list with how many entries it has, by name."""
    rows = tx.session.execute(
        select(ListedFirm.list_name, func.count())
        .where(ListedFirm.removed_at.is_(None))
        .group_by(ListedFirm.list_name)
        .order_by(ListedFirm.list_name)
    )
    return [(name, entries) for name, entries in rows]


def list_tags_of(tx: Transaction, firm_id: int) -> list[ListedLine]:
    """Return the entries that mean a firm, and so why it has its tags."""
    rows = tx.session.scalars(
        select(ListedFirm)
        .where(ListedFirm.firm_id == firm_id, ListedFirm.removed_at.is_(None))
        .order_by(ListedFirm.tag, ListedFirm.id)
    )
    return [_line(row, None) for row in rows]
