"""Moving what belongs to a firm to another: all of it in a merge, what hangs on some sightings in a split.

A row that would break a uniqueness rule at its new firm (a second partner, the same sequence twice)
stays under the id that it has: an alias, which whoever asks for the firm's family finds. What moved is
returned row by row and kept with the change that moved it, so that undoing gives back exactly that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, inspect, select, update

from recruit.db.transaction import Transaction
from recruit.firms.relations import Relation, list_relations
from recruit.firms.tables import FirmMember, FirmMove

Rows = Sequence[Row[Any]]
_MEMBER = FirmMember.__tablename__
_RECORD = "source_record"


@dataclass(frozen=True)
class Moved:
    """A row that went from one firm to another; `key` as `FirmMove` keeps it."""

    table: str
    key: Mapping[str, Any]
    from_id: int
    to_id: int


def move_relations(tx: Transaction, from_id: int, to_id: int) -> list[Moved]:
    """Give all that belongs to one firm to another, sightings and contacts among it."""
    stayed: dict[str, set[Any]] = defaultdict(set)
    moved: list[Moved] = []
    for relation in list_relations():
        held = stayed[relation.parent_table] if relation.only_with_parent else set()
        left: list[Row[Any]] = []
        free: list[Row[Any]] = []
        for row in _rows(tx, relation, [from_id]):
            (left if _parent(relation, row) in held else free).append(row)
        going, refused = _without_conflicts(tx, relation, free, to_id)
        stayed[relation.table.name].update(_id(relation, row) for row in (*left, *refused))
        moved += _move(tx, relation, going, to_id)
    _forget(tx, moved)
    return moved


def split_relations(
    tx: Transaction,
    *,
    from_ids: Collection[int],
    to_id: int,
    record_ids: Iterable[int],
    gone: Mapping[str, Collection[Any]] | None = None,
    staying: Mapping[str, Collection[Any]] | None = None,
) -> list[Moved]:
    """Give what hangs on these sightings (ids of records), and on what hangs on them, to another firm.

    `gone` names rows of tables that have gone already, by id; `staying` ones that stay all the same.
    """
    went: dict[str, set[Any]] = defaultdict(set)
    went[_RECORD].update(record_ids)
    for table, ids in (gone or {}).items():
        went[table].update(ids)
    moved: list[Moved] = []
    for relation in list_relations():
        if relation.parent is None:
            continue
        held = set((staying or {}).get(relation.table.name, ()))
        rows = [
            row
            for row in _rows(tx, relation, from_ids)
            if _parent(relation, row) in went[relation.parent_table]
            and _id(relation, row) not in held
        ]
        going, _ = _without_conflicts(tx, relation, rows, to_id)
        went[relation.table.name].update(_id(relation, row) for row in going)
        moved += _move(tx, relation, going, to_id)
    _forget(tx, moved)
    return moved


def move_back(
    tx: Transaction, change_id: int, *, homes: Collection[int], to_id: int
) -> list[Moved]:
    """Give back to `to_id` what a change took from it and is still at one of `homes`.

    What came to be since, and hangs on what goes back, goes along.
    """
    logged = tx.session.scalars(
        select(FirmMove).where(FirmMove.change_id == change_id).order_by(FirmMove.id)
    )
    keys: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for move in logged:
        keys[move.table_name].add(tuple(move.key[name] for name in sorted(move.key)))
    moved: list[Moved] = []
    went: dict[str, set[Any]] = defaultdict(set)
    for relation in list_relations():
        wanted = keys.get(relation.table.name)
        if wanted is None:
            continue
        names = sorted(column.name for column in relation.key)
        rows = [
            row
            for row in _rows(tx, relation, homes)
            if tuple(row._mapping[relation.table.c[name]] for name in names) in wanted
        ]
        going, _ = _without_conflicts(tx, relation, rows, to_id)
        went[relation.table.name].update(_id(relation, row) for row in going)
        moved += _move(tx, relation, going, to_id)
    records = went.pop(_MEMBER, set())
    return moved + split_relations(tx, from_ids=homes, to_id=to_id, record_ids=records, gone=went)


def remember_moves(tx: Transaction, change_id: int, moved: Iterable[Moved]) -> None:
    """Keep with a change what it moved."""
    tx.session.add_all(
        FirmMove(
            change_id=change_id,
            table_name=one.table,
            key=dict(one.key),
            from_id=one.from_id,
            to_id=one.to_id,
        )
        for one in moved
    )
    tx.session.flush()


def list_members_moved(moved: Iterable[Moved]) -> list[int]:
    """Return which sightings (ids of records) are among what moved."""
    return sorted(one.key["source_record_id"] for one in moved if one.table == _MEMBER)


def _rows(tx: Transaction, relation: Relation, firm_ids: Collection[int]) -> Rows:
    columns = {c.name: c for c in (relation.column, *relation.key)}
    columns |= {c.name: c for group in relation.unique for c in group}
    if relation.parent is not None:
        columns[relation.parent.name] = relation.parent
    ids = list(firm_ids)
    # One id is asked for as one: a list is compiled anew each time.
    of_firms = relation.column == ids[0] if len(ids) == 1 else relation.column.in_(ids)
    query = select(*columns.values()).where(of_firms).order_by(*relation.table.primary_key.columns)
    for name, value in relation.where:
        query = query.where(relation.table.c[name] == value)
    return tx.session.execute(query).all()


def _without_conflicts(
    tx: Transaction, relation: Relation, rows: Rows, to_id: int
) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """Part rows into those that may stand at the firm `to_id`, and those that another is in the way of."""
    if not rows:
        return [], []
    groups = [[c for c in group if c is not relation.column] for group in relation.unique]
    there = _rows(tx, relation, [to_id]) if groups else []
    taken = [{_values(row, group) for row in there} for group in groups]
    going: list[Row[Any]] = []
    refused: list[Row[Any]] = []
    for row in rows:
        values = [_values(row, group) for group in groups]
        # Two unknown values are never equal to a database.
        clash = any(
            value in known and None not in value for value, known in zip(values, taken, strict=True)
        )
        # A firm is not its own parent.
        if clash or (relation.table.name == "firm" and _id(relation, row) == to_id):
            refused.append(row)
            continue
        going.append(row)
        for value, known in zip(values, taken, strict=True):
            known.add(value)
    return going, refused


def _move(tx: Transaction, relation: Relation, rows: Rows, to_id: int) -> list[Moved]:
    if not rows:
        return []
    moved = [
        Moved(
            relation.table.name,
            {c.name: row._mapping[c] for c in relation.key},
            row._mapping[relation.column],
            to_id,
        )
        for row in rows
    ]
    statement = update(relation.table).where(relation.column == bindparam("from_id"))
    for column in relation.key:
        statement = statement.where(column == bindparam(f"key_{column.name}"))
    for name, value in relation.where:
        statement = statement.where(relation.table.c[name] == value)
    tx.session.connection().execute(
        statement.values({relation.column: bindparam("to_id")}),
        [
            {"from_id": one.from_id, "to_id": to_id}
            | {f"key_{name}": value for name, value in one.key.items()}
            for one in moved
        ],
    )
    return moved


def _forget(tx: Transaction, moved: Collection[Moved]) -> None:
    """Let the session read anew what moved behind its back."""
    tables = {one.table for one in moved}
    if not tables:
        return
    # Where the firm is part of a row's key, its identity itself has changed.
    renamed = {r.table.name for r in list_relations() if r.column.primary_key}
    for instance in list(tx.session.identity_map.values()):
        table = getattr(inspect(instance).mapper.local_table, "name", "")
        if table in tables:
            (tx.session.expunge if table in renamed else tx.session.expire)(instance)


def _values(row: Row[Any], columns: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column] for column in columns)


def _parent(relation: Relation, row: Row[Any]) -> Any:
    return row._mapping[relation.parent] if relation.parent is not None else None


def _id(relation: Relation, row: Row[Any]) -> Any:
    """Return what other tables refer to a row by: its key where that is one column."""
    return row._mapping[relation.key[0]] if len(relation.key) == 1 else _values(row, relation.key)
