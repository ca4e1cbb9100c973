"""A table of a profile's TOML file, read key by key; what is wrong is said with file, key and remedy."""

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from recruit.sourcing.text import storable

# A key that can be named as it is: as TOML has it bare, or with the blanks that a criterion's may have.
_PLAIN = re.compile(r"[\w -]+")


class ProfileError(ValueError):
    """A profile cannot be used. Each line of the message names the file, the key and the remedy."""


def near(word: str, known: Collection[str]) -> str:
    """Return " Did you mean …?" with the known word closest to `word`, or nothing."""
    folded = {k.casefold(): k for k in known}
    found = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f' Did you mean "{folded[found[0]]}"?' if found else ""


@dataclass
class Section:
    """One table: where it stands (`file`, `path`), and its values."""

    file: str
    path: str
    values: Mapping[str, Any]
    _read: set[str] = field(default_factory=set)

    def error(self, key: str, message: str) -> ProfileError:
        """Return an error about `key` of this table; an empty key means the table itself."""
        return ProfileError(f"{self.file}: {self.where(key)}: {message}")

    def where(self, key: str) -> str:
        """Return the full name of a key, as in `criteria.size.points`; odd ones in quotes, as in TOML."""
        shown = key if not key or _PLAIN.fullmatch(key) else json.dumps(key)
        return ".".join(part for part in (self.path, shown) if part) or "top level"

    def has(self, key: str) -> bool:
        """Tell whether the key is there; one that may be there is a known key."""
        self._read.add(key)
        return key in self.values

    def text(self, key: str, default: str | None = None) -> str:
        """Return a non-empty text."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"{value!r} is not a text. Write it in quotes.")
        return self._storable(key, value.strip())

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        above: float = -math.inf,
        least: float = 0,
        most: float = math.inf,
    ) -> float:
        """Return a finite number that is greater than `above` and between `least` and `most`."""
        value = self._take(key, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise self.error(key, f"{value!r} is not a number. Write one without quotes.")
        if value < 0 <= least:
            raise self.error(key, f"{value} is negative. Give 0 or more.")
        if value <= above:
            raise self.error(key, f"{value} is too small. Give more than {above:g}.")
        if not least <= value <= most:
            ends = f"{least:g} or more" if math.isinf(most) else f"between {least:g} and {most:g}"
            raise self.error(key, f"{value} is out of range. Give a number {ends}.")
        return value

    def whole(self, key: str) -> int | None:
        """Return a whole number of 0 or more, or None where the key is absent."""
        if not self.has(key):
            return None
        value = self.number(key)
        if value != int(value):
            raise self.error(key, f"{value} is not a whole number.")
        return int(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty where the key is absent, never empty where it stands."""
        if not self.has(key):
            return ()
        value = self._take(key, None)
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.error(key, 'That is not a list of texts. Write it as ["one", "two"].')
        if not value:
            raise self.error(key, "The list is empty. Name at least one, or take the key away.")
        return tuple(self._storable(key, v.strip()) for v in value)

    def table(self, key: str) -> "Section":
        """Return the table below `key`."""
        value = self._take(key, None)
        if not isinstance(value, Mapping):
            raise self.error(key, "That is not a table of keys and values.")
        return Section(self.file, self.where(key), value)

    def tables(self, key: str) -> list["Section"]:
        """Return the tables of the list below `key`; none where it is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
            raise self.error(
                key, "That is not a list of tables. Give each item a table of its own."
            )
        return [
            Section(self.file, f"{self.where(key)}[{number}]", table)
            for number, table in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Refuse keys that nobody has read: a misspelt key that is silently ignored misranks firms."""
        for key in self.values:
            if key not in self._read:
                known = ", ".join(sorted(self._read))
                raise self.error(
                    key, f"This key is unknown.{near(key, self._read)} Known: {known}."
                )

    def _storable(self, key: str, value: str) -> str:
        if storable(value) != value:
            raise self.error(key, f"{value!r} holds a control character. Take it out.")
        if len(value.splitlines()) > 1 or "\t" in value:
            raise self.error(key, f"{value!r} holds a line break or a tab. Write it on one line.")
        return value

    def _take(self, key: str, default: Any) -> Any:
        self._read.add(key)
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, "This key is missing. Add it.")
        return value
