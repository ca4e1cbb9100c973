"""Who is stuck, since when, whose turn it is, and when somebody hears of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from recruit.onboarding.evidence import Underway, UnderwayKind
from recruit.onboarding.stuck import find_stuck
from tests.conftest import NOW
from tests.factories.onboarding import (
    ADMIN,
    MEMBER,
    SIGNATORY,
    make_evidence,
    make_track,
    track_data,
)

BEGAN = NOW - timedelta(days=90)
TASK = {"key": "name", "kind": "task", "title": "Name one", "done_title": "Named"}
CALL = {"key": "call", "kind": "call", "title": "Talk", "done_title": "Talked"}


@pytest.mark.parametrize(
    ("steps", "step", "people", "last_move"),
    [
        (0, "agreement", (SIGNATORY,), BEGAN),
        (1, "company", (SIGNATORY, ADMIN), BEGAN + timedelta(days=1)),
        (2, "basics", (SIGNATORY, ADMIN, MEMBER), BEGAN + timedelta(days=2)),
        (3, "certification", (SIGNATORY, ADMIN, MEMBER), BEGAN + timedelta(days=3)),
    ],
)
def test_a_partner_is_stuck_at_its_next_step_since_its_last_move(
    steps: int, step: str, people: tuple[int, ...], last_move: datetime
) -> None:
    stuck = find_stuck(make_evidence(steps), last_move + timedelta(days=7))
    assert stuck is not None
    assert (stuck.view.step.key, stuck.people, stuck.since) == (step, people, last_move)
    assert (stuck.days, stuck.nudge, stuck.is_long) == (7, 7, False)
    assert stuck.nobody_came is (steps == 0)


@pytest.mark.parametrize(
    ("days", "nudge", "is_long"),
    [(0, None, False), (6, None, False), (7, 7, False), (14, 7, True), (21, 21, True), (80, 21, True)],
)  # fmt: skip
def test_partners_hear_after_one_week_and_three_and_managers_after_two(
    days: int, nudge: int | None, is_long: bool
) -> None:
    stuck = find_stuck(make_evidence(1), BEGAN + timedelta(days=1 + days))
    assert stuck is not None
    assert (stuck.nudge, stuck.is_long) == (nudge, is_long)


def test_reading_a_lesson_is_a_move() -> None:
    evidence = make_evidence(2)
    sam, *others = evidence.members
    read = BEGAN + timedelta(days=9)
    sam = replace(sam, lessons={("basics", "what"): read})
    stuck = find_stuck(replace(evidence, members=(sam, *others)), read + timedelta(days=3))
    assert stuck is not None
    assert (stuck.since, stuck.days) == (read, 3)


def test_what_waits_for_us_nudges_nobody_and_is_told_to_us_sooner() -> None:
    track = make_track(steps=[*track_data()["steps"][:2], TASK], opens={})
    at = BEGAN + timedelta(days=5)
    handed = {"name": Underway("name", UnderwayKind.HANDED_IN, at)}
    stuck = find_stuck(make_evidence(2, track=track, underway=handed), at + timedelta(days=7))
    assert stuck is not None
    assert (stuck.is_ours, stuck.nudge, stuck.is_long) == (True, None, True)
    assert stuck.advice == "Look at what they handed in."
    returned = {"name": Underway("name", UnderwayKind.RETURNED, at)}
    stuck = find_stuck(make_evidence(2, track=track, underway=returned), at + timedelta(days=7))
    assert stuck is not None
    assert (stuck.is_ours, stuck.nudge) == (False, 7)


def test_a_call_beside_a_course_does_not_hide_that_the_partner_could_go_on() -> None:
    track = make_track(
        steps=[*track_data()["steps"][:2], CALL | {"after": ["agreement"]}], opens={}
    )
    stuck = find_stuck(make_evidence(1, track=track), NOW)
    assert stuck is not None
    assert (stuck.view.step.key, stuck.is_ours) == ("company", False)


def test_nobody_who_has_finished_or_left_is_stuck() -> None:
    assert find_stuck(make_evidence(4), NOW) is None
    assert find_stuck(make_evidence(1, left_at=NOW), NOW) is None
