"""Reads the first rows of a file as an import would, and stores nothing."""

from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from recruit.sourcing.delimited import BrokenRow
from recruit.sourcing.importing import apply_mapping
from recruit.sourcing.mapping import MappingSpec
from recruit.sourcing.readers import open_table
from recruit.sourcing.rows import RowReader
from recruit.sourcing.values import Problem, Sighting


@dataclass(frozen=True)
class Tried:
    """What the first rows would give. `refused` counts the rows of which nothing would be kept."""

    read: int
    refused: int
    sightings: tuple[Sighting, ...]
    problems: tuple[Problem, ...]


def try_file(
    path: Path, mapping: MappingSpec, today: date, *, rows: int, file_name: str | None = None
) -> Tried:
    """Read at most `rows` rows. Raises `UnusableFile`, `MappingError`."""
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    read = refused = 0
    with open_table(
        path,
        delimiter=mapping.delimiter,
        encoding=mapping.encoding,
        sheet=mapping.sheet,
        kind_of=file_name,
    ) as table:
        reader = RowReader(
            apply_mapping(table.header, mapping), today, file_name=file_name or path.name
        )
        for row in islice(table.rows, rows):
            read += 1
            if isinstance(row, BrokenRow):
                place = reader.place_of(row.number)
                problems.append(
                    Problem(place, None, row.reason, row.remedy, row.raw, row.number, True)
                )
                refused += 1
                continue
            reading = reader.read(row.number, row.cells)
            problems += reading.problems
            if reading.sighting:
                sightings.append(reading.sighting)
            else:
                refused += 1
    return Tried(read, refused, tuple(sightings), tuple(problems))
