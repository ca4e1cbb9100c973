import io

import pytest

from recruit.sourcing.delimited import (
    BrokenRow,
    Row,
    find_delimiter,
    find_encoding,
    read_delimited,
)


def read(text: str | bytes) -> list[Row | BrokenRow]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_delimited(io.BytesIO(data)))


def cells(rows: list[Row | BrokenRow]) -> list[tuple[str, ...]]:
    return [row.cells for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2\n3,5;4\n", ";"),
        ("a\tb\n1,2\t3\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("sep=;\na;b\n", ";"),
        ('name;note\n"Acme, Inc";"x, y"\n"B, C";z\n', ";"),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_in_the_encoding_it_was_written_in(encoding: str) -> None:
    text = "name,city\n" + "Müller & Söhne,Köln\nÉcole Française,Orléans\n" * 20
    assert cells(read(text.encode(encoding)))[1:3] == [
        ("Müller & Söhne", "Köln"),
        ("École Française", "Orléans"),
    ]


def test_a_sample_that_ends_inside_a_character_is_still_utf8() -> None:
    assert find_encoding("ä".encode() * 3 + b"\xc3") == "utf-8"


def test_a_stray_byte_costs_no_row() -> None:
    text = b"name,city\n" + b"M\xfcller,Bonn\n" * 1
    assert cells(read(b"name,city\n" + "é,x\n".encode() * 90_000 + b"M\xfcller,Bonn\n"))[-1] == (
        "Müller",
        "Bonn",
    )
    assert cells(read(text))[-1] == ("Müller", "Bonn")


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    rows = read('name,city\nA,Bonn\n"B,Bonn\nC,Bonn\nD,"Bonn"\nE,Bonn\n')
    assert [row.number for row in rows if isinstance(row, BrokenRow)] == [3]
    assert [row[0] for row in cells(rows)] == ["name", "A", "C", "D", "E"]


def test_an_open_quote_in_the_last_column_costs_one_row() -> None:
    rows = read('name,note\nA,"oops\nB,x\nC,y\n')
    assert [row.number for row in rows if isinstance(row, BrokenRow)] == [2]
    assert [row[0] for row in cells(rows)] == ["name", "B", "C"]


def test_a_quoted_cell_may_hold_lines_and_delimiters() -> None:
    assert cells(read('name,note\n"A, B","one\ntwo"\n'))[1] == ("A, B", "one\ntwo")


def test_a_quote_inside_a_quoted_cell_is_read_where_that_is_safe() -> None:
    assert cells(read('name,city\n"The "Best" Firm",Bonn\n'))[1] == ('The Best" Firm"', "Bonn")


def test_a_row_with_too_many_cells_is_broken_and_says_why() -> None:
    broken = read("name,city\nAcme, Inc,Bonn\n")[1]
    assert isinstance(broken, BrokenRow)
    assert broken.reason == "The row has 3 cells, the head has 2."
    assert "double quotes" in broken.remedy
    assert broken.raw == "Acme, Inc,Bonn"


def test_a_row_without_its_last_empty_cells_is_filled_up() -> None:
    assert cells(read("name,city,size\nAcme,Bonn\nB,Bonn,5,,\n"))[1:] == [
        ("Acme", "Bonn", ""),
        ("B", "Bonn", "5"),
    ]


def test_blank_rows_count_as_a_spreadsheet_counts_them() -> None:
    rows = read("\nname,city\n\n,,\nAcme,Bonn\n")
    assert [row.number for row in rows] == [2, 5]


def test_a_line_without_end_is_one_broken_row() -> None:
    rows = read("name,city\n" + "x" * 2_500_000 + "\nAcme,Bonn\n")
    assert [type(row) for row in rows] == [Row, BrokenRow, Row]
    assert len(rows[1].raw) <= 2000  # type: ignore[union-attr]
