"""One table of a source file: its keys, asked for one by one, and errors that name file, key and remedy."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any


class SpecError(ValueError):
    """A source file cannot be used; the message names the file, the key and the remedy."""


class SpecTable:
    """A table that remembers which keys were asked for, so that a misspelt one is refused."""

    def __init__(self, file: str, path: str, data: Mapping[str, Any]) -> None:
        """Wrap the table that stands below `path` in `file`."""
        self._file = file
        self._path = path
        self._data = data
        self._known: set[str] = set()

    def error(self, key: str, message: str) -> SpecError:
        """Return an error about a key of this table."""
        where = f"{self._path}.{key}" if self._path else key
        return SpecError(f"{self._file}: {where}: {message}")

    def get(self, key: str, default: Any = None) -> Any:
        """Return a key's value as it stands."""
        self._known.add(key)
        return self._data.get(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without `default` it has to be there."""
        value = self.get(key, default)
        if value is None:
            raise self.error(key, "this key is missing. Add it.")
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.error(key, f"{value!r} is not a text. Write it in quotes.")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a text or a list of texts as a tuple."""
        value = self.get(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(
            isinstance(v, str) and v.strip() for v in values
        ):
            raise self.error(key, 'that is not a list of texts. Write ["one", "two"].')
        return tuple(v.strip() for v in values)

    def number(self, key: str, default: float, least: float, most: float) -> float:
        """Return a number between `least` and `most`."""
        value = self.get(key, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not least <= value <= most
        ):
            raise self.error(key, f"{value!r} is not a number between {least:g} and {most:g}.")
        return float(value)

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """Return a whole number between `least` and `most`."""
        value = self.number(key, default, least, most)
        if value != int(value):
            raise self.error(key, f"{value!r} is not a whole number.")
        return int(value)

    def table(self, key: str) -> "SpecTable":
        """Return the table below a key; an empty one where it is absent."""
        value = self.get(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, f"that is not a table. Write its keys below [{key}].")
        return SpecTable(self._file, key, value)

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._data:
            if key not in self._known:
                near = get_close_matches(key, self._known, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                known = ", ".join(sorted(self._known))
                raise self.error(key, f"this key is unknown.{hint} Known: {known}.")
