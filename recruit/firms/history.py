"""What happened to a firm's record, in words: found, changed, merged, split, made two again."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.store import FirmNotFound, list_firms_by_ids
from recruit.firms.tables import FirmChange
from recruit.firms.values import ChangeKind

# Of changes, the field that the provenance of these is kept under.
_KEPT_UNDER = {
    "employees_low": "employees",
    "employees_high": "employees",
    "founded_low": "founded",
    "founded_high": "founded",
    "revenue_low": "revenue",
    "revenue_high": "revenue",
}


@dataclass(frozen=True)
class HistoryLine:
    """One change. `fields` are {name: [old, new]} and `sources` where each new value was read.

    `other_id` is the other firm of a merge or split; `can_undo` tells whether `merging.undo` takes
    `change_id`. `under` is the id that it happened to, where that is an alias by now.
    """

    change_id: int
    kind: ChangeKind
    title: str
    because: str
    actor: str
    at: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    other_id: int | None = None
    other_name: str = ""
    sightings: int = 0
    can_undo: bool = False
    undone_at: datetime | None = None
    undone_by: str = ""
    under: int | None = None


def list_history(tx: Transaction, firm_id: int, *, limit: int = 100) -> list[HistoryLine]:
    """Return what happened to a firm under all its ids, the latest first. Raises `FirmNotFound`."""
    family = list_families(tx, [firm_id]).get(firm_id)
    if family is None:
        raise FirmNotFound(f"There is no firm with the id {firm_id}.")
    changes = tx.session.scalars(
        select(FirmChange)
        .where(FirmChange.firm_id.in_(family))
        .order_by(FirmChange.at.desc(), FirmChange.id.desc())
        .limit(limit)
    ).all()
    names = _names(tx, changes)
    lines = []
    for change in changes:
        # The alias's own word on the merge says nothing that the firm's does not.
        if change.kind is ChangeKind.MERGED and change.detail.get("into") in family:
            continue
        lines.append(_line(change, names, change.firm_id if change.firm_id != family[0] else None))
    return lines


def _names(tx: Transaction, changes: Iterable[FirmChange]) -> dict[int, str]:
    ids = {other for change in changes if (other := _other(change.detail)) is not None}
    return {firm.id: firm.name for firm in list_firms_by_ids(tx, list(ids))}


def _other(detail: dict[str, Any]) -> int | None:
    for key in ("from", "into", "to", "of", "other"):
        if isinstance(detail.get(key), int):
            return int(detail[key])
    return None


def _line(change: FirmChange, names: dict[int, str], under: int | None) -> HistoryLine:
    detail = change.detail
    other = _other(detail)
    is_whole = (change.kind is ChangeKind.MERGED and "from" in detail) or (
        change.kind is ChangeKind.SPLIT and "to" in detail
    )
    return HistoryLine(
        change_id=change.id,
        kind=change.kind,
        title=_title(change.kind, detail),
        because=str(detail.get("because") or ""),
        actor=change.actor,
        at=change.at,
        fields=dict(detail.get("fields") or {}),
        sources=dict(detail.get("sources") or {}),
        other_id=other,
        other_name=names.get(other or 0, ""),
        sightings=len(detail.get("members") or ()),
        can_undo=is_whole and change.undone_at is None,
        undone_at=change.undone_at,
        undone_by=change.undone_by,
        under=under,
    )


def _title(kind: ChangeKind, detail: dict[str, Any]) -> str:
    match kind:
        case ChangeKind.CREATED:
            return "Found"
        case ChangeKind.UPDATED:
            return "Changed"
        case ChangeKind.VANISHED:
            return "No source shows it any more"
        case ChangeKind.MERGED:
            return "Merged into" if "into" in detail else "Merged with"
        case ChangeKind.SPLIT:
            if "to" in detail:
                return "Split off"
            return "Split off from" if "of" in detail else "A sighting left"
        case ChangeKind.UNDONE:
            return (
                "Split undone: one firm again with"
                if detail.get("what") == ChangeKind.SPLIT
                else "Merge undone: two firms again, the other is"
            )


def sources_of(provenance: dict[str, Any], fields: Iterable[str]) -> dict[str, str]:
    """Return for fields of a firm the title of the source that their values were taken from."""
    found = {}
    for name in fields:
        entry = provenance.get(_KEPT_UNDER.get(name, name))
        entries = entry if isinstance(entry, list) else [entry]
        titles = [one.get("source_title") or one.get("source") for one in entries if one]
        if titles:
            found[name] = ", ".join(dict.fromkeys(str(title) for title in titles if title))
    return found
