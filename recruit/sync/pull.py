"""Hear what changed in the CRM since the last time, and settle it field by field.

Our own writes come back as changes too; they are told from edits by their content. What the policy
lets the CRM decide is taken into `CrmFact`; what it lets us decide is announced again, so that the
push puts it right. Nothing is written to the CRM here.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from recruit.crm.merge import Agreement, MergePlan, list_contested, plan
from recruit.crm.port import ChangePage, Crm, CrmRecord, CrmUnavailable
from recruit.crm.values import CrmMapping, Direction, ObjectMapping, Value, content_hash
from recruit.db.transaction import Transaction
from recruit.logs import get_logger
from recruit.sync import store
from recruit.sync.accounts import tag_by_accounts
from recruit.sync.converse import our_side, their_side
from recruit.sync.desired import desired_firm, with_edits
from recruit.sync.fit import check_fit
from recruit.sync.links import (
    follow_survivor,
    link_view,
    record_event,
    save_agreement,
    take_facts,
)
from recruit.sync.tables import CrmCursor, CrmLink
from recruit.sync.values import DesiredRecord, LinkStatus, SyncDirection, SyncWhat

OpenTransaction = Callable[[], AbstractContextManager[Transaction]]
_log = get_logger("sync.pull")


@dataclass(frozen=True)
class PullReport:
    """What a pull heard, in records: all, our own echoes, edits with something taken, edits that our
    side will put right, edits that change nothing here, deleted, merged into others, unknown
    to us, and accounts that keep a firm
    from being recruited."""

    read: int = 0
    echoes: int = 0
    taken: int = 0
    to_restore: int = 0
    kept: int = 0
    deleted: int = 0
    moved: int = 0
    unlinked: int = 0
    left_alone: int = 0
    stopped: str = ""


def pull_changes(
    open_tx: OpenTransaction, crm: Crm, mapping: CrmMapping, *, page_size: int = 200
) -> PullReport:
    """Read all changes since the last pull; a page and the place to go on from are kept together.

    Raises `MappingDoesNotFit`.
    """
    counts: Counter[str] = Counter()
    try:
        check_fit(crm, mapping)
        for part in mapping.objects.values():
            _pull_object(open_tx, crm, part, page_size, counts)
    except CrmUnavailable as error:
        _log.warning("pull stopped", why=error.text)
        return PullReport(**counts, stopped=error.text)
    return PullReport(**counts, stopped="")


def _pull_object(
    open_tx: OpenTransaction,
    crm: Crm,
    part: ObjectMapping,
    page_size: int,
    counts: Counter[str],
) -> None:
    with open_tx() as tx:
        cursor = tx.session.get(CrmCursor, part.crm_object)
        position = dict(cursor.position) if cursor else {}
    more = True
    while more:
        page = crm.changes(part.crm_object, position, page_size)
        survivors = _find_survivors(open_tx, crm, part, page.records)
        with open_tx() as tx:
            if not _advance(tx, part.crm_object, position, page):
                return
            counts.update(_hear(tx, part, page.records, survivors, crm.capabilities.field_times))
        position, more = page.position, page.more


def _find_survivors(
    open_tx: OpenTransaction, crm: Crm, part: ObjectMapping, records: tuple[CrmRecord, ...]
) -> dict[str, str]:
    """Return into which records those of ours were merged that are gone: {id: id of the survivor}."""
    gone = [record.id for record in records if record.deleted]
    if not gone:
        return {}
    with open_tx() as tx:
        links = store.list_links_of_crm_ids(tx, part.crm_object, gone)
        asked = [crm_id for crm_id, link in links.items() if link.status is LinkStatus.LINKED]
    found = {crm_id: crm.get(part.crm_object, crm_id) for crm_id in asked}
    return {crm_id: one.id for crm_id, one in found.items() if one and one.id != crm_id}


def _advance(
    tx: Transaction, crm_object: str, position: Mapping[str, Any], page: ChangePage
) -> bool:
    """Move the cursor on; False when another pull has moved it since the page was asked for."""
    cursor = tx.session.get(CrmCursor, crm_object, with_for_update=True)
    if cursor is None:
        cursor = CrmCursor(crm_object=crm_object, position={}, pulled_at=tx.now)
        tx.session.add(cursor)
    if cursor.position != position:
        return False
    cursor.position, cursor.pulled_at = page.position, tx.now
    return True


def _hear(
    tx: Transaction,
    part: ObjectMapping,
    records: tuple[CrmRecord, ...],
    survivors: Mapping[str, str],
    field_times: bool,
) -> Counter[str]:
    links = store.list_links_of_crm_ids(tx, part.crm_object, (record.id for record in records))
    counts = Counter({"read": len(records), "left_alone": tag_by_accounts(tx, part, records)})
    for record in records:
        link = links.get(record.id)
        if link is None:
            counts["unlinked"] += 1
        elif record.id in survivors and follow_survivor(
            tx, SyncDirection.PULL, link, survivors[record.id]
        ):
            _announce(tx, link)
            counts["moved"] += 1
        else:
            counts[_hear_record(tx, part, record, link, field_times)] += 1
    return counts


def _hear_record(
    tx: Transaction, part: ObjectMapping, record: CrmRecord, link: CrmLink, field_times: bool
) -> str:
    key = (link.object_type, link.object_id)
    if record.deleted:
        if link.status is LinkStatus.LINKED:
            link.status = LinkStatus.DELETED_THERE
            record_event(tx, SyncDirection.PULL, key, SyncWhat.DELETED_THERE)
        return "deleted"
    if link.status is LinkStatus.DELETED_THERE:
        link.status = LinkStatus.LINKED
        record_event(tx, SyncDirection.PULL, key, SyncWhat.RESTORED_THERE)
        _announce(tx, link)
    if record.modified_at < link.crm_modified_at:
        # The page was read before a push of ours that is written down already.
        return "echoes"
    theirs = their_side(part, record.fields)
    if content_hash(theirs) == link.base_hash:
        link.crm_version, link.crm_modified_at = record.version, record.modified_at
        return "echoes"
    return _settle_edit(tx, part, record, link, theirs, field_times)


def _settle_edit(
    tx: Transaction,
    part: ObjectMapping,
    record: CrmRecord,
    link: CrmLink,
    theirs: dict[str, Value],
    field_times: bool,
) -> str:
    key = (link.object_type, link.object_id)
    before = link_view(link).agreement
    firm_id = store.find_firm_of(tx, *key)
    desired = _find_desired(tx, key, firm_id)
    ours = dict(before.ours)
    if desired is not None:
        parties = store.list_links(tx, desired.references.values())
        ours |= our_side(part, desired, {k: party.crm_id for k, party in parties.items()})
    contested = list_contested(part.rules, before, ours, theirs)
    # Where the CRM knows when a field was edited, the push asks it, and decides.
    open_fields = {rule.theirs for rule in contested} if field_times else set()
    merge = plan(
        [rule for rule in part.rules if rule.theirs not in open_fields],
        before,
        ours,
        theirs,
        ours_later=False,
        later={
            rule.theirs: desired is not None and desired.edited(rule.ours) > record.modified_at
            for rule in contested
        },
    )
    if firm_id is not None and link.object_type == "firm":
        take_facts(tx, part, firm_id, merge, ours, theirs, written=False)
    unsettled = open_fields | set(merge.write)
    save_agreement(tx, link, _agree_but_for(part, before, merge, unsettled, ours, theirs))
    link.crm_modified_at = record.modified_at
    link.crm_version = record.version
    changes = {
        name: [before.theirs.get(name), value]
        for name, value in theirs.items()
        if before.theirs.get(name) != value
    }
    if unsettled:
        # What we have to put right stays unsettled, and the push has to look at the record first.
        link.crm_version = ""
        _announce(tx, link)
    if changes:
        record_event(
            tx,
            SyncDirection.PULL,
            key,
            SyncWhat.CHANGED_THERE,
            changes=changes,
            text=_words(merge, changes, open_fields),
        )
    if merge.take:
        return "taken"
    return "to_restore" if unsettled else "kept"


def _find_desired(
    tx: Transaction, key: tuple[str, int], firm_id: int | None
) -> DesiredRecord | None:
    desired = desired_firm(tx, firm_id) if firm_id is not None else None
    if desired is not None and key[0] == "firm":
        desired = with_edits(tx, desired)
    return next((r for r in desired.records if r.key == key), None) if desired else None


def _agree_but_for(
    part: ObjectMapping,
    before: Agreement,
    merge: MergePlan,
    unsettled: Collection[str],
    ours: Mapping[str, Value],
    theirs: Mapping[str, Value],
) -> Agreement:
    """Return the new agreement; fields that the push has to settle keep the old one until then."""
    pulled = {rule.theirs for rule in part.rules if rule.direction is Direction.PULL}
    settled = [name for name in theirs if name not in unsettled]
    return Agreement(
        ours=dict(before.ours)
        | {
            name: (theirs if name in pulled and name in merge.take else ours)[name]
            for name in settled
            if name in ours
        },
        theirs=dict(before.theirs) | {name: theirs[name] for name in settled},
    )


def _announce(tx: Transaction, link: CrmLink) -> None:
    firm_id = store.find_firm_of(tx, link.object_type, link.object_id)
    if firm_id is not None:
        tx.announce("firm", firm_id)


def _words(merge: MergePlan, changes: Mapping[str, Any], open_fields: Collection[str]) -> str:
    decided = {*merge.take, *merge.write, *open_fields}
    parts = {
        "taken": list(merge.take),
        "put right by us": list(merge.write),
        "to be settled by the time of each edit": list(open_fields),
        "left as it is": [name for name in changes if name not in decided],
    }
    return "; ".join(
        f"{words}: {', '.join(sorted(names))}" for words, names in parts.items() if names
    )
