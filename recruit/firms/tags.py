"""What lists and the CRM say that firms are to us: partner, customer, competitor, open application, excluded.

Each entry of a list is kept, whether it means a firm that we know or not, and is looked at again after
each run of resolution: a firm that a source finds later is tagged as well. `Firm.tags` is what the
entries say, so that ranking and outreach need not ask for more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, literal, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.listed import EntryNotFound, report_list
from recruit.firms.listing import REGISTRIES, find_meant
from recruit.firms.lists import ListEntry, ListReport
from recruit.firms.names import parse_name
from recruit.firms.store import get_firm, list_firms_by_ids
from recruit.firms.tables import BlockKey, Firm, FirmChange, ListedFirm
from recruit.firms.values import ChangeKind, FirmTag, ListedState
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.text import clean

_CHUNK = 500
# What a list of a person's own is called that holds firms tagged one by one.
BY_HAND = "by hand"
MOST_CANDIDATES = 20


def remember_listed(
    tx: Transaction,
    *,
    list_name: str,
    tag: FirmTag,
    entries: Iterable[ListEntry],
    actor: str,
    complete: bool = True,
) -> ListReport:
    """Take over a list: tag the firms that its entries mean, and keep those that mean none yet.

    A `complete` list takes the place of what it said before: an entry that it no longer has tags
    nobody any more. Otherwise entries are added or changed, and the others stay. The same list a
    second time changes nothing.
    """
    wanted = {entry.entry_key: entry for entry in entries if entry.says_something}
    known = {
        row.entry_key: row
        for row in tx.session.scalars(select(ListedFirm).where(ListedFirm.list_name == list_name))
    }
    touched: set[int] = set()
    changed: list[ListedFirm] = []
    for key, entry in wanted.items():
        row = known.get(key)
        if row is None:
            row = ListedFirm(
                list_name=list_name, entry_key=key, added_at=tx.now, added_by=actor, candidates=[]
            )
            tx.session.add(row)
        elif row.removed_at is None and row.tag is tag and what_it_says(row) == _said(entry):
            row.position = entry.position
            continue
        elif row.firm_id is not None:
            touched.add(row.firm_id)
        for name, value in _said(entry).items():
            setattr(row, name, value)
        row.tag, row.position, row.removed_at = tag, entry.position, None
        if not row.chosen_by:
            row.state, row.firm_id, row.candidates, row.because = (
                ListedState.UNMATCHED,
                None,
                [],
                "",
            )
        changed.append(row)
    # What a split copied goes with its original.
    gone = [
        row
        for key, row in known.items()
        if key.partition("~")[0] not in wanted and row.removed_at is None
    ]
    removed = gone if complete else []
    for row in removed:
        row.removed_at = tx.now
        if row.firm_id is not None:
            touched.add(row.firm_id)
    tx.session.flush()
    touched |= _match(tx, [row for row in changed if not row.chosen_by])
    touched |= {row.firm_id for row in changed if row.firm_id is not None}
    refresh_tags(tx, touched, actor=actor)
    return replace(report_list(tx, list_name=list_name, tag=tag), removed=len(removed))


def forget_listed(tx: Transaction, *, list_name: str, keys: Collection[str], actor: str) -> int:
    """Take entries (by their keys) from a list that is told piece by piece; returns how many."""
    gone: list[ListedFirm] = []
    wanted = sorted(keys)
    for start in range(0, len(wanted), _CHUNK):
        gone += tx.session.scalars(
            select(ListedFirm).where(
                ListedFirm.list_name == list_name,
                ListedFirm.entry_key.in_(wanted[start : start + _CHUNK]),
                ListedFirm.removed_at.is_(None),
            )
        )
    for row in gone:
        row.removed_at = tx.now
    tx.session.flush()
    refresh_tags(tx, {row.firm_id for row in gone if row.firm_id is not None}, actor=actor)
    return len(gone)


def _said(entry: ListEntry) -> dict[str, Any]:
    return {
        "name": clean(entry.name)[:300],
        "name_key": parse_name(entry.name).key[:300] if entry.name else "",
        "domain": entry.domain[:253],
        "postcode": clean(entry.postcode)[:20],
        "city": clean(entry.city)[:120],
        "country": clean(entry.country)[:2],
        "registry_id": clean(entry.registry_id)[:200],
    }


def what_it_says(row: ListedFirm) -> dict[str, Any]:
    """Return what an entry says to name its firm, as its columns hold it."""
    names = ("name", "name_key", "domain", "postcode", "city", "country", "registry_id")
    return {name: getattr(row, name) for name in names}


def match_listed(tx: Transaction, *, actor: str) -> int:
    """Look for the firms that entries mean which meant none so far; return how many were found."""
    # Only those can have found one of which something is the same.
    same = or_(
        exists().where(Firm.domain == ListedFirm.domain, ListedFirm.domain != ""),
        exists().where(Firm.name_key == ListedFirm.name_key, ListedFirm.name_key != ""),
        exists().where(BlockKey.key == literal("d:") + ListedFirm.domain, ListedFirm.domain != ""),
        exists().where(
            BlockKey.key == literal("n:") + ListedFirm.name_key, ListedFirm.name_key != ""
        ),
        exists().where(
            SourceRecord.source_id.in_(REGISTRIES),
            SourceRecord.record_id == ListedFirm.registry_id,
            ListedFirm.registry_id != "",
        ),
    )
    open_ = tx.session.scalars(
        select(ListedFirm)
        .where(
            ListedFirm.state != ListedState.MATCHED,
            ListedFirm.removed_at.is_(None),
            ListedFirm.chosen_by == "",
            same,
        )
        .order_by(ListedFirm.id)
    ).all()
    found = _match(tx, open_)
    refresh_tags(tx, found, actor=actor)
    return sum(row.state is ListedState.MATCHED for row in open_)


def _match(tx: Transaction, rows: Sequence[ListedFirm]) -> set[int]:
    """Decide which firms entries mean; return the firms that an entry means now."""
    found: set[int] = set()
    for row, meaning in find_meant(tx, rows):
        row.because = meaning.because
        row.firm_id = meaning.firm_id
        if row.firm_id is not None:
            row.state, row.candidates = ListedState.MATCHED, []
            found.add(row.firm_id)
        else:
            row.candidates = list(meaning.firm_ids[:MOST_CANDIDATES])
            row.state = ListedState.AMBIGUOUS if row.candidates else ListedState.UNMATCHED
    tx.session.flush()
    return found


def refresh_tags(tx: Transaction, firm_ids: Collection[int], *, actor: str) -> None:
    """Set the tags of firms to what the entries say that mean them; what changes is remembered."""
    said: dict[int, set[str]] = defaultdict(set)
    ids = sorted({get_firm(tx, firm.id).id for firm in list_firms_by_ids(tx, list(firm_ids))})
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        rows = tx.session.execute(
            select(ListedFirm.firm_id, ListedFirm.tag).where(
                ListedFirm.firm_id.in_(chunk), ListedFirm.removed_at.is_(None)
            )
        )
        for firm_id, tag in rows:
            said[firm_id or 0].add(tag.value)
    for firm in list_firms_by_ids(tx, ids):
        tags = sorted(said[firm.id])
        if tags == (firm.tags or []):
            continue
        tx.session.add(
            FirmChange(
                firm_id=firm.id,
                kind=ChangeKind.UPDATED,
                detail={"fields": {"tags": [firm.tags, tags]}},
                actor=actor,
                at=tx.now,
            )
        )
        firm.tags = tags
        # Whatever was scored before did not know of it.
        firm.version += 1
        firm.updated_at = tx.now
        tx.announce("firm", firm.id)
    tx.session.flush()


def tag_firm(tx: Transaction, *, firm_id: int, tag: FirmTag, actor: str, why: str = "") -> Firm:
    """Tag one firm by hand; a second time changes nothing. Raises `FirmNotFound`."""
    firm = get_firm(tx, firm_id)
    key = f"{tag.value}:{firm.id}"
    row = tx.session.scalar(
        select(ListedFirm).where(ListedFirm.list_name == BY_HAND, ListedFirm.entry_key == key)
    )
    if row is None:
        row = ListedFirm(
            list_name=BY_HAND, entry_key=key, tag=tag, candidates=[], added_at=tx.now,
            added_by=actor, name=firm.name, domain=firm.domain or "", name_key=firm.name_key,
        )  # fmt: skip
        tx.session.add(row)
    row.state, row.firm_id, row.chosen_by = ListedState.MATCHED, firm.id, actor
    row.because, row.removed_at = clean(why) or "tagged by hand", None
    tx.session.flush()
    refresh_tags(tx, [firm.id], actor=actor)
    return firm


def untag_firm(tx: Transaction, *, firm_id: int, tag: FirmTag, actor: str) -> Firm:
    """Take a tag off a firm: the entries that give it mean nobody any more. Raises `FirmNotFound`.

    A list that names the firm again does not tag it again; `choose_listed` does.
    """
    firm = get_firm(tx, firm_id)
    rows = tx.session.scalars(
        select(ListedFirm).where(
            ListedFirm.firm_id == firm.id, ListedFirm.tag == tag, ListedFirm.removed_at.is_(None)
        )
    ).all()
    for row in rows:
        choose_listed(tx, listed_id=row.id, firm_id=None, actor=actor)
    refresh_tags(tx, [firm.id], actor=actor)
    return firm


def choose_listed(
    tx: Transaction, *, listed_id: int, firm_id: int | None, actor: str
) -> ListedFirm:
    """Say which firm an entry means, or with None that it means none of ours; no run decides otherwise.

    Raises `EntryNotFound` or `FirmNotFound`.
    """
    row = tx.session.get(ListedFirm, listed_id)
    if row is None:
        raise EntryNotFound(f"There is no entry {listed_id}. See `recruit firms lists`.")
    before = row.firm_id
    firm = get_firm(tx, firm_id) if firm_id is not None else None
    row.firm_id = firm.id if firm else None
    row.state = ListedState.MATCHED if firm else ListedState.UNMATCHED
    row.because = f"{actor} said so"
    row.chosen_by = actor
    row.candidates = []
    tx.session.flush()
    refresh_tags(tx, {one for one in (before, row.firm_id) if one is not None}, actor=actor)
    return row
