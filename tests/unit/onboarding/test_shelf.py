"""What opens a resource: the gate, then the level; and when it is stale."""

from datetime import date, timedelta

import pytest

from recruit.onboarding.resource import parse_resources
from recruit.onboarding.shelf import Shelved, decide_resource, is_stale
from recruit.onboarding.values import Action
from tests.conftest import NOW
from tests.factories.onboarding import SIGNATORY, make_evidence, make_track

LEVELS = [
    {"key": "certified", "title": "Certified", "needs": {"selling": 1}},
    {"key": "gold", "title": "Gold", "needs": {"selling": 2}},
]


@pytest.mark.parametrize(
    ("steps", "level", "allowed", "words"),
    [
        (1, "", False, "This opens when"),
        (4, "", True, ""),
        (4, "certified", True, ""),
        (4, "gold", False, "This opens at the level Gold. Certified people that it takes: 2 in “Selling”."),
        (4, "platinum", False, "another track"),
        (1, "certified", False, "This opens when"),
    ],
)  # fmt: skip
def test_a_resource_opens_with_its_gate_and_its_level(
    steps: int, level: str, allowed: bool, words: str
) -> None:
    evidence = make_evidence(steps, track=make_track(levels=LEVELS))
    decision = decide_resource(
        Shelved(Action.SEE_PRICES, level), evidence, NOW, person_id=SIGNATORY
    )
    assert decision.allowed is allowed
    assert words in decision.reason


def test_a_level_closes_with_the_certificate_that_made_it() -> None:
    evidence = make_evidence(4, track=make_track(levels=LEVELS))
    shelved = Shelved(Action.SEE_RESOURCES, "certified")
    ends = max(c.valid_until for c in evidence.members[0].certificates)
    assert decide_resource(shelved, evidence, ends - timedelta(seconds=1)).allowed
    assert not decide_resource(shelved, evidence, ends).allowed


@pytest.mark.parametrize(
    ("review_on", "stale"),
    [(None, False), (date(2026, 3, 4), False), (date(2026, 3, 3), True), (date(2020, 1, 1), True)],
)
def test_a_resource_is_stale_from_the_day_of_its_review(
    review_on: date | None, stale: bool
) -> None:
    assert is_stale(review_on, date(2026, 3, 3)) is stale


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"markdown": ""}, "holds something"),
        ({"hide_when_stale": True}, "Add review_on"),
        ({"action": "take_quiz"}, "opens no resource"),
        ({"file": "../x.pdf"}, "bare name"),
    ],
)
def test_a_resource_that_makes_no_sense_is_refused(over: dict[str, object], words: str) -> None:
    one = {"key": "a", "title": "A", "action": "see_prices", "owner": "Morgan", "markdown": "x"}
    with pytest.raises(ValueError, match=words):
        parse_resources({"resources": [one | over]})
