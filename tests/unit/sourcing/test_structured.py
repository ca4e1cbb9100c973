"""Structured data as pages really carry it: broken, wrapped, several times, and extruct's own samples."""

from datetime import date
from pathlib import Path

import pytest

from recruit.sourcing.parse import parse_page
from recruit.sourcing.values import Fact, FieldName, Office
from tests.conftest import SHARED

TODAY = date(2026, 3, 3)
ORG = '"@type":"Organization","name":"Acme","foundingDate":"1998"'


def parse(html: str) -> list[Fact]:
    return parse_page(html, "https://directory.example/acme", today=TODAY)


def founded(html: str) -> list[str]:
    return [fact.method for fact in parse(html) if fact.field is FieldName.FOUNDED]


@pytest.mark.parametrize(
    "script",
    [
        f"{{{ORG}}}",
        f"{{{ORG},}}",
        f"[{{{ORG}}}]",
        f'{{"@graph":[{{{ORG}}},]}}',
        f"<!-- {{{ORG}}} -->",
        f"//<![CDATA[\n{{{ORG}}}\n//]]>",
        f"/*<![CDATA[*/{{{ORG}}}/*]]>*/",
        f'{{"@type":"WebSite","name":"x"}}{{{ORG}}}',
        f"{{{ORG}}};",
        f"{{{ORG}".replace('"', "&quot;") + "}",
        f'{{{ORG},"description":"two\nlines\tand a tab"}}',
        f'{{{ORG}}}{{"@type":"Organ',
    ],
)
def test_nearly_json_is_read_as_what_it_was_meant_to_be(script: str) -> None:
    html = f'<h1>Acme</h1><script type="application/ld+json">{script}</script>'
    assert founded(html) == ["json-ld"]


def test_a_broken_script_does_not_cost_the_next_one() -> None:
    html = (
        '<h1>Acme</h1><script type="application/ld+json">{"@type": oops</script>'
        f'<script type="application/ld+json">{{{ORG}}}</script>'
    )
    assert founded(html) == ["json-ld"]


def test_every_location_is_an_office_and_the_head_office_is_marked() -> None:
    html = """<h1>Acme</h1><script type="application/ld+json">{"@type":"Organization","name":"Acme",
    "address":{"streetAddress":"Hauptstr. 1","postalCode":"10115","addressLocality":"Berlin","addressCountry":"DE"},
    "location":[{"name":"Headquarters","address":{"streetAddress":"Hauptstr. 1","addressLocality":"Berlin","addressCountry":"Germany"}},
    {"name":"Lyon office","address":{"addressLocality":"Lyon","addressCountry":"FR"}},
    {"address":"Madrid, Spain"}]}</script>"""
    offices = [fact.value for fact in parse(html) if isinstance(fact.value, Office)]
    assert offices == [
        Office("Hauptstr. 1", "10115", "Berlin", None, "DE", head_office=True),
        Office(city="Lyon", country="FR"),
        Office(city="Madrid", country="ES"),
    ]


# What a careful reader says that extruct's samples state of a firm on a directory's page.
TRUTH = {
    "LocalBusiness.002.html": {
        FieldName.NAME: "GreatFood",
        FieldName.WEBSITE: "http://www.dishdash.com",
        FieldName.STREET: "1901 Lemur Ave",
        FieldName.POSTCODE: "94086",
        FieldName.CITY: "Sunnyvale",
        FieldName.PHONE: "+14087141489",
    },
    # Invoices, events and concerts describe no firm: their brokers, venues and performers are none.
    "LocalBusiness.003.html": {FieldName.PHONE: None, FieldName.CITY: None, FieldName.EMPLOYEES: None},
    "Event.002.html": {FieldName.PHONE: None, FieldName.EMPLOYEES: None, FieldName.FOUNDED: None},
    "AllocateAction.001.html": {FieldName.EMPLOYEES: None, FieldName.FOUNDED: None, FieldName.CITY: None},
    "JoinAction.001.html": {FieldName.EMPLOYEES: None, FieldName.FOUNDED: None, FieldName.CITY: None},
}  # fmt: skip
_SAMPLES = {path.name: path for path in sorted((SHARED / "extruct").rglob("*.html"))}


@pytest.mark.truth
@pytest.mark.parametrize("name", [name for name in TRUTH if name in _SAMPLES])
def test_extructs_samples_say_what_a_reader_says(name: str) -> None:
    sample: Path = _SAMPLES[name]
    found = {fact.field: fact.value for fact in parse(sample.read_text(errors="replace"))}
    assert {field: found.get(field) for field in TRUTH[name]} == TRUTH[name]
