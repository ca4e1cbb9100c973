"""Batches of a file come in its order, whoever reads them, and a file that breaks keeps what came before."""

from collections.abc import Iterator
from datetime import date

import pytest

from recruit.sourcing.batches import Batch, cut_batches
from recruit.sourcing.delimited import BrokenRow, Row
from recruit.sourcing.mapping import map_columns
from recruit.sourcing.rows import RowReader

_ROWS = 16_500


def read(rows: Iterator[Row | BrokenRow]) -> Iterator[Batch]:
    reader = RowReader(map_columns(("id", "name")), date(2026, 1, 1), file_name="a.csv")
    return cut_batches(rows, reader, lambda: 0.5)


def make_rows(count: int) -> Iterator[Row | BrokenRow]:
    for number in range(2, count + 2):
        yield Row(number, (f"i{number}", f"Kestrel {number}" if number % 5000 else ""))


def test_rows_come_in_their_order_with_what_they_say_and_what_is_wrong() -> None:
    batches = list(read(make_rows(_ROWS)))
    assert len(batches) > 3
    lines = [row.number for batch in batches for row in batch.lines]
    assert lines == list(range(2, _ROWS + 2))
    for batch in batches:
        for at, record_id, facts_json, _ in batch.readings:
            assert record_id == f"i{batch.lines[at].number}"
            assert f"Kestrel {batch.lines[at].number}" in facts_json
    problems = [problem.row for batch in batches for problem in batch.problems]
    assert problems == [5000, 10000, 15000]


def test_a_file_that_breaks_raises_behind_the_batches_before() -> None:
    def breaking() -> Iterator[Row | BrokenRow]:
        yield from make_rows(12_000)
        raise ValueError("damaged")

    read_rows = 0
    with pytest.raises(ValueError, match="damaged"):
        for batch in read(breaking()):
            read_rows += batch.rows
    assert read_rows == 10_000


def test_reading_on_can_be_given_up() -> None:
    batches = read(make_rows(_ROWS))
    assert next(batches).rows == 5000
    assert next(batches).rows == 5000
    batches.close()  # type: ignore[attr-defined]
