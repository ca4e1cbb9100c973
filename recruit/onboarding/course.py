"""A course as data: short lessons, and a quiz that the server grades (its questions: `question`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from recruit.onboarding.definitions import STRICT, Key, Text, near, read_definition
from recruit.onboarding.question import Question, QuestionKind

__all__ = ["CourseDefinition", "Lesson", "Question", "QuestionKind", "Quiz", "parse_course"]

Minutes = Annotated[int, Field(ge=1, le=600)]


def _https(link: str) -> str:
    parts = urlsplit(link)
    if link and (parts.scheme != "https" or not parts.hostname or not link.isprintable()):
        raise ValueError("A video is a link that begins with https://.")
    return link


def bare_name(name: str) -> str:
    """Return the name of a file that stands beside the one that names it; refuses a path."""
    if name and (name.startswith(".") or any(c in name for c in "/\\\0") or not name.isprintable()):
        raise ValueError("A file stands beside the one that names it. Give its bare name.")
    return name


@dataclass(frozen=True)
class Lesson:
    """A few minutes: reading, a video to follow a link to, a file to take along, or a SCORM package.

    `file` and `package` name files beside the course's; the hashes are what they held when they were
    published. `sco` is the part of the package that is opened, where it has several.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    minutes: Minutes
    markdown: Annotated[str, Field(min_length=1)] | None = None
    video: Annotated[str, Field(max_length=500), AfterValidator(_https)] = ""
    file: Annotated[str, Field(max_length=200), AfterValidator(bare_name)] = ""
    file_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    package: Annotated[str, Field(max_length=200), AfterValidator(bare_name)] = ""
    package_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    sco: Annotated[str, Field(max_length=200)] = ""

    def __post_init__(self) -> None:
        """Refuse a lesson that holds nothing."""
        if not ((self.markdown or "").strip() or self.video or self.file or self.package):
            raise ValueError("A lesson holds something. Add markdown, video, file or package.")


@dataclass(frozen=True)
class Quiz:
    """The questions of a course; `pass_mark` is the share that has to be right, in (0, 1].

    `draw` says how many questions of a pool are asked; those of no pool are always asked. `attempts`
    is how often it may be handed in a cycle, `cool_down_hours` how long to wait after failing. With a
    `time_limit_minutes` the server keeps the time.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    minutes: Minutes
    pass_mark: Annotated[float, Field(gt=0, le=1)]
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=500)]
    draw: dict[str, Annotated[int, Field(ge=1)]] = field(default_factory=dict)
    shuffle: bool = False
    attempts: Annotated[int, Field(ge=1, le=100)] | None = None
    cool_down_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 0
    time_limit_minutes: Annotated[int, Field(ge=1, le=600)] | None = None

    def __post_init__(self) -> None:
        """Refuse pools that cannot be drawn from."""
        pools = [question.pool for question in self.questions if question.pool]
        for name, count in self.draw.items():
            if name not in pools:
                raise ValueError(f"draw names {name!r}, no question's pool. {near(name, pools)}")
            if count > pools.count(name):
                raise ValueError(
                    f"draw asks for {count} of {name!r}, which has {pools.count(name)}. "
                    "Lower it or add questions."
                )
        for name in dict.fromkeys(pools):
            if name not in self.draw:
                raise ValueError(f"How many of the pool {name!r}? Add draw = {{ {name} = 1 }}.")

    @property
    def asked(self) -> int:
        """Return how many questions a person is asked."""
        return sum(not question.pool for question in self.questions) + sum(self.draw.values())


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
