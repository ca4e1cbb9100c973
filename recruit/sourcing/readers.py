"""Opens a file of firms, whatever its kind, as a head and a stream of rows."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from recruit.sourcing.delimited import BrokenRow, Row, read_delimited
from recruit.sourcing.text import clean

_SAMPLE_OBJECTS = 200  # whose keys make the head of a JSON Lines file
_LARGEST_UNPACKED = 2 * 1024**3  # bytes; a sheet that unpacks to more is an attack or a mistake
_LONGEST_LINE = 4_000_000  # bytes


class UnusableFile(ValueError):
    """A file cannot be imported at all; the message says why and what to do."""


@dataclass(frozen=True)
class Table:
    """A file's head and its rows; `share` tells how much of the file has been read, 0 to 1."""

    header: tuple[str, ...]
    rows: Iterator[Row | BrokenRow]
    share: Callable[[], float]


@contextmanager
def open_table(
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Iterator[Table]:
    """Open a CSV, TSV, XLSX or JSON Lines file. Raises `UnusableFile`."""
    if not path.is_file():
        raise UnusableFile(
            f"There is no file {path}. Give the path of a CSV, TSV, XLSX or JSONL file."
        )
    kind = path.suffix.lower()
    with path.open("rb") as file:
        size = path.stat().st_size or 1
        if kind in {".xlsx", ".xlsm"}:
            with _open_workbook(file, path, sheet) as (rows, share):
                yield _with_head(rows, path, share)
            return

        def share() -> float:
            return 1.0 if file.closed else min(1.0, file.tell() / size)

        if kind in {".jsonl", ".ndjson"}:
            yield _read_objects(file, path, share)
        elif kind in {".csv", ".tsv", ".tab", ".txt"}:
            delimiter = delimiter or ("\t" if kind in {".tsv", ".tab"} else None)
            try:
                rows = read_delimited(file, delimiter=delimiter, encoding=encoding)
                yield _with_head(rows, path, share)
            except LookupError as error:
                raise UnusableFile(f"{path.name}: the encoding {encoding!r} is unknown.") from error
        else:
            raise UnusableFile(
                f"{path.name}: files of the kind {kind or '(no suffix)'} cannot be imported. "
                "Save it as .csv, .tsv, .xlsx or .jsonl."
            )


def _with_head(rows: Iterator[Row | BrokenRow], path: Path, share: Callable[[], float]) -> Table:
    first = next(rows, None)
    if first is None:
        raise UnusableFile(f"{path.name} is empty. Its first row has to name the columns.")
    if isinstance(first, BrokenRow):
        raise UnusableFile(f"{path.name}, row {first.number}: {first.reason} {first.remedy}")
    return Table(tuple(clean(cell) for cell in first.cells), rows, share)


@contextmanager
def _open_workbook(
    file: BinaryIO, path: Path, sheet: str | None
) -> Iterator[tuple[Iterator[Row | BrokenRow], Callable[[], float]]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        book = load_workbook(file, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets through whatever a damaged archive provokes
        raise UnusableFile(
            f"{path.name} is no readable workbook ({error}). Save it anew."
        ) from error
    try:
        if unpacked > _LARGEST_UNPACKED:
            raise UnusableFile(f"{path.name} unpacks to {unpacked:,} bytes. Save it as CSV.")
        if sheet is not None and sheet not in book.sheetnames:
            names = ", ".join(book.sheetnames)
            raise UnusableFile(f"{path.name} has no sheet {sheet!r}. It has: {names}.")
        page = book[sheet] if sheet else book.active
        if page is None or not hasattr(page, "iter_rows"):
            raise UnusableFile(f"{path.name} has no sheet with rows.")
        done = [0]
        yield _read_sheet(page, done), lambda: min(1.0, done[0] / (page.max_row or done[0] or 1))
    finally:
        book.close()


def _read_sheet(page: Any, done: list[int]) -> Iterator[Row | BrokenRow]:
    width = 0
    for number, values in enumerate(page.iter_rows(values_only=True), start=1):
        done[0] = number
        cells = [_cell(value) for value in values]
        if any(cells):
            width = width or len(cells)
            yield Row(number, tuple(cells[:width] + [""] * (width - len(cells))))


def _read_objects(file: BinaryIO, path: Path, share: Callable[[], float]) -> Table:
    objects = _parse_lines(file)
    sample = list(islice(objects, _SAMPLE_OBJECTS))
    heads = [key for _, found in sample if isinstance(found, dict) for key in found]
    header = tuple(dict.fromkeys(heads))
    if not header:
        raise UnusableFile(
            f'{path.name} has no JSON object in it. Write one a line: {{"name": "…"}}.'
        )
    return Table(header, _align(chain(sample, objects), header), share)


def _align(
    objects: Iterator[tuple[int, dict[str, str] | BrokenRow]], header: tuple[str, ...]
) -> Iterator[Row | BrokenRow]:
    for number, found in objects:
        if isinstance(found, BrokenRow):
            yield found
        elif any(found.values()):
            yield Row(number, tuple(found.get(key, "") for key in header))


def _parse_lines(file: BinaryIO) -> Iterator[tuple[int, dict[str, str] | BrokenRow]]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        while not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
            line = file.readline(_LONGEST_LINE)
        if not line.strip():
            continue
        try:
            found = json.loads(line.decode("utf-8-sig", "replace"))
            cells = dict(_flatten(found))
        except (ValueError, AttributeError, RecursionError) as error:
            raw = line[:2000].decode("utf-8", "replace")
            reason = f"The line is not a JSON object: {error}."
            yield number, BrokenRow(number, reason, "Mend or remove it.", raw)
        else:
            yield number, cells


def _flatten(found: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{name}.")
        elif isinstance(value, list):
            yield name, "; ".join(_cell(v) for v in value if not isinstance(v, dict | list))
        else:
            yield name, _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
