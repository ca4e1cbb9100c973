"""Tables of data as TOML or JSON holds them, read key by key: what nobody asked for is an error too."""

from collections.abc import Mapping, Sequence
from datetime import time
from difflib import get_close_matches
from typing import Any

from recruit.sequences.values import SequencesError


class DefinitionError(SequencesError):
    """A sequence's definition cannot be used; the message says where and what to change."""


class CheckedTable:
    """One table and its place in the data, for errors that name both. Call `done` at the end."""

    def __init__(self, data: Any, place: str) -> None:
        """Take a table; raises DefinitionError for anything else."""
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

    def has(self, key: str) -> bool:
        """Return whether the table has a key."""
        self._known.add(key)
        return key in self._data

    def text(self, key: str, default: str | None = None, *, most: int = 20_000) -> str:
        """Return a text; without a default it must be there and not be blank."""
        value = self._get(key, default)
        if not isinstance(value, str):
            raise DefinitionError(f"{self.place}.{key} is not a text.")
        if default is None and not value.strip():
            raise DefinitionError(f"{self.place}.{key} is empty.")
        if len(value) > most:
            raise DefinitionError(f"{self.place}.{key} is longer than {most:,} characters.")
        if "\0" in value:
            raise DefinitionError(f"{self.place}.{key} has a NUL character; remove it.")
        return value.strip("\n")

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise DefinitionError(
                f"{self.place}.{key} is not a whole number from {least} to {most}."
            )
        return value

    def yes(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise DefinitionError(f"{self.place}.{key} is not true or false.")
        return value

    def clock(self, key: str, default: time) -> time:
        """Return a time of day."""
        value = self._get(key, default)
        try:
            return value if isinstance(value, time) else time.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise DefinitionError(
                f'{self.place}.{key} is not a time of day like "09:00".'
            ) from error

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Return one of the choices."""
        value = self.text(key)
        if value not in choices:
            raise DefinitionError(
                f"{self.place}.{key} {value!r} is unknown; choose one of {', '.join(choices)}."
            )
        return value

    def words(self, key: str, choices: Sequence[str]) -> list[str]:
        """Return some of the choices; all of them where nothing is said."""
        value = self._get(key, list(choices))
        if not isinstance(value, list) or any(word not in choices for word in value):
            raise DefinitionError(f"{self.place}.{key} is not a list of {', '.join(choices)}.")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, empty where nothing is said."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise DefinitionError(f"{self.place}.{key} is not a list of texts.")
        return [text.strip() for text in value]

    def pairs(self, key: str) -> list[tuple[str, str]]:
        """Return a table whose keys are free and whose values are texts that are not blank."""
        value = self._get(key, {})
        if not isinstance(value, Mapping):
            raise DefinitionError(f"{self.place}.{key} is not a table.")
        for name, text in value.items():
            if not isinstance(text, str) or not text.strip():
                raise DefinitionError(f"{self.place}.{key}.{name} is not a text.")
        return [(str(name), text.strip()) for name, text in value.items()]

    def value(self, key: str) -> Any:
        """Return a value of any kind; raises DefinitionError where it is missing."""
        return self._get(key, None)

    def table(self, key: str) -> "CheckedTable":
        """Return a table, empty where nothing is said."""
        return CheckedTable(self._get(key, {}), f"{self.place}.{key}")

    def tables(self, key: str, *, most: int = 100) -> list["CheckedTable"]:
        """Return a list of tables, counted from 1 in errors."""
        value = self._get(key, [])
        if not isinstance(value, list):
            raise DefinitionError(f"{self.place}.{key} is not a list of tables; write [[{key}]].")
        if len(value) > most:
            raise DefinitionError(f"{self.place}.{key} has more than {most} entries.")
        prefix = "" if self.place == "sequence" else f"{self.place}."
        return [
            CheckedTable(item, f"{prefix}{key}[{number}]")
            for number, item in enumerate(value, start=1)
        ]

    def done(self) -> None:
        """Raise DefinitionError for the first key that nobody asked for, with the nearest known one."""
        for key in self._data:
            if key not in self._known:
                known = sorted(self._known)
                near = [k for k in known if k.startswith(str(key))] or get_close_matches(
                    str(key), known, 1
                )
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
                raise DefinitionError(f"{self.place}.{key} is unknown; {hint}")
