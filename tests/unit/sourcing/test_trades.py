"""What kind of business a firm is, as it introduces itself."""

from datetime import date

import pytest

from recruit.sourcing.parse import parse_page
from recruit.sourcing.trades import find_trades, introduction
from recruit.sourcing.values import FieldName


@pytest.mark.parametrize(
    ("text", "trades"),
    [
        ("Aster is a web agency that builds WordPress sites for our clients.", {"agency", "web development"}),
        ("Birch is a visual project management system.", {"saas product"}),
        ("We are a digital payment platform for small shops.", {"fintech"}),
        ("Cedar offers managed services and consulting for hospitals.", {"consulting", "managed services", "healthcare"}),
        ("Dogwood ist eine Agentur für Webentwicklung und Online-Marketing.", {"agency", "web development", "digital marketing"}),
        ("Elm publishes video games.", {"games"}),
        ("Fir builds WordPress plug-ins.", set()),
        ("We sell garden tools and grow roses in the valley.", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_an_introduction_tells_the_kind_of_business(text: str, trades: set[str]) -> None:
    assert {trade for trade, _ in find_trades(text)} == trades


def test_the_words_that_tell_a_trade_stand_in_the_introduction() -> None:
    text = "Aster is a consultancy for cloud migration."
    assert all(words in text for _, words in find_trades(text))


def test_what_stands_below_jobs_and_benefits_introduces_nobody() -> None:
    lines = [
        "We roast coffee for all of the valley.",
        "Careers",
        "We hire for our design agency now.",
    ]
    assert introduction(lines) == "We roast coffee for all of the valley."


def test_a_list_of_a_firm_s_own_is_not_added_to_by_its_prose() -> None:
    html = "<h1>Aster</h1><p>We are a web agency for clients in retail.</p><h2>Services</h2><ul><li>Consulting<li>Training</ul>"
    facts = parse_page(html, "https://directory.example/aster", today=date(2026, 3, 3))
    found = [fact.value for fact in facts if fact.field is FieldName.SPECIALTY]
    assert found == ["consulting", "training"]
