"""Constants in the text of statements that every sweep executes."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, literal_column


def fixed(value: StrEnum) -> ColumnElement[Any]:
    """Return a word of ours as a part of the statement's text.

    It costs nothing at each execution, and the planner knows how rare it is.
    """
    return literal_column(f"'{value.value}'")


def fixed_all(values: Iterable[StrEnum]) -> list[ColumnElement[Any]]:
    """Return several words for `in_`."""
    return [fixed(value) for value in values]
