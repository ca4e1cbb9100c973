"""Quizzes as they are taken: clocks, limits, waits, texts that staff read, papers that differ, one award."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from recruit.notices.tables import Notice
from recruit.onboarding.grading import AnswersIncomplete, right_answers
from recruit.onboarding.paper import draw_paper
from recruit.onboarding.tables import Attempt, Award
from recruit.onboarding.usecases import (
    GateNotMet,
    NothingToReview,
    NothingToTake,
    NotNow,
    NotStarted,
    ReasonNeeded,
    check_gate,
    find_turn,
    grant_attempt,
    hand_in_quiz,
    publish_course,
    review_attempt,
    start_quiz,
)
from recruit.onboarding.values import Action
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import (
    RIGHT,
    WRONG,
    Stored,
    make_partner,
    publish_small_track,
    selling_data,
)

TEXT = {
    "key": "why",
    "kind": "text",
    "text": "Why does it sell?",
    "lesson": "register",
    "guide": "Time.",
}


def selling_with(**quiz: Any) -> dict[str, Any]:
    data = selling_data()
    return data | {"quiz": data["quiz"] | quiz}


@pytest.fixture
def partner(app: App) -> Stored:
    """A partner whose next step is the certificate; its lessons are read."""
    with app.transaction() as tx:
        publish_small_track(tx)
    stored = make_partner(app, 3)
    stored.read("selling")
    return stored


def publish(app: App, **quiz: Any) -> None:
    with app.transaction() as tx:
        publish_course(tx, definition=selling_with(**quiz))


def move(app: App, **by: float) -> None:
    app.clock.move_to(app.clock.now() + timedelta(**by))  # type: ignore[attr-defined]


def hand_in(stored: Stored, answers: Any = None, number: int | None = None) -> Attempt:
    with stored.app.transaction() as tx:
        return hand_in_quiz(
            tx,
            person_id=stored.person_id,
            course_key="selling",
            answers=answers or RIGHT["selling"],
            number=number,
        )


def opens(stored: Stored) -> bool:
    with stored.app.reading() as tx:
        return check_gate(tx, person_id=stored.person_id, action=Action.SEE_PRICES).allowed


def test_twenty_who_hand_in_at_once_make_one_award(partner: Stored) -> None:
    def once(_: int) -> str:
        try:
            hand_in(partner)
        except NothingToTake:
            return "passed already"
        return "graded"

    with ThreadPoolExecutor(20) as pool:
        said = list(pool.map(once, range(20)))
    with partner.app.reading() as tx:
        awards = tx.session.scalars(select(Award)).all()
        passed = tx.session.scalars(select(Attempt).where(Attempt.passed)).all()
        told = tx.session.scalars(
            select(Notice).where(Notice.key.contains("certificate_awarded"))
        ).all()
    assert len(awards) == 1
    assert (awards[0].person_id, awards[0].course_key, awards[0].cycle) == (
        partner.person_id,
        "selling",
        1,
    )
    # The basics were passed before.
    assert (len(passed), len(told)) == (2, 1)
    assert said.count("graded") == 1


def test_the_same_paper_handed_in_twice_uses_up_one_attempt(partner: Stored) -> None:
    publish(partner.app, attempts=2)
    first = hand_in(partner, WRONG["selling"], number=1)
    assert hand_in(partner, RIGHT["selling"], number=1).id == first.id
    assert not opens(partner)


def test_attempts_run_out_until_staff_give_another(partner: Stored) -> None:
    publish(partner.app, attempts=2)
    hand_in(partner, WRONG["selling"])
    hand_in(partner, WRONG["selling"])
    with pytest.raises(NotNow, match="All 2 attempts are used"):
        hand_in(partner)
    with partner.app.transaction() as tx, pytest.raises(ReasonNeeded):
        grant_attempt(
            tx, person_id=partner.person_id, course_key="selling", reason=" ", actor="Alex"
        )
    with partner.app.transaction() as tx:
        grant_attempt(
            tx, person_id=partner.person_id, course_key="selling", reason="Ill.", actor="Alex"
        )
    assert hand_in(partner).passed
    assert opens(partner)


def test_after_failing_there_is_a_wait(partner: Stored) -> None:
    publish(partner.app, cool_down_hours=24)
    hand_in(partner, WRONG["selling"])
    move(partner.app, hours=23, minutes=59)
    with pytest.raises(NotNow, match=r"try again from 4 March 2026, 09:30 UTC"):
        hand_in(partner)
    move(partner.app, minutes=1)
    assert hand_in(partner).passed


def test_a_clock_is_started_once_and_kept_by_the_server(partner: Stored) -> None:
    publish(partner.app, time_limit_minutes=10)
    with pytest.raises(NotStarted):
        hand_in(partner)
    for _ in range(2):
        with partner.app.transaction() as tx:
            turn = start_quiz(tx, person_id=partner.person_id, course_key="selling")
        assert turn.standing.ends_at == NOW + timedelta(minutes=10)
        move(partner.app, minutes=4)
    move(partner.app, minutes=2, seconds=29)
    assert hand_in(partner).passed


def test_what_comes_after_the_time_counts_as_an_attempt_and_passes_nothing(
    partner: Stored,
) -> None:
    publish(partner.app, time_limit_minutes=10, attempts=2)
    with partner.app.transaction() as tx:
        start_quiz(tx, person_id=partner.person_id, course_key="selling")
    move(partner.app, minutes=11)
    late = hand_in(partner)
    assert (late.late, late.passed, late.number) == (True, False, 1)
    assert not opens(partner)
    # A clock that runs out unseen counts too: nobody reads the questions as often as they like.
    with partner.app.transaction() as tx:
        start_quiz(tx, person_id=partner.person_id, course_key="selling")
    move(partner.app, days=1)
    with partner.app.transaction() as tx, pytest.raises(NotNow):
        start_quiz(tx, person_id=partner.person_id, course_key="selling")


def test_texts_pass_when_staff_have_read_them_and_not_before(partner: Stored) -> None:
    questions = [*selling_data()["quiz"]["questions"], TEXT]
    publish(partner.app, questions=questions, pass_mark=1.0)
    attempt = hand_in(partner, RIGHT["selling"] | {"why": ("It saves time.",)})
    assert (attempt.awaiting, attempt.passed) == (True, False)
    assert not opens(partner)
    with pytest.raises(NotNow, match="reading your answers"):
        hand_in(partner, RIGHT["selling"] | {"why": ("Again.",)})
    with partner.app.transaction() as tx:
        review = review_attempt(tx, attempt_id=attempt.id, right=["why"], actor="Alex")
    assert review.passed
    assert opens(partner)
    with partner.app.transaction() as tx, pytest.raises(NothingToReview):
        review_attempt(tx, attempt_id=attempt.id, right=[], actor="Alex")


def test_texts_that_staff_find_wrong_pass_nothing(partner: Stored) -> None:
    questions = [*selling_data()["quiz"]["questions"], TEXT]
    publish(partner.app, questions=questions, pass_mark=1.0)
    attempt = hand_in(partner, RIGHT["selling"] | {"why": ("No idea.",)})
    with partner.app.transaction() as tx:
        review = review_attempt(
            tx, attempt_id=attempt.id, right=["when", "nothing"], actor="Alex", note="Read it."
        )
    assert not review.passed
    assert not opens(partner)
    assert hand_in(partner, RIGHT["selling"] | {"why": ("Time.",)}).number == 2


def test_a_text_is_not_read_where_the_rest_fails_it(partner: Stored) -> None:
    questions = [*selling_data()["quiz"]["questions"], TEXT]
    publish(partner.app, questions=questions, pass_mark=1.0)
    attempt = hand_in(partner, WRONG["selling"] | {"why": ("Time.",)})
    assert not attempt.awaiting
    with partner.app.transaction() as tx, pytest.raises(NothingToReview):
        review_attempt(tx, attempt_id=attempt.id, right=["why"], actor="Alex")


def test_a_paper_is_drawn_anew_for_each_attempt_and_is_the_same_when_it_is_asked_for_again(
    partner: Stored,
) -> None:
    pool = [
        {
            "key": f"n{n}",
            "kind": "number",
            "text": f"{n} + {n}?",
            "answer": 2 * n,
            "pool": "sums",
            "lesson": "register",
        }
        for n in range(30)
    ]
    publish(partner.app, questions=pool, draw={"sums": 5}, shuffle=True, pass_mark=1.0)
    seen = []
    for _ in range(3):
        with partner.app.reading() as tx:
            turn = find_turn(tx, person_id=partner.person_id, course_key="selling")
            paper = draw_paper(turn.quiz, turn.seed(partner.person_id))
            assert draw_paper(turn.quiz, turn.seed(partner.person_id)) == paper
        keys = [q.key for q in paper.questions]
        assert len(keys) == 5
        seen.append(keys)
        wrong = dict.fromkeys(keys, ("1000",))
        assert not hand_in(partner, wrong).passed
    assert len({tuple(keys) for keys in seen}) == 3
    with partner.app.reading() as tx:
        turn = find_turn(tx, person_id=partner.person_id, course_key="selling")
    right = right_answers(turn.quiz)
    asked = [q.key for q in draw_paper(turn.quiz, turn.seed(partner.person_id)).questions]
    with pytest.raises(AnswersIncomplete, match="Question 1: 'twelve' is no number"):
        hand_in(partner, {key: right[key] for key in asked} | {asked[0]: ("twelve",)})
    assert hand_in(partner, {key: right[key] for key in asked}).passed


def test_renewing_takes_the_newest_version_and_goes_on_from_the_old_end(partner: Stored) -> None:
    hand_in(partner)
    publish(partner.app, questions=[TEXT | {"kind": "number", "answer": 7, "guide": ""}])
    with pytest.raises(NothingToTake):
        hand_in(partner, {"why": ("7",)})
    move(partner.app, days=365 - 60)
    assert hand_in(partner, {"why": ("7",)}).cycle == 2
    with partner.app.reading() as tx:
        first, second = tx.session.scalars(select(Award).order_by(Award.cycle)).all()
    assert second.course_id != first.course_id
    assert second.valid_until == first.valid_until.replace(year=2028)


def test_a_quiz_of_another_step_is_closed_to_every_door(app: App) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    stored = make_partner(app, 1)
    for act in (start_quiz, hand_in_quiz):
        extra = {"answers": RIGHT["selling"]} if act is hand_in_quiz else {}
        with app.transaction() as tx, pytest.raises(GateNotMet):
            act(tx, person_id=stored.person_id, course_key="selling", **extra)  # type: ignore[operator]
