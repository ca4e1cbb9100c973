"""A CSV file of firms: which column is which of our fields, and what each cell says. Pure."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from recruit.crm.values import OUR_FIELDS, FieldRule, Value, canonical

ID = "external_id"
MOST_BYTES = 20 * 1024**2
_EXTERNAL_ID = re.compile(r"RC-[0-9]{8,18}")
# A spreadsheet would run these as a formula; a phone number is none.
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_PHONE = re.compile(r"^\+[\d ()/.-]+$")
_YES, _NO = {"true", "yes", "1", "x"}, {"false", "no", "0"}


class FileRefused(ValueError):
    """A file can't be read as a whole; the message says why and what to do."""


def to_cell(value: Value) -> object:
    """Return a value as a cell; one that a spreadsheet would run as a formula is turned into text."""
    if isinstance(value, str) and _FORMULA.match(value) and not _PHONE.match(value):
        return f"'{value}"
    return "" if value is None else value


def read_sheet(
    content: bytes, rules: Iterable[FieldRule]
) -> tuple[dict[int, str], Iterator[tuple[int, list[str]]]]:
    """Return which column is which of our fields, and the lines with their numbers; raises `FileRefused`."""
    if len(content) > MOST_BYTES:
        raise FileRefused(
            f"The file has more than {MOST_BYTES // 1024**2} MB. Split it into several."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"The file is not UTF-8 (byte {error.start}). Save it as “CSV UTF-8”."
        ) from error
    if "\x00" in text:
        raise FileRefused("The file holds zero bytes: it is no CSV. Save it as “CSV UTF-8”.")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(reader, [])]
    by_name = {ID: ID}
    for rule in rules:
        by_name |= {rule.theirs.casefold(): rule.ours}
    for rule in rules:
        by_name |= {rule.ours.casefold(): rule.ours}
    names = {
        at: by_name[name.casefold()] for at, name in enumerate(header) if name.casefold() in by_name
    }
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise FileRefused(f"Two columns are {twice[0]}. Leave one of them out.")
    if not names.keys() or not ({ID, "domain", "name"} & set(names.values())):
        raise FileRefused(
            "The first line names no column that we know. It needs external_id (or name and domain), "
            f"and any of {', '.join(sorted(set(by_name.values()) - {ID}))}."
        )
    return names, _lines(reader)


def _lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused(f"Line {reader.line_num} is no CSV: {error}.") from error  # type: ignore[attr-defined]
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells  # type: ignore[attr-defined]


def read_values(
    names: Mapping[int, str], cells: list[str], seen: dict[str, int], number: int
) -> dict[str, Value]:
    """Return what one line says, by our names; raises ValueError in words. `seen` are the ids before it."""
    values: dict[str, Value] = {}
    for at, name in names.items():
        cell = cells[at].strip() if at < len(cells) else ""
        # An apostrophe that we put before a formula, or that a spreadsheet keeps before text.
        if cell.startswith("'") and _FORMULA.match(cell[1:]):
            cell = cell[1:]
        values[name] = _typed(name, cell)
    external_id = values.get(ID)
    if external_id is None:
        values.pop(ID, None)
        return values
    if not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id):
        raise ValueError(f"{external_id!r} is none of our ids; they look like RC-00000042.")
    if external_id in seen:
        raise ValueError(f"{external_id} stands in line {seen[external_id]} already.")
    seen[external_id] = number
    return values


def _typed(name: str, cell: str) -> Value:
    """Return a cell as the field's type; one that is none is an error in words."""
    if not cell or name == ID:
        return cell or None
    if len(cell) > 10_000:
        raise ValueError(f"{name} has more than 10,000 characters.")
    if OUR_FIELDS["company"].get(name) == "number" or name == "open_opportunities":
        try:
            return canonical(float(cell.replace(",", ".")))
        except (ValueError, OverflowError):
            raise ValueError(f"{name}: {cell[:40]!r} is no number.") from None
    if name.startswith("is_"):
        if cell.casefold() in _YES | _NO:
            return cell.casefold() in _YES
        raise ValueError(f"{name}: {cell[:40]!r} is neither yes nor no.")
    return canonical(cell)
