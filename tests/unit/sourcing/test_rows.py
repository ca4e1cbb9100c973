from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from recruit.sourcing.mapping import (
    ColumnMapping,
    MappingError,
    MappingSpec,
    map_columns,
    parse_mapping,
)
from recruit.sourcing.readings import RowReading
from recruit.sourcing.rows import RowReader
from recruit.sourcing.values import FieldName, Interval

TODAY = date(2026, 3, 3)
N = FieldName


def read(row: Mapping[str, str], mapping: ColumnMapping | None = None) -> RowReading:
    mapping = mapping or map_columns(list(row))
    return RowReader(mapping, TODAY).read(2, list(row.values()))


def values(reading: RowReading) -> dict[FieldName, list[Any]]:
    assert reading.sighting is not None
    found: dict[FieldName, list[Any]] = {}
    for fact in reading.sighting.facts:
        found.setdefault(fact.field, []).append(fact.value)
    return found


@pytest.mark.parametrize(
    ("header", "used"),
    [
        (
            ["name", "website", "city", "country", "size", "founded", "phone"],
            ["name", "website", "city", "country", "employees", "founded", "phone"],
        ),
        (["Firma", "Webseite", "Ort", "Land"], ["name", "website", "city", "country"]),
        (["record_id", "Company Name", "# Employees"], ["record_id", "name", "employees"]),
        (["ID", "Account name", "Headquarters"], ["record_id", "name", "place"]),
        (
            ["First name", "Last name", "Company"],
            ["person_first_name", "person_last_name", "name"],
        ),
        (["name", "company", "Company URL"], [None, "name", "website"]),
        (["name", "LinkedIn URL", "Homepage URL"], ["name", "social", "website"]),
        (["name", "E-Mail", "Contact e-mail (sales)"], ["name", "email", "email"]),
        (["name", "employees_low", "employees_high"], ["name", "employees_low", "employees_high"]),
        (["Site name", "Program Name", "Zip"], ["name", None, "postcode"]),
        (["name", "notes", ""], ["name", None, None]),
    ],
)
def test_columns_map_by_themselves(header: Sequence[str], used: Sequence[str | None]) -> None:
    assert list(map_columns(header).targets) == used


def test_a_file_without_a_name_column_is_refused_with_its_columns() -> None:
    with pytest.raises(MappingError, match=r"the columns are 'a', 'b'.*\[columns\] name"):
        map_columns(["a", "b"])


def test_a_given_column_beats_the_guess_and_the_rest_is_guessed() -> None:
    mapping = map_columns(
        ["Kunde", "name", "Ort", "Land"], given={"name": ["kunde"]}, ignored=["Ort"]
    )
    assert mapping.used == {"Kunde": "name", "Land": "country"}
    assert mapping.unused == ("name", "Ort")


def test_a_given_column_that_is_not_there_is_named_with_a_near_one() -> None:
    with pytest.raises(MappingError, match=r"'Frima'.*Did you mean 'Firma'"):
        map_columns(["Firma"], given={"name": ["Frima"]})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"columns": {"nmae": "x"}}, r"m.toml: columns.nmae: .*Did you mean 'name'"),
        ({"colums": {}}, r"m.toml: colums: this key is unknown"),
        ({"columns": {"name": 3}}, r"m.toml: columns.name: write the name of a column"),
        ({"default_country": "Freedonia"}, r"m.toml: default_country: 'Freedonia' is no country"),
        ({"delimiter": ";;"}, r"m.toml: delimiter: give exactly one character"),
        ({"source": {"trust": 2}}, r"m.toml: source.trust"),
    ],
)
def test_a_mapping_file_that_is_wrong_says_where(data: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingError, match=words):
        parse_mapping(data, "m.toml")


def test_a_mapping_is_remembered_as_plain_data() -> None:
    spec = MappingSpec({"name": ("Firma",)}, ("Ort",), "DE", ";", "cp1252", "Tabelle1")
    assert parse_mapping(spec.to_definition(), "x") == spec


def test_a_row_becomes_a_sighting() -> None:
    reading = read(
        {
            "id": " 17 ",
            "name": "Müller GmbH",
            "website": "mueller.example",
            "location": "Köln, Germany",
            "employees_low": "11",
            "employees_high": "50",
            "founded": "1998",
            "phone": "0221 4710000",
            "specialties": "Kubernetes; AWS",
            "social": "-",
        }
    )
    assert reading.problems == ()
    assert reading.sighting is not None
    assert reading.sighting.record_id == "17"
    assert values(reading) == {
        N.NAME: ["Müller GmbH"],
        N.WEBSITE: ["https://mueller.example"],
        N.CITY: ["Köln"],
        N.COUNTRY: ["DE"],
        N.EMPLOYEES: [Interval(11, 50)],
        N.FOUNDED: [Interval(1998, 1998)],
        N.PHONE: ["+492214710000"],
        N.SPECIALTY: ["kubernetes", "aws"],
    }
    assert {fact.method for fact in reading.sighting.facts} == {"csv"}


@pytest.mark.parametrize(("low", "high"), [("11", ""), ("", "50"), ("1,000", "5,000")])
def test_an_end_may_be_open(low: str, high: str) -> None:
    found = values(read({"name": "A", "employees_low": low, "employees_high": high}))
    number = {"11": 11, "50": 50, "1,000": 1000, "5,000": 5000, "": None}
    assert found[N.EMPLOYEES] == [Interval(number[low], number[high])]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("country", "Freedonia", "'Freedonia' is not a known country"),
        ("employees", "many", "'many' is not a number of people"),
        ("employees", "Oct-49", "turned into a date"),
        ("founded", "2087", "not a year up to 2026"),
        ("website", "x", "'x' is not a web address"),
        ("email", "nobody", "'nobody' is not an e-mail address"),
        ("phone", "12", "'12' is not a phone number"),
        ("city", "x" * 200, "The city is 200 characters long"),
        ("employees_low", "few", "'few' is not a number"),
    ],
)
def test_a_cell_that_cannot_be_read_costs_the_cell_and_is_told(
    column: str, cell: str, words: str
) -> None:
    reading = read({"name": "Acme", column: cell})
    assert values(reading) == {N.NAME: ["Acme"]}
    (problem,) = reading.problems
    assert (problem.place, problem.field) == ("row 2", column)
    assert words in problem.reason
    assert problem.remedy


def test_an_interval_that_runs_backwards_is_told() -> None:
    (problem,) = read({"name": "A", "employees_low": "50", "employees_high": "11"}).problems
    assert "runs backwards" in problem.reason


@pytest.mark.parametrize("name", ["", "  ", "n/a", "-", "???"])
def test_a_row_without_a_name_is_refused_and_says_only_that(name: str) -> None:
    reading = read({"company": name, "country": "Freedonia", "city": "Bonn"})
    assert reading.sighting is None
    (problem,) = reading.problems
    assert problem.field == "company"
    assert "Bonn" in problem.raw


def test_the_id_of_a_row_without_one_hangs_on_name_and_website_alone() -> None:
    def record_id(**row: str) -> str:
        sighting = read({"name": "Acme GmbH", "website": "acme.example", **row}).sighting
        assert sighting is not None
        return sighting.record_id

    assert (
        record_id(city="Bonn") == record_id(city="Köln", size="5") == record_id(name="ACME  GmbH")
    )
    assert record_id() != record_id(website="acme2.example")
    # Without a website two firms of one name are told apart by their place.
    assert record_id(website="", city="Bonn") != record_id(website="", city="Köln")


def test_a_country_is_inferred_only_where_none_is_stated() -> None:
    inferred = read({"name": "A", "phone": "+33 4 72 40 00 00", "website": "a.de"}).sighting
    stated = read({"name": "A", "website": "a.de", "country": "AT"}).sighting
    assert inferred is not None
    assert stated is not None
    country = next(fact for fact in inferred.facts if fact.field is N.COUNTRY)
    assert (country.value, country.method, country.inferred) == ("FR", "phone-prefix", True)
    assert [f.value for f in stated.facts if f.field is N.COUNTRY] == ["AT"]


def test_the_mappings_country_is_assumed_and_marked_as_inferred() -> None:
    mapping = map_columns(["name", "phone"], default_country="DE")
    reader = RowReader(mapping, TODAY)
    reading = reader.read(2, ["A", ""])
    assert reading.sighting is not None
    country = next(fact for fact in reading.sighting.facts if fact.field is N.COUNTRY)
    assert (country.value, country.inferred) == ("DE", True)
    assert values(reader.read(3, ["A", "0221 4710000"]))[N.PHONE] == ["+492214710000"]
