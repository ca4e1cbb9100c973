"""A firm's family: the ids that it has had, the names that it had, and the firms that it owns or belongs to.

After a merge the other id stays as an alias that leads to the firm; most of what happened under it has
moved, but what could not (see `recruit.firms.moving`) is found by asking for the whole family.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, delete, func, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.names import parse_name
from recruit.firms.store import FirmNotFound, get_firm, list_firms_by_ids
from recruit.firms.tables import Firm, FirmChange, FormerName
from recruit.firms.values import ChangeKind
from recruit.sourcing.text import clean


class ParentRefused(ValueError):
    """A firm cannot belong to that one; the message says why."""


# Built once, since every claim asks it.
_RELATED = select(Firm.id, Firm.merged_into_id).where(
    or_(
        Firm.id.in_(bindparam("ids", expanding=True)),
        Firm.merged_into_id.in_(bindparam("ids", expanding=True)),
    )
)


def list_families(tx: Transaction, firm_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return for each firm the ids it has had through merges, the surviving one first."""
    wanted = set(firm_ids)
    above: dict[int, int | None] = {}
    waiting, explored = set(wanted), set[int]()
    # One query where nothing was ever merged, which is nearly always.
    while waiting:
        rows = tx.session.execute(_RELATED, {"ids": sorted(waiting)}).all()
        explored |= waiting
        found = {row.id: row.merged_into_id for row in rows}
        above |= found
        waiting = (found.keys() | {into for into in found.values() if into}) - explored
    members: dict[int, list[int]] = {}
    for firm_id in sorted(above):
        members.setdefault(_root(firm_id, above), []).append(firm_id)
    families = {root: (root, *(i for i in ids if i != root)) for root, ids in members.items()}
    return {i: families[_root(i, above)] for i in wanted if i in above}


def _root(firm_id: int, above: Mapping[int, int | None]) -> int:
    into = above.get(firm_id)
    while into is not None:
        firm_id, into = into, above.get(into)
    return firm_id


def family_of(tx: Transaction, firm_id: int) -> tuple[int, ...]:
    """Return all ids of a firm and of the firms that own it or that it owns; its own first.

    What one of them answers, all have heard. Raises `FirmNotFound`.
    """
    own = list_families(tx, [firm_id]).get(firm_id)
    if own is None:
        raise FirmNotFound(f"There is no firm with the id {firm_id}.")
    found = dict.fromkeys(own)
    waiting = set(own)
    while waiting:
        related = set(tx.session.scalars(select(Firm.id).where(Firm.parent_id.in_(waiting))))
        related |= set(
            tx.session.scalars(
                select(Firm.parent_id).where(Firm.id.in_(waiting), Firm.parent_id.is_not(None))
            )
        )
        families = list_families(tx, related - found.keys())
        waiting = {one for family in families.values() for one in family} - found.keys()
        found |= dict.fromkeys(sorted(waiting))
    return tuple(found)


def list_relatives(tx: Transaction, firm_id: int) -> tuple[Firm | None, list[Firm]]:
    """Return the firm that owns this one, if any, and the firms that it owns."""
    firm = get_firm(tx, firm_id)
    parent = get_firm(tx, firm.parent_id) if firm.parent_id is not None else None
    family = list_families(tx, [firm.id])[firm.id]
    children = tx.session.scalars(
        select(Firm)
        .where(Firm.parent_id.in_(family), Firm.merged_into_id.is_(None), Firm.id != firm.id)
        .order_by(Firm.name, Firm.id)
    )
    return (None if parent is firm else parent), list(children)


def set_parent(
    tx: Transaction, *, firm_id: int, parent_id: int | None, actor: str, why: str = ""
) -> Firm:
    """Say that a firm belongs to another, or with None that it is its own; a second time changes nothing.

    Raises `FirmNotFound`, or `ParentRefused` for a firm that would own itself.
    """
    firm = get_firm(tx, firm_id)
    parent = get_firm(tx, parent_id) if parent_id is not None else None
    if parent is not None and firm.id in _owners(tx, parent):
        raise ParentRefused(
            f"{_named(firm)} cannot belong to itself."
            if parent is firm
            else f"{_named(parent)} belongs to {_named(firm)} itself. Take its parent away first: "
            f"`recruit firms parent {parent.id} --none`."
        )
    before = get_firm(tx, firm.parent_id) if firm.parent_id is not None else None
    if before is parent:
        return firm
    firm.parent_id = parent.id if parent else None
    firm.updated_at = tx.now
    tx.session.add(
        FirmChange(
            firm_id=firm.id,
            kind=ChangeKind.UPDATED,
            detail={"fields": {"parent": [_named(before), _named(parent)]}, "because": clean(why)},
            actor=actor,
            at=tx.now,
        )
    )
    tx.session.flush()
    tx.announce("firm", firm.id)
    return firm


def _owners(tx: Transaction, firm: Firm) -> set[int]:
    """Return the ids of a firm, of its owner, of that one's owner and so on."""
    owners: set[int] = set()
    owner: Firm | None = firm
    while owner is not None and owner.id not in owners:
        owners.add(owner.id)
        owner = get_firm(tx, owner.parent_id) if owner.parent_id is not None else None
    return owners


def _named(firm: Firm | None) -> str | None:
    return f"{firm.name} ({firm.id})" if firm else None


def remember_name(tx: Transaction, firm_id: int, name: str, name_key: str) -> bool:
    """Keep a name that a firm no longer goes by, so that it is still found by it; False if it is kept already."""
    if tx.session.get(FormerName, (firm_id, name_key)) is not None:
        return False
    tx.session.add(FormerName(firm_id=firm_id, name_key=name_key, name=name, until=tx.now))
    tx.session.flush()
    return True


def forget_names(tx: Transaction, firm_ids: Iterable[int], name_keys: Iterable[str]) -> None:
    """Forget names that were kept in error."""
    tx.session.execute(
        delete(FormerName).where(
            FormerName.firm_id.in_(list(firm_ids)), FormerName.name_key.in_(list(name_keys))
        )
    )


def list_former_names(tx: Transaction, firm_id: int) -> list[str]:
    """Return the other names that a firm has or had, the latest first."""
    return list(
        tx.session.scalars(
            select(FormerName.name)
            .join(Firm, Firm.id == FormerName.firm_id)
            .where(FormerName.firm_id == firm_id, FormerName.name_key != Firm.name_key)
            .order_by(FormerName.until.desc(), FormerName.name)
        )
    )


def list_firms_once_named(tx: Transaction, name: str) -> list[Firm]:
    """Return the firms that had a name, however it is spelt; merged-away ones lead to what they are now."""
    if not name:
        return []
    same = or_(
        FormerName.name_key == parse_name(name).key, func.lower(FormerName.name) == name.lower()
    )
    ids = tx.session.scalars(select(FormerName.firm_id).where(same))
    found = {get_firm(tx, firm.id).id for firm in list_firms_by_ids(tx, list(ids))}
    return list_firms_by_ids(tx, list(found))
