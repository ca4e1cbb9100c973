"""Where a partner stands: states and since when, steps, what is next and what it takes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from recruit.onboarding.evidence import Certificate, Declared, Evidence, Member
from recruit.onboarding.progress import (
    StepState,
    list_steps,
    next_step,
    state_and_since,
    state_of,
    unread_lessons,
)
from recruit.onboarding.values import PartnerState
from tests.conftest import NOW
from tests.factories.onboarding import (
    ADMIN,
    MEMBER,
    SIGNATORY,
    make_certificate,
    make_courses,
    make_evidence,
    make_member,
    make_track,
    track_data,
)

BEGAN = NOW - timedelta(days=90)
DAY = timedelta(days=1)


def with_certificates(*certificates: Certificate) -> Evidence:
    """Evidence of a partner whose signatory holds these, and has done all else."""
    evidence = make_evidence(4)
    return replace(
        evidence,
        members=(
            replace(evidence.members[0], certificates=certificates),
            *evidence.members[1:],
        ),
    )


def _seen() -> Evidence:
    evidence = make_evidence(0)
    late = replace(evidence.members[0], signed_in_at=BEGAN + 3 * DAY)
    early = replace(evidence.members[1], signed_in_at=BEGAN + 2 * DAY)
    return replace(evidence, members=(late, early))


def _waived_agreement() -> Evidence:
    return make_evidence(
        0,
        declared={
            "agreement": Declared("agreement", True, "Signed on paper.", "Alex", BEGAN + DAY)
        },
    )


def _all_waived() -> Evidence:
    return make_evidence(
        1,
        declared={
            key: Declared(key, True, "A pilot.", "Alex", BEGAN + n * DAY)
            for n, key in ((5, "company"), (6, "basics"), (4, "certification"))
        },
    )


@pytest.mark.parametrize(
    ("evidence", "state", "since"),
    [
        (make_evidence(0), PartnerState.INVITED, BEGAN),
        (_seen(), PartnerState.SIGNING, BEGAN + 2 * DAY),
        (make_evidence(1), PartnerState.TRAINING, BEGAN + DAY),
        (make_evidence(3), PartnerState.TRAINING, BEGAN + DAY),
        (_waived_agreement(), PartnerState.TRAINING, BEGAN + DAY),
        (make_evidence(4), PartnerState.FULL_ACCESS, BEGAN + 4 * DAY),
        (_all_waived(), PartnerState.FULL_ACCESS, BEGAN + 6 * DAY),
        (
            with_certificates(make_certificate(NOW - 40 * DAY, days=30)),
            PartnerState.LAPSED,
            NOW - 10 * DAY,
        ),
        (make_evidence(4, left_at=NOW - DAY), PartnerState.LEFT, NOW - DAY),
        (make_evidence(0, left_at=NOW - DAY), PartnerState.LEFT, NOW - DAY),
    ],
)
def test_a_state_follows_from_the_evidence(
    evidence: Evidence, state: PartnerState, since: datetime
) -> None:
    assert state_and_since(evidence, NOW) == (state, since)
    assert state_of(evidence, NOW) is state


def test_time_alone_takes_full_access_away_at_the_very_moment() -> None:
    evidence = make_evidence(4)
    until = evidence.members[0].certificates[0].valid_until
    assert state_of(evidence, until - timedelta(microseconds=1)) is PartnerState.FULL_ACCESS
    assert state_and_since(evidence, until) == (PartnerState.LAPSED, until)


FIRST = make_certificate(BEGAN, days=80)


@pytest.mark.parametrize(
    ("renewal", "state", "since"),
    [
        # Before the end, or in the very moment of it: access never stopped.
        (make_certificate(BEGAN + 60 * DAY, cycle=2), PartnerState.FULL_ACCESS, BEGAN + 4 * DAY),
        (make_certificate(BEGAN + 80 * DAY, cycle=2), PartnerState.FULL_ACCESS, BEGAN + 4 * DAY),
        # After it there was a gap, and access starts anew.
        (make_certificate(BEGAN + 85 * DAY, cycle=2), PartnerState.FULL_ACCESS, BEGAN + 85 * DAY),
        # A renewal that is shorter than what is held takes nothing away.
        (make_certificate(BEGAN + 5 * DAY, days=9, cycle=2), PartnerState.LAPSED, BEGAN + 80 * DAY),
    ],
)
def test_a_renewal_goes_on_from_the_certificate_before_it(
    renewal: Certificate, state: PartnerState, since: datetime
) -> None:
    evidence = with_certificates(replace(FIRST, awarded_at=BEGAN + 4 * DAY), renewal)
    assert state_and_since(evidence, NOW) == (state, since)


def test_a_renewal_that_ends_sooner_leaves_the_earlier_certificate_valid() -> None:
    long, short = make_certificate(BEGAN, days=365), make_certificate(NOW - 20 * DAY, days=10)
    assert state_of(with_certificates(long, short), NOW) is PartnerState.FULL_ACCESS


@pytest.mark.parametrize(
    ("held", "state", "since"),
    [
        ([NOW - 9 * DAY], StepState.NEXT, None),
        ([NOW - 9 * DAY, NOW - 5 * DAY], StepState.DONE, NOW - 5 * DAY),
        ([NOW - 9 * DAY, NOW - 5 * DAY, NOW - 2 * DAY], StepState.DONE, NOW - 5 * DAY),
        ([NOW - 9 * DAY, NOW - 400 * DAY], StepState.LAPSED, NOW - 35 * DAY),
        ([NOW - 400 * DAY], StepState.NEXT, None),
    ],
)
def test_a_step_for_two_people_needs_two_certificates(
    held: list[datetime], state: StepState, since: datetime | None
) -> None:
    steps = track_data()["steps"]
    steps[3] |= {"people": 2}
    members = tuple(
        replace(make_evidence(3).members[0], person_id=n, certificates=(make_certificate(at),))
        for n, at in enumerate(held)
    )
    evidence = make_evidence(3, track=make_track(steps=steps), members=members)
    view = list_steps(evidence, NOW)[3]
    assert (view.state, view.since) == (state, since)


def test_a_certificate_counts_no_longer_when_its_holder_has_left() -> None:
    evidence = replace(make_evidence(4), members=(make_member(ADMIN),))
    assert state_of(evidence, NOW) is PartnerState.TRAINING


def test_a_course_without_a_quiz_is_finished_by_reading_it() -> None:
    courses = make_courses()
    courses["basics"] = replace(courses["basics"], quiz=None)
    read = {("basics", "what"): NOW - 2 * DAY, ("basics", "who"): NOW - DAY}
    part = make_member(SIGNATORY, lessons={("basics", "what"): NOW - 2 * DAY})

    def step_of(*members: Member) -> tuple[StepState, datetime | None]:
        view = list_steps(make_evidence(2, courses=courses, members=members), NOW)[2]
        return view.state, view.since

    assert step_of(part) == (StepState.NEXT, None)
    assert step_of(part, make_member(MEMBER, lessons={("basics", "who"): NOW}))[0] is StepState.NEXT
    assert step_of(make_member(SIGNATORY, lessons=read)) == (StepState.DONE, NOW - DAY)


@pytest.mark.parametrize("done", range(5))
def test_the_next_step_is_the_first_that_is_not_done(done: int) -> None:
    steps = list_steps(make_evidence(done), NOW)
    wanted = [StepState.DONE] * done + [StepState.NEXT] + [StepState.LATER] * 3
    assert [step.state for step in steps] == wanted[:4]
    following = next_step(steps)
    assert (following.number if following else None) == (done + 1 if done < 4 else None)
    assert [step.number for step in steps] == [1, 2, 3, 4]


def test_steps_side_by_side_can_both_be_done_now() -> None:
    steps = track_data()["steps"]
    steps[2] |= {"after": ["agreement"]}
    states = [s.state for s in list_steps(make_evidence(1, track=make_track(steps=steps)), NOW)]
    assert states == [StepState.DONE, StepState.NEXT, StepState.NEXT, StepState.LATER]


def test_minutes_are_those_of_what_is_left_to_this_person() -> None:
    evidence = make_evidence(2)
    mel = replace(evidence.members[2], lessons={("basics", "what"): NOW})
    evidence = replace(evidence, members=(evidence.members[0], mel))

    def minutes(person_id: int | None) -> list[int]:
        return [step.minutes for step in list_steps(evidence, NOW, person_id=person_id)]

    assert minutes(None) == minutes(SIGNATORY) == [0, 0, 12, 10]
    assert minutes(MEMBER) == [0, 0, 8, 10]


def test_a_lesson_that_was_read_in_an_earlier_version_stays_read() -> None:
    course = make_courses()["basics"]
    reworded = replace(course.lessons[0], markdown="Mended.")
    added = replace(course.lessons[0], key="new", title="New")
    newer = replace(course, lessons=(reworded, course.lessons[1], added))
    sam = make_evidence(3).members[0]
    assert unread_lessons(course, sam) == ()
    assert unread_lessons(newer, sam) == (added,)


def _lapsed() -> Evidence:
    return with_certificates(make_certificate(datetime(2025, 1, 5, tzinfo=NOW.tzinfo)))


@pytest.mark.parametrize(
    ("read", "number", "sentence"),
    [
        (lambda: make_evidence(0), 1, "Sam signs the agreement"),
        (lambda: make_evidence(1), 1, "Done by Sam Vela"),
        (lambda: make_evidence(1), 2, "you tell us about your company"),
        (lambda: make_evidence(2), 3, "one of you finishes “Product basics”"),
        (lambda: make_evidence(3), 4, "one of you gets certified in “Selling”"),
        (_all_waived, 3, "Your partner manager lets you skip this"),
        (
            _lapsed,
            4,
            "one of you renews the certificate “Selling”, which ran out on 5 January 2026",
        ),
    ],
)
def test_a_step_says_what_it_needs_in_a_sentence_that_goes_on_after_opens_when(
    read: Callable[[], Evidence], number: int, sentence: str
) -> None:
    assert list_steps(read(), NOW)[number - 1].sentence == sentence
