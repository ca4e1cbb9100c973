"""What the CRM was told, what it refused and what waits."""

from collections.abc import Sequence as Items
from datetime import timedelta

from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sync.tables import CrmLink, SyncEvent
from recruit.sync.values import LinkStatus, SyncDirection, SyncWhat
from tests.factories.world.ids import add_all


def tell_crm(tx: Transaction, firms: Items[Firm]) -> None:
    """Link the first firms, and leave one change refused and one waiting."""
    at = tx.now - timedelta(days=9)
    for n, firm in enumerate(firms[:30]):
        add_all(
            tx.session,
            CrmLink(
                object_type="firm", object_id=firm.id, external_id=f"firm-{firm.id}",
                crm_object="company", crm_id=f"C-{firm.id:05d}", crm_version="3",
                crm_modified_at=at, base={}, ours={}, base_hash="0" * 64, status=LinkStatus.LINKED,
                linked_at=at, synced_at=tx.now - timedelta(hours=n),
            ),
            SyncEvent(
                at=at, direction=SyncDirection.PUSH, object_type="firm", object_id=firm.id,
                what=SyncWhat.CREATED, changes={"name": [None, firm.name]},
            ),
            _entry(firm, OutboxStatus.ACKNOWLEDGED, at, settled_at=at),
        )  # fmt: skip
    words = "The picklist “Tier” has no value “registered”."
    refused = _entry(firms[0], OutboxStatus.DEAD, tx.now - timedelta(hours=5), settled_at=tx.now)
    refused.error_class, refused.error_text, refused.attempts = "refused", words, 5
    waiting = _entry(firms[1], OutboxStatus.PENDING, tx.now - timedelta(minutes=3))
    add_all(tx.session, refused, waiting)


def _entry(firm: Firm, status: OutboxStatus, at: object, **over: object) -> OutboxEntry:
    return OutboxEntry(
        object_type="firm",
        object_id=firm.id,
        status=status,
        queued_at=at,
        next_attempt_at=at,
        **over,
    )
