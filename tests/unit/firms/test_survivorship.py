"""Of what sources state, the believed survives; and it is said which rule chose it."""

from datetime import timedelta
from typing import Any

import pytest

from recruit.firms.intervals import narrow
from recruit.firms.survivorship import survive
from recruit.sourcing.values import FieldName, Interval
from tests.conftest import NOW
from tests.factories.firms import make_statement

NAME = make_statement(FieldName.NAME, "Northlight GmbH")


def said(field: FieldName, value: Any, n: int = 1, **over: Any) -> Any:
    """What source number `n` says."""
    return make_statement(field, value, **({"record_id": n, "source": f"s{n}"} | over))


def test_what_is_stated_beats_what_is_inferred() -> None:
    facts = survive(
        [
            NAME,
            said(FieldName.COUNTRY, "US", 1, confidence=0.2),
            said(FieldName.COUNTRY, "DE", 2, inferred=True, method="phone-prefix", trust=1.0),
            said(FieldName.COUNTRY, "DE", 3, inferred=True, method="language", trust=1.0),
        ]
    )
    assert facts.country == "US"
    assert facts.provenance["country"]["rule"] == "stated beats inferred"


def test_two_sources_that_agree_beat_one_that_is_trusted_a_little_more() -> None:
    facts = survive(
        [
            NAME,
            said(FieldName.CITY, "Hamburg", 1, trust=0.8),
            said(FieldName.CITY, "Kiel", 2, trust=0.6),
            said(FieldName.CITY, "KIEL", 3, trust=0.6),
        ]
    )
    assert facts.city == "Kiel"
    assert facts.provenance["city"]["rule"] == "2 of 3 sources agree"


def test_a_source_that_repeats_itself_is_heard_once() -> None:
    facts = survive(
        [
            NAME,
            said(FieldName.CITY, "Hamburg", 1, trust=0.8),
            *(said(FieldName.CITY, "Kiel", n, trust=0.6, source="s2") for n in range(2, 9)),
        ]
    )
    assert facts.city == "Hamburg"


def test_the_more_trusted_source_wins() -> None:
    facts = survive(
        [NAME, said(FieldName.CITY, "Kiel", 1, trust=0.4), said(FieldName.CITY, "Hamburg", 2)]
    )
    assert facts.city == "Hamburg"
    assert facts.provenance["city"]["rule"] == "the most believed of several"
    assert facts.provenance["city"]["source_record_id"] == 2


def test_a_fresh_sighting_beats_an_old_one() -> None:
    long_ago = NOW - timedelta(days=1500)
    facts = survive(
        [
            NAME,
            said(FieldName.CITY, "Kiel", 1, seen_at=long_ago),
            said(FieldName.CITY, "Hamburg", 2),
        ]
    )
    assert facts.city == "Hamburg"


def test_nothing_changes_by_waiting() -> None:
    statements = [NAME, said(FieldName.CITY, "Kiel", 1), said(FieldName.CITY, "Hamburg", 2)]
    assert survive(statements) == survive(list(reversed(statements)))


def test_a_name_that_does_not_shout_is_kept() -> None:
    facts = survive(
        [
            said(FieldName.NAME, "NORTHLIGHT", 1),
            said(FieldName.NAME, "Northlight GmbH", 2, trust=0.5),
        ]
    )
    assert (facts.name, facts.name_key, facts.legal_form) == (
        "Northlight GmbH",
        "northlight",
        "GmbH",
    )
    assert facts.provenance["legal_form"]["rule"] == "part of the name"


def test_the_country_is_inferred_from_the_domain_where_nobody_states_it() -> None:
    facts = survive([NAME, said(FieldName.WEBSITE, "https://www.northlight.de/kontakt")])
    assert (facts.domain, facts.country) == ("northlight.de", "DE")
    entry = facts.provenance["country"]
    assert (entry["inferred"], entry["method"], entry["text"]) == (True, "tld", "northlight.de")


def test_a_worldwide_ending_tells_no_country() -> None:
    assert survive([NAME, said(FieldName.WEBSITE, "https://northlight.io")]).country is None


def test_a_page_on_rented_ground_is_a_website_but_no_domain() -> None:
    facts = survive([NAME, said(FieldName.WEBSITE, "https://www.facebook.com/northlight")])
    assert (facts.website, facts.domain) == ("https://www.facebook.com/northlight", None)


def test_the_own_website_comes_before_a_page_on_rented_ground() -> None:
    facts = survive(
        [
            NAME,
            said(FieldName.WEBSITE, "https://linkedin.com/company/northlight", 1, trust=1.0),
            said(FieldName.WEBSITE, "https://northlight.example", 2, trust=0.3),
        ]
    )
    assert facts.website == "https://northlight.example"


def test_the_domain_is_inferred_from_mail_addresses_where_there_is_no_website() -> None:
    facts = survive([NAME, said(FieldName.EMAIL, "info@northlight.example")])
    assert facts.domain == "northlight.example"
    assert facts.provenance["domain"]["inferred"]
    assert survive([NAME, said(FieldName.EMAIL, "northlight@gmail.com")]).domain is None


def test_an_address_is_not_pieced_together_from_two_offices() -> None:
    facts = survive(
        [
            NAME,
            said(FieldName.CITY, "Hamburg", 1, trust=0.9),
            said(FieldName.CITY, "Boston", 2, trust=0.5),
            said(FieldName.STREET, "1 Beacon Street", 2, trust=0.9),
            said(FieldName.POSTCODE, "02108", 2, trust=0.9),
            said(FieldName.COUNTRY, "DE", 1),
            said(FieldName.COUNTRY, "US", 2, trust=0.5),
        ]
    )
    assert (facts.country, facts.city, facts.street, facts.postcode) == (
        "DE",
        "Hamburg",
        None,
        None,
    )
    assert facts.latitude == pytest.approx(53.55, abs=0.05)


def test_a_country_alone_is_no_point_on_the_map() -> None:
    facts = survive([NAME, said(FieldName.COUNTRY, "DE")])
    assert (facts.latitude, facts.longitude) == (None, None)


def test_values_of_which_there_may_be_several_are_all_kept_once() -> None:
    facts = survive(
        [
            NAME,
            said(FieldName.SPECIALTY, "kubernetes", 1),
            said(FieldName.SPECIALTY, "AWS", 1),
            said(FieldName.SPECIALTY, "aws", 2),
        ]
    )
    assert [s.lower() for s in facts.specialties] == ["aws", "kubernetes"]
    assert [entry["rule"] for entry in facts.provenance["specialties"]] == [
        "2 sources agree",
        "the only value",
    ]


def test_what_the_table_cannot_take_is_no_value() -> None:
    facts = survive(
        [
            NAME,
            said(FieldName.CITY, "x" * 500),
            said(FieldName.COUNTRY, "Germany"),
            said(FieldName.POSTCODE, "  "),
        ]
    )
    assert (facts.city, facts.country, facts.postcode) == (None, None, None)


def test_a_firm_that_nobody_names_is_refused() -> None:
    with pytest.raises(ValueError, match="name"):
        survive([said(FieldName.CITY, "Hamburg")])


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([(51, 200)], (51, 200)),
        ([(51, 200), (125, None)], (125, 200)),
        ([(51, 200), (125, 125)], (125, 125)),
        ([(51, 200), (51, 200), (500, 1000)], (51, 200)),
        ([(None, 50), (11, None)], (11, 50)),
        ([(100, 100), (100, 100), (90, 90)], (100, 100)),
    ],
)
def test_intervals_are_narrowed_to_where_most_agree(
    intervals: list[tuple[int | None, int | None]], expected: tuple[int | None, int | None]
) -> None:
    choice = narrow(
        [said(FieldName.EMPLOYEES, Interval(*ends), n) for n, ends in enumerate(intervals)]
    )
    assert choice is not None
    assert (choice.value.low, choice.value.high) == expected


def test_intervals_that_contradict_leave_the_more_trusted() -> None:
    choice = narrow(
        [
            said(FieldName.FOUNDED, Interval(1999, 1999), 1, trust=0.4),
            said(FieldName.FOUNDED, Interval(2009, 2009), 2, trust=0.8),
        ]
    )
    assert choice is not None
    assert (choice.value, choice.rule) == (Interval(2009, 2009), "the most believed")


def test_a_stated_interval_is_not_narrowed_by_an_inferred_one() -> None:
    choice = narrow(
        [
            said(FieldName.EMPLOYEES, Interval(51, 200), 1),
            said(FieldName.EMPLOYEES, Interval(60, 60), 2, inferred=True),
        ]
    )
    assert choice is not None
    assert choice.value == Interval(51, 200)
