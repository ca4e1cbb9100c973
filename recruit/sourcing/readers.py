"""Opens a file of firms, whatever its kind, as a head and a stream of rows in bounded memory.

A file is known by its first bytes, then by its suffix. A .gz or .zip around it is taken off.
"""

import csv
import gzip
import lzma
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Any, BinaryIO, cast

from recruit.sourcing.delimited import BrokenRow, Row, read_delimited
from recruit.sourcing.records import NoObjects, read_objects
from recruit.sourcing.sheets import read_parquet, read_sheet
from recruit.sourcing.text import clean, fold, shorten

KINDS = ".csv, .tsv, .xlsx, .jsonl, .json or .parquet, also as .gz or .zip"
_TEXT = frozenset({".csv", ".tsv", ".tab", ".txt", ".psv", ".dat"})
_OBJECTS = frozenset({".jsonl", ".ndjson", ".json"})
_BOOKS = frozenset({".xlsx", ".xlsm"})
_LARGEST_UNPACKED = (
    2 * 1024**3
)  # bytes that need to be on the disk at once; more is a mistake or an attack
_LARGEST_STREAM = 64 * 1024**3  # bytes of a compressed file that is read as it unpacks
_IN_MEMORY = 4 * 1024**2  # bytes of an unpacked file, beyond which it goes to the disk
_MOST_COLUMNS = 2000


class UnusableFile(ValueError):
    """A file cannot be imported at all; the message says why and what to do."""


@dataclass(frozen=True)
class Table:
    """A file's head and its rows; `share` tells how much of the file has been read, 0 to 1.

    `sheets` names the sheets of a workbook, the one that is read first.
    """

    header: tuple[str, ...]
    rows: Iterator[Row | BrokenRow]
    share: Callable[[], float]
    sheets: tuple[str, ...] = ()


@contextmanager
def open_table(
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    kind_of: str | None = None,
) -> Iterator[Table]:
    """Open a file; `kind_of` is its name where `path` is not what people call it. Raises `UnusableFile`.

    `sheet` names a sheet of a workbook, or a file within a .zip. A file that breaks in its middle raises
    `UnusableFile` from its rows.
    """
    name = shorten(clean(PurePath(kind_of or path.name).name), 100)
    try:
        # A name with a NUL is no file's.
        is_file = path.is_file()
    except ValueError:
        is_file = False
    if not is_file:
        raise UnusableFile(
            f"There is no file {path}. Give the path of a {KINDS} file.".replace("\0", "?")
        )
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise UnusableFile(f"{name} cannot be read ({error.strerror}).") from error
        size = path.stat().st_size or 1

        def share() -> float:
            return 1.0 if raw.closed else min(1.0, raw.tell() / size)

        opened = _Opened(raw, name, sheet, share)
        try:
            while opened.take_wrapping_off(stack):
                pass
            table = opened.read(stack, delimiter, encoding)
        except UnusableFile:
            raise
        except _BROKEN as error:
            raise _broken(name, error) from error
        yield Table(table.header, _guard(table.rows, name), table.share, table.sheets)


# What a damaged or encrypted archive, or text in another encoding than was said, provokes.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, KeyError,
    OverflowError, RuntimeError, csv.Error,
)  # fmt: skip


def _broken(name: str, error: Exception) -> UnusableFile:
    said = shorten(clean(str(error)), 200).rstrip(".") or type(error).__name__
    return UnusableFile(f"{name} is damaged or cannot be read ({said}). Save it anew.")


def _guard(rows: Iterator[Row | BrokenRow], name: str) -> Iterator[Row | BrokenRow]:
    try:
        yield from rows
    except UnusableFile:
        raise
    except _BROKEN as error:
        raise _broken(name, error) from error


class _Opened:
    """A file from which wrappings are taken off until its rows show."""

    def __init__(
        self, file: IO[bytes], name: str, sheet: str | None, share: Callable[[], float]
    ) -> None:
        self._file = file
        self._name = name
        self._sheet = sheet
        self._share = share
        self._kind = PurePath(name).suffix.lower()
        self._wrapped = False

    def take_wrapping_off(self, stack: ExitStack) -> bool:
        """Take off a .gz or .zip; tell whether there was one."""
        begin = self._peek(4)
        if begin[:2] == b"\x1f\x8b":
            packed = stack.enter_context(gzip.GzipFile(fileobj=self._file))
            self._unwrap(cast("IO[bytes]", packed), ".gz")
            return True
        if begin == b"PK\x03\x04" and not _is_workbook(self._file):
            if self._wrapped:
                raise UnusableFile(f"{self._name} is an archive within an archive. Unpack it.")
            self._unzip(stack)
            return True
        return False

    def _peek(self, count: int) -> bytes:
        self._file.seek(0)
        begin = self._file.read(count)
        self._file.seek(0)
        return begin

    def _unwrap(self, inner: IO[bytes], suffix: str) -> None:
        if self._wrapped:
            raise UnusableFile(f"{self._name} is an archive within an archive. Unpack it.")
        self._wrapped = True
        self._file = cast("IO[bytes]", _Limited(inner, self._name))
        self._kind = PurePath(self._name.lower().removesuffix(suffix)).suffix

    def _unzip(self, stack: ExitStack) -> None:
        archive = stack.enter_context(zipfile.ZipFile(self._file))
        members = [m for m in archive.infolist() if _is_data(m.filename) and not m.is_dir()]
        wanted = [m for m in members if m.filename == self._sheet] or members
        names = ", ".join(shorten(m.filename, 60) for m in members[:10])
        if not wanted:
            raise UnusableFile(f"{self._name} has no file in it that can be imported: {KINDS}.")
        if len(wanted) > 1:
            raise UnusableFile(
                f"{self._name} has several files in it: {names}. Name one of them as the sheet."
            )
        (member,) = wanted
        self._sheet = None if self._sheet == member.filename else self._sheet
        self._unwrap(stack.enter_context(archive.open(member)), "")
        self._kind = PurePath(member.filename).suffix.lower()

    def read(self, stack: ExitStack, delimiter: str | None, encoding: str | None) -> Table:
        """Return the head and the rows of what is left."""
        begin = self._peek(8)
        if begin[:4] == b"PK\x03\x04" or self._kind in _BOOKS:
            in_sheet, share, sheets = read_sheet(self._on_disk(stack), self._sheet, stack)
            return self._with_head(in_sheet, share, sheets)
        if begin[:4] == b"PAR1" or self._kind == ".parquet":
            header, in_parquet, share = read_parquet(self._on_disk(stack))
            return Table(_name_columns(header), in_parquet, share)
        if begin == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" or self._kind == ".xls":
            raise UnusableFile(f"{self._name} is in Excel's old format. Save it as .xlsx.")
        if self._kind in _OBJECTS:
            try:
                found, rows = read_objects(cast("BinaryIO", self._file))
            except NoObjects as error:
                raise UnusableFile(f"{self._name} {error}") from error
            return Table(_name_columns(found), rows, self._share)
        if self._kind not in _TEXT:
            raise UnusableFile(
                f"{self._name}: files of the kind {self._kind or '(no suffix)'} cannot be imported. "
                f"Save it as {KINDS}."
            )
        delimiter = delimiter or ("\t" if self._kind in {".tsv", ".tab"} else None)
        try:
            rows = read_delimited(
                cast("BinaryIO", self._file), delimiter=delimiter, encoding=encoding
            )
            return self._with_head(rows, self._share)
        except LookupError as error:
            raise UnusableFile(f"{self._name}: the encoding {encoding!r} is unknown.") from error

    def _with_head(
        self,
        rows: Iterator[Row] | Iterator[Row | BrokenRow],
        share: Callable[[], float],
        sheets: tuple[str, ...] = (),
    ) -> Table:
        first = next(rows, None)
        if first is None:
            raise UnusableFile(f"{self._name} is empty. Its first row has to name the columns.")
        if isinstance(first, BrokenRow):
            raise UnusableFile(f"{self._name}, row {first.number}: {first.reason} {first.remedy}")
        if not any(map(clean, first.cells)):
            raise UnusableFile(
                f"{self._name}: its first row has to name the columns, and holds no text. Look whether the "
                "file is what it is called."
            )
        if len(first.cells) > _MOST_COLUMNS:
            raise UnusableFile(
                f"{self._name} has {len(first.cells)} columns; at most {_MOST_COLUMNS} can be read. "
                "Look whether its delimiter is the right one."
            )
        return Table(_name_columns(first.cells), rows, share, sheets)

    def _on_disk(self, stack: ExitStack) -> IO[bytes]:
        """Return the file itself where it was not wrapped, else a copy that can be read in any order."""
        if not self._wrapped:
            return self._file
        copy = stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  (closed by the stack)
        shutil.copyfileobj(_Limited(self._file, self._name, _LARGEST_UNPACKED), copy, 1024 * 1024)
        copy.seek(0)
        return cast("IO[bytes]", copy)


class _Limited:
    """A stream that refuses to unpack for ever."""

    def __init__(self, inner: Any, name: str, most: int = _LARGEST_STREAM) -> None:
        self._inner = inner
        self._name = name
        self._most = most

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._inner.read(size)
        if self._inner.tell() > self._most:
            raise UnusableFile(
                f"{self._name} unpacks to more than {self._most // 1024**3} GiB. Split it."
            )
        return data

    def read1(self, size: int = -1) -> bytes:
        return self.read(size if size >= 0 else 64 * 1024)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _is_workbook(file: IO[bytes]) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return "[Content_Types].xml" in archive.namelist()
    finally:
        file.seek(0)


def _is_data(name: str) -> bool:
    path = PurePath(name)
    hidden = name.startswith("__MACOSX/") or path.name.startswith(".")
    return not hidden and path.suffix.lower() in _TEXT | _OBJECTS | _BOOKS | {".parquet"}


def _name_columns(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name of its own for each column: empty and repeated heads get a number."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        head = shorten(clean(cell), 200) or f"column {number}"
        name, again = head, 1
        while (fold(name) or name) in taken:
            again += 1
            name = f"{head} ({again})"
        taken.add(fold(name) or name)
        names.append(name)
    return tuple(names)
