"""The dry run: what a push would write now, by the push's own planner. Writes nothing anywhere."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from recruit.crm.port import Capabilities, Crm, CrmRefused
from recruit.crm.values import CrmMapping, Value
from recruit.db.transaction import Transaction
from recruit.sync.claims import Settlement, list_due
from recruit.sync.converse import SeveralFit, Step, propose
from recruit.sync.fit import check_fit
from recruit.sync.prepare import Work, prepare
from recruit.sync.talk import Talk, hold_many
from recruit.sync.values import Choice, QuestionStatus

OpenTransaction = Callable[[], AbstractContextManager[Transaction]]
# Stands for the id that the CRM will give to a record which is yet to be made.
_NEW = "(new)"


@dataclass(frozen=True)
class PlannedWrite:
    """What a push would do with one record. `changes` is {field: [before, after]} by CRM field.

    `what` is create, link, update, refuse, ask where a person has to say which record it is, or skip
    for a firm that nothing is told of; `text` says why.
    """

    firm_id: int
    firm: str
    kind: str
    external_id: str
    what: str
    changes: Mapping[str, list[Value]] = field(default_factory=dict)
    text: str = ""


def plan_sync(
    open_tx: OpenTransaction, crm: Crm, mapping: CrmMapping, *, limit: int = 10_000
) -> list[PlannedWrite]:
    """Return what the next push would do; the CRM is only read. Raises `MappingDoesNotFit`."""
    check_fit(crm, mapping)
    with open_tx() as tx:
        due = list_due(tx, limit)
    planned: list[PlannedWrite] = []
    size = crm.capabilities.batch_size
    for start in range(0, len(due), size):
        talks = []
        for object_type, object_id in due[start : start + size]:
            with open_tx() as tx:
                work = prepare(tx, mapping, object_type, object_id)
            if isinstance(work, Settlement):
                text = work.text or ""
                planned.append(PlannedWrite(object_id, "", object_type, "", "skip", text=text))
            else:
                talks.append(_plan_firm(crm.capabilities, mapping, work))
        for writes in hold_many(crm, talks):
            planned += writes
    return planned


def _plan_firm(
    capabilities: Capabilities, mapping: CrmMapping, work: Work
) -> Talk[list[PlannedWrite]]:
    crm_ids = {key: link.crm_id for key, link in work.links.items() if not link.deleted_there}
    planned = []
    for record in work.desired.records:
        firm = (work.desired.firm_id, work.desired.name, record.kind, record.external_id)
        part, link = mapping.objects[record.kind], work.links.get(record.key)
        try:
            proposal = yield from propose(
                capabilities,
                part,
                record,
                link,
                crm_ids,
                choice=work.choices.get(record.key, Choice(QuestionStatus.WAITING)),
            )
        except SeveralFit as error:
            planned.append(PlannedWrite(*firm, "ask", text=error.text))
            break
        except CrmRefused as error:
            planned.append(PlannedWrite(*firm, "refuse", text=error.text))
            continue
        crm_ids.setdefault(record.key, proposal.seen.id if proposal.seen else _NEW)
        if proposal.step in {Step.CREATE, Step.LINK, Step.UPDATE}:
            planned.append(PlannedWrite(*firm, proposal.step.value, proposal.changes))
        elif proposal.step is Step.DELETED_THERE and record.kind == "company":
            break
    return planned
