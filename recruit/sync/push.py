"""The outbox pump: tell the CRM what changed, firm by firm, at least once and landing once.

One firm is one conversation: claim its rows (commit), talk (no transaction open), write down what
was answered (commit). As many firms as the CRM takes at once talk side by side. Whatever breaks in
between is found again by the next run, which looks before it writes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from recruit.crm.port import Crm, CrmRecord, CrmUnavailable
from recruit.crm.values import CrmMapping
from recruit.db.outbox import OutboxStatus
from recruit.db.transaction import Transaction
from recruit.logs import get_logger
from recruit.sync.claims import (
    LEASE,
    PER_OBJECT,
    Claim,
    Settlement,
    claim,
    dismiss,
    list_due,
    list_pending,
    settle,
    still_held,
)
from recruit.sync.conversation import Conversation, Failure, converse
from recruit.sync.converse import Proposal, Step, Told
from recruit.sync.fit import check_fit
from recruit.sync.links import link_view, record_event, save_agreement, save_link, take_facts
from recruit.sync.prepare import MERGED, Work, follow_merge, not_included, prepare
from recruit.sync.questions import ask_which, close_question
from recruit.sync.store import list_links, list_strangers
from recruit.sync.tables import CrmLink
from recruit.sync.talk import hold_many
from recruit.sync.values import DesiredRecord, LinkStatus, SyncDirection, SyncWhat

OpenTransaction = Callable[[], AbstractContextManager[Transaction]]
_log = get_logger("sync.push")
_BATCH = 500
_WHAT = {
    Step.CREATE: SyncWhat.CREATED,
    Step.LINK: SyncWhat.LINKED,
    Step.UPDATE: SyncWhat.UPDATED,
}


@dataclass(frozen=True)
class PushReport:
    """What a push did. The first five count firms, the next four records.

    `stopped` says why it ended early, in the CRM's words.
    """

    acknowledged: int = 0
    not_included: int = 0
    unknown: int = 0
    dead: int = 0
    postponed: int = 0
    created: int = 0
    linked: int = 0
    updated: int = 0
    unchanged: int = 0
    stopped: str = ""

    @property
    def written(self) -> int:
        """Return how many records were written to the CRM."""
        return self.created + self.linked + self.updated


def push_changes(
    open_tx: OpenTransaction,
    crm: Crm,
    mapping: CrmMapping,
    *,
    limit: int = 10_000,
    on_progress: Callable[[int, int], None] | None = None,
) -> PushReport:
    """Tell the CRM of every firm that is due, each at most once in a run.

    Raises `MappingDoesNotFit` before anything is written. May run twice at a time.
    """
    counts: Counter[str] = Counter()
    stopped = ""
    try:
        check_fit(crm, mapping)
    except CrmUnavailable as error:
        return PushReport(stopped=error.text)
    counts["not_included"] = _dismiss_strangers(open_tx, mapping)
    with open_tx() as tx:
        due = list_due(tx, limit)
    size = crm.capabilities.batch_size
    for start in range(0, len(due), size):
        stopped = _push_some(open_tx, crm, mapping, due[start : start + size], counts)
        done = min(start + size, len(due))
        if on_progress is not None:
            on_progress(done, len(due))
        if stopped:
            _log.warning("push stopped", why=stopped, left=len(due) - done)
            break
    return PushReport(**counts, stopped=stopped)


def _dismiss_strangers(open_tx: OpenTransaction, mapping: CrmMapping) -> int:
    """Acknowledge in one go what was announced of firms that no rule lets in: most of an import.

    Returns how many firms. Rows are listed before the firms are looked at, so whatever enrolls a
    firm meanwhile has a row of its own, which is not among them.
    """
    dismissed: set[int] = set()
    after_id = 0
    while True:
        with open_tx() as tx:
            rows = list_pending(tx, "firm", after_id, _BATCH)
            strangers = list_strangers(tx, {firm_id for _, firm_id in rows})
            meant = [row_id for row_id, firm_id in rows if firm_id in strangers]
            if meant:
                dismiss(tx, meant, not_included(mapping))
        if not rows:
            return len(dismissed)
        dismissed |= strangers
        after_id = rows[-1][0]


def _push_some(
    open_tx: OpenTransaction,
    crm: Crm,
    mapping: CrmMapping,
    objects: Sequence[tuple[str, int]],
    counts: Counter[str],
) -> str:
    """Tell of as many firms as the CRM takes at once; returns why the push has to stop."""
    claimed: list[tuple[Claim, Work]] = []
    lease = LEASE + PER_OBJECT * (len(objects) - 1)
    with open_tx() as tx:
        # In order of ids, or two pumps would wait for each other.
        for object_type, object_id in sorted(objects):
            held = claim(tx, object_type, object_id, lease=lease)
            if held is None:
                continue
            work = _prepare_safely(tx, mapping, held)
            if isinstance(work, Work):
                claimed.append((held, work))
                continue
            if work.error_class == MERGED:
                follow_merge(tx, object_id)
            settle(tx, held, work)
            counts[_count_of(work)] += 1
    talks = [converse(crm.capabilities, mapping, work, look=held.unsure) for held, work in claimed]
    stopped = ""
    for (held, work), conversation in zip(claimed, hold_many(crm, talks), strict=True):
        _conclude(open_tx, mapping, held, work, conversation, counts)
        stopped = stopped or conversation.stopped
    return stopped


def _conclude(
    open_tx: OpenTransaction,
    mapping: CrmMapping,
    held: Claim,
    work: Work,
    conversation: Conversation,
    counts: Counter[str],
) -> None:
    """Write down what one firm's conversation brought, in a transaction of its own."""
    with open_tx() as tx:
        if not still_held(tx, held):
            # It took longer than the lease; whoever took over has looked for itself.
            _log.warning("lease lost", object_type=held.object_type, object_id=held.object_id)
            return
        _write_down(tx, mapping, work, conversation)
        settle(tx, held, conversation.settlement)
    counts[_count_of(conversation.settlement)] += 1
    for _, told in conversation.told:
        counts[_WHAT[told.proposal.step].value if told.returned else "unchanged"] += 1


def _prepare_safely(tx: Transaction, mapping: CrmMapping, held: Claim) -> Work | Settlement:
    try:
        return prepare(tx, mapping, held.object_type, held.object_id)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # One firm that can't be read must not stand in the way of all that come after it.
        _log.exception("firm cannot be told", object_id=held.object_id)
        return Settlement(OutboxStatus.DEAD, "internal", repr(error))


def _write_down(
    tx: Transaction, mapping: CrmMapping, work: Work, conversation: Conversation
) -> None:
    links = list_links(tx, (record.key for record, _ in conversation.told), lock=True)
    for record, told in conversation.told:
        _write_record(tx, mapping, work.desired.firm_id, record, told, links.get(record.key))
        if record.key in work.choices and (told.returned or told.proposal.seen):
            close_question(tx, record.key)
    for failure in conversation.failures:
        _write_failure(tx, mapping, failure)


def _write_record(
    tx: Transaction,
    mapping: CrmMapping,
    firm_id: int,
    record: DesiredRecord,
    told: Told,
    link: CrmLink | None,
) -> None:
    proposal = told.proposal
    if proposal.step is Step.DELETED_THERE:
        if link is not None and link.status is LinkStatus.LINKED:
            link.status = LinkStatus.DELETED_THERE
            record_event(tx, SyncDirection.PUSH, record.key, SyncWhat.DELETED_THERE)
        return
    rules = mapping.objects[record.kind]
    seen = told.returned or proposal.seen
    if _is_newest(proposal, seen, link):
        if seen is not None:
            save_link(tx, rules, record, seen, told.agreement, link)
        elif link is not None and link_view(link).agreement != told.agreement:
            save_agreement(tx, link, told.agreement)
        if record.kind == "company":
            take_facts(
                tx,
                rules,
                firm_id,
                proposal.merge,
                proposal.ours,
                told.agreement.theirs,
                written=told.returned is not None,
            )
    if told.returned is not None:
        record_event(
            tx, SyncDirection.PUSH, record.key, _WHAT[proposal.step], changes=proposal.changes
        )


def _is_newest(proposal: Proposal, seen: CrmRecord | None, link: CrmLink | None) -> bool:
    """Tell whether no pull has heard of a later state while the conversation was going on."""
    if link is None:
        return True
    if seen is None:
        return link_view(link) == proposal.link
    return link.crm_modified_at <= seen.modified_at


def _write_failure(tx: Transaction, mapping: CrmMapping, failure: Failure) -> None:
    if failure.status is OutboxStatus.PENDING:
        return
    if failure.several is not None:
        ask_which(tx, mapping.objects[failure.record.kind], failure.record, failure.several)
    what = SyncWhat.UNKNOWN if failure.status is OutboxStatus.UNKNOWN else SyncWhat.REFUSED
    record_event(tx, SyncDirection.PUSH, failure.record.key, what, text=failure.text)


def _count_of(settlement: Settlement) -> str:
    if settlement.error_class == "not_included":
        return "not_included"
    return "postponed" if settlement.status is OutboxStatus.PENDING else settlement.status.value
