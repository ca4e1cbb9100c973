"""Lookup tables: a fitted model as numbers alone, one table a column, and nothing that loading could run.

A numeric column is cut at its edges; from one edge to the next (open on the left, closed on the right) it
adds `base + slope × value`. A category adds what its level says. The logit is the level plus what the
columns add, so that the additions are the reasons and their sum is the score.
"""

import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from recruit.learning.columns import LevelColumn, NumberColumn
from recruit.learning.fitting import Fitted, Part
from recruit.learning.prior import curve_at

Floats = NDArray[np.float64]
FORMAT = 1


class TablesRefused(ValueError):
    """Lookup tables that cannot be read; the message says which and why."""


@dataclass(frozen=True)
class NumberTable:
    """What a numeric column adds: `edges` rise, `base` and `slope` have one entry more than they."""

    name: str
    edges: Floats
    base: Floats
    slope: Floats
    missing: float


@dataclass(frozen=True)
class LevelTable:
    """What a category adds, by level; `unseen` stands for a level that is not among them."""

    name: str
    levels: tuple[str, ...]
    values: Floats
    missing: float
    unseen: float = 0.0


@dataclass(frozen=True)
class LookupTables:
    """A model to score with: `level` plus what each column adds, as a logit."""

    level: float
    columns: tuple[NumberTable | LevelTable, ...]


def compile_tables(fitted: Fitted) -> LookupTables:
    """Return the tables that say what the fitted model says."""
    return LookupTables(fitted.level, tuple(_compile(part) for part in fitted.parts))


def centre_tables(tables: LookupTables, means: Floats) -> LookupTables:
    """Return tables that score alike, where each column adds to what the average row has of it.

    `means` are what the columns add on average; they become part of the level.
    """
    columns: list[NumberTable | LevelTable] = []
    for column, mean in zip(tables.columns, means.tolist(), strict=True):
        if isinstance(column, NumberTable):
            columns.append(replace(column, base=column.base - mean, missing=column.missing - mean))
        else:
            columns.append(
                replace(
                    column,
                    values=column.values - mean,
                    missing=column.missing - mean,
                    unseen=column.unseen - mean,
                )
            )
    return LookupTables(tables.level + float(means.sum()), tuple(columns))


def _compile(part: Part) -> NumberTable | LevelTable:
    if isinstance(part.column, LevelColumn):
        levels = part.prior.levels.get(part.column.name, {})
        # A level that was declared and never seen keeps its declared weight.
        names = (*part.column.levels, *(k for k in levels if k not in part.column.levels))
        code = {name: i for i, name in enumerate(part.column.levels)}
        added = part.column.indicators() @ part.weights + part.table
        values = [
            added[code.get(name, -1)] + part.declared * levels.get(name, 0.0) for name in names
        ]
        return LevelTable(
            str(part.column.name),
            names,
            np.array(values, dtype=np.float64),
            float(added[-2]),
            float(added[-1]),
        )
    return _compile_number(part.column, part)


def _compile_number(column: NumberColumn, part: Part) -> NumberTable:
    curve = part.prior.curves.get(column.name, ())
    edges = np.unique(np.concatenate([column.edges, column.knots, [x for x, _ in curve]]))
    # One value inside each piece tells its step, two its slope: what is left is straight there.
    beyond = 1.0 + np.abs(edges[[0, -1]])
    ends = np.concatenate([[edges[0] - beyond[0]], edges, [edges[-1] + beyond[1]]])
    inside = ends[:-1] + (ends[1:] - ends[:-1]) / 2
    step = part.table[column.codes(inside)]
    left, right = _line_at(column, part, ends[:-1]), _line_at(column, part, ends[1:])
    slope = (right - left) / (ends[1:] - ends[:-1])
    slope[0] = slope[-1] = 0.0
    base = step + left - slope * ends[:-1]
    base[0], base[-1] = step[0] + right[0], step[-1] + left[-1]
    same = (np.diff(base) == 0) & (np.diff(slope) == 0)
    keep = np.concatenate([[True], ~same])
    gap = np.array([np.nan])
    missing = part.table[-1] + float((column.design(gap) @ part.weights)[0])
    return NumberTable(str(column.name), edges[~same], base[keep], slope[keep], missing)


def _line_at(column: NumberColumn, part: Part, x: Floats) -> Floats:
    line: Floats = np.interp(x, column.knots, column.heights) * part.weights[0]
    curve = part.prior.curves.get(column.name)
    return line if curve is None else line + part.declared * curve_at(curve, x)


def write_tables(tables: LookupTables, folder: Path) -> str:
    """Write `tables.json` and `tables.npz` into the folder; return the hash of both."""
    arrays, columns = {}, []
    for i, column in enumerate(tables.columns):
        told: dict[str, Any] = {"name": column.name, "missing": column.missing}
        if isinstance(column, NumberTable):
            told["kind"] = "number"
            for key in ("edges", "base", "slope"):
                arrays[f"{i}.{key}"] = getattr(column, key)
        else:
            told |= {"kind": "level", "levels": list(column.levels), "unseen": column.unseen}
            arrays[f"{i}.values"] = column.values
        columns.append(told)
    text = {"format": FORMAT, "level": tables.level, "columns": columns}
    (folder / "tables.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    (folder / "tables.npz").write_bytes(packed.getvalue())
    return hash_tables(folder)


def read_tables(folder: Path) -> LookupTables:
    """Read what `write_tables` wrote; raises `TablesRefused`."""
    try:
        told = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
        with np.load(folder / "tables.npz", allow_pickle=False) as arrays:
            if told["format"] != FORMAT:
                raise TablesRefused(
                    f"The tables in {folder.name} have format {told['format']}; this version reads "
                    f"{FORMAT}. Train the model anew."
                )
            columns = [_read_column(c, i, arrays) for i, c in enumerate(told["columns"])]
            return LookupTables(float(told["level"]), tuple(columns))
    except (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile) as error:
        if isinstance(error, TablesRefused):
            raise
        raise TablesRefused(
            f"The tables in {folder.name} cannot be read ({error}). Restore the folder or train anew."
        ) from error


def hash_tables(folder: Path) -> str:
    """Return the SHA-256 of a model's tables, JSON and arrays; raises OSError where one is not there."""
    digest = hashlib.sha256()
    for name in ("tables.json", "tables.npz"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _read_column(told: dict[str, Any], i: int, arrays: Any) -> NumberTable | LevelTable:
    if told["kind"] == "number":
        edges, base, slope = (arrays[f"{i}.{key}"] for key in ("edges", "base", "slope"))
        if not len(base) == len(slope) == len(edges) + 1:
            raise TablesRefused(f'The table of "{told["name"]}" has parts of different lengths.')
        return NumberTable(told["name"], edges, base, slope, float(told["missing"]))
    return LevelTable(
        told["name"],
        tuple(told["levels"]),
        arrays[f"{i}.values"],
        float(told["missing"]),
        float(told["unseen"]),
    )
