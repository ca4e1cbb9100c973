"""The onboarding track as data: its steps, which of them wait for which, and what they open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from recruit.onboarding.definitions import STRICT, near, read_definition
from recruit.onboarding.values import Action, TrackStepKind

# What a track may open by its steps. Everything else follows from who somebody is and from the
# order of the steps, so that no track can let a partner skip one.
OPENED_BY_STEPS = frozenset({Action.SEE_PRICES, Action.SEE_RESOURCES, Action.REGISTER_DEAL})

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True)
class TrackStep:
    """One step. `after` names the steps that come before it: by default the one written above it.

    `minutes` is what the partner is told it takes; a course's own lessons know better.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    kind: TrackStepKind
    title: Text
    done_title: Text
    minutes: Annotated[int, Field(ge=1, le=600)] = 5
    hint: str = ""
    agreement: str = ""
    course: str = ""
    people: Annotated[int, Field(ge=1, le=100)] = 1
    after: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse a step that does not say what it is about."""
        if self.kind is TrackStepKind.AGREEMENT and not self.agreement:
            raise ValueError('An agreement step names its text. Add agreement = "…".')
        if self.kind in {TrackStepKind.COURSE, TrackStepKind.CERTIFICATION} and not self.course:
            raise ValueError(f'A {self.kind} step names its course. Add course = "…".')


@dataclass(frozen=True)
class TrackDefinition:
    """A track. An action that `opens` does not name opens with the last step: closed by default."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Key
    title: Text
    steps: Annotated[tuple[TrackStep, ...], Field(min_length=1)]
    opens: dict[Action, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that lead nowhere, and an order that runs backwards."""
        earlier: list[str] = []
        for step in self.steps:
            if step.key in earlier:
                raise ValueError(f"Two steps are named {step.key!r}. Rename one.")
            for name in step.after or ():
                if name not in earlier:
                    raise ValueError(
                        f"Step {step.key!r} comes after {name!r}, which is no step above it. "
                        + near(name, earlier)
                    )
            earlier.append(step.key)
        for kind in (TrackStepKind.AGREEMENT, TrackStepKind.PROFILE):
            if sum(step.kind is kind for step in self.steps) > 1:
                raise ValueError(f"Two steps are of the kind {kind.value!r}. Keep one of them.")
        for action, names in self.opens.items():
            if action not in OPENED_BY_STEPS:
                raise ValueError(f"{action!r} is not for a track. {near(action, OPENED_BY_STEPS)}")
            for name in names:
                if name not in earlier:
                    raise ValueError(f"{action} needs {name!r}, no step. {near(name, earlier)}")

    def before(self, key: str) -> tuple[TrackStep, ...]:
        """Return all steps that have to be done before this one, in the track's order."""
        return self._closure(self._waits_for(self._number(key)))

    def needs(self, action: Action) -> tuple[TrackStep, ...]:
        """Return all steps that open an action: those named, and all that those wait for."""
        if action not in self.opens:
            return self.steps
        return self._closure({self._number(name) for name in self.opens[action]})

    def step_of_kind(self, kind: TrackStepKind) -> TrackStep | None:
        """Return the first step of a kind."""
        return next((step for step in self.steps if step.kind is kind), None)

    def step_of_course(self, course: str) -> TrackStep | None:
        """Return the first step that is about a course."""
        return next((step for step in self.steps if step.course == course), None)

    def _number(self, key: str) -> int:
        return next(number for number, step in enumerate(self.steps) if step.key == key)

    def _waits_for(self, number: int) -> set[int]:
        after = self.steps[number].after
        if after is None:
            return {number - 1} if number else set()
        return {self._number(name) for name in after}

    def _closure(self, numbers: set[int]) -> tuple[TrackStep, ...]:
        found: set[int] = set()
        while numbers:
            number = numbers.pop()
            found.add(number)
            numbers |= self._waits_for(number) - found
        return tuple(self.steps[number] for number in sorted(found))


def parse_track(data: Mapping[str, Any], *, file: str = "track") -> TrackDefinition:
    """Return a track read from data; raises `ContentError`."""
    return read_definition(TrackDefinition, data, file=file)
