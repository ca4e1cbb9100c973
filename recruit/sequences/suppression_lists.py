"""Suppression lists from elsewhere: one address or domain a line, or a column of a CSV. Pure."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from recruit.sequences.values import SuppressionScope

_HEADERS = ("email", "e-mail", "email address", "address", "domain", "key")


@dataclass(frozen=True)
class Entry:
    """One line: `scope` is address or domain."""

    line: int
    scope: SuppressionScope
    key: str


def read_list(text: str) -> Iterator[Entry]:
    """Yield the entries of a list; what has neither "@" nor "." is left out by whoever suppresses it."""
    rows = list(csv.reader(StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text)))
    column, first = 0, 0
    if rows:
        heads = [cell.strip().lower() for cell in rows[0]]
        named = [heads.index(name) for name in _HEADERS if name in heads]
        if named:
            column, first = named[0], 1
    for number, row in enumerate(rows[first:], start=first + 1):
        key = row[column].strip() if column < len(row) else ""
        if key and not key.startswith("#"):
            local = key.rpartition("@")[0]
            scope = SuppressionScope.ADDRESS if local else SuppressionScope.DOMAIN
            yield Entry(number, scope, key)


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count) if any(c in head for c in ",;\t") else ","
