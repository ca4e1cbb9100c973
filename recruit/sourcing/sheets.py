"""Reads workbooks and Parquet files row by row, as the text that a person would see."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

from recruit.sourcing.delimited import Row
from recruit.sourcing.text import shorten

_LARGEST_UNPACKED = 2 * 1024**3  # bytes; a sheet that unpacks to more is an attack or a mistake
_ROWS_AT_ONCE = 1000
# What a formula leaves in a cell when it cannot be computed.
_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)
_LONGEST_CELL = 1_000_000


class UnreadableBook(ValueError):
    """A workbook or Parquet file is damaged; the message is the library's."""


def read_sheet(
    file: IO[bytes], sheet: str | None, stack: ExitStack
) -> tuple[Iterator[Row], Callable[[], float], tuple[str, ...]]:
    """Return the rows of a sheet (the first visible one by default), the share read, all sheets' names.

    Formulas give what was computed when the book was saved. Raises `UnreadableBook`.
    """
    from openpyxl import load_workbook

    unpacked = _count_unpacked(file)
    if unpacked > _LARGEST_UNPACKED:
        raise UnreadableBook(f"it unpacks to {unpacked:,} bytes; save it as CSV")
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets through whatever a damaged archive provokes
        raise UnreadableBook(f"it is no readable workbook: {error}") from error
    stack.callback(book.close)
    pages = {page.title: page for page in book.worksheets}
    visible = [title for title, page in pages.items() if page.sheet_state == "visible"]
    if sheet is not None and sheet not in pages:
        raise UnreadableBook(f"it has no sheet {sheet!r}. It has: {', '.join(pages)}")
    active = getattr(book.active, "title", None)
    chosen = sheet or (active if active in visible else next(iter(visible or pages), None))
    if chosen is None:
        raise UnreadableBook("it has no sheet with rows")
    page = pages[chosen]
    # What a book claims of its size is often wrong, and would cut rows off.
    most = page.max_row or 0
    page.reset_dimensions()
    done = [0]
    others = tuple(title for title in pages if title != chosen)
    return (
        _iterate_sheet(page, done),
        lambda: min(1.0, done[0] / most) if most else 0.0,
        (chosen, *others),
    )


def _count_unpacked(file: IO[bytes]) -> int:
    try:
        with zipfile.ZipFile(file) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise UnreadableBook(f"it is no readable workbook: {error}") from error
    finally:
        file.seek(0)


def _iterate_sheet(page: Any, done: list[int]) -> Iterator[Row]:
    width = 0
    rows = enumerate(page.iter_rows(values_only=True), start=1)
    while True:
        try:
            number, values = next(rows)
        except StopIteration:
            return
        except Exception as error:  # damaged XML ends in whatever its parser raises
            raise UnreadableBook(f"row {done[0] + 1}: {error}") from error
        done[0] = number
        cells = [show(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            width = width or len(cells)
            yield Row(number, tuple(cells[:width] + [""] * (width - len(cells))))


def read_parquet(
    file: IO[bytes],
) -> tuple[tuple[str, ...], Iterator[Row], Callable[[], float]]:
    """Return the columns, the rows and the share read of a Parquet file. Raises `UnreadableBook`."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(file)
        header = tuple(str(name) for name in table.schema_arrow.names)
        total = table.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableBook(f"it is no readable Parquet file: {error}") from error
    if not header:
        raise UnreadableBook("it has no columns")
    done = [0]

    def rows() -> Iterator[Row]:
        try:
            for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE):
                columns = [column.to_pylist() for column in batch.columns]
                for values in zip(*columns, strict=True):
                    done[0] += 1
                    cells = tuple(map(show, values))
                    if any(cells):
                        # The head counts as row 1, as in every other file.
                        yield Row(done[0] + 1, cells)
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise UnreadableBook(f"row {done[0] + 2}: {error}") from error

    return header, rows(), lambda: done[0] / total if total else 1.0


def show(value: Any) -> str:
    """Return a cell's value as a person would write it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "" if value in _ERRORS else shorten(value, _LONGEST_CELL)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  (not a number)
            return ""
        # A phone number or a postcode that a spreadsheet took for a number has no decimals.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value[:_LONGEST_CELL]).decode("utf-8", "replace")
    if isinstance(value, list | tuple | set):
        return "; ".join(show(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)
