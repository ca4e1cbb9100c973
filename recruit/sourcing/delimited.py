"""Streams the rows of a CSV or TSV file of any delimiter and encoding.

A quote that is never closed would swallow the rows below it. Here it costs its own line: the lines that it
took are read again, one by one.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import charset_normalizer

_SAMPLE_BYTES = 256 * 1024
_DELIMITERS = ",;\t|"
_LONGEST_LINE = 1_000_000  # characters
_MOST_LINES = 200  # of one row; a quoted cell may hold an address or a description
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What office programs write. With the whole list of the world's encodings the guess is worse.
_LEGACY = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "mac_roman",
    "shift_jis",
    "gb18030",
    "euc_kr",
]

csv.field_size_limit(_LONGEST_LINE)


@dataclass(frozen=True)
class Row:
    """A row; `number` counts as a spreadsheet does, the head being row 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class BrokenRow:
    """A row that cannot be told into cells."""

    number: int
    reason: str
    remedy: str
    raw: str


def find_encoding(sample: bytes) -> str:
    """Return the encoding of a file that begins with `sample`: by its mark, as UTF-8, else the likeliest."""
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return encoding
    try:
        # A sample may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(sample, cp_isolation=_LEGACY).best()
        return best.encoding if best else "cp1252"
    return "utf-8"


def find_delimiter(sample: str) -> str:
    """Return the delimiter that cuts the most rows into as many cells as the first one."""
    first = sample.partition("\n")[0].strip().lower()
    if first.startswith("sep=") and len(first) == 5:
        return first[4]

    def score(delimiter: str) -> tuple[float, int]:
        lines = io.StringIO(sample, newline="")
        try:
            rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), 200) if row]
        except csv.Error:
            return 0.0, 0
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    return max(_DELIMITERS, key=score)


class _TooLong(Exception):
    """A row goes on and on."""


class _Lines:
    """The lines of a file; remembers those of the present row and can give them again."""

    def __init__(self, file: io.TextIOBase) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= _MOST_LINES or sum(map(len, self.row)) > _LONGEST_LINE:
            raise _TooLong
        line = self._again.popleft() if self._again else self._file.readline(_LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.row.append(line)
        if len(line) > _LONGEST_LINE:
            while (rest := self._file.readline(_LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            raise _TooLong
        return line

    def take_back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))


def read_delimited(
    file: BinaryIO, *, delimiter: str | None = None, encoding: str | None = None
) -> Iterator[Row | BrokenRow]:
    """Yield the rows of a file, the head first. Raises `LookupError` for an unknown encoding."""
    sample = file.read(_SAMPLE_BYTES)
    file.seek(0)
    encoding = encoding or find_encoding(sample)
    utf8 = codecs.lookup(encoding).name.startswith("utf-8")
    # A stray byte in a UTF-8 file is mended in its cell instead of ending the import.
    errors = "surrogateescape" if utf8 else "replace"
    text = io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")
    delimiter = delimiter or find_delimiter(sample.decode(encoding, "replace"))
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = width = 0
    while True:
        lines.row = []
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_TooLong, csv.Error) as error:
            mended = _read_alone(lines.row, delimiter) if isinstance(error, csv.Error) else None
            if mended is None or len(mended) != width:
                yield _broken(lines, number)
                continue
            cells = mended
        if not width:
            if not cells or cells == [f"sep={delimiter}"] or not any(cells):
                continue
            width = len(cells)
        elif len(lines.row) > 1 and len(cells) != width:
            yield _broken(lines, number)
            continue
        elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
            yield BrokenRow(
                number,
                f"The row has {len(cells)} cells, the head has {width}.",
                f"Put the cell that contains {delimiter!r} in double quotes.",
                "".join(lines.row).rstrip(),
            )
            continue
        if any(cell.strip() for cell in cells):
            # Spreadsheets leave out empty cells at the end of a row.
            padded = cells[:width] + [""] * (width - len(cells))
            yield Row(number, tuple(map(_mend, padded) if utf8 else padded))


def _read_alone(lines: list[str], delimiter: str) -> list[str] | None:
    """Read a line with a quote inside a quoted cell ("Acme "Inc", x) the lenient way."""
    if len(lines) != 1 or lines[0].count('"') % 2:
        return None
    try:
        return next(csv.reader(lines, delimiter=delimiter), None)
    except csv.Error:
        return None


def _broken(lines: _Lines, number: int) -> BrokenRow:
    lines.take_back(lines.row[1:])
    return BrokenRow(
        number,
        "A quote in this row is not closed, or stands inside a cell.",
        'Close it, or write a quote inside a quoted cell twice ("").',
        lines.row[0][:2000].rstrip() if lines.row else "",
    )


def _mend(cell: str) -> str:
    """Read bytes that are not UTF-8 as Windows' western encoding, which is what they nearly always are."""
    if cell.isascii() or not any("\udc80" <= c <= "\udcff" for c in cell):
        return cell
    return cell.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
