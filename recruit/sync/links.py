"""Write down what a conversation brought: the link, the agreement, what was taken, the history."""

from collections.abc import Mapping
from typing import Any

from recruit.crm.merge import Agreement, MergePlan
from recruit.crm.port import CrmRecord
from recruit.crm.values import Direction, ObjectMapping, Value, content_hash
from recruit.db.transaction import Transaction
from recruit.sync import store
from recruit.sync.tables import CrmFact, CrmLink, SyncEvent
from recruit.sync.values import DesiredRecord, Link, LinkStatus, SyncDirection, SyncWhat


def link_view(link: CrmLink) -> Link:
    """Return a link as a value."""
    return Link(
        external_id=link.external_id,
        crm_id=link.crm_id,
        version=link.crm_version,
        agreement=Agreement(ours=link.ours, theirs=link.base),
        deleted_there=link.status is LinkStatus.DELETED_THERE,
    )


def record_event(
    tx: Transaction,
    direction: SyncDirection,
    key: tuple[str, int],
    what: SyncWhat,
    *,
    changes: Mapping[str, Any] | None = None,
    text: str = "",
) -> None:
    """Add a line to a record's sync history."""
    tx.session.add(
        SyncEvent(
            at=tx.now,
            direction=direction,
            object_type=key[0],
            object_id=key[1],
            what=what,
            changes=dict(changes or {}),
            text=text,
        )
    )


def save_link(
    tx: Transaction,
    mapping: ObjectMapping,
    record: DesiredRecord,
    seen: CrmRecord,
    agreement: Agreement,
    link: CrmLink | None,
) -> None:
    """Link a record of ours to the one that the CRM returned, on what both sides agreed."""
    if link is None:
        link = CrmLink(
            object_type=record.object_type,
            object_id=record.object_id,
            external_id=seen.external_id or record.external_id,
            crm_object=mapping.crm_object,
            crm_id=seen.id,
            linked_at=tx.now,
        )
        tx.session.add(link)
    link.status = LinkStatus.LINKED
    if link.crm_id != seen.id:
        follow_survivor(tx, SyncDirection.PUSH, link, seen.id)
    link.crm_version = seen.version
    link.crm_modified_at = seen.modified_at
    save_agreement(tx, link, agreement)


def follow_survivor(
    tx: Transaction, direction: SyncDirection, link: CrmLink, survivor_id: str
) -> bool:
    """Let a link follow its record into the one that people merged it into.

    False, and nothing changed, where that one is the twin of another record of ours.
    """
    held = store.list_links_of_crm_ids(tx, link.crm_object, [survivor_id])
    if held and held[survivor_id].id != link.id:
        return False
    text = f"{link.crm_id} was merged into {survivor_id}"
    record_event(
        tx, direction, (link.object_type, link.object_id), SyncWhat.MERGED_THERE, text=text
    )
    # Which values survived is looked at before anything is written.
    link.crm_id, link.crm_version = survivor_id, ""
    return True


def save_agreement(tx: Transaction, link: CrmLink, agreement: Agreement) -> None:
    """Write down what both sides hold now, whatever moved or didn't."""
    link.base = dict(agreement.theirs)
    link.base_hash = content_hash(agreement.theirs)
    link.ours = dict(agreement.ours)
    link.synced_at = tx.now


def take_facts(
    tx: Transaction,
    mapping: ObjectMapping,
    firm_id: int,
    merge: MergePlan,
    ours: Mapping[str, Value],
    theirs: Mapping[str, Value],
    *,
    written: bool,
) -> None:
    """Keep what was taken from the CRM beside the firm's own facts, and drop what no longer holds.

    A value of ours that is `written`, or that both sides share, needs no second one beside it.
    One that has yet to be written keeps it: the CRM may think again before that.
    """
    row = store.find_facts(tx, firm_id)
    facts = dict(row.facts) if row else {}
    for rule in mapping.rules:
        name = rule.theirs
        if name in merge.take:
            facts[rule.ours] = rule.from_crm(merge.take[name])
        elif rule.direction is not Direction.PULL and (
            (written and name in merge.write) or ours.get(name) == theirs.get(name)
        ):
            facts.pop(rule.ours, None)
    if facts == (row.facts if row else {}):
        return
    if row is None:
        row = CrmFact(firm_id=firm_id, facts=facts, read_at=tx.now)
        tx.session.add(row)
    row.facts, row.read_at = facts, tx.now
