"""Prove that both sides are equal, or list each difference.

The proof reads the whole CRM and all of our side, and believes no bookkeeping: neither links'
agreements nor the outbox. Sides may only differ where the mapping's policy says that they may, or
where the CRM's value was taken and stands beside ours.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from recruit.crm.merge import may_differ
from recruit.crm.port import Crm, CrmRecord
from recruit.crm.values import CrmMapping, Direction, FieldRule, ObjectMapping, Value
from recruit.db.transaction import Transaction
from recruit.sync import store
from recruit.sync.converse import our_side, their_side
from recruit.sync.desired import desired_firm
from recruit.sync.fit import check_fit
from recruit.sync.stage import may_enter
from recruit.sync.values import DesiredFirm, DesiredRecord, LinkStatus

OpenTransaction = Callable[[], AbstractContextManager[Transaction]]
_BATCH = 100
_ALLOWED = "allowed: "


@dataclass(frozen=True)
class Difference:
    """Something that the two sides do not agree on. `field` is the CRM's, blank for a whole record."""

    firm_id: int | None
    firm: str
    kind: str
    external_id: str
    field: str
    ours: Value
    theirs: Value
    why: str

    @property
    def is_allowed(self) -> bool:
        """Tell whether the mapping's policy lets the sides differ here."""
        return self.why.startswith(_ALLOWED)


@dataclass(frozen=True)
class _Twins:
    """All records of the CRM that have an external id: the live ones, and which were deleted."""

    live: Mapping[tuple[str, str], list[CrmRecord]]
    deleted: frozenset[tuple[str, str]]


def reconcile(
    open_tx: OpenTransaction, crm: Crm, mapping: CrmMapping, *, with_allowed: bool = False
) -> list[Difference]:
    """Return every difference between Recruit and the CRM; none means that both say the same.

    `with_allowed` adds the ones that the mapping's policy allows. Raises `MappingDoesNotFit`, and
    `CrmUnavailable` when the CRM can't be read.
    """
    check_fit(crm, mapping)
    twins = _read_twins(crm, mapping)
    differences: list[Difference] = []
    met: set[tuple[str, str]] = set()
    after_id = 0
    while True:
        with open_tx() as tx:
            firm_ids = store.list_concerned_firms(tx, after_id, _BATCH)
            for firm_id in firm_ids:
                desired = desired_firm(tx, firm_id)
                if desired is not None:
                    differences += _compare_firm(tx, mapping, desired, twins, met, with_allowed)
        if not firm_ids:
            break
        after_id = firm_ids[-1]
    return differences + _orphans(twins, met)


def _read_twins(crm: Crm, mapping: CrmMapping) -> _Twins:
    live: dict[tuple[str, str], list[CrmRecord]] = defaultdict(list)
    deleted: set[tuple[str, str]] = set()
    for part in mapping.objects.values():
        # One that changes while it is read comes twice; its last state counts.
        latest = {record.id: record for record in _read_all(crm, part.crm_object)}
        for record in latest.values():
            if record.external_id is None:
                continue
            key = (part.kind, record.external_id)
            if record.deleted:
                deleted.add(key)
            else:
                live[key].append(record)
    return _Twins(live, frozenset(deleted))


def _read_all(crm: Crm, crm_object: str) -> Iterator[CrmRecord]:
    position: dict[str, object] = {}
    more = True
    while more:
        page = crm.changes(crm_object, position, 500)
        yield from page.records
        position, more = page.position, page.more


def _compare_firm(
    tx: Transaction,
    mapping: CrmMapping,
    desired: DesiredFirm,
    twins: _Twins,
    met: set[tuple[str, str]],
    with_allowed: bool,
) -> list[Difference]:
    links = store.list_links(tx, (record.key for record in desired.records))
    if ("firm", desired.firm_id) not in links and not may_enter(desired.reached, mapping.include):
        return []
    crm_ids = {
        key: link.crm_id
        for key, link in links.items()
        if link.status is not LinkStatus.DELETED_THERE
    }
    differences: list[Difference] = []
    for record in desired.records:
        link = links.get(record.key)
        external_id = link.external_id if link else record.external_id
        key = (record.kind, external_id)
        met.add(key)
        found = twins.live.get(key, [])
        if not found and key in twins.deleted:
            # What was deleted in the CRM stays deleted, and with a company all that is told of it.
            if record.kind == "company":
                met.update((r.kind, r.external_id) for r in desired.records)
                break
            continue
        part = mapping.objects[record.kind]
        differences += [
            Difference(desired.firm_id, desired.name, record.kind, external_id, *rest)
            for rest in _compare(part, record, found, crm_ids, with_allowed)
        ]
    return differences


def _compare(
    part: ObjectMapping,
    record: DesiredRecord,
    found: Sequence[CrmRecord],
    crm_ids: Mapping[tuple[str, int], str],
    with_allowed: bool,
) -> Iterator[tuple[str, Value, Value, str]]:
    if len(found) != 1:
        yield (
            "",
            None,
            None,
            "missing in the CRM" if not found else f"{len(found)} times in the CRM",
        )
        return
    ours = our_side(part, record, crm_ids)
    theirs = their_side(part, found[0].fields)
    for rule in part.rules:
        if rule.theirs not in ours or _alike(ours[rule.theirs], theirs[rule.theirs]):
            continue
        why = _why(rule, record, ours[rule.theirs], theirs[rule.theirs])
        if why is None:
            yield rule.theirs, ours[rule.theirs], theirs[rule.theirs], "differs"
        elif with_allowed:
            yield rule.theirs, ours[rule.theirs], theirs[rule.theirs], why


def _why(rule: FieldRule, record: DesiredRecord, ours: Value, theirs: Value) -> str | None:
    """Return why a difference is in order, None when it isn't."""
    taken = rule.direction is not Direction.PULL and rule.ours in record.facts
    if taken and _alike(rule.to_crm(record.facts[rule.ours]), theirs):
        return f"{_ALLOWED}the CRM's value was taken ({rule.policy.value})"
    if may_differ(rule, ours, theirs):
        return f"{_ALLOWED}{rule.policy.value}, {rule.direction.value}"
    return None


def _alike(ours: Value, theirs: Value) -> bool:
    """Tell whether two values say the same, however a CRM spaces or capitalises text."""
    if isinstance(ours, str) and isinstance(theirs, str):
        return " ".join(ours.split()).casefold() == " ".join(theirs.split()).casefold()
    return ours == theirs


def _orphans(twins: _Twins, met: set[tuple[str, str]]) -> list[Difference]:
    why = "in the CRM alone"
    return [
        Difference(None, str(record.fields.get("name") or ""), *key, "", None, None, why)
        for key, records in sorted(twins.live.items())
        if key not in met and key[1].startswith("RC-")
        for record in records
    ]
