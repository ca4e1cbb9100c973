"""No sequence of steps, in whatever order and on whatever track, opens what was not earned."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.onboarding.evidence import Declared, Evidence, Signature
from recruit.onboarding.gates import decide
from recruit.onboarding.grading import add_months, grade, next_cycle, right_answers
from recruit.onboarding.progress import StepState, list_steps, state_of
from recruit.onboarding.track import parse_track
from recruit.onboarding.values import Action, PartnerState
from tests.conftest import NOW
from tests.factories.onboarding import (
    ADMIN,
    MEMBER,
    SIGNATORY,
    WRONG,
    make_certificate,
    make_courses,
    make_evidence,
    track_data,
)

COURSES = make_courses()
STEPS = track_data()["steps"]


@dataclass(frozen=True)
class Did:
    """Something that a person tries, some days later."""

    what: str
    person_id: int
    course: str
    days: int


MOVES = st.builds(
    Did,
    what=st.sampled_from(["sign", "describe", "read", "pass", "fail", "wait", "leave"]),
    person_id=st.sampled_from([SIGNATORY, ADMIN, MEMBER]),
    course=st.sampled_from(["basics", "selling"]),
    days=st.sampled_from([0, 0, 1, 30, 340, 400]),
)


@st.composite
def tracks(draw: st.DrawFn) -> dict[str, Any]:
    """Any order of the steps, each after any of those above it."""
    order = draw(st.permutations(STEPS))
    steps = []
    for n, step in enumerate(order):
        above = [s["key"] for s in order[:n]]
        after = draw(
            st.none() | st.lists(st.sampled_from(above), unique=True) if above else st.none()
        )
        people = draw(st.integers(1, 2)) if step.get("course") else 1
        steps.append(step | {"after": after, "people": people})
    opens = draw(st.sampled_from([{}, track_data()["opens"], {"see_prices": [order[-1]["key"]]}]))
    return track_data(steps=steps, opens=opens)


def attempt(evidence: Evidence, did: Did, now: Any) -> Evidence:
    """Do it as the use cases do: ask the gate, then write."""
    member = evidence.find_member(did.person_id)
    if member is None:
        return evidence

    def may(action: Action, course: str | None = None) -> bool:
        return decide(action, evidence, now, person_id=did.person_id, course=course).allowed

    changed = member
    match did.what:
        case "sign" if may(Action.SIGN_AGREEMENT):
            signed = Signature("terms", 1, did.person_id, member.name, now)
            return replace(evidence, signatures={"terms": signed} | dict(evidence.signatures))
        case "describe" if may(Action.EDIT_COMPANY):
            said = Declared("company", False, "", member.name, now)
            return replace(evidence, declared={"company": said} | dict(evidence.declared))
        case "read" if may(Action.TAKE_COURSE, did.course):
            read = {(did.course, x.key): now for x in COURSES[did.course].lessons}
            changed = replace(member, lessons=read | dict(member.lessons))
        case "pass" | "fail" if may(Action.TAKE_QUIZ, did.course):
            changed = _hand_in(member, did, now)
        case "leave" if did.person_id == MEMBER:
            return replace(evidence, members=tuple(m for m in evidence.members if m is not member))
    return replace(evidence, members=tuple(changed if m is member else m for m in evidence.members))


def _hand_in(member: Any, did: Did, now: Any) -> Any:
    course = COURSES[did.course]
    assert course.quiz
    answers = right_answers(course.quiz) if did.what == "pass" else WRONG[did.course]
    held = [c for c in member.certificates if c.course_key == did.course]
    cycle = next_cycle([(c.cycle, c.valid_until) for c in held], now)
    if cycle is None or not grade(course.quiz, answers).passed:
        return member
    member = replace(member, passed={did.course: now} | dict(member.passed))
    if course.validity_months is None:
        return member
    days = (add_months(now, course.validity_months) - now).days
    award = make_certificate(now, days=days, cycle=cycle, course_key=did.course)
    return replace(member, certificates=(*member.certificates, award))


@settings(max_examples=300, deadline=None)
@given(tracks(), st.lists(MOVES, max_size=40))
def test_no_sequence_of_steps_opens_what_is_not_earned(
    data: dict[str, Any], moves: list[Did]
) -> None:
    track = parse_track(data)
    evidence = make_evidence(0, track=track)
    now = NOW
    for did in moves:
        now += timedelta(days=did.days)
        evidence = attempt(evidence, did, now)
        views = {view.step.key: view for view in list_steps(evidence, now)}
        for action in (Action.SEE_PRICES, Action.SEE_RESOURCES, Action.REGISTER_DEAL):
            earned = all(_earned(evidence, step.key, now) for step in track.needs(action))
            assert decide(action, evidence, now).allowed is earned
        full = all(view.finished for view in views.values())
        assert (state_of(evidence, now) is PartnerState.FULL_ACCESS) is full
        for key, view in views.items():
            assert view.finished is _earned(evidence, key, now), key
            if view.state is StepState.NEXT:
                assert all(views[s.key].finished for s in track.before(key))


def _earned(evidence: Evidence, key: str, now: Any) -> bool:
    """Say in other words than the code when a step is earned."""
    step = next(s for s in evidence.track.steps if s.key == key)
    match key:
        case "agreement":
            return "terms" in evidence.signatures
        case "company":
            return "company" in evidence.declared
        case "basics":
            return sum("basics" in m.passed for m in evidence.members) >= step.people
        case _:
            holders = {
                m.person_id
                for m in evidence.members
                for c in m.certificates
                if c.course_key == "selling" and c.awarded_at <= now < c.valid_until
            }
            return len(holders) >= step.people
