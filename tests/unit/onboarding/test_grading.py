"""Grading a quiz, when it may be taken again, and how long a certificate lasts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.onboarding.course import Quiz, parse_course
from recruit.onboarding.grading import (
    RENEWAL_OPENS,
    AnswersIncomplete,
    InvalidAnswer,
    add_months,
    grade,
    next_cycle,
    right_answers,
)
from tests.conftest import NOW
from tests.factories.onboarding import basics_data

RIGHT = {"where": ("With the customer",), "parts": ("Agent", "Console")}


def make_quiz(pass_mark: float = 1.0, questions: list[dict[str, object]] | None = None) -> Quiz:
    data = basics_data()
    data["quiz"] |= {"pass_mark": pass_mark} | ({"questions": questions} if questions else {})
    quiz = parse_course(data).quiz
    assert quiz
    return quiz


def many_questions(count: int) -> list[dict[str, object]]:
    return [
        {
            "key": f"q{n}",
            "kind": "single",
            "text": f"Question {n}?",
            "options": ["Yes", "No"],
            "answer": "Yes",
            "lesson": "what",
        }
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("answers", "wrong", "reread"),
    [
        (RIGHT, (), ()),
        ({"parts": ("Console", "Agent"), "where": ("With the customer",)}, (), ()),
        (RIGHT | {"where": ("With us",)}, ("where",), ("what",)),
        (RIGHT | {"parts": ("Agent",)}, ("parts",), ("who",)),
        (RIGHT | {"parts": ("Agent", "Toaster")}, ("parts",), ("who",)),
        (RIGHT | {"parts": ("Agent", "Console", "Toaster")}, ("parts",), ("who",)),
        ({"where": ("With us",), "parts": ("Toaster",)}, ("where", "parts"), ("what", "who")),
    ],
)
def test_a_question_is_right_when_exactly_the_right_options_are_chosen(
    answers: Mapping[str, Sequence[str]], wrong: tuple[str, ...], reread: tuple[str, ...]
) -> None:
    graded = grade(make_quiz(), answers)
    assert (graded.wrong, graded.reread) == (wrong, reread)
    assert set(graded.right) | set(graded.wrong) == {"where", "parts"}
    assert graded.share_right == pytest.approx(1 - len(wrong) / 2)
    assert graded.passed is (not wrong)


@pytest.mark.parametrize(
    ("answers", "numbers"),
    [
        ({}, (1, 2)),
        ({"where": ("With us",)}, (2,)),
        ({"where": (), "parts": ("Agent",)}, (1,)),
        ({"where": (), "parts": ()}, (1, 2)),
    ],
)
def test_a_quiz_with_blanks_is_not_graded_and_names_them(
    answers: Mapping[str, Sequence[str]], numbers: tuple[int, ...]
) -> None:
    with pytest.raises(AnswersIncomplete, match="Answer all and hand in again") as caught:
        grade(make_quiz(), answers)
    assert caught.value.numbers == numbers


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (RIGHT | {"wher": ("With us",)}, "no question 'wher' in this quiz. Did you mean 'where'"),
        (RIGHT | {"where": ("With them",)}, "'With them' is no option of question 'where'"),
        (RIGHT | {"where": ("With us", "With the customer")}, "takes one option, not 2"),
        (RIGHT | {"where": ("With the customer", "With the customer")}, "takes one option, not 2"),
        (RIGHT | {"parts": ("Agent", "Console", "")}, "'' is no option"),
    ],
)
def test_an_answer_that_is_not_in_the_quiz_is_refused(
    answers: Mapping[str, Sequence[str]], message: str
) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        grade(make_quiz(), answers)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("questions", "right", "pass_mark", "passed"),
    [
        (5, 4, 0.8, True),
        (5, 3, 0.8, False),
        (4, 3, 0.75, True),
        (10, 7, 0.7, True),
        (10, 6, 0.7, False),
        (3, 2, 0.66, True),
        (3, 2, 0.67, False),
        (3, 3, 1.0, True),
        (100, 99, 1.0, False),
        (1, 0, 0.01, False),
    ],
)
def test_the_pass_mark_itself_is_enough(
    questions: int, right: int, pass_mark: float, passed: bool
) -> None:
    quiz = make_quiz(pass_mark, many_questions(questions))
    answers = {f"q{n}": ("Yes" if n < right else "No",) for n in range(questions)}
    assert grade(quiz, answers).passed is passed


@given(st.integers(1, 60), st.data())
def test_as_many_right_as_a_pass_mark_in_hundredths_asks_for_pass(
    questions: int, data: st.DataObject
) -> None:
    right = data.draw(st.integers(1, questions))
    # A person writes 0.29 and counts 29 of 100: no rounding may fail them.
    hundredths = right * 100 // questions
    if hundredths == 0:
        return
    quiz = make_quiz(float(f"{hundredths / 100:.2f}"), many_questions(questions))
    answers = {f"q{n}": ("Yes" if n < right else "No",) for n in range(questions)}
    assert grade(quiz, answers).passed


def test_the_right_answers_pass() -> None:
    assert grade(make_quiz(), right_answers(make_quiz())).share_right == 1.0


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("awards", "cycle"),
    [
        ([], 1),
        ([(1, NOW + RENEWAL_OPENS + timedelta(microseconds=1))], None),
        ([(1, NOW + RENEWAL_OPENS)], 2),
        ([(1, NOW)], 2),
        ([(1, NOW - 900 * DAY)], 2),
        ([(1, NOW - DAY), (2, NOW + 300 * DAY)], None),
        ([(2, NOW + DAY), (1, NOW - DAY)], 3),
    ],
)
def test_a_cycle_opens_two_months_before_the_newest_certificate_ends(
    awards: list[tuple[int, datetime]], cycle: int | None
) -> None:
    assert next_cycle(awards, NOW) == cycle


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2026-12-15", 12, "2027-12-15"),
        ("2026-10-31", 120, "2036-10-31"),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(
    start: str, months: int, end: str
) -> None:
    def at(day: str) -> datetime:
        return datetime.fromisoformat(f"{day}T14:30:05+00:00")

    assert add_months(at(start), months) == at(end)


@given(
    st.integers(0, 36_500).map(lambda days: datetime(2000, 1, 1, 14, tzinfo=UTC) + days * DAY),
    st.integers(1, 120),
)
def test_a_certificate_never_lasts_into_another_month(start: datetime, months: int) -> None:
    end = add_months(start, months)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day <= start.day
    assert end.timetz() == start.timetz()
