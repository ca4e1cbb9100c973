"""What is open to whom: every action at every point of the track, for every role."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recruit.onboarding.evidence import Declared, Evidence
from recruit.onboarding.gates import decide
from recruit.onboarding.values import Action, MemberRole
from tests.conftest import NOW
from tests.factories.onboarding import (
    ADMIN,
    MEMBER,
    SIGNATORY,
    make_certificate,
    make_evidence,
    make_member,
    make_track,
)

STEPS = ("agreement", "company", "basics", "certification")
ALWAYS, NEVER = 0, 9
# From how many finished steps on an action is open to the signatory.
OPENS_AFTER = {
    Action.SEE_PORTAL: ALWAYS,
    Action.SIGN_AGREEMENT: ALWAYS,
    Action.INVITE_COLLEAGUE: ALWAYS,
    Action.SEE_CERTIFICATE: ALWAYS,
    Action.HAND_IN_TASK: 4,  # no such step: it waits for all of them
    Action.EDIT_COMPANY: 1,
    Action.SEE_RESOURCES: 1,
    Action.TAKE_COURSE: 2,
    Action.TAKE_QUIZ: 3,  # the lessons come first
    Action.SEE_PRICES: 4,
    Action.REGISTER_DEAL: 4,
}
CASES = [(action, done) for action in Action for done in range(5)]


def course_of(action: Action) -> str | None:
    return "basics" if action in {Action.TAKE_COURSE, Action.TAKE_QUIZ} else None


def test_every_action_stands_in_the_table() -> None:
    assert set(OPENS_AFTER) == set(Action)


@pytest.mark.parametrize(("action", "done"), CASES)
def test_an_action_opens_with_its_step_and_never_before(action: Action, done: int) -> None:
    evidence = make_evidence(done)
    decision = decide(action, evidence, NOW, person_id=SIGNATORY, course=course_of(action))
    assert decision.allowed is (done >= OPENS_AFTER[action]), decision
    if decision.allowed:
        assert (decision.missing, decision.reason) == ((), "")
    else:
        assert decision.missing
        assert decision.reason.startswith("This opens when ")
        assert decision.missing[-1].sentence in decision.reason


@pytest.mark.parametrize("done", range(4))
def test_what_is_missing_are_the_steps_that_are_not_done_in_order(done: int) -> None:
    decision = decide(Action.SEE_PRICES, make_evidence(done), NOW)
    assert [m.key for m in decision.missing] == list(STEPS[done:])
    assert [m.number for m in decision.missing] == list(range(done + 1, 5))


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    ("person_id", "refused"),
    [
        (SIGNATORY, set()),
        (ADMIN, {Action.SIGN_AGREEMENT}),
        (MEMBER, {Action.SIGN_AGREEMENT, Action.EDIT_COMPANY, Action.INVITE_COLLEAGUE}),
    ],
)
def test_a_role_closes_what_is_not_its_own(
    action: Action, person_id: int, refused: set[Action]
) -> None:
    evidence = make_evidence(4)
    member = replace(evidence.members[0], person_id=person_id, role=make_member(person_id).role)
    evidence = replace(evidence, members=(member, make_member(99, name="Sam")))
    decision = decide(action, evidence, NOW, person_id=person_id, course=course_of(action))
    assert decision.allowed is (action not in refused)
    if action in refused:
        assert decision.missing == ()
        assert "Vela Cloud" in decision.reason


def test_a_refusal_by_role_names_who_can() -> None:
    reason = decide(Action.SIGN_AGREEMENT, make_evidence(0), NOW, person_id=MEMBER).reason
    assert reason == "Only a person who may sign for Vela Cloud can do this: Sam."
    reason = decide(Action.INVITE_COLLEAGUE, make_evidence(0), NOW, person_id=MEMBER).reason
    assert reason == "Only an administrator of Vela Cloud can do this: Sam or Ada."


@pytest.mark.parametrize("action", Action)
def test_a_stranger_may_do_nothing(action: Action) -> None:
    decision = decide(action, make_evidence(4), NOW, person_id=555, course=course_of(action))
    assert not decision.allowed
    assert decision.reason == "You do not belong to Vela Cloud."


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("person_id", [None, SIGNATORY, 555])
def test_a_partner_that_has_left_may_do_nothing(action: Action, person_id: int | None) -> None:
    evidence = replace(make_evidence(4), left_at=NOW)
    decision = decide(action, evidence, NOW, person_id=person_id, course=course_of(action))
    assert not decision.allowed
    assert decision.reason == "Vela Cloud has left the partner program."


def test_the_quiz_waits_for_this_persons_own_lessons() -> None:
    evidence = make_evidence(3)
    assert decide(Action.TAKE_QUIZ, evidence, NOW, person_id=SIGNATORY, course="basics").allowed
    decision = decide(Action.TAKE_QUIZ, evidence, NOW, person_id=MEMBER, course="basics")
    assert [(m.lesson, m.course, m.number) for m in decision.missing] == [
        ("what", "basics", 1),
        ("who", "basics", 2),
    ]
    assert decision.reason == "This opens when you finish reading “Who buys it”."


@pytest.mark.parametrize(("done", "allowed"), [(0, False), (1, True)])
def test_a_course_beside_the_track_is_for_everybody_who_has_signed(
    done: int, allowed: bool
) -> None:
    decision = decide(Action.TAKE_COURSE, make_evidence(done), NOW, course="elsewhere")
    assert decision.allowed is allowed


def test_an_action_that_the_track_does_not_name_opens_with_its_last_step() -> None:
    track = make_track(opens={"see_resources": ["agreement"]})
    assert not decide(Action.SEE_PRICES, make_evidence(3, track=track), NOW).allowed
    assert decide(Action.SEE_PRICES, make_evidence(4, track=track), NOW).allowed


def test_a_certificate_that_runs_out_closes_the_prices_at_that_moment() -> None:
    evidence = make_evidence(4)
    until = evidence.members[0].certificates[0].valid_until
    assert decide(Action.SEE_PRICES, evidence, until - timedelta(microseconds=1)).allowed
    decision = decide(Action.SEE_PRICES, evidence, until)
    assert [(m.key, m.lapsed) for m in decision.missing] == [("certification", True)]
    assert decide(Action.SEE_RESOURCES, evidence, until).allowed
    assert decide(Action.TAKE_QUIZ, evidence, until, person_id=SIGNATORY, course="selling").allowed


def test_a_certificate_that_is_not_awarded_yet_opens_nothing() -> None:
    evidence = make_evidence(3)
    future = make_certificate(NOW + timedelta(days=1))
    member = replace(evidence.members[0], certificates=(future,))
    assert not decide(Action.SEE_PRICES, replace(evidence, members=(member,)), NOW).allowed


def test_a_certificate_for_another_course_opens_nothing() -> None:
    evidence = make_evidence(3)
    other = make_certificate(NOW - timedelta(days=1), course_key="basics")
    member = replace(evidence.members[0], certificates=(other,))
    assert not decide(Action.SEE_PRICES, replace(evidence, members=(member,)), NOW).allowed


@pytest.mark.parametrize("step", STEPS)
def test_a_waived_step_counts_as_done(step: str) -> None:
    evidence = make_evidence(4)
    without = _without(evidence, step)
    assert not decide(Action.SEE_PRICES, without, NOW).allowed
    waived = dict(without.declared) | {step: Declared(step, True, "A pilot.", "Alex", NOW)}
    assert decide(Action.SEE_PRICES, replace(without, declared=waived), NOW).allowed


def _without(evidence: Evidence, step: str) -> Evidence:
    sam = evidence.members[0]
    match step:
        case "agreement":
            return replace(evidence, signatures={})
        case "company":
            return replace(evidence, declared={})
        case "basics":
            bare = replace(sam, passed={"selling": sam.passed["selling"]})
        case _:
            bare = replace(sam, certificates=())
    return replace(evidence, members=(bare, *evidence.members[1:]))


def test_a_declaration_of_another_kind_of_step_proves_nothing() -> None:
    evidence = make_evidence(2)
    declared = dict(evidence.declared) | {
        key: Declared(key, False, "", "Sam", NOW)
        for key in ("agreement", "basics", "certification")
    }
    evidence = replace(evidence, declared=declared, signatures={})
    assert [m.key for m in decide(Action.SEE_PRICES, evidence, NOW).missing] == [
        "agreement",
        "basics",
        "certification",
    ]


def test_roles_are_all_known_to_the_tests() -> None:
    assert set(MemberRole) == {make_member(p).role for p in (SIGNATORY, ADMIN, MEMBER)}
