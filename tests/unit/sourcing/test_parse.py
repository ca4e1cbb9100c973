from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recruit.sourcing.parse import parse_page
from recruit.sourcing.values import Fact, FieldName, Interval

PAGES = Path(__file__).parents[2] / "pages" / "sourcing"
TODAY = date(2026, 3, 3)
N = FieldName


def parse(page: str, **options: Any) -> list[Fact]:
    html = (PAGES / page).read_text(encoding="utf-8")
    url = options.pop("url", "https://directory.example/firms/1")
    return parse_page(html, url, today=TODAY, **options)


def values(facts: list[Fact]) -> dict[FieldName, Any]:
    found: dict[FieldName, Any] = {}
    for fact in facts:
        many = fact.field in {
            N.SPECIALTY,
            N.EMAIL,
            N.PHONE,
            N.CERTIFICATION,
            N.SOCIAL,
            N.PARTNERSHIP,
        }
        if fact.field is N.OFFICE:
            continue
        found.setdefault(fact.field, []).append(fact.value)
        if not many:
            found[fact.field] = fact.value
    return found


EXPECTED: dict[str, dict[FieldName, Any]] = {
    "jsonld-graph.html": {
        N.NAME: "Northlight Systems",
        N.WEBSITE: "https://www.northlight.example",
        N.STREET: "Hafenstr. 1",
        N.POSTCODE: "20457",
        N.CITY: "Hamburg",
        N.COUNTRY: "DE",
        N.PHONE: ["+49403344550"],
        N.EMAIL: ["partners@northlight.example"],
        N.EMPLOYEES: Interval(51, 200),
        N.FOUNDED: Interval(2004, 2004),
        N.SPECIALTY: ["kubernetes", "managed services"],
        N.CERTIFICATION: ["KCSP"],
        N.SOCIAL: ["https://www.linkedin.com/company/northlight"],
    },
    "microdata.html": {
        N.NAME: "Vela Conseil",
        N.WEBSITE: "https://vela.example",
        N.STREET: "2 rue du Port",
        N.POSTCODE: "69002",
        N.CITY: "Lyon",
        N.COUNTRY: "FR",
        N.FOUNDED: Interval(1998, 1998),
        N.PHONE: ["+33472400000"],
    },
    "list.html": {
        N.NAME: "Kestrel Ops",
        N.WEBSITE: "http://kestrel.example",
        N.CITY: "Leeds",
        N.COUNTRY: "GB",
        N.EMPLOYEES: Interval(1001, 5000),
        N.FOUNDED: Interval(1987, 1987),
        N.SPECIALTY: ["kubernetes", "aws", "training"],
        N.CERTIFICATION: ["ISO 27001", "KCSP"],
        N.EMAIL: ["hello@kestrel.example"],
        N.PHONE: ["+441134960000"],
    },
    "table.html": {
        N.NAME: "Brume Digital",
        N.WEBSITE: "https://brume.example",
        N.CITY: "Austin",
        N.REGION: "Texas",
        N.COUNTRY: "US",
        N.EMPLOYEES: Interval(None, 49),
        N.FOUNDED: Interval(2011, 2011),
        N.SPECIALTY: ["terraform", "google cloud"],
    },
    "prose.html": {
        N.NAME: "Aster Works",
        N.WEBSITE: "https://www.aster.example",
        N.CITY: "Utrecht",
        N.COUNTRY: "NL",
        N.EMPLOYEES: Interval(40, 40),
        N.FOUNDED: Interval(1998, 1998),
        N.SPECIALTY: ["kubernetes", "aws", "training"],
        N.PARTNERSHIP: ["AWS partner"],
        N.EMAIL: ["info@aster.example"],
    },
    "opengraph.html": {
        N.NAME: "Fjord Platform",
        N.CITY: "Aarhus",
        N.COUNTRY: "DK",
        N.EMAIL: ["post@fjord.example"],
    },
    "broken.html": {
        N.NAME: "Harbor Labs",
        N.WEBSITE: "https://harbor.example",
        N.CITY: "Porto",
        N.FOUNDED: Interval(2009, 2009),
    },
    "publisher-only.html": {N.NAME: "Ridge Engineering", N.FOUNDED: Interval(2016, 2016)},
}


@pytest.mark.parametrize("page", EXPECTED)
def test_a_page_gives_what_it_states_and_nothing_else(page: str) -> None:
    assert values(parse(page)) == EXPECTED[page]


def test_a_firms_own_site_is_named_by_what_resembles_its_host() -> None:
    facts = parse("german-site.html", url="https://www.ember.example/", own_site=True)
    found = values(facts)
    found[N.SPECIALTY] = set(found[N.SPECIALTY])
    assert found == {
        N.NAME: "Ember Systemhaus",
        N.WEBSITE: "https://www.ember.example",
        N.EMPLOYEES: Interval(40, None),
        N.FOUNDED: Interval(1994, 1994),
        N.PHONE: ["+492214710000"],
        N.EMAIL: ["kontakt@ember.example"],
        N.COUNTRY: "DE",
        N.LEGAL_FORM: "GmbH",
        N.SPECIALTY: {"kubernetes", "consulting", "openshift", "security", "systems integration"},
    }
    country = next(fact for fact in facts if fact.field is N.COUNTRY)
    assert (country.inferred, country.method) == (True, "phone-prefix")


def test_a_page_without_a_name_gives_none() -> None:
    assert N.NAME not in values(parse("unnamed.html"))


def test_a_selector_of_the_source_wins_over_everything() -> None:
    facts = parse("jsonld-graph.html", selected={N.NAME: ["Northlight"], N.CITY: ["Altona"]})
    assert values(facts)[N.NAME] == "Northlight"
    assert values(facts)[N.CITY] == "Altona"
    assert {f.method for f in facts if f.field in {N.NAME, N.CITY}} == {"selector"}


def test_without_auto_only_the_selectors_are_read() -> None:
    facts = parse("jsonld-graph.html", selected={N.NAME: ["Northlight"]}, auto=False)
    assert values(facts) == {N.NAME: "Northlight"}


def test_every_fact_says_where_it_was_read() -> None:
    for fact in parse("jsonld-graph.html"):
        assert fact.url == "https://directory.example/firms/1"
        assert 0 < fact.confidence <= 1
        assert fact.text
        assert Fact.from_json(fact.to_json()) == fact
