"""Before a conversation: what is to be told of a firm now, or why there is nothing to tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recruit.crm.values import CrmMapping
from recruit.db.outbox import OutboxStatus
from recruit.db.transaction import Transaction
from recruit.sync import store
from recruit.sync.claims import Settlement
from recruit.sync.desired import desired_firm, with_edits
from recruit.sync.links import link_view, record_event
from recruit.sync.questions import list_choices
from recruit.sync.stage import may_enter
from recruit.sync.values import Choice, DesiredFirm, Link, SyncDirection, SyncWhat

MERGED = "merged"


@dataclass(frozen=True)
class Work:
    """A firm that has to be told of, what is known of its records' twins, and what people said of them."""

    desired: DesiredFirm
    links: Mapping[tuple[str, int], Link]
    choices: Mapping[tuple[str, int], Choice] = field(default_factory=dict)


def prepare(
    tx: Transaction, mapping: CrmMapping, object_type: str, object_id: int
) -> Work | Settlement:
    """Return what is to be told of an object, or how its rows are settled without a word.

    Only reads. A merged firm's rows are settled as `merged`; see `follow_merge`.
    """
    if object_type != "firm":
        return Settlement(
            OutboxStatus.DEAD, "unknown_object", f"Nobody knows how to tell of a {object_type!r}."
        )
    desired = desired_firm(tx, object_id)
    if desired is None:
        family = store.find_family(tx, object_id)
        if not family:
            return Settlement(OutboxStatus.ACKNOWLEDGED, "gone", "There is no such firm any more.")
        return Settlement(OutboxStatus.ACKNOWLEDGED, MERGED, f"Merged into firm {family[0]}.")
    links = {
        key: link_view(link)
        for key, link in store.list_links(tx, (r.key for r in desired.records)).items()
    }
    company = links.get(("firm", object_id))
    if company is None and not may_enter(desired.reached, mapping.include):
        return not_included(mapping)
    if company is not None and company.deleted_there:
        return deleted_there()
    if company is not None:
        desired = with_edits(tx, desired)
    unlinked = [record.key for record in desired.records if record.key not in links]
    return Work(desired, links, list_choices(tx, unlinked))


def not_included(mapping: CrmMapping) -> Settlement:
    """Return how rows of a firm are settled that the mapping keeps out."""
    return Settlement(
        OutboxStatus.ACKNOWLEDGED,
        "not_included",
        f"The mapping only lets firms in that are {mapping.include.value}.",
    )


def deleted_there() -> Settlement:
    """Return how rows of a firm are settled whose record was deleted in the CRM."""
    return Settlement(
        OutboxStatus.ACKNOWLEDGED, "deleted_there", "Deleted in the CRM, and it stays deleted."
    )


def follow_merge(tx: Transaction, firm_id: int) -> None:
    """Let the record of a merged firm follow the firm that stays, unless that one has its own."""
    heir = store.find_family(tx, firm_id)[0]
    links = store.list_links(tx, [("firm", firm_id), ("firm", heir)], lock=True)
    link = links.get(("firm", firm_id))
    if link is not None and ("firm", heir) not in links:
        link.object_id = heir
        record_event(tx, SyncDirection.PUSH, ("firm", heir), SyncWhat.MOVED, text=link.crm_id)
    tx.announce("firm", heir)
