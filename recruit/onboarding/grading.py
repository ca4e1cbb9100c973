"""Grading a quiz on the server, and when a person may take it (again)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.onboarding.course import Question, QuestionKind, Quiz
from recruit.onboarding.definitions import near

# Early enough to renew before a holiday, late enough that the course has changed since.
RENEWAL_OPENS = timedelta(days=60)


class AnswersIncomplete(ValueError):
    """Some questions have no answer; nothing was graded and no attempt counts."""

    def __init__(self, numbers: Sequence[int]) -> None:
        """Keep the numbers of the questions without an answer, counted from 1."""
        word = "Question" if len(numbers) == 1 else "Questions"
        listed = ", ".join(str(number) for number in numbers)
        super().__init__(f"{word} {listed} still without an answer. Answer all and hand in again.")
        self.numbers = tuple(numbers)


class InvalidAnswer(ValueError):
    """An answer names a question or an option that is not in the quiz."""


@dataclass(frozen=True)
class Grade:
    """A graded quiz: the keys of right and wrong questions, and the lessons that explain the wrong."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    share_right: float
    passed: bool
    reread: tuple[str, ...]


def grade(quiz: Quiz, answers: Mapping[str, Sequence[str]]) -> Grade:
    """Grade answers: for each question's key the texts of the options chosen.

    A multiple question is right when all right options were chosen and no other. Raises
    `AnswersIncomplete` or `InvalidAnswer`.
    """
    known = [question.key for question in quiz.questions]
    for key in answers:
        if key not in known:
            raise InvalidAnswer(f"There is no question {key!r} in this quiz. {near(key, known)}")
    chosen = {q.key: _chosen(q, answers.get(q.key, ())) for q in quiz.questions}
    blank = [number for number, key in enumerate(known, start=1) if not chosen[key]]
    if blank:
        raise AnswersIncomplete(blank)
    right = tuple(q.key for q in quiz.questions if chosen[q.key] == set(q.answer))
    wrong = tuple(q for q in quiz.questions if q.key not in right)
    share = len(right) / len(known)
    return Grade(
        right=right,
        wrong=tuple(q.key for q in wrong),
        share_right=share,
        passed=share >= quiz.pass_mark,
        reread=tuple(dict.fromkeys(q.lesson for q in wrong)),
    )


def right_answers(quiz: Quiz) -> dict[str, tuple[str, ...]]:
    """Return the answers that pass, in the shape that `grade` takes."""
    return {question.key: question.answer for question in quiz.questions}


def next_cycle(awards: Sequence[tuple[int, datetime]], now: datetime) -> int | None:
    """Return the cycle that passing now would certify; None while there is nothing to renew.

    `awards` are (cycle, valid_until) of the person's certificates for the course.
    """
    if not awards:
        return 1
    cycle, valid_until = max(awards)
    return cycle + 1 if now >= valid_until - RENEWAL_OPENS else None


def add_months(moment: datetime, months: int) -> datetime:
    """Return the same day `months` later, or that month's last day: 31 Jan + 1 → 28 or 29 Feb."""
    years, month0 = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month0 + 1
    first_of_next = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001
    last_day = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last_day))


def _chosen(question: Question, options: Sequence[str]) -> set[str]:
    for option in options:
        if option not in question.options:
            raise InvalidAnswer(
                f"{option!r} is no option of question {question.key!r}. "
                f"{near(option, question.options)}"
            )
    if question.kind is QuestionKind.SINGLE and len(options) > 1:
        raise InvalidAnswer(f"Question {question.key!r} takes one option, not {len(options)}.")
    return set(options)
