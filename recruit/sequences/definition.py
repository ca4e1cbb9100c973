"""A sequence as data: read from TOML, checked as a whole, with errors that name the place and the remedy."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from recruit.sequences.rendering import TemplateError, check_template
from recruit.sequences.values import SequencesError, StepKind

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DefinitionError(SequencesError):
    """A sequence's definition cannot be used; the message says where and what to change."""


@dataclass(frozen=True)
class Window:
    """When a touch may go, in the contact's own time. `days` are weekdays, Monday is 0.

    `spread_minutes`: touches that wait for the window go at a moment of their own in its first minutes.
    """

    days: frozenset[int] = frozenset(range(7))
    opens: time = time(9)
    closes: time = time(17)
    spread_minutes: int = 90
    skip_holidays: bool = True


@dataclass(frozen=True)
class Step:
    """One step. `delay_working_days` counts from the step before, in the contact's working days.

    An e-mail without a subject goes on in the thread of the one before. A task has a title in
    `subject`, a prefilled text in `body` and a `link` to open.
    """

    kind: StepKind
    delay_working_days: int
    subject: str
    body: str
    channel: str = ""
    link: str = ""


@dataclass(frozen=True)
class SequenceDefinition:
    """A whole sequence. `mailbox` is the sender's address, None where there is only one.

    `grace_hours`: what is overdue by more is held for a person.
    `finish_after_working_days`: how long an answer is waited for after the last step.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    window: Window = Window()
    mailbox: str | None = None
    grace_hours: int = 48
    finish_after_working_days: int = 5


def load_definition(path: Path) -> dict[str, Any]:
    """Read a TOML file into data that `parse_definition` accepts; raises DefinitionError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path} is not valid TOML: {error}.") from error
    parse_definition(data)
    return data


def definition_hash(data: Mapping[str, Any]) -> str:
    """Return a hash that is the same for the same content, whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def parse_definition(data: Mapping[str, Any]) -> SequenceDefinition:
    """Check data as TOML or JSON holds it and return the definition; raises DefinitionError."""
    top = _Table(data, "sequence")
    name = top.text("name")
    steps = top.tables("steps")
    if not steps:
        raise DefinitionError("sequence: there are no steps; add a [[steps]] with a kind.")
    definition = SequenceDefinition(
        name=name,
        title=top.text("title", name),
        mailbox=top.text("mailbox", "") or None,
        grace_hours=top.number("grace_hours", 48, least=1, most=24 * 30),
        finish_after_working_days=top.number("finish_after_working_days", 5, least=0, most=90),
        window=_window(top.table("window")),
        steps=tuple(_step(step) for step in steps),
    )
    top.done()
    first_mail = next((s for s in definition.steps if s.kind is StepKind.EMAIL), None)
    if first_mail is not None and not first_mail.subject:
        place = steps[definition.steps.index(first_mail)].place
        raise DefinitionError(
            f"{place}.subject: the first e-mail has no thread to go on in; give it a subject."
        )
    return definition


def _window(table: "_Table") -> Window:
    default = Window()
    days = table.words("days", DAYS)
    window = Window(
        days=frozenset(DAYS.index(day) for day in days),
        opens=table.clock("opens", default.opens),
        closes=table.clock("closes", default.closes),
        spread_minutes=table.number("spread_minutes", default.spread_minutes, least=0, most=600),
        skip_holidays=table.yes("skip_holidays", default.skip_holidays),
    )
    table.done()
    minutes = (
        (window.closes.hour - window.opens.hour) * 60 + window.closes.minute - window.opens.minute
    )
    if not window.days:
        raise DefinitionError(f"{table.place}.days: no day is left to send on.")
    if minutes <= 0:
        raise DefinitionError(
            f"{table.place}: closes {window.closes:%H:%M} is not after opens {window.opens:%H:%M}."
        )
    if window.spread_minutes >= minutes:
        raise DefinitionError(
            f"{table.place}.spread_minutes: {window.spread_minutes} is not less than the window's {minutes} minutes."
        )
    return window


def _step(table: "_Table") -> Step:
    kind = StepKind(table.choice("kind", [k.value for k in StepKind]))
    step = Step(
        kind=kind,
        delay_working_days=table.number("delay_working_days", 0, least=0, most=250),
        subject=table.text("subject", "" if kind is StepKind.EMAIL else None),
        body=table.text("body", None if kind is StepKind.EMAIL else ""),
        channel=table.text("channel", "") if kind is StepKind.TASK else "",
        link=table.text("link", "") if kind is StepKind.TASK else "",
    )
    table.done()
    for part in ("subject", "body", "link"):
        try:
            check_template(getattr(step, part))
        except TemplateError as error:
            raise DefinitionError(f"{table.place}.{part}: {error}") from error
    return step


class _Table:
    """One table of the data and its place; what nobody asked for is an error, since it is a slip."""

    def __init__(self, data: Any, place: str) -> None:
        if not isinstance(data, Mapping):
            raise DefinitionError(f"{place} is not a table.")
        self._data = data
        self._known: set[str] = set()
        self.place = place

    def _get(self, key: str, default: Any) -> Any:
        self._known.add(key)
        value = self._data.get(key, default)
        if value is None:
            raise DefinitionError(f"{self.place}.{key} is missing.")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self._get(key, default)
        if not isinstance(value, str):
            raise DefinitionError(f"{self.place}.{key} is not a text.")
        if default is None and not value.strip():
            raise DefinitionError(f"{self.place}.{key} is empty.")
        return value.strip("\n")

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise DefinitionError(
                f"{self.place}.{key} is not a whole number from {least} to {most}."
            )
        return value

    def yes(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise DefinitionError(f"{self.place}.{key} is not true or false.")
        return value

    def clock(self, key: str, default: time) -> time:
        value = self._get(key, default)
        try:
            return value if isinstance(value, time) else time.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise DefinitionError(
                f'{self.place}.{key} is not a time of day like "09:00".'
            ) from error

    def choice(self, key: str, choices: list[str]) -> str:
        value = self.text(key)
        if value not in choices:
            raise DefinitionError(
                f"{self.place}.{key} {value!r} is unknown; choose one of {', '.join(choices)}."
            )
        return value

    def words(self, key: str, choices: tuple[str, ...]) -> list[str]:
        value = self._get(key, list(choices))
        if not isinstance(value, list) or any(word not in choices for word in value):
            raise DefinitionError(f"{self.place}.{key} is not a list of {', '.join(choices)}.")
        return value

    def table(self, key: str) -> "_Table":
        return _Table(self._get(key, {}), f"{self.place}.{key}")

    def tables(self, key: str) -> list["_Table"]:
        value = self._get(key, [])
        if not isinstance(value, list):
            raise DefinitionError(f"{self.place}.{key} is not a list of tables; write [[{key}]].")
        return [_Table(item, f"{key}[{number}]") for number, item in enumerate(value, start=1)]

    def done(self) -> None:
        for key in self._data:
            if key not in self._known:
                known = sorted(self._known)
                near = [k for k in known if k.startswith(key)] or get_close_matches(key, known, 1)
                hint = (
                    f"did you mean {near[0]!r}?"
                    if near
                    else f"known are {', '.join(sorted(self._known))}."
                )
                raise DefinitionError(f"{self.place}.{key} is unknown; {hint}")
