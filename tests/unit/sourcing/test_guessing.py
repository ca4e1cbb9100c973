from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.sourcing.guessing import Guess, guess_columns
from recruit.sourcing.mapping import load_mapping, map_columns, write_mapping

TODAY = date(2026, 3, 3)


def guess(header: Sequence[str], *rows: Sequence[str]) -> Guess:
    return guess_columns(header, rows, TODAY)


def targets(found: Guess) -> list[str | None]:
    return [column.target.value if column.target else None for column in found.columns]


def test_columns_without_a_telling_head_are_known_by_what_stands_in_them() -> None:
    rows = [
        (
            f"Firm {n} GmbH",
            f"info@firm{n}.de",
            f"https://firm{n}.de",
            "+49 221 4710000",
            "Germany",
            f"{n}x",
        )
        for n in range(8)
    ]
    found = guess(["a", "b", "c", "d", "e", "f"], *rows)
    assert targets(found) == ["name", "email", "website", "phone", "country", None]
    assert all(0 < c.confidence < 0.75 for c in found.columns if c.target)


def test_a_head_counts_for_nothing_where_its_values_are_something_else() -> None:
    rows = [
        (f"Firm {n}", "red" if n % 2 else "blue", f"https://www.linkedin.com/company/f{n}")
        for n in range(8)
    ]
    found = guess(["Company", "Size", "Website"], *rows)
    assert targets(found) == ["name", None, "social"]


def test_a_guess_shows_examples_and_how_sure_it_is() -> None:
    found = guess(["Firma", "Notiz"], ("Acme", "x"), ("Beta", ""), ("Acme", "n/a"))
    assert found.columns[0].examples == ("Acme", "Beta")
    assert found.columns[0].confidence > 0.9
    assert (found.columns[1].target, found.columns[1].confidence) == (None, 0)
    assert found.columns[0].because


def test_of_two_columns_for_one_field_the_surer_one_is_taken() -> None:
    assert targets(guess(["name", "company name"])) == [None, "name"]


def test_a_guess_written_as_toml_is_read_back(tmp_path: object) -> None:
    from pathlib import Path

    header = ['Na"me', "E-Mail", "Mail 2", "Notiz\\", "città"]
    found = guess_columns(header, [("Acme GmbH", "a@b.de", "c@d.de", "\x07", "Roma")] * 6, TODAY)
    spec = found.mapping()
    path = Path(str(tmp_path)) / "m.toml"
    path.write_text(write_mapping(spec, found.columns), encoding="utf-8")
    read = load_mapping(path)
    assert (read.columns, read.ignored) == (spec.columns, spec.ignored)


@given(
    st.lists(st.text(max_size=12), min_size=1, max_size=6),
    st.lists(st.lists(st.text(max_size=12), max_size=7), max_size=8),
)
def test_any_table_is_guessed(header: list[str], rows: list[list[str]]) -> None:
    found = guess_columns(header, rows, TODAY)
    assert len(found.columns) == len(header)
    if found.names_firms and len({h.casefold() for h in header}) == len(header):
        assert write_mapping(found.mapping(), found.columns)


@pytest.mark.parametrize("head", ["companyName", "Company name", "COMPANY_NAME", "company-name"])
def test_spellings_of_a_head_are_one(head: str) -> None:
    assert map_columns([head]).used == {head: "name"}
