"""A course as data: short lessons, and a quiz that the server grades."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from recruit.onboarding.definitions import STRICT, near, read_definition
from recruit.onboarding.track import Key, Text

Minutes = Annotated[int, Field(ge=1, le=600)]


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE = "single"
    MULTIPLE = "multiple"


@dataclass(frozen=True)
class Lesson:
    """A few minutes of reading."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    minutes: Minutes
    markdown: Annotated[str, Field(min_length=1)]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


@dataclass(frozen=True)
class Question:
    """A question. `answer` repeats the right options word for word; `lesson` explains it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    kind: QuestionKind
    text: Annotated[str, Field(min_length=1)]
    options: Annotated[tuple[Text, ...], Field(min_length=2, max_length=10)]
    answer: Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]
    lesson: str

    def __post_init__(self) -> None:
        """Refuse a question that nobody could answer rightly."""
        if len(set(self.options)) < len(self.options):
            raise ValueError("Two options read the same. Reword one.")
        for right in self.answer:
            if right not in self.options:
                raise ValueError(f"The answer {right!r} is no option. {near(right, self.options)}")
        if self.kind is QuestionKind.SINGLE and len(self.answer) != 1:
            raise ValueError('A single question has one right option. Make it kind = "multiple".')


@dataclass(frozen=True)
class Quiz:
    """The questions of a course; `pass_mark` is the share that has to be right, in (0, 1]."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    minutes: Minutes
    pass_mark: Annotated[float, Field(gt=0, le=1)]
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


@dataclass(frozen=True)
class CourseDefinition:
    """A course. Passing its quiz awards a certificate where `validity_months` is given."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    summary: Text
    lessons: Annotated[tuple[Lesson, ...], Field(min_length=1)]
    quiz: Quiz | None = None
    validity_months: Annotated[int, Field(ge=1, le=120)] | None = None

    def __post_init__(self) -> None:
        """Refuse names that stand twice or lead nowhere."""
        lessons = [lesson.key for lesson in self.lessons]
        questions = self.quiz.questions if self.quiz else ()
        for names in (lessons, [question.key for question in questions]):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"The key {twice[0]!r} stands twice. Rename one.")
        for question in questions:
            if question.lesson not in lessons:
                raise ValueError(
                    f"Question {question.key!r} points to lesson {question.lesson!r}, "
                    f"which is not there. {near(question.lesson, lessons)}"
                )
        if self.validity_months is not None and self.quiz is None:
            raise ValueError("A certificate needs a quiz. Add [quiz] or take validity_months away.")

    @property
    def certifies(self) -> bool:
        """Tell whether passing the quiz awards a certificate."""
        return self.validity_months is not None

    def find_lesson(self, key: str) -> Lesson | None:
        """Return the lesson with this key."""
        return next((lesson for lesson in self.lessons if lesson.key == key), None)


def parse_course(data: Mapping[str, Any], *, file: str = "course") -> CourseDefinition:
    """Return a course read from data; raises `ContentError`."""
    return read_definition(CourseDefinition, data, file=file)
