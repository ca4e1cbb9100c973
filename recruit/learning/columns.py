"""Columns: what a table's columns are, and the codes, straight lines and indicators made of them.

A numeric column has bins 1 … B between its edges, 0 below and B + 1 above what was seen, B + 2 for a
missing value. A category has its levels 0 … L - 1, L for a missing value and L + 1 for what was never
seen. A column that says nothing (constant, or a different text in nearly every row) is left out.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_BINS = 512
# Levels of a category that get a weight of their own in the straight part; the tables know them all.
MOST_INDICATORS = 60
MOST_LEVELS = 2000
# How far beyond the least and greatest value, as a share of the range, a bin at the end still reaches.
MARGIN = 0.025
_FARTHEST = 1e150

# Texts that are all numbers are levels while there are fewer: "1", "2" and "3" may be names of classes.
_FEWEST_NUMERALS = 12
_NUMERAL = re.compile(r"\s*[+-]?(?:0|[1-9][0-9]*|(?=\.))(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?\s*")

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class NumberColumn:
    """A numeric column. `knots` to `heights` is the straight part: one line, or bent where tails are heavy."""

    name: Hashable
    edges: Floats
    knots: Floats
    heights: Floats
    has_missing: bool

    @property
    def size(self) -> int:
        """Return how many codes there are."""
        return len(self.edges) + 2

    @property
    def absent(self) -> list[int]:
        """Return the codes whose table holds 0: below and above what was seen."""
        return [0, len(self.edges)]

    def read(self, values: pd.Series) -> Floats:
        """Return the column as floats with NaN where it is missing."""
        return as_floats(values)

    def codes(self, x: Floats) -> Codes:
        """Return the code of each value."""
        codes = np.searchsorted(self.edges, x, side="left").astype(np.intp)
        codes[np.isnan(x)] = len(self.edges) + 1
        return codes

    def design(self, x: Floats) -> Floats:
        """Return the columns of the straight part, rows × 1 or 2 (with an indicator of missing)."""
        missing = np.isnan(x)
        line = np.where(missing, 0.0, np.interp(x, self.knots, self.heights))
        return np.column_stack([line, missing]) if self.has_missing else line[:, None]

    @property
    def width(self) -> int:
        """Return how many columns `design` has."""
        return 1 + self.has_missing


@dataclass(frozen=True)
class LevelColumn:
    """A category by its levels' texts; `kept` are the codes with an indicator of their own."""

    name: Hashable
    levels: tuple[str, ...]
    kept: NDArray[np.intp]
    has_missing: bool

    @property
    def size(self) -> int:
        """Return how many codes there are."""
        return len(self.levels) + 2

    @property
    def absent(self) -> list[int]:
        """Return the codes whose table holds 0: what was never seen."""
        return [len(self.levels) + 1]

    def read(self, values: pd.Series) -> pd.Series:
        """Return the column as texts with None where it is missing."""
        return as_texts(values)

    def codes(self, texts: pd.Series) -> Codes:
        """Return the code of each text."""
        where = pd.Index(self.levels).get_indexer(pd.Index(texts.to_numpy(dtype=object)))
        codes = np.where(where >= 0, where, len(self.levels) + 1).astype(np.intp)
        codes[texts.isna().to_numpy()] = len(self.levels)
        return codes

    def design(self, texts: pd.Series) -> Floats:
        """Return the indicators, rows × `width`."""
        return self.indicators()[self.codes(texts)]

    def indicators(self) -> Floats:
        """Return the indicators of each code, `size` × `width`."""
        table = np.zeros((self.size, self.width))
        table[self.kept, np.arange(len(self.kept))] = 1.0
        return table

    @property
    def width(self) -> int:
        """Return how many columns `design` has."""
        return len(self.kept)


Column = NumberColumn | LevelColumn


def find_columns(table: pd.DataFrame) -> tuple[Column, ...]:
    """Return what the table's columns are; those that say nothing are left out."""
    found = (find_column(name, table.iloc[:, i]) for i, name in enumerate(table.columns))
    return tuple(column for column in found if column is not None)


def find_column(name: Hashable, values: pd.Series) -> Column | None:
    """Return what one column is, None where it says nothing."""
    if is_numeric(values):
        return _number_column(name, as_floats(values))
    return _level_column(name, as_texts(values))


def is_numeric(values: pd.Series) -> bool:
    """Tell whether a column is read as numbers: numbers, dates, and objects or texts that are all numbers."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(dtype):
        return False
    if pd.api.types.is_numeric_dtype(dtype) or dtype.kind in "mM":
        return True
    if not (pd.api.types.is_object_dtype(dtype) or pd.api.types.is_string_dtype(dtype)):
        return False
    present = values.dropna()
    if len(present) and all(isinstance(v, str) for v in present):
        return _are_numerals(present)
    return len(present) > 0 and all(
        isinstance(v, int | float | np.number) and not isinstance(v, bool | np.bool_)
        for v in present
    )


def _are_numerals(texts: pd.Series) -> bool:
    """Tell whether texts are numbers that nobody made any: "12.5", not "01067", which names a place."""
    different = pd.unique(texts)
    return len(different) >= _FEWEST_NUMERALS and all(map(_NUMERAL.fullmatch, different))


def as_floats(values: pd.Series) -> Floats:
    """Return numbers as float64; dates as days since 1970. What is no number is missing."""
    if values.dtype.kind in "mM" or isinstance(values.dtype, pd.DatetimeTZDtype):
        x = pd.to_numeric(values.astype("int64")).to_numpy(dtype=np.float64)
        x[values.isna().to_numpy()] = np.nan
        unit = {"s": 1e0, "ms": 1e3, "us": 1e6, "ns": 1e9}[getattr(values.dt, "unit", "ns")]
        days: Floats = x / (86400 * unit)
        return days
    numbers: Any = pd.to_numeric(values, errors="coerce")
    return np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan))


def as_texts(values: pd.Series) -> pd.Series:
    """Return any values as texts, None where they are missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    missing = values.isna()
    texts = values.astype(object).map(text_of)
    return texts.where(~missing, None)


def text_of(value: Any) -> str:
    """Return a level's text."""
    # 3 and 3.0 are one level: a column of whole numbers with gaps turns into floats on the way.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _number_column(name: Hashable, x: Floats) -> NumberColumn | None:
    # Farther out its square would overflow, and how far no longer matters.
    finite = np.clip(x[np.isfinite(x)], -_FARTHEST, _FARTHEST)
    has_missing = bool(np.isnan(x).any())
    unique = np.unique(finite)
    if len(unique) == 0 or (len(unique) == 1 and not has_missing):
        return None
    low, high = unique[0], unique[-1]
    if len(unique) > MOST_BINS:
        unique = np.unique(np.quantile(finite, np.linspace(0, 1, MOST_BINS + 1)))
    margin = MARGIN * (high - low)
    inner = unique[:-1] + (unique[1:] - unique[:-1]) / 2
    edges = np.concatenate([[np.nextafter(low - margin, -np.inf)], inner, [high + margin]])
    knots, heights = _line(finite, low, high)
    return NumberColumn(name, np.unique(edges), knots, heights, has_missing)


def _line(x: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Return knots and heights of the standardised value; bent at the quantiles where tails are heavy."""
    mean, spread = float(np.mean(x)), float(np.std(x))
    if spread == 0 or high == low:
        return np.array([low - 1.0, low + 1.0]), np.array([0.0, 0.0])
    # A line goes on for one range beyond what was seen and then stays level.
    ends = np.array([low - (high - low), high + (high - low)])
    z = (x - mean) / spread
    if abs(float(np.mean(z**3))) < 4 and np.abs(z).max() < 12:
        return ends, (ends - mean) / spread
    quartiles = np.quantile(x, [0.25, 0.5, 0.75])
    unit = (quartiles[2] - quartiles[0]) or spread
    inside = np.unique(np.quantile(x, [0, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 1]))
    knots = np.concatenate([[ends[0]], inside, [ends[1]]])
    heights = np.arcsinh((knots - quartiles[1]) / unit)
    bent = np.interp(x, knots, heights)
    return knots, (heights - bent.mean()) / (bent.std() or 1.0)


def _level_column(name: Hashable, texts: pd.Series) -> LevelColumn | None:
    counts = texts.value_counts()
    has_missing = bool(texts.isna().any())
    # A level that was seen once teaches nothing about the next row.
    counts = counts[counts >= 2].head(MOST_LEVELS)
    levels = sorted(map(str, counts.index))
    if len(levels) + has_missing == 0 or (len(counts) == 1 and counts.iloc[0] == len(texts)):
        return None
    frequent = set(counts.head(MOST_INDICATORS).index)
    kept = [i for i, level in enumerate(levels) if level in frequent]
    if has_missing:
        kept.append(len(levels))
    return LevelColumn(name, tuple(levels), np.array(kept, dtype=np.intp), has_missing)
