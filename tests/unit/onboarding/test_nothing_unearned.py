"""No sequence of steps, in whatever order and on whatever track, opens what was not earned."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.onboarding.evidence import Declared, Evidence, Signature
from recruit.onboarding.gates import decide
from recruit.onboarding.grading import add_months, grade, next_cycle, right_answers
from recruit.onboarding.history import History, Span, Stay, StepSpan
from recruit.onboarding.progress import StepState, list_steps, state_of
from recruit.onboarding.track import OPENED_BY_STEPS, parse_track
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
    what=st.sampled_from(
        ["sign", "describe", "read", "pass", "fail", "wait", "leave", "waive", "unwaive", "new"]
    ),
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
    step = {"basics": "basics", "selling": "certification"}[did.course]
    match did.what:
        case "waive" if step not in evidence.declared:
            let = Declared(step, True, "A pilot.", "Alex", now)
            return replace(evidence, declared={step: let} | dict(evidence.declared))
        case "unwaive" if step in evidence.declared:
            kept = {key: d for key, d in evidence.declared.items() if key != step}
            return replace(evidence, declared=kept)
        case "new":
            # A new version of the course, with a lesson that nobody has read.
            course = evidence.courses[did.course]
            added = replace(course.lessons[0], key=f"new-{len(course.lessons)}")
            newer = replace(course, lessons=(*course.lessons, added))
            return replace(evidence, courses=dict(evidence.courses) | {did.course: newer})
        case "sign" if may(Action.SIGN_AGREEMENT):
            signed = Signature("terms", 1, did.person_id, member.name, now)
            return replace(evidence, signatures={"terms": signed} | dict(evidence.signatures))
        case "describe" if may(Action.EDIT_COMPANY):
            said = Declared("company", False, "", member.name, now)
            return replace(evidence, declared={"company": said} | dict(evidence.declared))
        case "read" if may(Action.TAKE_COURSE, did.course):
            read = {(did.course, x.key): now for x in evidence.courses[did.course].lessons}
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


def _history(evidence: Evidence, steps: list[StepSpan], stays: dict[int, Stay]) -> History:
    here = {m.person_id: m for m in evidence.members}
    known = {
        person_id: replace(stay, member=here.get(person_id, stay.member))
        for person_id, stay in stays.items()
    }
    return History(
        now=replace(evidence, accepted={k: (s,) for k, s in evidence.signatures.items()}),
        with_us=(Span(evidence.accepted_at),),
        stays=tuple(known.values()),
        steps=tuple(steps),
        courses=tuple((evidence.accepted_at, c) for c in make_courses().values()),
    )


@settings(max_examples=150, deadline=None)
@given(tracks(), st.lists(MOVES, max_size=25))
def test_what_was_decided_then_is_what_is_found_of_it_later(
    data: dict[str, Any], moves: list[Did]
) -> None:
    evidence = make_evidence(0, track=parse_track(data))
    stays = {m.person_id: Stay(m, (Span(m.joined_at),)) for m in evidence.members}
    steps: list[StepSpan] = []
    now, then = NOW, []
    for did in moves:
        # New versions of courses close no door, and make other papers: they are tried elsewhere.
        if did.what == "new":
            continue
        now += timedelta(days=did.days, seconds=1)
        before, evidence = evidence, attempt(evidence, did, now)
        gone = {k: d for k, d in before.declared.items() if k not in evidence.declared}
        steps = [
            StepSpan(s.declared, Span(s.span.since, now)) if s.declared in gone.values() else s
            for s in steps
        ]
        steps += [
            StepSpan(d, Span(d.at))
            for k, d in evidence.declared.items()
            if k not in before.declared
        ]
        for member in before.members:
            if evidence.find_member(member.person_id) is None:
                stays[member.person_id] = Stay(member, (Span(member.joined_at, now),))
        then.append((now, {a: decide(a, evidence, now).allowed for a in OPENED_BY_STEPS}))
    history = _history(evidence, steps, stays)
    for moment, decided in then:
        found = history.at(moment)
        assert {a: decide(a, found, moment).allowed for a in OPENED_BY_STEPS} == decided


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
    if key in evidence.declared and evidence.declared[key].waived:
        return True
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
