"""Firms from an Arrow table: what the database streams and what Parquet files hold."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recruit.scoring.columns import NUMBERS, FirmColumns, Floats, TagColumn, TextColumn
from recruit.scoring.section import near
from recruit.scoring.tagtexts import read_tag_lists, read_tag_texts, tag_column
from recruit.scoring.values import ScoringRefused
from recruit.scoring.wording import TAG_FIELDS

_READERS = 2
_TEXTS = ("domain", "website")
_CODED = ("country", "region", "city")
COLUMNS = ("id", "version", "name", *_TEXTS, *_CODED, *NUMBERS, *TAG_FIELDS)


class ParquetRefused(ScoringRefused):
    """A Parquet file does not hold firms; the message names the column and the remedy."""


def read_parquet(path: Path) -> FirmColumns:
    """Read firms from a Parquet file; see `columns_of` for its columns. Raises `ParquetRefused`."""
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
        _check(path, schema)
        wanted = [name for name in schema.names if name in COLUMNS]

        def read(name: str) -> Any:
            # Text that repeats is read by its codes, which takes a quarter of the time and the space.
            repeats = name in _CODED or name in TAG_FIELDS
            file = pq.ParquetFile(
                path,
                metadata=metadata,
                read_dictionary=[_leaf(schema, name)] if repeats else None,
                memory_map=True,
            )
            values = file.read(columns=[name], use_threads=False).column(0)
            try:
                return _READ[name](values)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise ParquetRefused(f"{path}: {name} is {values.type}: {error}") from error

        # Column by column: a whole table at once needs three times the memory for a while.
        with ThreadPoolExecutor(_READERS) as readers:
            columns = dict(zip(wanted, readers.map(read, wanted), strict=True))
    except (OSError, pa.ArrowException) as error:
        raise ParquetRefused(f"{path} cannot be read as Parquet: {error}") from error
    # What decoding needed for a moment is given back before scoring needs as much.
    pa.default_memory_pool().release_unused()
    return _join(columns, metadata.num_rows, f"row of {path.name}")


def _check(path: Path, schema: pa.Schema) -> None:
    for name in ("id", "name"):
        if name not in schema.names:
            known = ", ".join(schema.names)
            raise ParquetRefused(
                f'{path} has no column "{name}".{near(name, schema.names)} It has: {known}.'
            )


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
    columns = {n: _READ[n](table.column(n)) for n in table.column_names if n in COLUMNS}
    return _join(columns, table.num_rows, origin)


def _join(columns: dict[str, Any], size: int, origin: str) -> FirmColumns:
    absent: dict[str, Callable[[], Any]] = {
        **dict.fromkeys(NUMBERS, lambda: np.full(size, np.nan)),
        **dict.fromkeys(_CODED, lambda: TextColumn((), np.full(size, -1, np.int32))),
        **dict.fromkeys(TAG_FIELDS, lambda: tag_column(pa.array([], pa.string()), np.zeros(size))),
        **dict.fromkeys(_TEXTS, lambda: pa.nulls(size, pa.string())),
        "version": lambda: np.ones(size, np.int64),
    }
    found = {n: columns[n] if n in columns else absent[n]() for n in COLUMNS}
    return FirmColumns(
        ids=found.pop("id"),
        versions=found.pop("version"),
        names=found.pop("name"),
        domains=found.pop("domain"),
        websites=found.pop("website"),
        origin=origin,
        **found,
    )


def _whole(values: pa.ChunkedArray) -> Any:
    if values.null_count:
        raise pa.ArrowInvalid("id and version are needed of every firm.")
    return values.cast(pa.int64()).combine_chunks().to_numpy(zero_copy_only=False)


def _numbers(values: pa.ChunkedArray) -> Floats:
    array = values.cast(pa.float64()).combine_chunks()
    return pc.fill_null(array, float("nan")).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _text(values: pa.ChunkedArray) -> pa.Array:
    if values.type != pa.string():
        values = values.cast(pa.string())
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()


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


_READ: Mapping[str, Callable[[pa.ChunkedArray], Any]] = {
    "id": _whole,
    "version": _whole,
    "name": _text,
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_CODED, _coded),
    **dict.fromkeys(NUMBERS, _numbers),
    **dict.fromkeys(TAG_FIELDS, _tags),
}
