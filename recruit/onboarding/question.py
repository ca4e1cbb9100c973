"""A question of a quiz as data, and whether an answer to it is right."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from recruit.onboarding.definitions import STRICT, Key, Text, near

LONGEST_TEXT = 5000
# 1 234.5, 1,234.5, 1234,5 and -3e2 are numbers to whoever writes them.
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?:[ ,'\u00a0\u202f]\d{3})+(?:\.\d+)?$")


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    ORDER = "order"
    NUMBER = "number"
    TEXT = "text"  # read by staff


CHOICES = frozenset({QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.ORDER})


class InvalidAnswer(ValueError):
    """An answer names a question or an option that is not in the quiz."""


class AnswerUnreadable(ValueError):
    """An answer was given, and cannot be read as what the question asks for."""


def _as_list(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [repr(value)]
    return [value] if isinstance(value, str) else value


@dataclass(frozen=True)
class Question:
    """A question; `lesson` explains it.

    `answer` repeats the right options word for word, in their order where kind is "order"; of a number
    it is the number, right within `tolerance`; a text has none, and `guide` tells staff what to look for.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    kind: QuestionKind
    text: Annotated[str, Field(min_length=1)]
    lesson: str
    options: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    answer: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    unit: Annotated[str, Field(max_length=40)] = ""
    guide: Annotated[str, Field(max_length=2000)] = ""
    pool: Key | None = None

    def __post_init__(self) -> None:
        """Refuse a question that nobody could answer rightly."""
        match self.kind:
            case QuestionKind.NUMBER:
                self._refuse_options()
                if len(self.answer) != 1:
                    raise ValueError("A number question has one right number. Add answer = 42.")
                read_number(self.answer[0])
            case QuestionKind.TEXT:
                self._refuse_options()
                if self.answer:
                    raise ValueError("A text is read by staff. Put what they look for into guide.")
            case QuestionKind.ORDER:
                self._check_options(self.options)
                if sorted(self.answer) != sorted(self.options):
                    raise ValueError("The answer of an order question has each option once.")
            case QuestionKind.SINGLE | QuestionKind.MULTIPLE:
                self._check_options(self.answer)
                if self.kind is QuestionKind.SINGLE and len(self.answer) != 1:
                    raise ValueError(
                        'A single question has one right option. Make it kind = "multiple".'
                    )

    def _refuse_options(self) -> None:
        if self.options:
            raise ValueError(f"A {self.kind} question has no options. Take them away.")

    def _check_options(self, right: Sequence[str]) -> None:
        if len(self.options) < 2:
            raise ValueError("A question to choose in has two options or more. Add options = […].")
        if len(set(self.options)) < len(self.options):
            raise ValueError("Two options read the same. Reword one.")
        if not self.answer:
            raise ValueError("No answer is right. Add answer = …, word for word as in the options.")
        for option in (*right, *self.answer):
            if option not in self.options:
                raise ValueError(
                    f"The answer {option!r} is no option. {near(option, self.options)}"
                )


def read_number(text: str) -> float:
    """Return a number as people write it; raises `AnswerUnreadable` (a ValueError)."""
    bare = text.strip().replace("\u2212", "-")
    if _THOUSANDS.match(bare) and not re.fullmatch(r"[+-]?\d{1,3},\d{3}", bare):
        bare = re.sub(r"[ ,'\u00a0\u202f]", "", bare)
    elif bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", ".")
    try:
        number = float(bare) if len(bare) <= 40 and "_" not in bare else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise AnswerUnreadable(f"{text.strip()[:40]!r} is no number. Write it like 12.5.")
    return number


def check_answer(question: Question, given: Sequence[str]) -> bool | None:
    """Tell whether an answer is right; None for a text, which staff read.

    `given` are the texts of the options chosen (in order), the number or the text. Raises
    `InvalidAnswer` or `AnswerUnreadable`.
    """
    if question.kind in CHOICES:
        return _check_choice(question, given)
    if len(given) > 1:
        raise InvalidAnswer(f"Question {question.key!r} takes one answer, not {len(given)}.")
    if question.kind is QuestionKind.TEXT:
        if len(given[0]) > LONGEST_TEXT:
            raise AnswerUnreadable(f"The text is longer than {LONGEST_TEXT} letters. Shorten it.")
        return None
    right, number = read_number(question.answer[0]), read_number(given[0])
    # 0.1 + 0.2 is 0.3 to whoever counts on paper, also where the tolerance is 0.
    return abs(number - right) <= question.tolerance + 1e-9 * max(1.0, abs(right))


def _check_choice(question: Question, given: Sequence[str]) -> bool:
    for option in given:
        if option not in question.options:
            raise InvalidAnswer(
                f"{option!r} is no option of question {question.key!r}. "
                f"{near(option, question.options)}"
            )
    if question.kind is QuestionKind.SINGLE and len(given) > 1:
        raise InvalidAnswer(f"Question {question.key!r} takes one option, not {len(given)}.")
    if question.kind is QuestionKind.ORDER:
        if sorted(given) != sorted(question.options):
            raise AnswerUnreadable("Each has one place in the order. Use every one once.")
        return tuple(given) == question.answer
    return set(given) == set(question.answer)
