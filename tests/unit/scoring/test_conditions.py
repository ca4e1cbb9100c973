"""Must-haves and exclusions: yes, no, or not known."""

from datetime import date
from typing import Any

import pytest

from recruit.firms.values import FirmView
from recruit.scoring.conditions import Answer, Rule, read_rule
from recruit.scoring.points import score_firm
from recruit.scoring.section import Section
from recruit.scoring.values import Standing
from tests.factories.scoring import make_profile, make_unknown_view, make_view

TODAY = date(2026, 3, 3)


def make_rule(**values: Any) -> Rule:
    values = {"because": "Our rule"} | values
    return read_rule(Section("profile.toml", "must_haves[1]", values), is_must_have=True)


@pytest.mark.parametrize(
    ("values", "firm", "answer"),
    [
        ({"countries": ["Germany"]}, make_view(), Answer.YES),
        ({"regions": ["Nordics"]}, make_view(), Answer.NO),
        ({"regions": ["Nordics"]}, make_unknown_view(), Answer.UNKNOWN),
        ({"employees_from": 10, "employees_to": 64}, make_view(), Answer.YES),
        ({"employees_to": 63}, make_view(), Answer.NO),
        ({"employees_from": 1001}, make_view(employees_high=None), Answer.UNKNOWN),
        ({"employees_from": 64}, make_view(employees_high=None), Answer.YES),
        ({"years_from": 17}, make_view(), Answer.YES),
        ({"years_from": 18}, make_view(), Answer.NO),
        ({"years_from": 3}, make_view(founded_low=None, founded_high=2024), Answer.UNKNOWN),
        ({"tags": ["training", "kubernetes"]}, make_view(), Answer.YES),
        ({"tags": ["training"]}, make_view(), Answer.NO),
        ({"tags": ["training"]}, make_unknown_view(), Answer.UNKNOWN),
        ({"without_tags": ["saas product"]}, make_view(), Answer.YES),
        ({"without_tags": ["kubernetes"]}, make_view(), Answer.NO),
        ({"tags": ["kubernetes"], "without_tags": ["managed services"]}, make_view(), Answer.NO),
        ({"domains": ["Northlight.example"]}, make_view(), Answer.YES),
        ({"domains": ["northlight.example"]}, make_unknown_view(), Answer.NO),
        ({"countries": ["DE"], "employees_from": 100}, make_view(), Answer.NO),
        (
            {"countries": ["DE"], "employees_from": 1},
            make_unknown_view(country="DE"),
            Answer.UNKNOWN,
        ),
    ],
)
def test_a_rule_holds_when_all_that_it_names_holds(
    values: dict[str, Any], firm: FirmView, answer: Answer
) -> None:
    assert make_rule(**values).judge(firm, TODAY).answer is answer


def test_a_firm_that_fails_a_must_have_is_held_back_with_the_reason() -> None:
    profile = make_profile(must_haves=[{"because": "Has a team", "employees_from": 100}])
    card = score_firm(make_view(), profile, TODAY)
    assert card.standing is Standing.GATED
    assert card.standing_reason == (
        "Has a team: 64 people "
        "(read in the text on https://northlight.example/about, 'about 64 people')."
    )
    assert card.total == 100


def test_a_firm_of_which_a_must_have_is_not_known_passes_and_says_so() -> None:
    profile = make_profile(must_haves=[{"because": "Has a team", "employees_from": 100}])
    card = score_firm(make_unknown_view(), profile, TODAY)
    assert card.standing is Standing.RANKED
    assert card.standing_reason == "Has a team: passes for now, since its size is not known."


def test_a_must_have_can_hold_back_what_is_not_known() -> None:
    rule = {"because": "Has a team", "employees_from": 100, "unknown": "gates"}
    card = score_firm(make_unknown_view(), make_profile(must_haves=[rule]), TODAY)
    assert card.standing is Standing.GATED
    assert card.standing_reason == "Has a team: its size is not known (no source states it)."


def test_an_exclusion_removes_a_firm_with_the_reason_whatever_the_must_haves_say() -> None:
    profile = make_profile(
        must_haves=[{"because": "Has a team", "employees_from": 100}],
        exclusions=[{"because": "A competitor", "domains": ["northlight.example"]}],
    )
    card = score_firm(make_view(origins=(("website", "row of firms.csv"),)), profile, TODAY)
    assert card.standing is Standing.EXCLUDED
    assert card.standing_reason == (
        "A competitor: its domain is northlight.example (read in the row of firms.csv)."
    )


def test_what_is_not_known_excludes_nobody() -> None:
    profile = make_profile(exclusions=[{"because": "A giant", "employees_from": 1001}])
    assert score_firm(make_unknown_view(), profile, TODAY).standing is Standing.RANKED
