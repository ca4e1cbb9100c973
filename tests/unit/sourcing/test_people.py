"""Named people on pages. All of them are made up, and their addresses are reserved ones."""

from datetime import date

import pytest

from recruit.sourcing.crawling.plan import Role
from recruit.sourcing.parse import parse_page
from recruit.sourcing.people import agrees, find_people
from recruit.sourcing.persons import Person
from recruit.sourcing.tree import read_html
from recruit.sourcing.values import FieldName
from tests.unit.sourcing.test_extract import read

TEAM = """<html><head><title>Aster</title></head><body><h1>Our team</h1><div class=team>
<div class=card><h3>Jana Müller-Beispiel</h3><p>Head of Alliances</p><a href="mailto:jana.mueller-beispiel@aster.example">Mail</a></div>
<div class=card><h3>Dr. Kofi van der Muster, Sales Director</h3><a href="mailto:kmuster@aster.example?subject=Hi">Mail</a></div>
<div class=card><p>“They are great”, says Otto Kunde of Birch</p><a href="mailto:press.desk@aster.example">Press</a></div>
<div class=card><h3>Sales</h3><a href="mailto:sales@aster.example">Mail</a></div></div></body></html>"""
LINKED = """<html><head><title>Aster</title><script type="application/ld+json">{"@type": "Organization", "name": "Aster",
"url": "https://aster.example", "founder": {"@type": "Person", "name": "Ida Muster", "jobTitle": "Founder"},
"employee": [{"@type": "Person", "givenName": "Ole", "familyName": "Beispiel", "email": "ole@aster.example"},
{"@type": "Person", "name": "Nobody Known"}, {"@type": "Organization", "name": "Birch", "email": "info@birch.example"}]}
</script></head><body><h1>Aster</h1></body></html>"""


def people(html: str, *, allowed: bool = True) -> list[object]:
    facts = parse_page(
        html, "https://aster.example/", today=date(2026, 3, 3), own_site=True, people=allowed
    )
    return [fact.value for fact in facts if fact.field is FieldName.PERSON]


def test_a_team_s_cards_give_name_role_and_address() -> None:
    assert list(find_people(read_html(TEAM))) == [
        Person("Jana Müller-Beispiel", "Head of Alliances", "jana.mueller-beispiel@aster.example"),
        Person("Kofi van der Muster", "Sales Director", "kmuster@aster.example"),
    ]


def test_structured_data_gives_those_of_the_firm_of_whom_it_says_more_than_a_name() -> None:
    assert set(people(LINKED)) == {"Ole Beispiel <ole@aster.example>", "Ida Muster, Founder"}


@pytest.mark.parametrize("html", [TEAM, LINKED])
def test_nobody_is_named_where_the_source_does_not_allow_it(html: str) -> None:
    assert people(html, allowed=False) == []
    for name in ("item", "roles"):
        over = {"contacts": name} if name == "roles" else {}
        result = read(html, Role.ITEM, **over)
        facts = result.sighting.facts if result.sighting else ()
        assert not [fact for fact in facts if fact.field is FieldName.PERSON]
        assert not [fact for fact in facts if "mueller" in str(fact.value) or "Muster" in fact.text]


def test_a_source_with_a_lawful_basis_names_people() -> None:
    result = read(
        TEAM, Role.ITEM, contacts="people", lawful_basis="Legitimate interest: they publish it"
    )
    assert result.sighting is not None
    named = [fact.value for fact in result.sighting.facts if fact.field is FieldName.PERSON]
    assert "Jana Müller-Beispiel, Head of Alliances <jana.mueller-beispiel@aster.example>" in named


@pytest.mark.parametrize(
    ("name", "email", "expected"),
    [
        ("Jana Beispiel", "jana.beispiel@a.example", True),
        ("Jana Beispiel", "jbeispiel@a.example", True),
        ("Jana Beispiel", "beispielj@a.example", True),
        ("Jana Beispiel", "jana@a.example", True),
        ("Jürgen Große", "juergen.grosse@a.example", True),
        ("Jana Beispiel", "otto.kunde@a.example", False),
        ("Jana", "jana@a.example", False),
        ("", "@", False),
    ],
)
def test_an_address_is_somebody_s_when_it_is_made_of_the_name(
    name: str, email: str, expected: bool
) -> None:
    assert agrees(name, email) is expected
