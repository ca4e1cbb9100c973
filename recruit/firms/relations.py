"""Which rows of all tables belong to a firm, and what becomes of them when firms are merged or split.

Every foreign key to a firm is a relation, found in the tables themselves, so that a stage downstream
has its rows moved without being known here. A stage says in a column's `info` where its rows need
something else: `firm_relation(…)` and `firm_stays()`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, PrimaryKeyConstraint, Table, UniqueConstraint

from recruit.db.base import Base

_INFO = "firm_relation"


@dataclass(frozen=True)
class _Rule:
    stays: bool = False
    splits_with: str = ""
    only_with: bool = False
    where: tuple[tuple[str, str], ...] = ()


def firm_relation(
    *, splits_with: str = "", only_with: bool = False, where: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the `info` of a column whose rows belong to a firm, one without a foreign key too.

    `splits_with` names the column by which a row goes along to a firm that is split off (a foreign
    key of a row that goes, or of one of its sightings); without it the row stays. `only_with`: in a
    merge, too, the row goes only if that other row does. `where` holds for the rows that it is about.
    """
    return {_INFO: _Rule(False, splits_with, only_with, tuple((where or {}).items()))}


def firm_stays() -> dict[str, Any]:
    """Return the `info` of a column whose rows stay with the id that they name, whatever happens to it."""
    return {_INFO: _Rule(stays=True)}


@dataclass(frozen=True)
class Relation:
    """A column that names a firm. `unique` are the sets of columns (with it) that are unique together.

    `parent` is the column by which rows follow another table's, `parent_table` that table.
    """

    table: Table
    column: Column[Any]
    unique: tuple[tuple[Column[Any], ...], ...]
    parent: Column[Any] | None
    parent_table: str
    only_with_parent: bool
    where: tuple[tuple[str, str], ...]

    @property
    def key(self) -> tuple[Column[Any], ...]:
        """The primary key but for the column that names the firm."""
        return tuple(c for c in self.table.primary_key.columns if c is not self.column)


def list_relations() -> list[Relation]:
    """Return every relation of firms, those of rows that others follow first."""
    return _list_relations(len(Base.metadata.tables))


# Anew for each number of tables: a stage may be imported later.
@lru_cache(maxsize=4)
def _list_relations(_tables: int) -> list[Relation]:
    return [
        _read(table, column, rule)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if (rule := _rule_of(column)) is not None and not rule.stays
    ]


def _rule_of(column: Column[Any]) -> _Rule | None:
    rule: _Rule | None = column.info.get(_INFO)
    if rule is None and any(key.target_fullname == "firm.id" for key in column.foreign_keys):
        return _Rule()
    return rule


def _read(table: Table, column: Column[Any], rule: _Rule) -> Relation:
    parent = table.columns[rule.splits_with] if rule.splits_with else None
    targets = (
        [key.target_fullname.split(".")[0] for key in parent.foreign_keys]
        if parent is not None
        else []
    )
    return Relation(
        table=table,
        column=column,
        unique=tuple(_unique_sets(table, column)),
        parent=parent,
        parent_table=targets[0] if targets else "",
        only_with_parent=rule.only_with,
        where=rule.where,
    )


def _unique_sets(table: Table, column: Column[Any]) -> list[tuple[Column[Any], ...]]:
    constraints = [
        tuple(constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    found = constraints + [tuple(index.columns) for index in table.indexes if index.unique]
    return sorted(
        (columns for columns in found if column in set(columns)),
        key=lambda columns: [c.name for c in columns],
    )
