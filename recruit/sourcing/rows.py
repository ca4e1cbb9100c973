"""What a row of a file says of a firm.

A row without a name is refused; any other cell that cannot be read costs that cell, not the row.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from recruit.sourcing.countries import read_place
from recruit.sourcing.facts import Origin, Unreadable, infer_country, read_facts
from recruit.sourcing.labels import Part, Target
from recruit.sourcing.mapping import ColumnMapping
from recruit.sourcing.numerals import read_employees, read_founded
from recruit.sourcing.text import clean, fold, is_blank, shorten, storable
from recruit.sourcing.values import Fact, FieldName, Interval, Problem, Sighting

_ORIGIN = Origin("csv", 0.95)
_LONGEST_ID = 300
_LONGEST_RAW = 2000
_ENDS = {
    FieldName.EMPLOYEES: (Part.EMPLOYEES_LOW, Part.EMPLOYEES_HIGH),
    FieldName.FOUNDED: (Part.FOUNDED_LOW, Part.FOUNDED_HIGH),
}
_PLAIN_FIELDS = tuple(f for f in FieldName if f is not FieldName.COUNTRY)


@dataclass(frozen=True)
class RowReading:
    """What became of a row: a sighting unless it was refused, and what could not be read."""

    sighting: Sighting | None
    problems: tuple[Problem, ...]


def read_row(cells: Sequence[str], mapping: ColumnMapping, place: str, today: date) -> RowReading:
    """Read one row; `place` ("row 17") names it in problems."""
    row = _Row(cells, mapping, place, today)
    # The country comes first: a phone number without prefix needs it.
    row.read(FieldName.COUNTRY)
    row.read_places()
    for name in _PLAIN_FIELDS:
        row.read(name)
    if not row.states(FieldName.NAME):
        row.refuse_nameless()
        return RowReading(None, tuple(row.problems))
    row.assume_country()
    facts = tuple(dict.fromkeys(row.facts))
    record_id = clean(row.text(Part.RECORD_ID))
    if len(record_id) > _LONGEST_ID:
        length = f"The id is {len(record_id)} characters long."
        row.complain(Part.RECORD_ID.value, length, f"Shorten it to {_LONGEST_ID}.")
        return RowReading(None, tuple(row.problems))
    return RowReading(Sighting(record_id or hash_id(facts), None, facts), tuple(row.problems))


def hash_id(facts: Sequence[Fact]) -> str:
    """Return a record id that depends on name and website alone (without a website: on name and place)."""
    first = {f.field: str(f.value) for f in reversed(facts) if not f.inferred}
    parts = [fold(first[FieldName.NAME]), first.get(FieldName.WEBSITE, "")]
    if not parts[1]:
        where = (FieldName.STREET, FieldName.POSTCODE, FieldName.CITY, FieldName.COUNTRY)
        parts += [fold(first.get(name, "")) for name in where]
    return "h-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@dataclass
class _Row:
    """The cells of one row by what they mean, and what has been read of them so far."""

    cells: Sequence[str]
    mapping: ColumnMapping
    place: str
    today: date
    facts: list[Fact] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    # target -> (head of the column, text) of every cell that says something
    _texts: dict[Target, list[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cell, head, target in zip(
            self.cells, self.mapping.header, self.mapping.targets, strict=False
        ):
            if target and not is_blank(cell):
                self._texts.setdefault(target, []).append((head, cell))

    def text(self, target: Target) -> str:
        return next((text for _, text in self._texts.get(target, ())), "")

    def states(self, name: FieldName) -> bool:
        return any(fact.field is name for fact in self.facts)

    def complain(self, head: str, reason: str, remedy: str) -> None:
        raw = shorten(storable(" | ".join(self.cells)), _LONGEST_RAW)
        self.problems.append(Problem(self.place, head, reason, remedy, raw))

    def read(self, name: FieldName) -> None:
        """Read a field's own columns, else the two columns of its ends."""
        country = self._country()
        for head, text in self._texts.get(name, ()):
            try:
                self.facts += read_facts(name, text, _ORIGIN, today=self.today, country=country)
            except Unreadable as refusal:
                self.complain(head, refusal.reason, refusal.remedy)
        if name in _ENDS and not self.states(name):
            self._read_ends(name)

    def read_places(self) -> None:
        """Read "Berlin, Germany" into the fields that have no text of their own."""
        for _, text in self._texts.get(Part.PLACE, ()):
            for key, value in read_place(text).items():
                name = FieldName(key)
                if name not in self._texts and not self.states(name):
                    shown = shorten(clean(text), 300)
                    self.facts.append(Fact(name, shorten(value, 120), shown, _ORIGIN.method, 0.85))

    def refuse_nameless(self) -> None:
        head = self.mapping.header[self.mapping.targets.index(FieldName.NAME)]
        # What else is wrong with a row that is refused anyway would only hide the reason.
        self.problems = [problem for problem in self.problems if problem.field == head]
        if not self.problems:
            remedy = f"Fill the column {head!r} or remove the row; nothing of it was kept."
            self.complain(head, "The row names no firm.", remedy)

    def assume_country(self) -> None:
        """Add the country that the facts hint at, else the one that the mapping assumes."""
        hint = infer_country(self.facts)
        default = self.mapping.default_country
        if hint:
            self.facts.append(hint)
        elif default and not self.states(FieldName.COUNTRY):
            self.facts.append(
                Fact(FieldName.COUNTRY, default, "default_country", "csv", 0.6, inferred=True)
            )

    def _country(self) -> str | None:
        stated = (str(f.value) for f in self.facts if f.field is FieldName.COUNTRY)
        return next(stated, self.mapping.default_country)

    def _read_ends(self, name: FieldName) -> None:
        texts = [self.text(part) for part in _ENDS[name]]
        if not any(texts):
            return
        heads = [head for part in _ENDS[name] for head, _ in self._texts.get(part, ())]
        numbers: list[int | None] = []
        for text in texts:
            read = (
                read_employees(text)
                if name is FieldName.EMPLOYEES
                else read_founded(text, self.today)
            )
            if text and (read is None or read.low is None):
                reason, remedy = f"{text!r} is not a number.", "Write digits, or leave it empty."
                self.complain(heads[0], reason, remedy)
                return
            numbers.append(read.low if read else None)
        low, high = numbers
        shown = clean(f"{texts[0]}–{texts[1]}")
        if low is not None and high is not None and low > high:
            self.complain(heads[0], f"{shown} runs backwards.", "Swap the two cells.")
            return
        value = Interval(low, high)
        self.facts.append(Fact(name, value, shown, _ORIGIN.method, _ORIGIN.confidence))
