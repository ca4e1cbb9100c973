"""Grading a quiz on the server, and when a certificate may be renewed and runs out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.onboarding.course import Question, QuestionKind, Quiz
from recruit.onboarding.definitions import near
from recruit.onboarding.paper import Paper, draw_paper
from recruit.onboarding.question import AnswerUnreadable, InvalidAnswer, check_answer

__all__ = [
    "AnswersIncomplete",
    "Grade",
    "InvalidAnswer",
    "add_months",
    "grade",
    "next_cycle",
    "right_answers",
]

# Early enough to renew before a holiday, late enough that the course has changed since.
RENEWAL_OPENS = timedelta(days=60)


class AnswersIncomplete(ValueError):
    """Some questions have no answer that can be read; nothing was graded and no attempt counts."""

    def __init__(self, numbers: Sequence[int], problem: str = "") -> None:
        """Keep the numbers of the questions as they were asked, counted from 1."""
        word = "Question" if len(numbers) == 1 else "Questions"
        listed = ", ".join(str(number) for number in numbers)
        super().__init__(
            f"{word} {listed}: {problem}"
            if problem
            else f"{word} {listed} still without an answer. Answer all and hand in again."
        )
        self.numbers = tuple(numbers)


@dataclass(frozen=True)
class Grade:
    """A graded quiz: the keys of right and wrong questions, and the lessons that explain the wrong.

    `awaiting` are the texts that staff have yet to read. Until they have, nothing is passed, unless
    the rest fails it whatever they say: then `awaiting` is empty and the texts count as wrong.
    """

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    share_right: float
    passed: bool
    reread: tuple[str, ...]
    awaiting: tuple[str, ...] = ()


def grade(
    quiz: Quiz,
    answers: Mapping[str, Sequence[str]],
    *,
    seed: str = "",
    read_right: Collection[str] | None = None,
) -> Grade:
    """Grade answers: for each question's key the texts chosen or written, on the paper of `seed`.

    `read_right` are the keys of the texts that staff found right; None while they have not read them.
    Raises `AnswersIncomplete` or `InvalidAnswer`.
    """
    paper = draw_paper(quiz, seed)
    found = _check(paper, answers)
    texts = tuple(q.key for q in paper.questions if q.kind is QuestionKind.TEXT)
    if read_right is not None:
        found |= {key: key in read_right for key in texts}
    total = len(paper.questions)
    best = sum(answer is not False for answer in found.values())
    awaiting = texts if read_right is None and best / total >= quiz.pass_mark else ()
    right = tuple(key for key, answer in found.items() if answer is True)
    wrong = tuple(q for q in paper.questions if not found[q.key] and q.key not in awaiting)
    share = len(right) / total
    return Grade(
        right=right,
        wrong=tuple(q.key for q in wrong),
        share_right=share,
        passed=share >= quiz.pass_mark and not awaiting,
        reread=tuple(dict.fromkeys(q.lesson for q in wrong)),
        awaiting=awaiting,
    )


def _check(paper: Paper, answers: Mapping[str, Sequence[str]]) -> dict[str, bool | None]:
    known = [question.key for question in paper.questions]
    for key in answers:
        if key not in known:
            raise InvalidAnswer(f"There is no question {key!r} in this quiz. {near(key, known)}")
    given = {key: answers.get(key, ()) for key in known}
    blank = [n for n, key in enumerate(known, 1) if not any(text.strip() for text in given[key])]
    if blank:
        raise AnswersIncomplete(blank)
    return {q.key: _read(q, given[q.key], n) for n, q in enumerate(paper.questions, start=1)}


def _read(question: Question, given: Sequence[str], number: int) -> bool | None:
    try:
        return check_answer(question, given)
    except AnswerUnreadable as error:
        raise AnswersIncomplete([number], str(error)) from None


def right_answers(quiz: Quiz) -> dict[str, tuple[str, ...]]:
    """Return the answers that pass, in the shape that `grade` takes; a text is any text."""
    return {question.key: question.answer or ("…",) for question in quiz.questions}


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
