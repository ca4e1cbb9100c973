"""Firms from Arrow tables and Parquet files: whatever the columns' types, the same firms."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.firms.values import FirmView
from recruit.scoring.arrow import ParquetRefused, columns_of, read_parquet
from recruit.scoring.tagtexts import read_tag_texts


def table(**over: object) -> pa.Table:
    columns: dict[str, object] = {
        "id": [1, 2],
        "name": ["Éclair", "Kestrel"],
        "country": ["DE", None],
        "employees_low": [10, None],
        "employees_high": [50, None],
        "specialties": [["kubernetes", "training"], []],
        "tags": [None, ["customer"]],
    }
    return pa.table(columns | over)


def test_a_file_gives_its_firms_with_where_they_were_read(tmp_path: Path) -> None:
    path = tmp_path / "firms.parquet"
    pq.write_table(table(), path)
    first, second = read_parquet(path).views([0, 1])
    assert (first.name, first.country, first.employees_low) == ("Éclair", "DE", 10)
    assert first.specialties == ("kubernetes", "training")
    assert ("employees", "row of firms.parquet") in first.origins
    assert second == FirmView(
        id=2, version=1, name="Kestrel", tags=("customer",), origins=second.origins
    )


@pytest.mark.parametrize(
    "over",
    [
        {"specialties": ['["kubernetes", "training"]', "[]"]},
        {"employees_low": pa.array([10.0, None])},
        {"employees_low": pa.array([10, None], pa.int16())},
        {"country": pa.array(["DE", None]).dictionary_encode()},
        {"name": pa.array(["Éclair", "Kestrel"], pa.large_string())},
        {"id": pa.array([1, 2], pa.int32())},
    ],
)
def test_other_types_of_the_same_are_read_alike(over: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "firms.parquet"
    pq.write_table(table(**over), path)
    assert read_parquet(path).views([0, 1]) == read_parquet_of(table(), tmp_path)


def read_parquet_of(wanted: pa.Table, folder: Path) -> list[FirmView]:
    path = folder / "other" / "firms.parquet"
    path.parent.mkdir()
    pq.write_table(wanted, path)
    return read_parquet(path).views([0, 1])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": [1]}, 'has no column "name"'),
        ({"identifier": [1], "name": ["A"]}, 'has no column "id"'),
        ({"id": ["x"], "name": ["A"]}, "id is string"),
        ({"id": [None], "name": ["A"]}, "needed of every firm"),
        ({"id": [1], "name": ["A"], "employees_low": ["many"]}, "employees_low is string"),
    ],
)
def test_a_file_without_firms_is_refused_with_the_column(
    columns: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "firms.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(ParquetRefused, match=message):
        read_parquet(path)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "firms.parquet"
    path.write_text("id,name\n1,A\n")
    with pytest.raises(ParquetRefused, match="cannot be read as Parquet"):
        read_parquet(path)
    with pytest.raises(ParquetRefused, match="cannot be read as Parquet"):
        read_parquet(tmp_path / "absent.parquet")


def test_an_empty_table_has_no_firms() -> None:
    assert len(columns_of(table().slice(0, 0))) == 0


@given(st.lists(st.lists(st.text(max_size=8), max_size=4), max_size=6))
def test_lists_of_tags_are_read_as_json_reads_them(lists: list[list[str]]) -> None:
    for ascii_only in (False, True):
        printed = pa.array(
            [json.dumps(tags, ensure_ascii=ascii_only) for tags in lists], pa.string()
        )
        column = read_tag_texts(printed)
        assert [column.at(row) for row in range(len(lists))] == [tuple(tags) for tags in lists]
        assert np.array_equal(column.counts, [len(tags) for tags in lists])
