"""The onboarding track as data: its steps, which of them wait for which, and what they open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from recruit.onboarding.definitions import (
    STRICT,
    ContentError,
    Key,
    Place,
    Text,
    near,
    read_definition,
)
from recruit.onboarding.level import LearningPath, Level
from recruit.onboarding.values import Action, TrackStepKind

# What a track may open by its steps. Everything else follows from who somebody is and from the
# order of the steps, so that no track can let a partner skip one.
OPENED_BY_STEPS = frozenset({Action.SEE_PRICES, Action.SEE_RESOURCES, Action.REGISTER_DEAL})


class Proof(StrEnum):
    """What a task asks to be handed in."""

    TEXT = "text"
    FILE = "file"
    EITHER = "either"


@dataclass(frozen=True)
class TrackStep:
    """One step. `after` names the steps that come before it.

    Left out, that is the step written above it, or what its phase says. `minutes` is what the partner
    is told it takes; a course's own lessons know better. `due_days` counts from acceptance. `owner`
    answers for it on our side. `proof` is what a task asks for, `instructions` how it is done.
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
    phase: str = ""
    due_days: Annotated[int, Field(ge=1, le=730)] | None = None
    owner: Annotated[str, Field(max_length=200)] = ""
    proof: Proof = Proof.EITHER
    instructions: Annotated[str, Field(max_length=20_000)] = ""

    def __post_init__(self) -> None:
        """Refuse a step that does not say what it is about."""
        if self.kind is TrackStepKind.AGREEMENT and not self.agreement:
            raise ValueError('An agreement step names its text. Add agreement = "…".')
        if self.kind in {TrackStepKind.COURSE, TrackStepKind.CERTIFICATION} and not self.course:
            raise ValueError(f'A {self.kind} step names its course. Add course = "…".')


@dataclass(frozen=True)
class Phase:
    """Steps that belong together. A phase begins when all steps of the one before it are done.

    Its steps come one after the other, or side by side where it is `parallel`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    parallel: bool = False


@dataclass(frozen=True)
class TrackDefinition:
    """A track. An action that `opens` does not name opens with its last step: closed by default.

    `levels` go from the lowest to the highest. A company that no longer has enough certificates for its
    level keeps it for `remediation_days`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Key
    title: Text
    steps: Annotated[tuple[TrackStep, ...], Field(min_length=1)]
    opens: dict[Action, tuple[str, ...]] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    levels: tuple[Level, ...] = ()
    remediation_days: Annotated[int, Field(ge=0, le=365)] = 0
    paths: tuple[LearningPath, ...] = ()

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
        self._check_phases()
        for name, keys in (("levels", self.levels), ("paths", self.paths)):
            _refuse_twice(name, [one.key for one in keys])
        for kind in (TrackStepKind.AGREEMENT, TrackStepKind.PROFILE):
            if sum(step.kind is kind for step in self.steps) > 1:
                raise ValueError(f"Two steps are of the kind {kind.value!r}. Keep one of them.")
        for action, names in self.opens.items():
            if action not in OPENED_BY_STEPS:
                raise ValueError(f"{action!r} is not for a track. {near(action, OPENED_BY_STEPS)}")
            for name in names:
                if name not in earlier:
                    raise ValueError(f"{action} needs {name!r}, no step. {near(name, earlier)}")

    def _check_phases(self) -> None:
        phases = [phase.key for phase in self.phases]
        _refuse_twice("phases", phases)
        for step in self.steps:
            if step.phase not in (phases or [""]):
                raise ValueError(
                    f"Step {step.key!r} is of the phase {step.phase!r}. {near(step.phase, phases)}"
                )
        order = [phases.index(step.phase) for step in self.steps] if phases else []
        if order != sorted(order):
            raise ValueError("Steps stand in the order of their phases. Move them.")
        for number, phase in enumerate(phases):
            if number not in order:
                raise ValueError(f"The phase {phase!r} has no step. Add one or take it away.")

    @property
    def course_keys(self) -> tuple[str, ...]:
        """Return the courses that steps, levels and paths name, each once."""
        named = [step.course for step in self.steps if step.course]
        named += [course for level in self.levels for course in level.needs]
        named += [course for path in self.paths for course in path.courses]
        return tuple(dict.fromkeys(named))

    def find_path(self, key: str) -> LearningPath | None:
        """Return the learning path with this key."""
        return next((path for path in self.paths if path.key == key), None)

    def find_step(self, key: str) -> TrackStep | None:
        """Return the step with this key."""
        return next((step for step in self.steps if step.key == key), None)

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

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {step.key: number for number, step in enumerate(self.steps)}

    def _number(self, key: str) -> int:
        return self._numbers[key]

    def _waits_for(self, number: int) -> set[int]:
        step = self.steps[number]
        if step.after is not None:
            return {self._number(name) for name in step.after}
        if not self.phases:
            return {number - 1} if number else set()
        phases = [phase.key for phase in self.phases]
        at = phases.index(step.phase)
        own = [n for n, other in enumerate(self.steps[:number]) if other.phase == step.phase]
        if own and not self.phases[at].parallel:
            return {own[-1]}
        return {n for n, s in enumerate(self.steps) if at and s.phase == phases[at - 1]}

    def _closure(self, numbers: set[int]) -> tuple[TrackStep, ...]:
        found: set[int] = set()
        while numbers:
            number = numbers.pop()
            found.add(number)
            numbers |= self._waits_for(number) - found
        return tuple(self.steps[number] for number in sorted(found))


def _refuse_twice(what: str, keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"Two {what} are named {twice[0]!r}. Rename one.")


def parse_track(data: Mapping[str, Any], *, file: str = "track") -> TrackDefinition:
    """Return a track read from data; raises `ContentError`.

    Steps stand in the track itself, or each in the phase that it belongs to (`phases.steps`).
    """
    flat, places = _flatten(data, file)

    def place_of(place: Place) -> Place:
        if places and len(place) > 1 and place[0] == "steps" and isinstance(place[1], int):
            return (*places[place[1]], *place[2:])
        return place

    return read_definition(TrackDefinition, flat, file=file, place_of=place_of)


def _flatten(data: Mapping[str, Any], file: str) -> tuple[Mapping[str, Any], list[Place]]:
    phases = data.get("phases")
    if not isinstance(phases, (list, tuple)):
        return data, []
    if not any(isinstance(phase, Mapping) and "steps" in phase for phase in phases):
        return data, []
    if data.get("steps"):
        raise ContentError(
            f"{file}: steps: Some steps stand in phases and some outside. Put all of them into phases."
        )
    steps: list[Any] = []
    places: list[Place] = []
    bare = []
    for number, phase in enumerate(phases):
        inner = phase.get("steps", ()) if isinstance(phase, Mapping) else ()
        for at, step in enumerate(inner if isinstance(inner, (list, tuple)) else ()):
            steps.append({"phase": phase.get("key"), **step} if isinstance(step, Mapping) else step)
            places.append(("phases", number, "steps", at))
        bare.append(
            {key: value for key, value in phase.items() if key != "steps"}
            if isinstance(phase, Mapping)
            else phase
        )
    return {**data, "phases": bare, "steps": steps}, places
