"""Firms from an Arrow table: what the database streams and what Parquet files hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recruit.scoring.columns import NUMBERS, FirmColumns, Floats, TagColumn, TextColumn
from recruit.scoring.section import near
from recruit.scoring.tagtexts import read_tag_lists, read_tag_texts
from recruit.scoring.values import ScoringRefused
from recruit.scoring.wording import TAG_FIELDS

_TEXTS = ("domain", "website")
_CODED = ("country", "region", "city")
COLUMNS = ("id", "version", "name", *_TEXTS, *_CODED, *NUMBERS, *TAG_FIELDS)


class ParquetRefused(ScoringRefused):
    """A Parquet file does not hold firms; the message names the column and the remedy."""


def read_parquet(path: Path) -> FirmColumns:
    """Read firms from a Parquet file; see `columns_of` for its columns. Raises `ParquetRefused`."""
    try:
        schema = pq.read_schema(path)
        wanted = [name for name in schema.names if name in COLUMNS]
        # Text that repeats is read by its codes, which takes a tenth of the time and the space.
        coded = [name for name in (*_CODED, *TAG_FIELDS) if name in wanted]
        table = pq.read_table(
            path,
            columns=wanted,
            read_dictionary=[_leaf(schema, name) for name in coded],
            memory_map=True,
        )
    except (OSError, pa.ArrowInvalid) as error:
        raise ParquetRefused(f"{path} cannot be read as Parquet: {error}") from error
    for name in ("id", "name"):
        if name not in table.column_names:
            known = ", ".join(schema.names)
            raise ParquetRefused(
                f'{path} has no column "{name}".{near(name, schema.names)} It has: {known}.'
            )
    try:
        return columns_of(table, origin=f"row of {path.name}")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise ParquetRefused(f"{path}: a column has another type than expected: {error}") from error


def _leaf(schema: pa.Schema, name: str) -> str:
    kind = schema.field(name).type
    return (
        f"{name}.list.element" if pa.types.is_list(kind) or pa.types.is_large_list(kind) else name
    )


def columns_of(table: pa.Table, *, origin: str = "") -> FirmColumns:
    """Return firms as columns.

    `id` and `name` must be there. Where others are absent, nothing is known: `version` (1), texts,
    numbers, and tags as lists of text or as texts that hold a JSON list.
    """

    def column(name: str, absent: Callable[[], Any], read: Callable[[Any], Any]) -> Any:
        return read(table.column(name)) if name in table.column_names else absent()

    size = table.num_rows
    columns: dict[str, Any] = {
        name: column(name, lambda: np.full(size, np.nan), _numbers) for name in NUMBERS
    }
    columns |= {
        name: column(name, lambda: TextColumn((), np.full(size, -1, np.int32)), _coded)
        for name in _CODED
    }
    columns |= {
        name: column(
            name,
            lambda: TagColumn((), np.zeros(size + 1, np.int64), np.zeros(0, np.int32)),
            _tags,
        )
        for name in TAG_FIELDS
    }
    return FirmColumns(
        ids=_whole(table.column("id")),
        versions=column("version", lambda: np.ones(size, np.int64), _whole),
        names=_text(table.column("name")),
        domains=column("domain", lambda: pa.nulls(size, pa.string()), _text),
        websites=column("website", lambda: pa.nulls(size, pa.string()), _text),
        origin=origin,
        **columns,
    )


def _whole(values: pa.ChunkedArray) -> Any:
    if values.null_count:
        raise pa.ArrowInvalid("id and version are needed of every firm.")
    return values.cast(pa.int64()).to_numpy()


def _numbers(values: pa.ChunkedArray) -> Floats:
    return values.cast(pa.float64()).to_numpy().copy()  # type: ignore[no-any-return]


def _text(values: pa.ChunkedArray) -> pa.Array:
    return values.cast(pa.string()).combine_chunks()


def _coded(values: pa.ChunkedArray) -> TextColumn:
    if not pa.types.is_dictionary(values.type):
        values = values.cast(pa.string()).dictionary_encode()
    array = values.unify_dictionaries().combine_chunks()
    codes = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False)
    return TextColumn(tuple(array.dictionary.to_pylist()), codes.astype(np.int32))


def _tags(values: pa.ChunkedArray) -> TagColumn:
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        return read_tag_lists(values.unify_dictionaries())
    if pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    return read_tag_texts(values.cast(pa.string()))
