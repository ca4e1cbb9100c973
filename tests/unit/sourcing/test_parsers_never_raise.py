"""Parsers meet whatever the web and the world's spreadsheets hold."""

import io
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.sourcing.delimited import read_delimited
from recruit.sourcing.facts import Origin, Unreadable, read_facts
from recruit.sourcing.mapping import MappingError, map_columns
from recruit.sourcing.office_lines import read_office_lines
from recruit.sourcing.parse import parse_page
from recruit.sourcing.prose import find_employees, find_founded, find_offices, find_seat
from recruit.sourcing.rows import RowReader
from recruit.sourcing.text import storable
from recruit.sourcing.trades import find_trades, introduction
from recruit.sourcing.values import FieldName
from tests.conftest import SHARED

TODAY = date(2026, 3, 3)
PAGES = sorted((Path(__file__).parents[2] / "pages" / "sourcing").glob("*.html"))
# Pieces that mean something to a parser, in any order, with anything between.
_PIECES = st.sampled_from(
    [
        "<div itemscope itemtype='http://schema.org/Organization'>", "<span itemprop=name>", "</span>",
        "<script type='application/ld+json'>", "</script>", '{"@type":"Organization","name":', '"@graph":[',
        "]", "}", "{", "null", "1e999", "<dl><dt>", "Employees", "</dt><dd>", "11-50", "<h1>", "</h1>", "<title>",
        "<meta property='og:title' content='x'>", "mailto:", "<a href='", "'>", "Founded in ", "1998", "\x00",
        "\ud800", "<!--", "-->", "<![CDATA[", "&#0;", "&#xD800;", "<?xml version='1.0' encoding='utf-7'?>",
        "<svg><desc>", "http://[::1", "about ", " people", ", ", "Berlin", "Germany", "CA", "<table><tr><th>",
        "<h2>Locations</h2>", "10115 ", "Ring 1", " - ", "offices in ", "headquarters", "mailto:jane.doe@a.example'>", "Jane Doe",
    ]
)  # fmt: skip
_HTML = st.lists(st.one_of(_PIECES, st.text(max_size=20)), max_size=40).map("".join)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "@type", "@graph", "@id", "name", "url", "address", "numberOfEmployees", "foundingDate",
                "sameAs", "location", "contactPoint", "makesOffer", "hasOfferCatalog", "itemListElement",
                "minValue", "addressCountry", "mainEntity", "knowsAbout", "email", "employee", "founder", "jobTitle",
            ]
        ),
        inner | st.just("Organization"),
        max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@given(_HTML, st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_page_makes_the_parser_raise(html: str, own_site: bool) -> None:
    for fact in parse_page(
        html, "https://directory.example/x", today=TODAY, own_site=own_site, people=True
    ):
        stored = json.dumps(fact.to_json())
        assert "\\u0000" not in stored
        assert storable(fact.text) == fact.text


@given(_JSON)
@settings(max_examples=300, deadline=None)
def test_no_structured_data_makes_the_parser_raise(data: object) -> None:
    script = json.dumps(data).replace("</", "<\\/")
    parse_page(
        f'<h1>Acme</h1><script type="application/ld+json">{script}</script>',
        "https://directory.example/x",
        today=TODAY,
        people=True,
    )


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_reader_of_delimited_files_raise(data: bytes) -> None:
    for row in read_delimited(io.BytesIO(data)):
        assert row.number > 0


@given(st.text(alphabet='a";,\n\r\t |é\x00', max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_mess_of_quotes_loses_the_reader(text: str) -> None:
    numbers = [row.number for row in read_delimited(io.BytesIO(text.encode()))]
    assert numbers == sorted(set(numbers))


@given(st.lists(st.text(max_size=30), min_size=1, max_size=20))
def test_no_row_makes_the_reading_of_rows_raise(cells: list[str]) -> None:
    header = ["name", *(field.value for field in FieldName), "employees_low", "id", "location"]
    reading = RowReader(map_columns(header[: len(cells)]), TODAY).read(2, cells)
    assert reading.sighting or reading.problems


@given(st.lists(st.text(max_size=20), max_size=8))
def test_a_header_is_mapped_or_refused(header: list[str]) -> None:
    try:
        mapping = map_columns(header)
    except MappingError:
        return
    assert FieldName.NAME in mapping.targets


@given(st.sampled_from(FieldName), st.text(max_size=60))
@settings(max_examples=400)
def test_a_text_is_read_or_refused_with_a_remedy(field: FieldName, text: str) -> None:
    refusal = None
    try:
        read_facts(field, text, Origin("csv", 0.9), today=TODAY, country="DE")
    except Unreadable as error:
        refusal = error
    assert refusal is None or (refusal.reason and refusal.remedy)


_LINES = st.lists(
    st.sampled_from(["Berlin", "10115 ", ", ", "DE", "Ring 1", " - ", "Head office", "HQ", "USA", "TX", "and", "("])
    | st.text(max_size=8),
    max_size=8,
).map("".join)  # fmt: skip


@given(st.lists(_LINES, max_size=5))
def test_no_lines_make_the_reading_of_offices_or_of_trades_raise(lines: list[str]) -> None:
    for office, words in read_office_lines(lines):
        assert storable(words) == words
        assert str(office)
    list(find_trades(introduction(lines)))


@given(st.text(max_size=200))
def test_no_sentence_makes_the_reading_of_prose_raise(sentence: str) -> None:
    find_employees(sentence)
    find_founded(sentence, TODAY)
    find_seat(sentence)
    find_offices(sentence)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_cut_short_makes_the_parser_raise(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    for end in range(0, len(html), 37):
        parse_page(html[:end], "https://directory.example/x", today=TODAY)


def test_a_page_as_deep_as_it_is_long_is_read() -> None:
    parse_page("<div>" * 50_000 + "Acme", "https://directory.example/x", today=TODAY)
    deep = '{"a":' * 5_000 + "1" + "}" * 5_000
    html = f'<h1>Acme</h1><script type="application/ld+json">{deep}</script>'
    assert parse_page(html, "https://directory.example/x", today=TODAY)


_SAMPLES = sorted((SHARED / "extruct").rglob("*.html")) if SHARED.exists() else []


@pytest.mark.truth
@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda sample: sample.name)
def test_every_sample_of_extruct_is_read(sample: Path) -> None:
    html = sample.read_text(encoding="utf-8", errors="replace")
    parse_page(html, "http://example.com/", today=TODAY)
    parse_page(html, "http://example.com/", today=TODAY, own_site=True)


@pytest.mark.truth
@pytest.mark.parametrize("sample", [s for s in _SAMPLES if s.name == "LocalBusiness.002.html"])
def test_the_business_among_the_samples_is_named(sample: Path) -> None:
    facts = parse_page(sample.read_text(), "http://directory.example/", today=TODAY)
    assert [fact.value for fact in facts if fact.field is FieldName.NAME] == ["GreatFood"]
