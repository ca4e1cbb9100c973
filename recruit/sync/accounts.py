"""Tag firms by the CRM's accounts, ours or not, so that nobody's customer is mailed cold.

An account that means no firm yet is kept, and tags the firm once a source finds it.
"""

from collections import defaultdict
from collections.abc import Iterable

from recruit.crm.port import CrmRecord
from recruit.crm.values import Direction, ObjectMapping, Policy, Value, canonical
from recruit.db.transaction import Transaction
from recruit.firms.lists import ListEntry
from recruit.firms.tags import forget_listed, remember_listed
from recruit.firms.values import FirmTag
from recruit.sync.relation import relation_of

LIST_NAME = "CRM accounts"
_ACTOR = "CRM"


def tag_by_accounts(tx: Transaction, part: ObjectMapping, records: Iterable[CrmRecord]) -> int:
    """Take over what company records say of firms; returns how many accounts keep firms out.

    Records of other kinds say nothing of this.
    """
    if part.kind != "company":
        return 0
    entries: dict[FirmTag, list[ListEntry]] = defaultdict(list)
    silent: list[str] = []
    for record in records:
        tag = None if record.deleted else relation_of(_pulled(part, record))
        if tag is None:
            silent.append(record.id)
        else:
            entries[tag].append(_entry(part, record))
    for tag, theirs in sorted(entries.items()):
        remember_listed(
            tx, list_name=LIST_NAME, tag=tag, entries=theirs, actor=_ACTOR, complete=False
        )
    if silent:
        forget_listed(tx, list_name=LIST_NAME, keys=silent, actor=_ACTOR)
    return sum(map(len, entries.values()))


def _pulled(part: ObjectMapping, record: CrmRecord) -> dict[str, Value]:
    return {
        rule.ours: rule.from_crm(canonical(record.fields.get(rule.theirs)))
        for rule in part.rules
        if rule.direction is Direction.PULL and rule.policy is not Policy.OFF
    }


def _entry(part: ObjectMapping, record: CrmRecord) -> ListEntry:
    def said(ours: str) -> str:
        rule = part.rule_of(ours)
        value = record.fields.get(rule.theirs) if rule is not None else None
        return str(value or "")

    return ListEntry(
        name=said("name"),
        website=said("domain") or said("website"),
        postcode=said("postcode"),
        city=said("city"),
        country=said("country"),
        key=record.id,
    )
