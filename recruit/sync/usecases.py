"""What people and the schedule ask of the CRM conversation, beside push, pull, plan and reconcile."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from recruit.audit import usecases as audit
from recruit.audit.values import Deed
from recruit.crm.values import CrmMapping
from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.sync import store
from recruit.sync.claims import move, requeue
from recruit.sync.converse import our_side
from recruit.sync.prepare import Work, prepare

OpenTransaction = Callable[[], AbstractContextManager[Transaction]]
_BATCH = 100


class DeadLetterNotFound(LookupError):
    """No dead letter has this number; the message says where to find them."""


def replay_dead(tx: Transaction, *, entry_id: int) -> None:
    """Put a dead letter back in the queue; the next push tells the firm's present state."""
    requeue(tx, _get_dead(tx, entry_id))


def replay_dead_class(tx: Transaction, *, error_class: str) -> int:
    """Put all dead letters of one kind of refusal back in the queue; returns how many."""
    entries = store.list_dead_letters_of(tx, error_class)
    for entry in entries:
        requeue(tx, entry)
    return len(entries)


def discard_dead(tx: Transaction, *, entry_id: int, actor: str = "") -> None:
    """Close a dead letter without telling the CRM; the CRM's words stay on it."""
    entry = _get_dead(tx, entry_id)
    move(entry, OutboxStatus.ACKNOWLEDGED)
    entry.settled_at = tx.now
    audit.record(
        tx,
        Deed.CRM_DISCARDED,
        entry.object_type,
        entry.object_id,
        actor=actor,
        refusal=entry.error_class or "",
    )
    entry.error_text = f"{entry.error_class}: {entry.error_text}" + (f" ({actor})" if actor else "")
    entry.error_class = "discarded"


def announce_drifted(open_tx: OpenTransaction, mapping: CrmMapping) -> int:
    """Queue every firm whose story differs from what the CRM was told last; returns how many.

    Finds what no edit announces: a certificate that ran out, a mapping that has a new field or lets
    more firms in, a CRM that was connected late. Firms with something open are left alone.
    """
    queued, after_id = 0, 0
    while True:
        with open_tx() as tx:
            firm_ids = store.list_concerned_firms(tx, after_id, _BATCH)
            waiting = store.list_firms_with_open_rows(tx, firm_ids)
            for firm_id in firm_ids:
                if firm_id in waiting:
                    continue
                work = prepare(tx, mapping, "firm", firm_id)
                if isinstance(work, Work) and _has_drifted(mapping, work):
                    tx.announce("firm", firm_id)
                    queued += 1
        if not firm_ids:
            return queued
        after_id = firm_ids[-1]


def _has_drifted(mapping: CrmMapping, work: Work) -> bool:
    crm_ids = {key: link.crm_id for key, link in work.links.items() if not link.deleted_there}
    for told in work.desired.records:
        link = work.links.get(told.key)
        if link is None:
            return True
        ours = our_side(mapping.objects[told.kind], told, crm_ids)
        agreed = link.agreement.ours
        if not link.deleted_there and any(
            name not in agreed or agreed[name] != value for name, value in ours.items()
        ):
            return True
    return False


def _get_dead(tx: Transaction, entry_id: int) -> OutboxEntry:
    entry = store.find_dead_letter(tx, entry_id)
    if entry is None:
        raise DeadLetterNotFound(
            f"There is no dead letter {entry_id}. `recruit crm dead` lists those that there are."
        )
    return entry
