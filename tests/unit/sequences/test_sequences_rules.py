"""Conditions, laws, ramps, the breaker and the comparison of wordings, as tables of cases."""

import random
import re
from typing import Any

import pytest

from recruit.sequences.breaker import why_trip
from recruit.sequences.checked_table import CheckedTable, DefinitionError
from recruit.sequences.conditions import read_condition
from recruit.sequences.definition import Compliance
from recruit.sequences.parsing import parse_definition
from recruit.sequences.policies import Addressee, lacks, list_policies, start_lacks
from recruit.sequences.suppression_lists import read_list
from recruit.sequences.variants import Tally, compare, draw, wilson
from recruit.sequences.warmup import ramped_cap
from tests.factories.sequences import sequence_data

FACTS = {
    "firm.country": "DE",
    "firm.employees": 40,
    "firm.specialties": ["Kubernetes", "Training"],
    "contact.is_role_address": False,
    "contact.job_title": "",
    "task.outcome": "done",
}
MAIL = {"kind": "email", "subject": "Hi", "body": "Hello"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"fact": "firm.country", "equals": "de"}, True),
        ({"fact": "firm.country", "is_in": ["AT", "CH"]}, False),
        ({"fact": "firm.employees", "at_least": 40}, True),
        ({"fact": "firm.employees", "at_most": 39}, False),
        ({"fact": "firm.founded", "at_least": 1}, False),
        ({"fact": "firm.specialties", "contains": "kubern"}, True),
        ({"fact": "contact.job_title", "known": False}, True),
        ({"fact": "contact.job_title", "known": True}, False),
        ({"fact": "contact.is_role_address", "equals": False}, True),
        ({"fact": "task.outcome", "equals": "skipped"}, False),
    ],
)
def test_a_condition_compares_a_fact(condition: dict[str, Any], holds: bool) -> None:
    assert read_condition(CheckedTable(condition, "if")).holds(FACTS) is holds


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"fact": "mail.clicked", "equals": 1}, "clicks and opens are no facts"),
        ({"fact": "firm.contry", "equals": "DE"}, "did you mean 'firm.country'"),
        ({"fact": "firm.country"}, "give one of known, equals"),
        ({"fact": "firm.country", "equals": "DE", "known": True}, "give one of known"),
        ({"fact": "firm.employees", "at_least": "many"}, "at_least is not a number"),
        ({"fact": "firm.country", "is_in": []}, "is_in is empty"),
        ({"fact": "firm.country", "equal": "DE"}, "equal is unknown; did you mean 'equals'"),
    ],
)
def test_a_condition_that_makes_no_sense_says_why(condition: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        read_condition(CheckedTable(condition, "if"))


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([MAIL | {"name": "a"}, MAIL | {"next": "a"}], "'a' does not come later"),
        ([MAIL | {"next": "b"}], "no step has the name 'b'; there are end"),
        ([MAIL | {"name": "a"}, MAIL | {"name": "a"}], "'a' is taken"),
        ([MAIL | {"name": "end"}], "'end' is taken"),
        (
            [{"kind": "branch", "if": {"fact": "score", "at_least": 1}}, MAIL],
            "both ways lead to the same step",
        ),
        ([MAIL | {"variants": [{"name": "a", "body": "x"}]}], "one wording is none to compare"),
        (
            [MAIL | {"variants": [{"name": n, "subject": "s", "body": "x"} for n in "ab"]}],
            "the texts stand in the variants",
        ),
        (
            [{"kind": "email", "variants": [{"name": n, "body": "x"} for n in "ab"]}],
            "the first e-mail has no thread",
        ),
        ([{"kind": "wait", "subject": "x"}], "subject is unknown"),
    ],
)
def test_steps_that_lead_nowhere_are_refused(steps: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        parse_definition(sequence_data(steps=steps))


FULL = Compliance(consent="Fair, 2026.", privacy_url="https://v.example/p")
INTEREST = Compliance(
    legitimate_interest="Business to business, by role.", privacy_url="https://v.example/p"
)
OK_FIRM = {"email": "ann@firm.example", "legal_form": "Ltd", "origin": "a directory"}


@pytest.mark.parametrize(
    ("country", "compliance", "over", "says"),
    [
        ("US", Compliance(), {}, None),
        ("DE", FULL, {}, None),
        ("DE", INTEREST, {}, "UWG.*agreed before"),
        ("DE", Compliance(consent="x"), {}, "privacy_url"),
        ("DE", FULL, {"origin": " "}, "no origin is known"),
        ("GB", INTEREST, {}, "companies_only = true"),
        ("CA", Compliance(), {}, "CASL.*published"),
        ("CA", Compliance(published_addresses=True), {}, None),
        ("CL", INTEREST, {}, "CL .*no policy here"),
        ("CL", Compliance(reviewed=(("CL", "Counsel, 2026"),)), {}, None),
        ("CL", FULL, {}, None),
        (None, INTEREST, {"email": "ann@firm.example"}, "Country unknown"),
        (None, Compliance(), {"email": "ann@firm.de"}, "DE"),
        (None, FULL, {"email": "ann@firm.example"}, None),
    ],
)
def test_a_recipients_law_is_met_or_named(
    country: str | None, compliance: Compliance, over: dict[str, str], says: str | None
) -> None:
    found = lacks(compliance, Addressee(country, **(OK_FIRM | over)), "1 Street")
    if says is None:
        assert found is None
    else:
        assert re.search(says, found or ""), found


def test_a_sole_trader_is_a_consumer_in_britain() -> None:
    companies = Compliance(
        legitimate_interest="By role.", privacy_url="https://v.example/p", companies_only=True
    )
    assert lacks(companies, Addressee("GB", **OK_FIRM)) is None
    for over in ({"legal_form": "Sole trader"}, {"email": "jo.plumber@gmail.com"}):
        assert "sole trader" in str(lacks(companies, Addressee("GB", **(OK_FIRM | over))))
        assert lacks(FULL, Addressee("GB", **(OK_FIRM | over))) is None


def test_a_start_names_what_each_declared_country_lacks() -> None:
    missing = start_lacks(Compliance(countries=("US", "DE", "CA")), "")
    assert [text[:2] for text in missing] == ["US", "DE", "CA"]
    assert "RECRUIT_POSTAL_ADDRESS" in missing[0]


def test_every_policy_asks_only_for_what_can_be_checked() -> None:
    for country, policy in list_policies().items():
        assert len(country) == 2
        assert lacks(FULL, Addressee(country, **OK_FIRM), "1 Street") is None, policy


def test_a_ramp_grows_by_equal_factors_to_the_full_cap() -> None:
    caps = [ramped_cap(50, 5, 10, day) for day in range(12)]
    assert caps == [5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 50]
    assert ramped_cap(50, 5, 0, 0) == 50
    assert ramped_cap(3, 9, 5, 0) == 3


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "trips"),
    [
        (0, 0, 0, False),
        (10, 5, 0, False),
        (95, 5, 0, False),
        (94, 6, 0, True),
        (500, 0, 1, False),
        (500, 0, 2, True),
        (5000, 0, 14, False),
        (5000, 0, 16, True),
    ],
)
def test_a_mailbox_stops_when_too_much_comes_back(
    sent: int, bounced: int, complained: int, trips: bool
) -> None:
    assert (why_trip(sent, bounced, complained) is not None) is trips


def test_wordings_are_drawn_evenly_and_always_the_same() -> None:
    drawn = [draw(("a", "b", "c"), "s", firm, 0) for firm in range(3000)]
    assert drawn == [draw(("a", "b", "c"), "s", firm, 0) for firm in range(3000)]
    assert all(900 < drawn.count(name) < 1100 for name in "abc")
    assert draw((), "s", 1, 0) == ""


def test_an_interval_of_a_share_is_wilsons() -> None:
    # Newcombe 1998, table I: 81 of 263.
    assert [round(x, 4) for x in wilson(81, 263)] == [0.2553, 0.3662]
    assert wilson(0, 0) == (0.0, 1.0)


def test_looking_every_day_at_equal_wordings_finds_a_winner_in_at_most_one_test_of_twenty() -> None:
    rng = random.Random(7)
    false_winners = 0
    for _ in range(200):
        counts = {"a": [0, 0], "b": [0, 0]}
        for step in range(1, 601):
            for name in counts:
                counts[name][0] += 1
                counts[name][1] += rng.random() < 0.08
            if step % 10 == 0:
                found = compare([Tally(n, t, s) for n, (t, s) in counts.items()])
                assert found is not None
                if found.decided:
                    false_winners += 1
                    break
    assert false_winners <= 10


def test_a_wording_that_is_twice_as_good_is_found() -> None:
    found = compare([Tally("short", 600, 96), Tally("long", 600, 42)])
    assert found is not None
    assert found.decided
    assert str(found).startswith("“short” gets more answers than “long”")
    early = compare([Tally("short", 20, 8), Tally("long", 20, 0)])
    assert str(early).startswith("Too early to say: 20 of at least 30")


def test_a_suppression_list_is_read_with_and_without_a_header() -> None:
    text = "Name;E-Mail\nAnn;ann@firm.example\nBob;\n;@firm.example\n"
    assert [(e.line, e.scope.value, e.key) for e in read_list(text)] == [
        (2, "address", "ann@firm.example"),
        (4, "domain", "@firm.example"),
    ]
    plain = "\ufeff# ours\nann@firm.example\nfirm.example\n\n"
    assert [e.key for e in read_list(plain)] == ["ann@firm.example", "firm.example"]
