"""Which column of a file is which field: guessed from the heads of the columns, corrected by a mapping file.

What the rows then say is read by `recruit.sourcing.rows`.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from recruit.sourcing.countries import read_country
from recruit.sourcing.labels import TARGETS, Target, guess_label
from recruit.sourcing.text import fold
from recruit.sourcing.values import MANY_VALUED, FieldName

MAPPING_KEYS = (
    "columns", "ignore", "default_country", "delimiter", "encoding", "sheet", "source",
)  # fmt: skip
SOURCE_KEYS = ("title", "trust", "licence_note", "lawful_basis", "complete")


class MappingError(ValueError):
    """A mapping, or the head of a file, cannot be used; the message says what to change."""


@dataclass(frozen=True)
class ColumnMapping:
    """What each column of one file is; `targets` stands in the order of `header`."""

    header: tuple[str, ...]
    targets: tuple[Target | None, ...]
    default_country: str | None = None

    @property
    def used(self) -> dict[str, str]:
        """Return column -> target of the columns that are read."""
        return {h: t.value for h, t in zip(self.header, self.targets, strict=True) if t}

    @property
    def unused(self) -> tuple[str, ...]:
        """Return the columns that nothing is read from."""
        return tuple(h for h, t in zip(self.header, self.targets, strict=True) if not t and h)


def map_columns(
    header: Sequence[str],
    *,
    given: Mapping[str, Sequence[str]] | None = None,
    ignored: Iterable[str] = (),
    default_country: str | None = None,
) -> ColumnMapping:
    """Return the mapping of a file with this header.

    `given` (target -> columns) is taken as it stands; the targets that it leaves open are guessed.
    Raises `MappingError` when a given column is not there, or no column holds the name.
    """
    targets: list[Target | None] = [None] * len(header)
    places = {fold(h) or h: number for number, h in reversed(list(enumerate(header)))}
    skipped = {fold(name) for name in ignored}
    for key, columns in (given or {}).items():
        for column in columns:
            targets[_find_column(column, places, header)] = TARGETS[key]
    claims: dict[Target, list[tuple[int, int]]] = {}
    for number, head in enumerate(header):
        guess = guess_label(head)
        if guess and targets[number] is None and fold(head) not in skipped:
            claims.setdefault(guess[0], []).append((guess[1], number))
    for target, claimants in claims.items():
        if target in targets:
            continue
        for _, number in sorted(claimants)[: None if target in MANY_VALUED else 1]:
            targets[number] = target
    if FieldName.NAME not in targets:
        heads = ", ".join(repr(h) for h in header[:20]) or "none"
        raise MappingError(
            f"No column holds the firm's name; the columns are {heads}. Rename one to 'name', or give a "
            'mapping file with [columns] name = "…".'
        )
    return ColumnMapping(tuple(header), tuple(targets), default_country)


def _find_column(column: str, places: Mapping[str, int], header: Sequence[str]) -> int:
    number = places.get(fold(column) or column)
    if number is None:
        near = get_close_matches(column, header, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise MappingError(
            f"The mapping names the column {column!r}, which the file does not have.{hint} "
            f"It has: {', '.join(header)}."
        )
    return number


@dataclass(frozen=True)
class MappingSpec:
    """A mapping file: which columns are which, and how the file is written. Empty means "find out"."""

    columns: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...] = ()
    default_country: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    # What is known of the source as a whole: title, trust, licence_note, lawful_basis, complete.
    source: Mapping[str, Any] = field(default_factory=dict)

    def to_definition(self) -> dict[str, Any]:
        """Return plain data that `parse_mapping` reads back."""
        options = {
            "ignore": list(self.ignored),
            "default_country": self.default_country,
            "delimiter": self.delimiter,
            "encoding": self.encoding,
            "sheet": self.sheet,
        }
        columns = {key: list(columns) for key, columns in self.columns.items()}
        return {"columns": columns} | {k: v for k, v in options.items() if v}


def parse_mapping(data: Mapping[str, Any], file: str) -> MappingSpec:
    """Read a mapping from the data of its TOML file; raises `MappingError` naming file, key and remedy."""
    for key in data:
        if key not in MAPPING_KEYS:
            raise MappingError(
                f"{file}: {key}: this key is unknown. Known: {', '.join(MAPPING_KEYS)}."
            )
    columns: dict[str, tuple[str, ...]] = {}
    for key, value in _table(data, "columns", file).items():
        if key not in TARGETS:
            near = get_close_matches(key, TARGETS, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(TARGETS)}."
            raise MappingError(f"{file}: columns.{key}: there is no such field.{hint}")
        columns[key] = _texts(value, f"{file}: columns.{key}")
    options = {k: data.get(k) for k in ("default_country", "delimiter", "encoding", "sheet")}
    for key, option in options.items():
        if option is not None and not isinstance(option, str):
            raise MappingError(f"{file}: {key}: {option!r} is not a text. Write it in quotes.")
    country = options["default_country"]
    if country is not None and read_country(country) is None:
        raise MappingError(
            f"{file}: default_country: {country!r} is no country. Write DE or Germany."
        )
    delimiter = options["delimiter"]
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '\r\n"'):
        raise MappingError(f'{file}: delimiter: give exactly one character, such as ";".')
    options["default_country"] = read_country(country) if country else None
    return MappingSpec(
        columns,
        _texts(data.get("ignore", []), f"{file}: ignore"),
        **options,
        source=_source(data, file),
    )


def _source(data: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    source = _table(data, "source", file)
    for key, value in source.items():
        if key not in SOURCE_KEYS:
            raise MappingError(
                f"{file}: source.{key}: this key is unknown. Known: {', '.join(SOURCE_KEYS)}."
            )
        if key == "trust":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise MappingError(f"{file}: source.trust: {value!r} is not between 0 and 1.")
        elif key == "complete":
            if not isinstance(value, bool):
                raise MappingError(f"{file}: source.complete: write true or false, without quotes.")
        elif not isinstance(value, str):
            raise MappingError(
                f"{file}: source.{key}: {value!r} is not a text. Write it in quotes."
            )
    return source


def load_mapping(path: Path) -> MappingSpec:
    """Read a mapping file. Raises `MappingError`."""
    try:
        return parse_mapping(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise MappingError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: is not TOML: {error}. Mend that line.") from error


class _Described(Protocol):
    """A column of which it is known how sure its target is, with examples."""

    @property
    def head(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def examples(self) -> tuple[str, ...]: ...


def write_mapping(spec: MappingSpec, columns: Sequence[_Described] = ()) -> str:
    """Return a mapping as a TOML file to edit; examples of `columns` stand beside them as comments."""
    known = {column.head: column for column in columns}
    lines = [
        "# Which column is which field. Correct it, then: recruit import FILE --mapping THIS.toml"
    ]
    for key in ("default_country", "delimiter", "encoding", "sheet"):
        value = getattr(spec, key)
        lines.append(f"{key} = {_quote(value)}" if value else f'# {key} = ""')
    lines.append(f"ignore = [{', '.join(map(_quote, spec.ignored))}]")
    lines += ["", "[columns]"]
    for key, heads in spec.columns.items():
        value = _quote(heads[0]) if len(heads) == 1 else f"[{', '.join(map(_quote, heads))}]"
        said = [known[head] for head in heads if head in known]
        note = "; ".join(
            f"{column.confidence:.0%} sure, such as {' · '.join(column.examples[:2])}"
            for column in said
        )
        lines.append(f"{key} = {value}" + (f"  # {_UNWRITABLE.sub(' ', note)}" if note else ""))
    free = ", ".join(key for key in TARGETS if key not in spec.columns)
    lines += ["", f"# Further fields: {free}", "", "# [source]", *_SOURCE_EXAMPLE]
    return "\n".join(lines) + "\n"


_UNWRITABLE = re.compile("[\x00-\x1f\x7f]")
_SOURCE_EXAMPLE = (
    '# title = "Members of the association"',
    "# trust = 0.8",
    '# licence_note = "What may be done with the list"',
    '# lawful_basis = "Legitimate interest: …"   # without one no person is named',
    "# complete = true                           # a firm that is missing next time has vanished",
)


def _quote(text: str) -> str:
    # Python's JSON escapes are those of TOML, except for what lies outside the first plane.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _table(data: Mapping[str, Any], key: str, file: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, Mapping):
        raise MappingError(
            f'{file}: {key}: that is not a table. Write [{key}] and below it name = "Column".'
        )
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise MappingError(f"{where}: write the name of a column in quotes, or a list of them.")
    return tuple(values)
