"""A whole run over very many sightings: read all into columns, place the new ones, write batch by batch."""

from collections.abc import Iterator
from dataclasses import replace

from recruit.db.transaction import Transaction
from recruit.firms import name_words
from recruit.firms import sightings as queries
from recruit.firms.bulk.keys import list_keys, list_name_words
from recruit.firms.bulk.placing import place_many
from recruit.firms.bulk.reading import read_sheet
from recruit.firms.bulk.texts import Texts
from recruit.firms.placing import Plan
from recruit.firms.settling import settle
from recruit.firms.store import count_firms
from recruit.firms.values import ResolutionReport
from recruit.firms.verdicts import load_said
from recruit.firms.writing import Writer, Written

# Firms written at once; their sightings' facts are in memory meanwhile.
_BATCH = 5000
_ROWS = 20_000


def resolve_in_bulk(tx: Transaction, actor: str) -> ResolutionReport:
    """Place every sighting that is new or has changed, looking at all that there are."""
    texts = Texts()
    firm_of: dict[int, int] = {}
    unseen: set[int] = set()
    for record_id, facts, firm_id, is_unseen in queries.iterate_facts(tx):
        named = texts.add(record_id, facts)
        if named and firm_id is not None:
            firm_of[record_id] = firm_id
        if is_unseen:
            unseen.add(record_id)
    sheet = read_sheet(texts)
    fresh = frozenset(unseen.intersection(texts.record_ids))
    # Changed sightings that no longer name their firm stay where they are.
    silent = unseen - fresh
    del texts
    changed = [record for record in fresh if record in firm_of]
    rows = [row for row, record in enumerate(sheet.record_id.tolist()) if record in fresh]
    for start in range(0, len(rows), _ROWS):
        keys = dict(list_keys(sheet, rows[start : start + _ROWS]))
        queries.replace_keys(tx, keys, [record for record in keys if record in firm_of])
    name_words.add_name_words(tx, list_name_words(sheet))
    plan = place_many(sheet, firm_of, fresh, load_said(tx))
    del sheet
    return write_plan(tx, plan, fresh=fresh, changed=set(changed), silent=silent, actor=actor)


def write_plan(
    tx: Transaction,
    plan: Plan,
    *,
    fresh: frozenset[int],
    changed: set[int],
    silent: set[int],
    actor: str,
) -> ResolutionReport:
    """Do what a plan for very many sightings (ids of records) says, some thousand firms at once.

    Of the `fresh` ones those that have a firm already are `changed`; `silent` ones are new or changed too,
    and no longer name their firm.
    """
    writer = Writer(tx, actor)
    placed_silent = 0
    for part, records in _parts(plan, changed | silent):
        seen = {sighting.id: sighting for sighting in queries.list_sightings(tx, records)}
        placed = {r: s for r, s in seen.items() if r in fresh or s.firm_id is not None}
        placed_silent += sum(record in silent for record in placed)
        writer.apply(part, placed)
        tx.session.flush()
        tx.session.expunge_all()
    written = writer.finish()
    settle(tx, fresh, plan, actor)
    return report(tx, written, len(fresh), len(plan.doubtful), len(silent) - placed_silent)


def _parts(plan: Plan, staying: set[int]) -> Iterator[tuple[Plan, set[int]]]:
    """Yield the plan in parts, each with the sightings (ids of records) that it is about.

    What leaves, what unites firms and the changed sightings that stay come first and together.
    """
    moving = tuple(p for p in plan.placements if p.firm_ids)
    first = {one.record_id for p in moving for one in p.joining} | staying
    first |= {one.record_id for one in plan.leaving}
    alone = tuple(
        p
        for p in plan.placements
        if not p.firm_ids and any(one.record_id in first for one in p.joining)
    )
    first |= {one.record_id for p in alone for one in p.joining}
    if first:
        yield replace(plan, placements=moving + alone), first
    rest = [p for p in plan.placements if not p.firm_ids and p.joining[0].record_id not in first]
    for start in range(0, len(rest), _BATCH):
        batch = tuple(rest[start : start + _BATCH])
        yield Plan(batch, (), ()), {one.record_id for p in batch for one in p.joining}


def report(
    tx: Transaction, written: Written, records: int, doubtful: int, nameless: int
) -> ResolutionReport:
    """Return what a run did, in numbers."""
    tx.session.flush()
    return ResolutionReport(
        records=records,
        new_firms=written.new,
        changed_firms=written.changed,
        merged=written.merged,
        firms=count_firms(tx),
        split=written.split,
        doubtful=doubtful,
        nameless=nameless,
    )
