"""Streams the rows of a CSV or TSV file of any delimiter and encoding.

A quote that is never closed would swallow the rows below it. Here it costs its own line: the lines that it
took are read again, one by one.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, NamedTuple

import charset_normalizer

_SAMPLE_BYTES = 256 * 1024
# The usual ones come first: of two that cut as well as each other the first counts.
_DELIMITERS = ",;\t|^~\x1f\x01¦"
_BLOCK = 256 * 1024  # characters that are cut into rows at once
_LONGEST_LINE = 1_000_000  # characters
_MOST_LINES = 200  # of one row; a quoted cell may hold an address or a description
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
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


_STRAY = re.compile("[\udc80-\udcff]")


class Row(NamedTuple):
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
    # Text in Latin letters has a zero in every second byte of UTF-16.
    if len(sample) >= 4 and sample.count(0) * 3 > len(sample):
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
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
    if first.startswith("sep=") and len(first) == 5 and first[4] != '"':
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
            while not line.endswith(("\n", "\r")) and (rest := self._file.readline(_LONGEST_LINE)):
                line = rest
            raise _TooLong
        return line

    def take_back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))

    @property
    def has_some_again(self) -> bool:
        """Tell whether lines that were taken back wait."""
        return bool(self._again)

    def take_block(self) -> str:
        """Return the next lines as one text; nothing while lines that were taken back wait."""
        if self._again:
            return ""
        block = self._file.read(_BLOCK)
        # Up to the end of the line, as far as a line may go.
        if block and not block.endswith("\n"):
            block += self._file.readline(_LONGEST_LINE)
        return block

    def take_block_back(self, block: str) -> None:
        """Give the lines of a block again, one by one."""
        self._again.extend(io.StringIO(block, newline=""))


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
    yield from _Cutter(_Lines(text), delimiter, utf8=utf8).rows()


class _Cutter:
    """Cuts lines into rows: whole blocks of them at once, one by one where a block holds a surprise."""

    def __init__(self, lines: _Lines, delimiter: str, *, utf8: bool) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._utf8 = utf8
        self._number = 0
        self._width = 0

    def rows(self) -> Iterator[Row | BrokenRow]:
        while block := self._lines.take_block():
            cut = self._cut_block(block)
            if cut is None:
                self._lines.take_block_back(block)
                yield from self._cut_singly()
            else:
                yield from self._judge_block(block, cut)

    def _cut_block(self, block: str) -> list[list[str]] | None:
        """Return a row for each line; None where a row has several lines, or a line is not as it should be."""
        if block.count("\r") != block.count("\r\n"):
            return None
        lines = block.split("\n")
        if not lines[-1]:
            lines.pop()
        try:
            rows = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) else None

    def _judge_block(self, block: str, rows: list[list[str]]) -> Iterator[Row | BrokenRow]:
        stray = self._utf8 and not block.isascii() and _STRAY.search(block) is not None
        for cells in rows:
            if self._width and len(cells) == self._width and not stray and cells[0].strip():
                self._number += 1
                yield Row(self._number, tuple(cells))
                continue
            found = self._judge(cells, self._delimiter.join(cells))
            if found is not None:
                yield found

    def _cut_singly(self) -> Iterator[Row | BrokenRow]:
        """Cut the lines that were taken back."""
        lines = self._lines
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while lines.has_some_again:
            lines.row = []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (_TooLong, csv.Error) as error:
                # It may still hold a part of the row that it gave up.
                reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
                mended = (
                    _read_alone(lines.row, self._delimiter)
                    if isinstance(error, csv.Error)
                    else None
                )
                if mended is None or len(mended) != self._width:
                    self._number += 1
                    yield _broken(lines, self._number)
                    continue
                cells = mended
            if self._width and len(lines.row) > 1 and len(cells) != self._width:
                self._number += 1
                yield _broken(lines, self._number)
                continue
            found = self._judge(cells, "".join(lines.row).rstrip())
            if found is not None:
                yield found

    def _judge(self, cells: list[str], raw: str) -> Row | BrokenRow | None:
        """Count a row and return it, unless it is empty."""
        self._number += 1
        if not self._width:
            if not cells or cells == [f"sep={self._delimiter}"] or not any(cells):
                return None
            self._width = len(cells)
        elif len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
            return BrokenRow(
                self._number,
                f"The row has {len(cells)} cells, the head has {self._width}.",
                f"Put the cell that contains {self._delimiter!r} in double quotes.",
                raw,
            )
        if not any(cell.strip() for cell in cells):
            return None
        # Spreadsheets leave out empty cells at the end of a row.
        padded = cells[: self._width] + [""] * (self._width - len(cells))
        return Row(self._number, tuple(map(_mend, padded) if self._utf8 else padded))


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
