from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from recruit.sourcing.delimited import BrokenRow, Row
from recruit.sourcing.readers import UnusableFile, open_table


def write_book(path: Path, rows: list[list[Any]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Firms"
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_as_people_see_it(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "firms.xlsx",
        [
            ["name", "founded", "size"],
            ["Acme", 1998.0, None],
            [None, None, None],
            ["B", date(2020, 1, 10), 5],
        ],
    )
    with open_table(path) as table:
        assert table.header == ("name", "founded", "size")
        assert list(table.rows) == [
            Row(2, ("Acme", "1998", "")),
            Row(4, ("B", "2020-01-10", "5")),
        ]


def test_a_workbook_without_the_sheet_names_its_sheets(tmp_path: Path) -> None:
    path = write_book(tmp_path / "firms.xlsx", [["name"]])
    with pytest.raises(UnusableFile, match="It has: Firms"), open_table(path, sheet="Other"):
        pass


def test_json_lines_are_read_object_by_object(tmp_path: Path) -> None:
    path = tmp_path / "firms.jsonl"
    path.write_text(
        '{"name": "Acme", "address": {"city": "Bonn"}, "tags": ["a", "b"]}\n'
        "not json\n\n"
        '{"name": "B", "size": 5.0}\n[1]\n',
        encoding="utf-8",
    )
    with open_table(path) as table:
        assert table.header == ("name", "address.city", "tags", "size")
        rows = list(table.rows)
    assert rows[0] == Row(1, ("Acme", "Bonn", "a; b", ""))
    assert rows[2] == Row(4, ("B", "", "", "5"))
    assert [(r.number, type(r)) for r in rows] == [
        (1, Row),
        (2, BrokenRow),
        (4, Row),
        (5, BrokenRow),
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("firms.csv", b"", "is empty"),
        ("firms.csv", b"\n\n", "is empty"),
        ("firms.xlsx", b"not a zip", "no readable workbook"),
        ("firms.jsonl", b"nothing\n", "no JSON object"),
        ("firms.pdf", b"x", "cannot be imported"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableFile, match=words), open_table(tmp_path / name):
        pass


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(UnusableFile, match=r"There is no file .*none\.csv"),
        open_table(tmp_path / "none.csv"),
    ):
        pass


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nA\n")
    with (
        pytest.raises(UnusableFile, match="'klingon' is unknown"),
        open_table(tmp_path / "a.csv", encoding="klingon"),
    ):
        pass


def test_progress_is_told_as_a_share_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("name\n" + "Acme\n" * 200_000)
    with open_table(path) as table:
        before = table.share()
        list(table.rows)
        assert 0 < before < table.share() == 1.0
