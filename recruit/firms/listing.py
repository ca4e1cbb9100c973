"""Which firm an entry of a list means: by its registry number, its domain, or its name and place."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from recruit.db.transaction import Transaction
from recruit.firms.blocking import LONGEST_KEY
from recruit.firms.places import fold_place
from recruit.firms.store import get_firm, list_firms_by_ids
from recruit.firms.tables import BlockKey, Firm, FirmMember, FormerName, ListedFirm
from recruit.sourcing.tables import Source, SourceRecord
from recruit.sourcing.values import SourceKind

_CHUNK = 300
# The sources whose own ids of records are registry numbers.
REGISTRIES = select(Source.id).where(Source.kind == SourceKind.REGISTRY)


@dataclass(frozen=True)
class Meaning:
    """The firms (ids) that an entry may mean, and why; it means the only one where it is `sure`."""

    firm_ids: tuple[int, ...]
    because: str
    sure: bool = True

    @property
    def firm_id(self) -> int | None:
        """The firm that the entry means; None where it means none, or it is not clear which."""
        return self.firm_ids[0] if self.sure and len(self.firm_ids) == 1 else None


def find_meant(tx: Transaction, rows: Sequence[ListedFirm]) -> Iterator[tuple[ListedFirm, Meaning]]:
    """Yield each entry with what it means among the firms that there are."""
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        known = _look_up(tx, chunk)
        for row in chunk:
            yield row, choose(row, known)


@dataclass(frozen=True)
class Known:
    """The firms (ids) that bear what the entries of a chunk say."""

    by_registry: Mapping[str, set[int]]
    by_domain: Mapping[str, set[int]]
    by_name: Mapping[str, set[int]]
    firms: Mapping[int, Firm]


def _look_up(tx: Transaction, rows: Sequence[ListedFirm]) -> Known:
    registry: dict[str, set[int]] = defaultdict(set)
    domain: dict[str, set[int]] = defaultdict(set)
    name: dict[str, set[int]] = defaultdict(set)
    ids = {row.registry_id for row in rows} - {""}
    domains = {row.domain for row in rows} - {""}
    keys = {row.name_key for row in rows} - {""}
    blocks = {f"d:{one}": one for one in domains} | {f"n:{one}": one for one in keys}
    cut = {block[:LONGEST_KEY]: one for block, one in blocks.items()}
    of_blocks = (
        select(BlockKey.key, FirmMember.firm_id)
        .join(FirmMember, FirmMember.source_record_id == BlockKey.source_record_id)
        .where(BlockKey.key.in_(cut))
    )
    for key, firm_id in tx.session.execute(of_blocks):
        (domain if key[0] == "d" else name)[cut[key]].add(firm_id)
    # What an alias says may be another firm's by now; its sightings and names have moved.
    alive = Firm.merged_into_id.is_(None)
    plain: list[tuple[Select[*tuple[Any, ...]], dict[str, set[int]]]] = [
        (select(Firm.domain, Firm.id).where(Firm.domain.in_(domains), alive), domain),
        (select(Firm.name_key, Firm.id).where(Firm.name_key.in_(keys), alive), name),
        (
            select(FormerName.name_key, FormerName.firm_id).where(FormerName.name_key.in_(keys)),
            name,
        ),
        (
            select(SourceRecord.record_id, FirmMember.firm_id)
            .join(FirmMember, FirmMember.source_record_id == SourceRecord.id)
            .where(SourceRecord.source_id.in_(REGISTRIES), SourceRecord.record_id.in_(ids)),
            registry,
        ),
    ]
    for query, known in plain:
        for key, firm_id in tx.session.execute(query):
            known[key].add(firm_id)
    everybody = {one for by in (registry, domain, name) for some in by.values() for one in some}
    firms: dict[int, Firm] = {}
    for firm in list_firms_by_ids(tx, list(everybody)):
        firms[firm.id] = get_firm(tx, firm.id)
    for by in (registry, domain, name):
        for key, some in by.items():
            by[key] = {firms[one].id for one in some if one in firms}
    firms |= {firm.id: firm for firm in firms.values()}
    return Known(registry, domain, name, firms)


def choose(row: ListedFirm, known: Known) -> Meaning:
    """Return what an entry means, given the firms that bear what it says."""
    if row.registry_id and (found := known.by_registry.get(row.registry_id)):
        return Meaning(tuple(sorted(found)), f"same registry number {row.registry_id}")
    named = known.by_name.get(row.name_key, set()) if row.name_key else set()
    if row.domain and (found := known.by_domain.get(row.domain)):
        found = found & named if len(found & named) == 1 else found
        several = f"{len(found)} firms have the domain {row.domain}"
        return Meaning(
            tuple(sorted(found)), several if len(found) > 1 else f"same domain {row.domain}"
        )
    there = {one for one in named if _is_elsewhere(row, known.firms[one]) is not True}
    if not there:
        what = f"the domain {row.domain}" if row.domain else f"the name {row.name}"
        return Meaning((), f"no firm with {what} is known yet")
    # Another domain speaks against a firm that has one.
    free = {one for one in there if not (row.domain and known.firms[one].domain)}
    near = {one for one in free if _is_elsewhere(row, known.firms[one]) is False}
    if len(near) == 1:
        return Meaning(tuple(near), f"same name and place as {row.name}")
    if len(there) == 1 == len(free) and not (row.city or row.postcode):
        return Meaning(tuple(free), f"same name as {row.name}, which no other firm bears")
    several = "1 firm bears" if len(there) == 1 else f"{len(there)} firms bear"
    because = f"{several} the name {row.name}; whether it is the same one is not sure"
    return Meaning(tuple(sorted(there)), because, sure=False)


def _is_elsewhere(row: ListedFirm, firm: Firm) -> bool | None:
    """Tell whether a firm is at another place than the entry's; None where nothing can be compared."""
    if row.country and firm.country and row.country != firm.country:
        return True
    if row.postcode and firm.postcode and _plain(row.postcode) == _plain(firm.postcode):
        return False
    if row.city and firm.city:
        return fold_place(row.city) != fold_place(firm.city)
    return None


def _plain(postcode: str) -> str:
    return "".join(c for c in postcode.upper() if c.isalnum())
