"""What a row of a file says of a firm.

A row without a name is refused; any other cell that cannot be read costs that cell, not the row.

Files hold many rows, so a reader is made once a file. Per column it keeps what it has read of texts that
come again and again (countries, sizes, specialties), and it writes facts as the JSON that is stored,
without objects in between.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from recruit.sourcing.cells import (
    Cell,
    encode_fact,
    read_bounds,
    read_cell,
    read_people,
    read_phones,
    read_plainly,
)
from recruit.sourcing.contacts import host_of
from recruit.sourcing.countries import country_of_domain, read_place
from recruit.sourcing.labels import PERSON_PARTS, Part, Target
from recruit.sourcing.mapping import ColumnMapping
from recruit.sourcing.readings import RowReading, hash_id, hint_at_country, write_raw
from recruit.sourcing.text import clean, is_blank, shorten
from recruit.sourcing.values import Fact, FieldName, Problem

_LONGEST_ID = 300
_MOST_KEPT = 4096  # readings of one column
# Whose texts are nearly all different: keeping what was read of them would only cost memory.
_UNREPEATED = frozenset(
    {FieldName.NAME, FieldName.WEBSITE, FieldName.STREET, FieldName.EMAIL, FieldName.REGISTRY_ID}
)
_ENDS = {
    FieldName.EMPLOYEES: (Part.EMPLOYEES_LOW, Part.EMPLOYEES_HIGH),
    FieldName.FOUNDED: (Part.FOUNDED_LOW, Part.FOUNDED_HIGH),
}
# The country comes before what needs it, and people are read by themselves.
_IN_ORDER = tuple(f for f in FieldName if f not in {FieldName.COUNTRY, FieldName.PERSON})


class RowReader:
    """Reads the rows of one file."""

    def __init__(
        self, mapping: ColumnMapping, today: date, *, file_name: str = "", with_people: bool = False
    ) -> None:
        """Read by `mapping`; `file_name` stands in problems, people are kept only `with_people`."""
        self._mapping = mapping
        self._today = today
        self._file_name = file_name
        self._with_people = with_people
        self._width = len(mapping.header)
        places: dict[Target, list[int]] = {}
        for number, target in enumerate(mapping.targets):
            if target:
                places.setdefault(target, []).append(number)
        self._places = places
        self._plan = [
            (field, tuple(places.get(field, ())), self._make_read(field))
            for field in _IN_ORDER
            if field in places or (field in _ENDS and set(_ENDS[field]) & set(places))
        ]
        self._countries = tuple(places.get(FieldName.COUNTRY, ()))
        self._read_country = self._make_read(FieldName.COUNTRY)
        self._ids = tuple(places.get(Part.RECORD_ID, ()))
        self._located: dict[str, dict[str, str]] = {}
        self._bounds: dict[tuple[FieldName, str, str], Cell] = {}
        self._has_people = bool(PERSON_PARTS & set(places))

    def read(self, number: int, cells: Sequence[str]) -> RowReading:
        """Read the cells of row `number`, as many as the head has."""
        if len(cells) < self._width:
            cells = [*cells, *[""] * (self._width - len(cells))]
        row = _Row(self, number, cells)
        stated, pieces = row.stated, row.pieces
        for place in self._countries:
            if cells[place]:
                row.take(place, FieldName.COUNTRY, self._read_country(cells[place], None))
        default = self._mapping.default_country
        country: Any = stated.get(FieldName.COUNTRY) or default
        if Part.PLACE in self._places:
            self._take_places(row)
            country = stated.get(FieldName.COUNTRY) or default
        for field, places, read in self._plan:
            for place in places:
                text = cells[place]
                if text:
                    if field is FieldName.PHONE and country is None:
                        country = country_of_domain(host_of(str(stated.get(FieldName.WEBSITE, ""))))
                    cell = read(text, country)
                    # What `take` does, without a call: this runs for every cell of every row.
                    if cell.refusal is None and field not in stated:
                        if cell.json:
                            pieces.append(cell.json)
                            stated[field] = cell.value
                            row.texts[field] = cell.shown
                    else:
                        row.take(place, field, cell)
            if field in _ENDS and field not in stated:
                self._take_ends(row, field)
        if FieldName.NAME not in stated:
            return RowReading(None, "[]", row.refuse_nameless())
        left_out = self._has_people and self._take_people(row)
        if FieldName.COUNTRY not in stated:
            hint = hint_at_country(stated, row.texts, default)
            if hint:
                pieces.append(encode_fact(hint))
        record_id = next((i for place in self._ids if (i := _read_id(cells[place]))), "")
        if len(record_id) > _LONGEST_ID:
            return RowReading(None, "[]", row.refuse_id(self._ids[0], len(record_id)))
        if row.is_repeated:
            pieces = list(dict.fromkeys(pieces))
        if not record_id:
            record_id = hash_id(stated, row.person)
        return RowReading(record_id, f"[{','.join(pieces)}]", tuple(row.problems), left_out)

    def _make_read(self, field: FieldName) -> Callable[[str, str | None], Cell]:
        today = self._today
        if field is FieldName.PHONE:
            return read_phones
        if field in _UNREPEATED:
            return lambda text, _country: read_plainly(field, text, today)
        kept: dict[str, Cell] = {}

        def read(text: str, _country: str | None) -> Cell:
            found = kept.get(text)
            if found is None:
                if len(kept) >= _MOST_KEPT:
                    kept.clear()
                found = read_cell(field, text, today)
                if len(text) <= 200:
                    kept[text] = found
            return found

        return read

    def _take_places(self, row: "_Row") -> None:
        """Read "Berlin, Germany" into the fields that have no text of their own."""
        for place in self._places[Part.PLACE]:
            text = row.cells[place]
            if not text or is_blank(text):
                continue
            located = self._located.get(text)
            if located is None:
                if len(self._located) >= _MOST_KEPT:
                    self._located.clear()
                located = self._located[text] = read_place(text)
            shown = shorten(clean(text), 300)
            for key, value in located.items():
                field = FieldName(key)
                own = self._places.get(field, ())
                if field not in row.stated and not any(
                    row.cells[n] and not is_blank(row.cells[n]) for n in own
                ):
                    fact = Fact(field, shorten(value, 120), shown, "csv", 0.85)
                    row.add(field, str(fact.value), shown, encode_fact(fact))

    def _take_ends(self, row: "_Row", field: FieldName) -> None:
        """Read a field's two columns of its ends."""
        ends: list[tuple[int, str]] = []
        for part in _ENDS[field]:
            number, text = self._text_of(row, part)
            ends.append((number, text))
        (low_at, low), (high_at, high) = ends
        if not low and not high:
            return
        key = (field, low, high)
        cell = self._bounds.get(key)
        if cell is None:
            if len(self._bounds) >= _MOST_KEPT:
                self._bounds.clear()
            cell = self._bounds[key] = read_bounds(field, low, high, self._today)
        row.take(low_at if low else high_at, field, cell)

    def _take_people(self, row: "_Row") -> bool:
        """Add the person that the row names; tell whether one was left out."""
        parts = {part: self._text_of(row, part)[1] for part in PERSON_PARTS}
        fact = read_people(parts)
        if fact is None:
            return False
        if not self._with_people:
            return True
        row.pieces.append(encode_fact(fact))
        row.person = fact.url or str(fact.value)
        return False

    def _text_of(self, row: "_Row", target: Target) -> tuple[int, str]:
        for number in self._places.get(target, ()):
            text = row.cells[number]
            if text and not is_blank(text):
                return number, text
        return -1, ""

    def complain(self, row: "_Row", head: str, reason: str, remedy: str, *, refused: bool) -> None:
        """Note what could not be used of a row."""
        raw = write_raw(row.cells)
        place = self.place_of(row.number)
        row.problems.append(Problem(place, head, reason, remedy, raw, row.number, refused))

    def place_of(self, number: int) -> str:
        """Return what a row is called in the report."""
        return f"{self._file_name}, row {number}" if self._file_name else f"row {number}"

    def head_of(self, number: int) -> str:
        """Return what a column is called."""
        return self._mapping.header[number]

    def name_column(self) -> str:
        """Return what the column of names is called."""
        return self._mapping.header[self._mapping.targets.index(FieldName.NAME)]


class _Row:
    """The cells of one row, and what has been read of them so far."""

    __slots__ = (
        "_reader",
        "cells",
        "is_repeated",
        "number",
        "person",
        "pieces",
        "problems",
        "stated",
        "texts",
    )

    def __init__(self, reader: RowReader, number: int, cells: Sequence[str]) -> None:
        self._reader = reader
        self.number = number
        self.cells = cells
        # Field -> the first value that is stated of it, and the text that it was read from.
        self.stated: dict[FieldName, Any] = {}
        self.texts: dict[FieldName, str] = {}
        self.pieces: list[str] = []
        self.problems: list[Problem] = []
        self.is_repeated = False
        self.person = ""

    def take(self, place: int, field: FieldName, cell: Cell) -> None:
        """Add what a cell states, or why it cannot be read."""
        if cell.refusal is not None:
            reason, remedy = cell.refusal
            head = self._reader.head_of(place)
            self._reader.complain(self, head, reason, remedy, refused=False)
        elif cell.json:
            self.add(field, cell.value, cell.shown, cell.json)

    def add(self, field: FieldName, value: Any, shown: str, piece: str) -> None:
        """Add a fact, or several of one cell."""
        self.pieces.append(piece)
        if field in self.stated:
            self.is_repeated = True
        else:
            self.stated[field] = value
            self.texts[field] = shown

    def refuse_nameless(self) -> tuple[Problem, ...]:
        """Say that the row names no firm, or why its name cannot be read, and nothing else."""
        head = self._reader.name_column()
        why = next(((p.reason, p.remedy) for p in self.problems if p.field == head), None)
        remedy = f"Fill the column {head!r} or remove the row; nothing of it was kept."
        return self._refuse(head, *(why or ("The row names no firm.", remedy)))

    def refuse_id(self, place: int, length: int) -> tuple[Problem, ...]:
        """Say that the row's id is too long to keep."""
        head = self._reader.head_of(place)
        reason = f"The id is {length} characters long."
        return self._refuse(head, reason, f"Shorten it to {_LONGEST_ID}.")

    def _refuse(self, head: str, reason: str, remedy: str) -> tuple[Problem, ...]:
        # What else is wrong with a row that is refused anyway would only hide the reason.
        self.problems.clear()
        self._reader.complain(self, head, reason, remedy, refused=True)
        return tuple(self.problems)


def _read_id(text: str) -> str:
    return "" if not text or is_blank(text) else clean(text)
