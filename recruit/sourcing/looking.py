"""Looks into a file before anything is stored: its columns, what they probably are, some examples."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from recruit.db.transaction import Transaction
from recruit.sourcing import store
from recruit.sourcing.delimited import Row
from recruit.sourcing.guessing import SAMPLE_ROWS, Guess, describe, guess_columns
from recruit.sourcing.importing import OpenTx, apply_mapping
from recruit.sourcing.mapping import ColumnMapping, MappingError, MappingSpec, parse_mapping
from recruit.sourcing.presets import find_preset
from recruit.sourcing.readers import open_table
from recruit.sourcing.text import fold


@dataclass(frozen=True)
class Looked:
    """What a first look into a file gives: its columns as guessed, and the mapping that follows."""

    header: tuple[str, ...]
    guess: Guess
    mapping: MappingSpec
    sheets: tuple[str, ...] = ()


def look_into(
    open_tx: OpenTx,
    *,
    path: Path,
    source_name: str = "",
    options: MappingSpec | None = None,
    preset: str | None = None,
    file_name: str | None = None,
) -> Looked:
    """Look into a file without storing anything.

    What `options` names is taken as it stands; the rest comes from the source's memory of such files,
    else from the preset that is named or that the columns betray, else from names and values. Raises
    `UnusableFile`, `MappingError`.
    """
    spec = options or MappingSpec({})
    with open_table(
        path,
        delimiter=spec.delimiter,
        encoding=spec.encoding,
        sheet=spec.sheet,
        kind_of=file_name,
    ) as table:
        header, sheets = table.header, table.sheets
        rows = [row.cells for row in islice(table.rows, SAMPLE_ROWS) if isinstance(row, Row)]
    with open_tx() as tx:
        today = tx.now.date()
        known = (
            recall_mapping(tx, source_name=source_name, header=header)
            if options is None and preset is None
            else None
        )
    if known is not None:
        columns = describe(header, rows, known, "So it was the last time.")
        return Looked(header, Guess(columns, is_remembered=True), known, sheets)
    if spec.columns:
        applied = apply_mapping(header, spec)
        resolved = MappingSpec(
            _by_target(applied), applied.unused, spec.default_country,
            spec.delimiter, spec.encoding, spec.sheet, spec.source,
        )  # fmt: skip
        columns = describe(header, rows, resolved, "So it was said.")
        return Looked(header, Guess(columns), resolved, sheets)
    guess = guess_columns(header, rows, today, preset=find_preset(header, name=preset))
    mapping = guess.mapping(spec)
    return Looked(header, guess, mapping, sheets)


def _by_target(columns: ColumnMapping) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for head, key in columns.used.items():
        found[key] = (*found.get(key, ()), head)
    return found


def fingerprint_header(header: tuple[str, ...]) -> str:
    """Return what files of the same columns share, in whatever order the columns stand."""
    return sha256("\n".join(sorted(fold(head) for head in header)).encode()).hexdigest()[:32]


def recall_mapping(
    tx: Transaction, *, source_name: str, header: tuple[str, ...]
) -> MappingSpec | None:
    """Return the mapping that was last used for a file of these columns, or that its own fit.

    None where the source knows no such file: then the columns are guessed.
    """
    source = store.find_source(tx, source_name)
    definition = source.definition if source else {}
    shapes = definition.get("shapes", {})
    remembered = shapes.get(fingerprint_header(header)) or definition.get("mapping")
    if not remembered:
        return None
    spec = parse_mapping(remembered, f"mapping of the source {source_name}")
    try:
        apply_mapping(header, spec)
    except MappingError:
        # The list has other columns now than the file that the mapping was made for.
        return None
    return spec
