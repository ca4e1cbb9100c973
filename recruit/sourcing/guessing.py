"""Guesses which column of a file is which field: by what it is called, then by what stands in it.

A person sees the guess with examples and how sure it is, and corrects it before anything is stored.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from recruit.sourcing.contacts import read_email, read_website, social_network
from recruit.sourcing.countries import read_country
from recruit.sourcing.labels import TARGETS, Part, Target, guess_label
from recruit.sourcing.mapping import MappingSpec
from recruit.sourcing.numerals import read_employees, read_founded
from recruit.sourcing.phones import read_local_phone, read_phone
from recruit.sourcing.presets import Preset
from recruit.sourcing.text import clean, is_blank, shorten
from recruit.sourcing.values import MANY_VALUED, FieldName

SAMPLE_ROWS = 200
_EXAMPLES = 3
_FEW = 5  # values, below which what stands in a column says little
_KNOWN_WORD, _CONTAINED_WORD, _BY_VALUES = 0.97, 0.75, 0.7
_LEGAL_FORM = re.compile(
    r"\b(?:gmbh|ag|kg|ug|ltd|limited|llc|llp|inc|corp|plc|s\.?a\.?s?|sarl|s\.?r\.?l\.?|spa|b\.?v\.?|n\.?v\.?"
    r"|oyj?|ab|a/?s|aps|sp\. z o\.o\.|s\.?l\.?|pty|pvt|k\.?k\.?|co)\.?$",
    re.IGNORECASE,
)
_WITH_SCHEME = re.compile(
    r"(?:https?://|www\.)|^[a-z0-9.-]+\.(?:com|org|net|io|de|fr|es|nl|eu|uk|at|ch)/?$"
)


@dataclass(frozen=True)
class ColumnGuess:
    """What a column probably is: None where nothing is read from it. `confidence` is in [0, 1]."""

    head: str
    target: Target | None
    confidence: float
    examples: tuple[str, ...]
    because: str


@dataclass(frozen=True)
class Guess:
    """The guess of a whole file; `preset` is the kind of export that it was taken for."""

    columns: tuple[ColumnGuess, ...]
    preset: Preset | None = None
    is_remembered: bool = False

    @property
    def names_firms(self) -> bool:
        """Tell whether a column holds the firm's name, without which nothing can be imported."""
        return any(column.target is FieldName.NAME for column in self.columns)

    @property
    def names_people(self) -> bool:
        """Tell whether columns name people."""
        return any(
            column.target in {Part.PERSON_NAME, Part.PERSON_FIRST, Part.PERSON_LAST}
            for column in self.columns
        )

    def mapping(self, options: MappingSpec | None = None) -> MappingSpec:
        """Return the guess as a mapping that leaves nothing open, with the other options of a mapping."""
        columns: dict[str, tuple[str, ...]] = {}
        for column in self.columns:
            if column.target:
                key = column.target.value
                columns[key] = (*columns.get(key, ()), column.head)
        ignored = tuple(c.head for c in self.columns if not c.target)
        base = options or MappingSpec({})
        return MappingSpec(
            columns,
            ignored,
            base.default_country or (self.preset.default_country if self.preset else None),
            base.delimiter,
            base.encoding,
            base.sheet,
            base.source,
        )


def guess_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    today: date,
    *,
    preset: Preset | None = None,
) -> Guess:
    """Guess from the head and a sample of rows; a `preset` decides where it knows the columns."""
    values = [_values_of(rows, number) for number in range(len(header))]
    if preset is not None:
        return Guess(describe(header, rows, preset.mapping_for(header), preset.title), preset)
    claims: dict[Target, list[tuple[float, int, str]]] = {}
    for number, head in enumerate(header):
        guess = _guess_column(head, values[number], today)
        if guess:
            target, confidence, because = guess
            claims.setdefault(target, []).append((-confidence, number, because))
    targets: dict[int, tuple[Target, float, str]] = {}
    for target, claimants in claims.items():
        most = None if target in MANY_VALUED else 1
        for confidence, number, because in sorted(claimants)[:most]:
            targets[number] = (target, -confidence, because)
    if not any(target is FieldName.NAME for target, _, _ in targets.values()):
        _guess_name(values, targets)
    return Guess(
        tuple(
            ColumnGuess(
                head,
                *_split(targets.get(number)),
                _examples(values[number]),
                _why(targets.get(number)),
            )
            for number, head in enumerate(header)
        )
    )


def describe(
    header: Sequence[str], rows: Sequence[Sequence[str]], mapping: MappingSpec, origin: str
) -> tuple[ColumnGuess, ...]:
    """Return the columns as a known mapping has them; `origin` says where it comes from."""
    targets = {head: TARGETS[key] for key, heads in mapping.columns.items() for head in heads}
    return tuple(
        ColumnGuess(head, targets.get(head), 1.0, _examples(_values_of(rows, number)), origin)
        for number, head in enumerate(header)
    )


def _split(found: tuple[Target, float, str] | None) -> tuple[Target | None, float]:
    return (found[0], round(found[1], 2)) if found else (None, 0.0)


def _why(found: tuple[Target, float, str] | None) -> str:
    return found[2] if found else "Nothing known is called so, or looks so."


def _values_of(rows: Sequence[Sequence[str]], number: int) -> list[str]:
    return [row[number] for row in rows if number < len(row) and not is_blank(row[number])]


def _examples(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shorten(clean(value), 80) for value in values))[:_EXAMPLES]


def _guess_column(
    head: str, values: Sequence[str], today: date
) -> tuple[Target, float, str] | None:
    guess = guess_label(head)
    if guess is None:
        return _guess_by_values(values)
    target, rank = guess
    sure = _CONTAINED_WORD if rank >= 100 else _KNOWN_WORD - min(rank, 40) / 400
    because = f"“{shorten(head, 60)}” is what such a column is called."
    if target in {FieldName.WEBSITE, FieldName.SOCIAL, Part.PERSON_URL} and values:
        pages = [value for value in map(read_website, values) if value]
        people = sum("linkedin.com/in/" in page or "linkedin.com/sales/" in page for page in pages)
        social = sum(social_network(page) is not None for page in pages)
        if people * 2 > len(values):
            return Part.PERSON_URL, sure, "Its values are pages of people."
        if social * 2 > len(values):
            return FieldName.SOCIAL, sure, "Its values are pages in social networks."
    read = _READS.get(target)
    if read is None or len(values) < _FEW:
        return target, sure, because
    share = sum(bool(read(value, today)) for value in values) / len(values)
    # A head that can hardly mean anything else is believed, and its bad cells are told of.
    if share < 0.2 and rank > 1:
        return _guess_by_values(values)
    return target, sure * (0.5 + share / 2), f"{because} {share:.0%} of its values can be read."


def _guess_by_values(values: Sequence[str]) -> tuple[Target, float, str] | None:
    if len(values) < _FEW:
        return None
    for target, tells, what in _TELLING:
        share = sum(map(tells, values)) / len(values)
        if share >= 0.9:
            return target, share * _BY_VALUES, f"Its values are {what}."
    return None


def _guess_name(
    values: Sequence[Sequence[str]], targets: dict[int, tuple[Target, float, str]]
) -> None:
    """Take the column in which most values end like a firm's name for the name."""
    shares = [
        (sum(bool(_LEGAL_FORM.search(clean(v))) for v in column) / len(column), -number)
        for number, column in enumerate(values)
        if number not in targets and len(column) >= _FEW
    ]
    share, number = max(shares, default=(0.0, 0))
    if share >= 0.3:
        words = f"{share:.0%} of its values end in a legal form."
        targets[-number] = (FieldName.NAME, 0.4 + share / 3, words)


def _reads_phone(text: str, _today: date) -> bool:
    return bool(read_phone(text, "US") or read_local_phone(text))


_READS: dict[Target, Callable[[str, date], object]] = {
    FieldName.COUNTRY: lambda text, _: read_country(text),
    FieldName.WEBSITE: lambda text, _: read_website(text),
    FieldName.EMAIL: lambda text, _: read_email(text.partition(";")[0].partition(",")[0]),
    FieldName.PHONE: _reads_phone,
    FieldName.EMPLOYEES: lambda text, _: read_employees(text),
    FieldName.FOUNDED: read_founded,
    FieldName.NAME: lambda text, _: any(map(str.isalpha, text)),
}


def _is_social(text: str) -> bool:
    page = read_website(text)
    return page is not None and social_network(page) is not None


_TELLING: tuple[tuple[Target, Callable[[str], bool], str], ...] = (
    (
        FieldName.EMAIL,
        lambda text: "@" in text and read_email(text) is not None,
        "e-mail addresses",
    ),
    (FieldName.SOCIAL, _is_social, "pages in social networks"),
    (
        FieldName.WEBSITE,
        lambda text: bool(_WITH_SCHEME.search(text.lower())) and read_website(text) is not None,
        "web addresses",
    ),
    (
        FieldName.PHONE,
        lambda text: text.strip()[:1] == "+" and _reads_phone(text, date.min),
        "phone numbers",
    ),
    (FieldName.COUNTRY, lambda text: len(text) > 1 and read_country(text) is not None, "countries"),
)
