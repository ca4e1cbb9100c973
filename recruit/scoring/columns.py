"""Firms as columns: what `FirmView` says of one, for rules that look at a million at once.

Every array has one entry a firm, in the order of `ids`. An unknown number is NaN, an unknown text has
the code -1; a firm without tags has an empty slice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from recruit.firms.values import FirmView
from recruit.scoring.wording import TAG_FIELDS, Phrase, words_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
# Marks of so many groups of phrases fit into one word of the machine.
_BITS = 63


@dataclass(frozen=True)
class TextColumn:
    """A text a firm, by its place in `vocabulary`; -1 where it is not known."""

    vocabulary: tuple[str, ...]
    codes: Codes

    @classmethod
    def from_values(cls, values: Iterable[str | None]) -> "TextColumn":
        """Return the column of these values."""
        places: dict[str, int] = {}
        codes = [-1 if v is None else places.setdefault(v, len(places)) for v in values]
        return cls(tuple(places), np.array(codes, np.int32))

    def pick(self, of_each: Sequence[Any], unknown: Any) -> npt.NDArray[Any]:
        """Return for every firm what `of_each` says of its value; `unknown` where it has none."""
        # The code -1 reads the entry behind the last.
        return np.array([*of_each, unknown])[self.codes]

    def at(self, row: int) -> str | None:
        """Return one firm's text."""
        code = int(self.codes[row])
        return None if code < 0 else self.vocabulary[code]


@dataclass(frozen=True)
class TagColumn:
    """Any number of tags a firm: those of firm i are `codes[offsets[i]:offsets[i + 1]]`."""

    vocabulary: tuple[str, ...]
    offsets: Ints
    codes: Codes

    @classmethod
    def from_values(cls, values: Iterable[Sequence[str]]) -> "TagColumn":
        """Return the column of these lists of tags."""
        places: dict[str, int] = {}
        codes: list[int] = []
        offsets = [0]
        for tags in values:
            codes += [places.setdefault(tag, len(places)) for tag in tags]
            offsets.append(len(codes))
        return cls(tuple(places), np.array(offsets, np.int64), np.array(codes, np.int32))

    @cached_property
    def counts(self) -> Ints:
        """Return how many tags each firm has."""
        return np.diff(self.offsets)

    @cached_property
    def _tags_with(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        for code, tag in enumerate(self.vocabulary):
            for word in dict.fromkeys(words_of(tag)):
                found.setdefault(word, []).append(code)
        return found

    def _naming(self, phrases: Iterable[Phrase]) -> set[int]:
        """Return the codes of the tags that hold one of `phrases`."""
        found: set[int] = set()
        for phrase in phrases:
            first = phrase.words[0]
            if phrase.is_prefix and len(phrase.words) == 1:
                words = [word for word in self._tags_with if word.startswith(first)]
            else:
                words = [first]
            for word in words:
                found.update(
                    code
                    for code in self._tags_with.get(word, ())
                    if code not in found and phrase.stands_in(words_of(self.vocabulary[code]))
                )
        return found

    def marks(self, groups: Sequence[Iterable[Phrase]]) -> list[Bools]:
        """Return for each group of phrases which firms have a tag that holds one of them."""
        marked: list[Bools] = []
        for start in range(0, len(groups), _BITS):
            chunk = groups[start : start + _BITS]
            # One bit a group: the bits of a firm's tags are joined in one pass, whatever their number.
            bits = np.zeros(len(self.vocabulary) + 1, np.int64)
            for number, phrases in enumerate(chunk):
                bits[list(self._naming(phrases))] |= 1 << number
            # The entry behind the last gives firms at the end without tags something to read.
            of_tags = np.append(bits[self.codes], 0)
            joined = np.bitwise_or.reduceat(of_tags, self.offsets[:-1])
            joined[self.counts == 0] = 0
            marked += [(joined >> number & 1).astype(np.bool_) for number in range(len(chunk))]
        return marked

    def at(self, row: int) -> tuple[str, ...]:
        """Return one firm's tags."""
        codes = self.codes[self.offsets[row] : self.offsets[row + 1]]
        return tuple(self.vocabulary[code] for code in codes)


@dataclass(frozen=True)
class FirmColumns:
    """All firms that a ranking looks at. `origin` says where they were read, where nothing finer is known."""

    ids: Ints
    versions: Ints
    names: pa.Array
    domains: pa.Array
    websites: pa.Array
    country: TextColumn
    region: TextColumn
    city: TextColumn
    latitude: Floats
    longitude: Floats
    employees_low: Floats
    employees_high: Floats
    founded_low: Floats
    founded_high: Floats
    revenue_low: Floats
    revenue_high: Floats
    specialties: TagColumn
    certifications: TagColumn
    partnerships: TagColumn
    tags: TagColumn
    origin: str = ""

    def __len__(self) -> int:
        """Return how many firms there are."""
        return len(self.ids)

    @classmethod
    def from_views(cls, views: Sequence[FirmView]) -> "FirmColumns":
        """Return the columns of these firms."""
        columns: dict[str, Any] = {
            name: _numbers(getattr(v, name) for v in views) for name in NUMBERS
        }
        columns |= {
            name: TagColumn.from_values(getattr(v, name) for v in views) for name in TAG_FIELDS
        }
        columns |= {
            name: TextColumn.from_values(getattr(v, name) for v in views) for name in _TEXTS
        }
        return cls(
            ids=np.array([v.id for v in views], np.int64),
            versions=np.array([v.version for v in views], np.int64),
            names=pa.array([v.name for v in views], pa.string()),
            domains=pa.array([v.domain for v in views], pa.string()),
            websites=pa.array([v.website for v in views], pa.string()),
            **columns,
        )

    def tag_fields(self, look_in: tuple[str, ...]) -> list[TagColumn]:
        """Return the columns of these fields."""
        return [getattr(self, name) for name in look_in]

    def view(self, row: int) -> FirmView:
        """Return one firm as plain values."""
        known: dict[str, Any] = {
            name: None if np.isnan(value := getattr(self, name)[row]) else float(value)
            for name in ("latitude", "longitude")
        }
        known |= {
            name: None if np.isnan(value := getattr(self, name)[row]) else int(value)
            for name in NUMBERS[2:]
        }
        known |= {name: getattr(self, name).at(row) for name in (*_TEXTS, *TAG_FIELDS)}
        known |= {
            "website": self.websites[row].as_py(),
            "domain": self.domains[row].as_py(),
        }
        stated = {name.removesuffix("_low").removesuffix("_high") for name, v in known.items() if v}
        return FirmView(
            id=int(self.ids[row]),
            version=int(self.versions[row]),
            name=self.names[row].as_py(),
            origins=tuple((name, self.origin) for name in sorted(stated)) if self.origin else (),
            **known,
        )

    def take(self, rows: Ints) -> "FirmColumns":
        """Return the columns of some firms, in this order."""
        return FirmColumns.from_views([self.view(int(row)) for row in rows])


NUMBERS = (
    "latitude",
    "longitude",
    "employees_low",
    "employees_high",
    "founded_low",
    "founded_high",
    "revenue_low",
    "revenue_high",
)
_TEXTS = ("country", "region", "city")


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], np.float64)
