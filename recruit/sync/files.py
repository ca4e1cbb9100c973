"""CSV both ways, for a CRM that Recruit doesn't speak with: tell it by a file, and hear what it says by one.

A file holds one firm a line, known by its external id, with the columns of the mapping's company fields by
our names. What comes back is settled by the mapping's policies like an edit in a CRM; values that prevail
are kept beside the firm's own facts, and an account that is somebody's customer keeps its firm out of
outreach.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from recruit.crm.merge import Agreement, plan
from recruit.crm.port import CrmRecord
from recruit.crm.values import (
    CrmMapping,
    Direction,
    FieldRule,
    ObjectMapping,
    Policy,
    Value,
)
from recruit.db.transaction import Transaction
from recruit.sync import store
from recruit.sync.accounts import tag_by_accounts
from recruit.sync.converse import our_side
from recruit.sync.desired import desired_firm
from recruit.sync.links import take_facts
from recruit.sync.sheet import ID, read_sheet, read_values, to_cell
from recruit.sync.stage import may_enter
from recruit.sync.values import DesiredRecord

OpenTransaction = Callable[[], AbstractContextManager[Transaction]]
_BATCH = 200


@dataclass(frozen=True)
class LineRefused:
    """A line that was left out: its number in the file, and why."""

    line: int
    why: str


@dataclass(frozen=True)
class ImportReport:
    """What a file brought, in lines: all, with something taken, with nothing new, accounts that keep a
    firm from being recruited, of firms that we don't know by an id (their accounts count), refused."""

    read: int = 0
    taken: int = 0
    same: int = 0
    left_alone: int = 0
    without_id: int = 0
    refused: tuple[LineRefused, ...] = field(default=())


def export_lines(
    open_tx: OpenTransaction, mapping: CrmMapping, *, partners_only: bool = False
) -> Iterator[str]:
    """Yield a CSV file, piece by piece: each firm that the mapping lets in, or partners alone."""
    rules = _rules(mapping)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([ID, *(rule.ours for rule in rules)])
    # Spreadsheets read UTF-8 only behind this mark.
    yield "\ufeff"
    after_id = 0
    while True:
        with open_tx() as tx:
            firm_ids = store.list_concerned_firms(tx, after_id, _BATCH)
            for firm_id in firm_ids:
                desired = desired_firm(tx, firm_id)
                if desired is None or not may_enter(desired.reached, mapping.include):
                    continue
                if partners_only and desired.reached.partner is None:
                    continue
                company = desired.records[0]
                cells = (_said(rule, company) for rule in rules)
                writer.writerow([company.external_id, *map(to_cell, cells)])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        if not firm_ids:
            return
        after_id = firm_ids[-1]


def import_file(
    open_tx: OpenTransaction, mapping: CrmMapping, content: bytes, *, dry_run: bool = False
) -> ImportReport:
    """Hear what a CSV file says of firms; raises `FileRefused`.

    Lines are settled in batches, each in a transaction. The same file again changes nothing.
    `dry_run` counts, and keeps nothing.
    """
    part = mapping.objects["company"]
    names, lines = read_sheet(content, _rules(mapping))
    counts: Counter[str] = Counter()
    refused: list[LineRefused] = []
    seen: dict[str, int] = {}
    batch: list[tuple[int, dict[str, Value]]] = []
    for number, cells in lines:
        counts["read"] += 1
        try:
            batch.append((number, read_values(names, cells, seen, number)))
        except ValueError as error:
            refused.append(LineRefused(number, str(error)))
        if len(batch) >= _BATCH:
            _settle(open_tx, part, names, batch, counts, refused, dry_run)
            batch = []
    _settle(open_tx, part, names, batch, counts, refused, dry_run)
    refused.sort(key=lambda one: one.line)
    return ImportReport(**counts, refused=tuple(refused))


def _settle(
    open_tx: OpenTransaction,
    part: ObjectMapping,
    names: Mapping[int, str],
    batch: list[tuple[int, dict[str, Value]]],
    counts: Counter[str],
    refused: list[LineRefused],
    dry_run: bool,
) -> None:
    told = set(names.values())
    # What the file has no column for is not spoken of.
    spoken = replace(part, rules=tuple(rule for rule in part.rules if rule.ours in told))
    with open_tx() as tx:
        records: list[CrmRecord] = []
        for number, values in batch:
            external_id = values.pop(ID, None)
            desired = None
            if isinstance(external_id, str):
                desired = _company(tx, external_id)
                if desired is None:
                    refused.append(LineRefused(number, f"No firm has the id {external_id}."))
                    continue
            else:
                counts["without_id"] += 1
            theirs = {rule.theirs: rule.to_crm(values.get(rule.ours)) for rule in spoken.rules}
            key = str(external_id or values.get("domain") or values.get("name") or "")
            records.append(_record(tx, part, key, _named(part, desired) | theirs))
            if desired is not None:
                counts["taken" if _take(tx, spoken, desired, theirs) else "same"] += 1
        # A file without such a column says nothing of customers, and takes back nothing.
        if not dry_run and any(rule.direction is Direction.PULL for rule in spoken.rules):
            counts["left_alone"] += tag_by_accounts(tx, part, records)
        if dry_run:
            tx.session.rollback()


def _named(part: ObjectMapping, company: DesiredRecord | None) -> dict[str, Value]:
    """Return what a firm is known by, for lines that give nothing but its id."""
    if company is None:
        return {}
    return {
        rule.theirs: rule.to_crm(company.values.get(rule.ours))
        for rule in part.rules
        if rule.ours in company.values
    }


def _company(tx: Transaction, external_id: str) -> DesiredRecord | None:
    desired = desired_firm(tx, int(external_id.removeprefix("RC-")))
    if desired is None or desired.records[0].external_id != external_id:
        return None
    return desired.records[0]


def _take(
    tx: Transaction, part: ObjectMapping, company: DesiredRecord, theirs: Mapping[str, Value]
) -> bool:
    """Keep what prevails; tells whether anything is new."""
    before = dict(company.facts)
    ours = our_side(part, company, {})
    # A file has no moment of its own edits: with `latest` what is told last prevails, which is the file.
    merge = plan(part.rules, Agreement(), ours, theirs, ours_later=False)
    take_facts(tx, part, company.object_id, merge, ours, theirs, written=False)
    row = store.find_facts(tx, company.object_id)
    return (dict(row.facts) if row else {}) != before


def _record(
    tx: Transaction, part: ObjectMapping, key: str, fields: Mapping[str, Value]
) -> CrmRecord:
    return CrmRecord(
        object=part.crm_object,
        id=f"file:{key}"[:100],
        external_id=None,
        version="",
        modified_at=tx.now,
        fields=fields,
    )


def _rules(mapping: CrmMapping) -> list[FieldRule]:
    return [rule for rule in mapping.objects["company"].rules if rule.policy is not Policy.OFF]


def _said(rule: FieldRule, company: DesiredRecord) -> Value:
    taken = company.facts.get(rule.ours)
    return taken if taken is not None else company.values.get(rule.ours)
