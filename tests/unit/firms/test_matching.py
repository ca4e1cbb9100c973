"""Which pairs of sightings are one firm: a table of cases, each with the rule that it stands for."""

from typing import Any

import pytest

from recruit.firms.evidence import Surroundings
from recruit.firms.matching import decide
from recruit.firms.rarity import count_words
from recruit.firms.values import Verdict
from tests.factories.firms import make_fingerprint

SAME, DOUBTFUL, DIFFERENT = Verdict.SAME, Verdict.DOUBTFUL, Verdict.DIFFERENT
NORTHLIGHT = {"website": "https://northlight.example"}
HAMBURG = {"city": "Hamburg", "country": "DE"}


@pytest.mark.parametrize(
    ("rule", "a", "b", "verdict"),
    [
        ("one domain is one firm", NORTHLIGHT, NORTHLIGHT | {"name": "Nordlicht Cloud"}, SAME),
        ("even after a change of name", NORTHLIGHT, NORTHLIGHT | {"name": "Kestrel"}, SAME),
        (
            "but not when name and country speak against it",
            NORTHLIGHT | {"country": "AU", "city": "Melbourne"},
            NORTHLIGHT | {"name": "Kestrel", "country": "CY", "city": "Limassol"},
            DOUBTFUL,
        ),
        ("a rare name is enough when nothing contradicts", {}, {"country": "DE"}, SAME),
        (
            "a rare name with another domain is not",
            NORTHLIGHT,
            {"website": "kestrel.example"},
            DOUBTFUL,
        ),
        (
            "nor with another ending of its domain",
            NORTHLIGHT,
            {"website": "northlight.io"},
            DOUBTFUL,
        ),
        ("nor in another country", {"country": "DE"}, {"country": "JP"}, DOUBTFUL),
        (
            "the other ending is its own in the same town",
            NORTHLIGHT | HAMBURG,
            {"website": "https://northlight.io"} | HAMBURG,
            SAME,
        ),
        (
            "rented ground identifies nobody",
            {"name": "Kestrel", "website": "https://facebook.com/kestrel"},
            {"name": "Northlight", "website": "https://facebook.com/northlight"},
            DIFFERENT,
        ),
        (
            "a generic name needs more",
            {"name": "Cloud Consulting GmbH"},
            {"name": "Cloud Consulting"},
            DOUBTFUL,
        ),
        (
            "country is not enough for it",
            {"name": "Cloud Consulting", "country": "DE"},
            {"name": "Cloud Consulting", "country": "DE"},
            DOUBTFUL,
        ),
        (
            "city and country are",
            {"name": "Cloud Consulting", **HAMBURG},
            {"name": "Cloud Consulting", **HAMBURG},
            SAME,
        ),
        (
            "a phone is",
            {"name": "Cloud Consulting", "phone": "+4940123456"},
            {"name": "Cloud Consulting", "phone": "+4940123456"},
            SAME,
        ),
        (
            "a postcode is",
            {"name": "Cloud Consulting", "postcode": "20095"},
            {"name": "Cloud Consulting", "postcode": "20095"},
            SAME,
        ),
        (
            "a place in the name is geography",
            {"name": "Shenzhen Technology Co., Ltd.", "country": "CN"},
            {"name": "Shenzhen Technology", "country": "CN"},
            DOUBTFUL,
        ),
        (
            "a shared beginning chains nobody",
            {"name": "Shenzhen Huaxin Technology", "city": "Shenzhen", "country": "CN"},
            {"name": "Shenzhen Longtai Technology", "city": "Shenzhen", "country": "CN"},
            DIFFERENT,
        ),
        (
            "generic words more or less make the same name in one town",
            {"name": "Northlight Consulting", **HAMBURG},
            {"name": "Northlight", **HAMBURG},
            SAME,
        ),
        (
            "but not without one",
            {"name": "Northlight Consulting"},
            {"name": "Northlight"},
            DOUBTFUL,
        ),
        (
            "a misspelling needs more than a country",
            {"name": "Crystalord", "country": "DE"},
            {"name": "Cristalord", "country": "DE"},
            DOUBTFUL,
        ),
        (
            "and a phone will do",
            {"name": "Crystalord", "phone": "+4940123456"},
            {"name": "Cristalord", "phone": "+4940123456"},
            SAME,
        ),
        (
            "neighbours in one building stay apart",
            {"name": "Kestrel", "street": "Hafenstraße 12", "postcode": "20095"},
            {"name": "Northlight", "street": "Hafenstr. 12", "postcode": "20095"},
            DOUBTFUL,
        ),
        (
            "a firm that was renamed keeps phone and address",
            {"name": "Kestrel", "street": "12 Harbour Street", "phone": "+4940123456"},
            {"name": "Northlight", "street": "12 Harbour St.", "phone": "+4940123456"},
            SAME,
        ),
        (
            "a mail address at the other's domain",
            {"name": "Northlight Cloud", "email": "info@northlight.example"},
            NORTHLIGHT,
            SAME,
        ),
        (
            "a mail box for anybody tells nothing",
            {"name": "Kestrel", "email": "kestrel@gmail.com"},
            {"name": "Northlight", "email": "northlight@gmail.com"},
            DIFFERENT,
        ),
        (
            "branches of one name in two towns",
            {"name": "Northlight Berlin", "country": "DE"},
            {"name": "Northlight Hamburg", "country": "DE"},
            DIFFERENT,
        ),
        (
            "funds are numbered",
            {"name": "Northlight Fund III"},
            {"name": "Northlight Fund IV"},
            DIFFERENT,
        ),
        (
            "a GmbH is no Pvt. Ltd.",
            {"name": "Northlight GmbH", "city": "Hamburg"},
            {"name": "Northlight Pvt. Ltd.", "city": "Pune", "country": "IN"},
            DOUBTFUL,
        ),
        (
            "initials are the name where a phone agrees",
            {"name": "Northern Kestrel Machines", "phone": "+49401234567", "city": "Hamburg"},
            {"name": "NKM GmbH", "phone": "+49401234567", "city": "Hamburg"},
            SAME,
        ),
        (
            "a person is asked where only the town agrees",
            {"name": "Northern Kestrel Machines", "city": "Hamburg"},
            {"name": "NKM GmbH", "city": "Hamburg"},
            DOUBTFUL,
        ),
        ("strangers", {"name": "Kestrel"}, {"name": "Northlight"}, DIFFERENT),
    ],
)
def test_a_pair_is_decided_by_rule(
    rule: str, a: dict[str, Any], b: dict[str, Any], verdict: Verdict
) -> None:
    one, other = make_fingerprint(1, **a), make_fingerprint(2, **b)
    decision = decide(one, other, Surroundings())
    assert decision.verdict is verdict, (rule, decision.score, decision.reasons)
    mirrored = decide(other, one, Surroundings())
    assert (mirrored.verdict, mirrored.score) == (decision.verdict, decision.score)


def test_a_domain_that_very_many_names_share_identifies_no_more() -> None:
    one, other = (
        make_fingerprint(1, **NORTHLIGHT),
        make_fingerprint(2, name="Kestrel", **NORTHLIGHT),
    )
    crowded = Surroundings(crowd={"d:northlight.example": 40})
    assert decide(one, other, crowded).verdict is not SAME


def test_a_switchboard_of_many_streets_identifies_no_more() -> None:
    phone = {"phone": "+4940123456", "name": "Cloud Consulting"}
    one, other = make_fingerprint(1, **phone), make_fingerprint(2, **phone)
    crowded = Surroundings(crowd={"p:40123456": 64})
    assert decide(one, other, crowded).verdict is not SAME


def test_a_common_surname_is_not_a_rare_name() -> None:
    names = [make_fingerprint(n, name=f"Schmidt {chr(97 + n % 26)}{n}x").name for n in range(900)]
    others = [make_fingerprint(n, name=f"firm{n}").name for n in range(900)]
    rarity = count_words([*names, *others])
    one, other = make_fingerprint(1, name="Schmidt"), make_fingerprint(2, name="Schmidt GmbH")
    assert decide(one, other, Surroundings(rarity)).verdict is not SAME
    assert decide(one, other, Surroundings()).verdict is SAME


def test_reasons_can_be_read_by_a_person() -> None:
    one = make_fingerprint(1, website="https://northlight.example")
    other = make_fingerprint(
        2, name="Northlight Cloud", website="https://www.northlight.example/de"
    )
    assert decide(one, other, Surroundings()).reasons[:2] == (
        "same domain northlight.example",
        "name “Northlight” ~ “Northlight Cloud”",
    )


def test_what_was_only_inferred_is_not_held_against_anybody() -> None:
    from recruit.firms.fingerprint import take_fingerprint
    from recruit.sourcing.values import FieldName
    from tests.factories.firms import make_fact

    fingerprint = take_fingerprint(
        1,
        [
            make_fact(FieldName.NAME, "Northlight"),
            make_fact(FieldName.COUNTRY, "DE", inferred=True, method="tld"),
        ],
    )
    assert fingerprint is not None
    assert fingerprint.country is None


def test_a_sighting_without_a_name_has_no_fingerprint() -> None:
    from recruit.firms.fingerprint import take_fingerprint
    from tests.factories.firms import make_facts

    assert take_fingerprint(1, make_facts(website="https://northlight.example")) is None
