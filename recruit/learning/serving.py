"""Serving: score columns from lookup tables with numpy alone, in chunks that fit the processor's cache.

Which piece of a numeric column a value falls in is found without a search: the range is cut into equal
cells, a cell knows how many edges lie before it, and the one or two edges inside are compared. Cells are
reckoned for edges and values by the same arithmetic, so the answer is exact.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.columns import as_floats, text_of
from recruit.learning.lookup import LevelTable, LookupTables, NumberTable

Floats = NDArray[np.float64]

_CHUNK = 8192
_MOST_CELLS = 1 << 14
_MOST_IN_A_CELL = 2
_FARTHEST = 1e300


class LookupScorer:
    """Scores columns with a model's tables.

    A table is a mapping of names to columns (a DataFrame is one): arrays of numbers with NaN for missing,
    and categories as pandas Categoricals (fastest) or arrays of texts with None for missing.
    """

    def __init__(self, tables: LookupTables, *, threads: int | None = None) -> None:
        self.tables = tables
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._columns = [
            _Number(c) if isinstance(c, NumberTable) else _Level(c) for c in tables.columns
        ]

    def score(self, table: Mapping[str, Any]) -> Floats:
        """Return the logit of each row; raises KeyError where a column is not there."""
        adders = self._adders(table)
        rows = len(table[self.tables.columns[0].name]) if adders else 0
        out = np.full(rows, self.tables.level)

        def fill(start: int) -> None:
            part = slice(start, min(start + _CHUNK, rows))
            for add in adders:
                add(part, out[part])

        self._each(fill, range(0, rows, _CHUNK))
        return out

    def explain(self, table: Mapping[str, Any]) -> Floats:
        """Return what each column adds, rows × columns; with the level they sum to `score`."""
        adders = self._adders(table)
        rows = len(table[self.tables.columns[0].name]) if adders else 0
        out = np.zeros((len(adders), rows))

        def fill(start: int) -> None:
            part = slice(start, min(start + _CHUNK, rows))
            for i, add in enumerate(adders):
                add(part, out[i, part])

        self._each(fill, range(0, rows, _CHUNK))
        return out.T

    def _adders(self, table: Mapping[str, Any]) -> "list[Callable[[slice, Floats], None]]":
        return [column.bind(table[column.table.name]) for column in self._columns]

    def _each(self, fill: Callable[[int], None], starts: range) -> None:
        if self._threads == 1 or len(starts) < 4:
            for start in starts:
                fill(start)
            return

        def fill_every(first: int) -> None:
            for start in starts[first :: self._threads]:
                fill(start)

        with ThreadPoolExecutor(self._threads) as pool:
            # One task a thread: a task a chunk would cost more than a chunk.
            list(pool.map(fill_every, range(self._threads)))


@dataclass
class _Level:
    table: LevelTable

    def bind(self, column: Any) -> "Callable[[slice, Floats], None]":
        codes, categories = _codes_of(column)
        value = dict(zip(self.table.levels, self.table.values.tolist(), strict=True))
        known = [value.get(text_of(c), self.table.unseen) for c in categories]
        # Code -1 is a missing value and reads the last entry.
        by_code = np.array([*known, self.table.missing])

        def add(part: slice, out: Floats) -> None:
            out += by_code[codes[part]]

        return add


class _Number:
    def __init__(self, table: NumberTable) -> None:
        self.table = table
        self._sloped = bool(np.any(table.slope != 0.0))
        self._find = _cells(table.edges) or (lambda x: np.searchsorted(table.edges, x, side="left"))

    def bind(self, column: Any) -> "Callable[[slice, Floats], None]":
        values = np.asarray(getattr(column, "array", column))
        if values.dtype != np.float64:
            values = as_floats(pd.Series(column))
        base, slope, missing = self.table.base, self.table.slope, self.table.missing

        def add(part: slice, out: Floats) -> None:
            x = values[part]
            gaps = None
            if not np.isfinite(x.sum()):
                gaps = np.isnan(x)
                # End pieces are level: how far out a value lies does not matter, but 0 × infinity would.
                x = np.clip(np.where(gaps, 0.0, x), -_FARTHEST, _FARTHEST)
            piece = self._find(x)
            added = base[piece]
            if self._sloped:
                steep = slope[piece]
                steep *= x
                added += steep
            if gaps is not None:
                added[gaps] = missing
            out += added

        return add


def _cells(edges: Floats) -> "Callable[[Floats], NDArray[Any]] | None":
    """Return a function that finds the piece of each value, None where cells would be too crowded."""
    if len(edges) < 2:
        return None
    low, high = edges[0], edges[-1]
    for count in (256, 1024, 4096, _MOST_CELLS):
        scale = count / (high - low)
        if not np.isfinite(scale):
            return None
        of_edge = np.clip((edges - low) * scale, 0, count).astype(np.int32)
        inside = np.bincount(of_edge, minlength=count + 1)
        if inside.max() <= _MOST_IN_A_CELL:
            break
    else:
        return None
    before = np.concatenate([[0], np.cumsum(inside)[:-1]]).astype(np.int32)
    compared = []
    for k in range(int(inside.max())):
        at = np.full(count + 1, np.inf)
        has = inside > k
        at[has] = edges[before[has] + k]
        compared.append(at)

    def find(x: Floats) -> NDArray[Any]:
        where = x - low
        where *= scale
        np.maximum(where, 0, out=where)
        np.minimum(where, count, out=where)
        cell = where.astype(np.intp)
        piece: NDArray[Any] = before[cell]
        for at in compared:
            piece += x > at[cell]
        return piece

    return find


def _codes_of(column: Any) -> tuple[NDArray[Any], list[Any]]:
    """Return codes (-1 missing) and the categories that they stand for."""
    column = getattr(column, "array", column)
    if hasattr(column, "categories") and hasattr(column, "codes"):
        return np.asarray(column.codes), list(column.categories)
    seen: dict[str, int] = {}
    codes = np.empty(len(column), dtype=np.intp)
    for i, value in enumerate(column):
        if value is None or value != value:  # noqa: PLR0124
            codes[i] = -1
        else:
            # By text, since 1, 1.0 and True are one key otherwise.
            codes[i] = seen.setdefault(text_of(value), len(seen))
    return codes, list(seen)
