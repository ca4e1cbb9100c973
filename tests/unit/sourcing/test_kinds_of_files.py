"""The same few firms in every kind of file that people send."""

import gzip
import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pyarrow import parquet

from recruit.sourcing.delimited import BrokenRow, Row
from recruit.sourcing.mapping import MappingError, MappingSpec
from recruit.sourcing.readers import UnusableFile, open_table
from recruit.sourcing.trying import try_file

TEXT = 'name,city\n"Müller, Söhne",Köln\nBeta,"two\nlines"\nγάμμα,Łódź\n'
FIRMS = [("Müller, Söhne", "Köln"), ("Beta", "two\nlines"), ("γάμμα", "Łódź")]


def read(path: Path, **options: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    with open_table(path, **options) as table:
        return table.header, [row.cells for row in table.rows if isinstance(row, Row)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "¦"])
def test_any_delimiter_in_any_unicode(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [("name", "city", "country"), ("Müller", "Köln", "DE"), ("Beta; Co", "a, b", "FR")] * 3
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    path = tmp_path / "a.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    header, found = read(path)
    assert header == rows[0]
    assert found[:2] == rows[1:3]


def test_quotes_newlines_and_archives(tmp_path: Path) -> None:
    plain = tmp_path / "a.csv"
    plain.write_text(TEXT, encoding="utf-8")
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(TEXT.encode()))
    zipped = tmp_path / "a.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("__MACOSX/._list.csv", "x")
        archive.writestr("folder/list.csv", TEXT)
        archive.writestr("readme.md", "x")
    for path in (plain, packed, zipped):
        assert read(path) == (("name", "city"), FIRMS), path


def test_a_zip_of_several_lists_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", "name\nOne\n")
        archive.writestr("two.csv", "name\nTwo\n")
    with pytest.raises(UnusableFile, match=r"several files in it: one\.csv, two\.csv"):
        read(path)
    assert read(path, sheet="two.csv") == (("name",), [("Two",)])


def test_json_lines_a_list_and_parquet_give_the_same_firms(tmp_path: Path) -> None:
    objects = [dict(zip(("name", "city"), firm, strict=True)) for firm in FIRMS]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(o) for o in objects), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(objects, indent=2), encoding="utf-8-sig")
    table = pa.table({"name": [f[0] for f in FIRMS], "city": [f[1] for f in FIRMS]})
    parquet.write_table(table, tmp_path / "c.parquet", row_group_size=1)
    for name in ("a.jsonl", "b.json", "c.parquet"):
        assert read(tmp_path / name) == (("name", "city"), FIRMS), name


def test_a_long_json_list_is_read_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"name": f"Firm {n}", "x": "y" * 300} for n in range(3000)]))
    _, rows = read(path)
    assert [row[0] for row in rows] == [f"Firm {n}" for n in range(3000)]


def test_a_json_list_that_breaks_off_tells_where(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"name": "A"}, [1], {"name": "B"}, {"name":')
    with open_table(path) as table:
        rows = list(table.rows)
    assert [(row.number, type(row)) for row in rows] == [
        (1, Row),
        (2, BrokenRow),
        (3, Row),
        (4, BrokenRow),
    ]


def test_parquet_types_are_read_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "name": ["A"],
            "size": [12],
            "rate": [1.5],
            "on": [date(2020, 1, 2)],
            "at": [datetime(2020, 1, 2, 3, 4)],  # noqa: DTZ001
            "tags": [["a", "b"]],
            "none": pa.array([None], pa.string()),
        }
    )
    parquet.write_table(table, path)
    assert read(path)[1] == [("A", "12", "1.5", "2020-01-02", "2020-01-02 03:04:00", "a; b", "")]


def test_of_a_workbook_the_visible_sheet_is_read_with_what_formulas_gave(tmp_path: Path) -> None:
    book = Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title = "Hidden"
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("Firms")
    shown.append(["name", "phone", "error", None])
    shown.append(["Acme", 492214710000, "#N/A", None])
    book.create_sheet("More").append(["name"])
    path = tmp_path / "a.xlsx"
    book.save(path)
    with open_table(path) as table:
        assert table.sheets == ("Firms", "Hidden", "More")
        assert [row.cells for row in table.rows if isinstance(row, Row)] == [
            ("Acme", "492214710000", "")
        ]


def test_a_workbook_is_known_by_its_bytes_whatever_it_is_called(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["name"])
    book.active.append(["Acme"])
    path = tmp_path / "list.csv"
    book.save(path)
    assert read(path) == (("name",), [("Acme",)])


def test_columns_without_a_name_or_of_one_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,,Email,EMAIL,\nA,b,c,d,e\n")
    assert read(path)[0] == ("name", "column 2", "Email", "EMAIL (2)", "column 5")


def test_zero_bytes_and_huge_cells_cost_no_row_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name,note\nA\x00cme,x\nBig," + b"y" * 3_000_000 + b"\nGamma,z\n")
    tried = try_file(path, MappingSpec({"name": ("name",)}), date(2026, 3, 3), rows=10)
    names = [str(sighting.facts[0].value) for sighting in tried.sightings]
    assert names == ["A cme", "Gamma"]
    assert tried.refused == 1


_BEGINNINGS = st.sampled_from(
    [b"", b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"\xff\xfe", b"\xfe\xff", b"[", b'[{"name":"a"},', b"{",
     b"\xef\xbb\xbf", b"name,city\n", b'name;"', b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)  # fmt: skip
_NAMES = st.sampled_from(
    [
        "a.csv",
        "a.tsv",
        "a.xlsx",
        "a.jsonl",
        "a.json",
        "a.parquet",
        "a.csv.gz",
        "a.zip",
        "a.xls",
        "a",
    ]
)


@given(_NAMES, _BEGINNINGS, st.binary(max_size=300))
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_read_or_refused_by_name(
    tmp_path: Path, name: str, begin: bytes, rest: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(begin + rest)
    refusal = None
    try:
        with open_table(path, kind_of=name) as table:
            for row in table.rows:
                assert isinstance(row, BrokenRow) or len(row.cells) == len(table.header)
        try_file(path, MappingSpec({}), date(2026, 3, 3), rows=50, file_name=name)
    except (UnusableFile, MappingError) as error:
        refusal = error
    assert refusal is None or str(refusal)


@given(st.binary(max_size=400), st.integers(0, 300))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_archive_is_refused_by_name(tmp_path: Path, noise: bytes, at: int) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "name\n" + "Acme\n" * 500)
    data = kept.getvalue()
    path = tmp_path / "a.zip"
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    said = "a.zip"
    try:
        read(path)
    except UnusableFile as error:
        said = str(error)
    assert "a.zip" in said
