"""Offices out of lines, out of sections of a page, and out of sentences."""

from datetime import date

import pytest

from recruit.sourcing.office_lines import read_office_lines
from recruit.sourcing.offices import read_offices
from recruit.sourcing.parse import parse_page
from recruit.sourcing.prose import find_offices, find_seat
from recruit.sourcing.sections import read_sections
from recruit.sourcing.tree import read_html
from recruit.sourcing.values import FieldName, Office

Place = tuple[str | None, str | None, bool]


def places(lines: list[str], *, head: bool = False) -> list[Place]:
    return [(o.city, o.country, o.head_office) for o, _ in read_office_lines(lines, head=head)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Headquarters are:", "3180 18th St", "San Francisco, CA 94110"], [("San Francisco", "US", True)]),
        (["17 Pleasant Street Clifton Springs, NY 14432"], [("Clifton Springs", "US", False)]),
        (
            ["Headquarters", "8161 Maple Lawn Blvd #250", "Fulton, MD 20759", "European Office",
             "168 Shoreditch High Street", "London E1 6HU", "APAC Office", "60 Martin Place", "Sydney, NSW 2000"],
            [("Fulton", "US", True), ("London", "GB", False), ("Sydney", "AU", False)],
        ),
        (["Hauptsitz", "Invalidenstr. 1", "10115 Berlin", "Standort Wien", "1010 Wien"],
         [("Berlin", "DE", True), ("Wien", "AT", False)]),
        (["Wanchai, Hong Kong."], [("Hong Kong", "HK", False)]),
        (["Hartley Wintney, Hampshire, UK"], [("Hartley Wintney", "GB", False)]),
        (["Lyon, Auvergne-Rhône-Alpes 69002, France"], [("Lyon", "FR", False)]),
        (["🌍 Kyiv, Ukraine"], [("Kyiv", "UA", False)]),
        (["São Paulo - Brazil", "Tysons Corner, VA"], [("São Paulo", "BR", False), ("Tysons Corner", "US", False)]),
        (["Chicago, IL - Headquarters", "New York City, NY - Secondary main office"],
         [("Chicago", "US", True), ("New York", "US", False)]),
        (["R&D office in Porto, Portugal"], [("Porto", "PT", False)]),
        (["USA", "Europe"], [(None, "US", False)]),
        (["India", "Italy", "Korea"], []),
        (["No physical office.", "Berlin, Germany"], []),
        (["We receive post at Egerlandstrasse 9, Berlin"], []),
    ],
)  # fmt: skip
def test_lines_below_a_heading_give_their_offices(lines: list[str], expected: list[Place]) -> None:
    assert [(city, country, head) for city, country, head in places(lines)] == expected


def test_an_address_keeps_its_street_and_postcode() -> None:
    ((office, words),) = read_office_lines(
        ["Main office", "12 Harbour Street", "Porto 4050-123 Portugal", "4050-123 Porto"]
    )[-1:]
    assert (office.street, office.postcode, office.city) == (None, "4050-123", "Porto")
    ((office, words),) = read_office_lines(["Invalidenstraße 7", "10115 Berlin", "Germany"])
    assert office == Office("Invalidenstraße 7", "10115", "Berlin", None, "DE")
    assert words == "Invalidenstraße 7, 10115 Berlin, Germany"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Buenos Aires, Seoul, Sydney, Thailand, Tokyo", [("Buenos Aires", "AR"), ("Seoul", "KR"), ("Sydney", "AU"), (None, "TH"), ("Tokyo", "JP")]),
        ("We have offices in Sydney Australia and in London UK & Austin, Texas US", [("Sydney", "AU"), ("London", "GB"), ("Austin", "US")]),
        ("Utah, USA", [(None, "US")]),
        ("Mexico", [(None, "MX")]),
        ("Silicon Valley", []),
        ("London, Paris, USA", [("London", "GB"), ("Paris", "FR"), (None, "US")]),
        ("San Francisco, CA, USA", [("San Francisco", "US")]),
        ("Washington, D.C., United States", [("Washington", "US")]),
        ("1100 Winter St", []),
        ("Estately, Inc.", []),
        ("North America, Europe, Asia", []),
        ("500 people", []),
        ("11-50 people, Poland", [(None, "PL")]),
    ],
)  # fmt: skip
def test_a_line_gives_the_places_that_it_lists(
    text: str, expected: list[tuple[str | None, str]]
) -> None:
    assert [(o.city, o.country) for o in read_offices(text)] == expected


def test_a_section_reaches_down_to_the_next_heading_of_its_rank() -> None:
    html = """<main><h2>Standorte</h2><div class=grid><div><h3>Berlin</h3><p>Invalidenstr. 1<br>10115 Berlin</p></div>
    <div><h3>Köln</h3><p>Domplatz 2<br>50667 Köln</p></div></div><h2>Karriere</h2><p>Wir suchen in München</p></main>"""
    (section,) = read_sections(read_html(html))
    assert section.label == "Standorte"
    assert section.lines == (
        "Berlin", "Invalidenstr. 1", "10115 Berlin", "Köln", "Domplatz 2", "50667 Köln",
    )  # fmt: skip


def test_a_heading_in_a_box_of_its_own_speaks_of_what_stands_beside_the_box() -> None:
    html = (
        "<main><div><h2>Our offices</h2></div><ul><li>Oslo, Norway</li><li>Bergen</li></ul></main>"
    )
    (section,) = read_sections(read_html(html))
    assert section.lines == ("Oslo, Norway", "Bergen")


def test_a_page_of_a_site_gives_all_its_places_with_the_head_office_marked() -> None:
    html = """<html><head><title>Acme</title></head><body><h1>Standorte</h1><h2>Zentrale</h2><p>Domplatz 2<br>50667 Köln</p>
    <h2>Büro Wien</h2><p>Ring 1<br>1010 Wien<br>Österreich</p></body></html>"""
    facts = parse_page(
        html, "https://acme.example/standorte", today=date(2026, 3, 3), own_site=True
    )
    offices = {f.value for f in facts if f.field is FieldName.OFFICE}
    assert offices == {
        Office("Domplatz 2", "50667", "Köln", None, "DE", head_office=True),
        Office("Ring 1", "1010", "Wien", None, "AT"),
    }


@pytest.mark.parametrize(
    ("sentence", "seat"),
    [
        ("Our main office is in Paris and we can help", "Paris"),
        ("It has its headquarters situated at Chicago, Illinois", "Chicago, Illinois"),
        ("The team is remote and in person, located in Amsterdam", None),
        ("The legal entity is based in Prague", None),
        ("Its management team is based in the US", None),
        ("Acme is based in St. Gallen, Switzerland", "St. Gallen, Switzerland"),
    ],
)
def test_a_seat_is_the_firm_s_and_not_its_people_s(sentence: str, seat: str | None) -> None:
    assert find_seat(sentence) == seat


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("Headquartered in San Francisco with studios in Seattle and Austin", ["San Francisco"]),
        ("Chicago, IL - Headquarters; Boston, MA", ["Chicago"]),
        ("New York City (US HQ)", ["New York"]),
        ("Leuven (our HQ) and Ghent", ["Leuven"]),
        ("Oslo and Bergen", []),
    ],
)
def test_the_head_office_is_what_stands_by_the_words_that_say_so(
    text: str, heads: list[str]
) -> None:
    assert [office.city for office in read_offices(text) if office.head_office] == heads


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("It has offices in Montreal, New York and Ghent", "Montreal, New York and Ghent"),
        ("We have an office in Oslo", "Oslo"),
        ("We have no offices in Oslo", None),
        ("We visit our clients' offices in Oslo", None),
    ],
)
def test_a_sentence_names_the_places_of_its_offices(sentence: str, words: str | None) -> None:
    assert find_offices(sentence) == words
