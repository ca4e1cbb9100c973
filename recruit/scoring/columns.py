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
from recruit.scoring.wording import TAG_FIELDS, Group, Phrase, words_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
# Marks of so many groups fit into one word of the machine.
_BITS = 63
# Of a million firms, these take 100 MB at most.
_MOST_KEPT = 12 * _BITS


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

    @cached_property
    def _joined(self) -> dict[Group, tuple[Ints, int]]:
        """Where the marks of a group are kept: an array of bits, and which of them."""
        return {}

    def look_for(self, groups: Iterable[Group]) -> None:
        """Mark the firms of many groups in one pass, so that asking for each is quick afterwards."""
        new = [group for group in dict.fromkeys(groups) if group not in self._joined]
        if len(self._joined) + len(new) > _MOST_KEPT:
            self._joined.clear()
        for start in range(0, len(new), _BITS):
            chunk = new[start : start + _BITS]
            # One bit a group: the bits of a firm's tags are joined in one pass, whatever their number.
            bits = np.zeros(len(self.vocabulary), np.int64)
            for number, phrases in enumerate(chunk):
                bits[list(self._naming(phrases))] |= 1 << number
            # The entry behind the last gives firms at the end without tags something to read.
            of_tags = np.zeros(len(self.codes) + 1, np.int64)
            np.take(bits, self.codes, out=of_tags[:-1], mode="clip") if len(bits) else None
            joined = np.bitwise_or.reduceat(of_tags, self.offsets[:-1])
            joined[self.counts == 0] = 0
            self._joined.update((group, (joined, n)) for n, group in enumerate(chunk))

    def packed(self, groups: Sequence[Group]) -> Ints:
        """Return for every firm a number whose bit i tells whether it holds `groups[i]`; 63 at most."""
        self.look_for(groups)
        kept = [self._joined[group] for group in groups]
        joined, first = kept[0]
        if all(one is joined and n == first + i for i, (one, n) in enumerate(kept)):
            return (joined >> first) & ((1 << len(groups)) - 1)
        packed = np.zeros(len(self.counts), np.int64)
        for number, (one, bit) in enumerate(kept):
            packed |= (one >> bit & 1) << number
        return packed

    def marks(self, groups: Sequence[Group]) -> list[Bools]:
        """Return for each group of phrases which firms have a tag that holds one of them."""
        self.look_for(groups)
        kept = [self._joined[group] for group in groups]
        return [(joined & (1 << number)) != 0 for joined, number in kept]

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

    def views(self, rows: Ints | Sequence[int]) -> list[FirmView]:
        """Return some firms as plain values, in this order."""
        places = np.asarray(rows, np.int64)
        known: dict[str, list[Any]] = {
            name: [None if v != v else v for v in getattr(self, name)[places].tolist()]  # noqa: PLR0124
            for name in ("latitude", "longitude")
        }
        known |= {
            name: [None if v != v else int(v) for v in getattr(self, name)[places].tolist()]  # noqa: PLR0124
            for name in NUMBERS[2:]
        }
        known |= {
            name: [getattr(self, name).at(row) for row in places] for name in (*_TEXTS, *TAG_FIELDS)
        }
        texts = {"name": self.names, "domain": self.domains, "website": self.websites}
        known |= {name: array.take(pa.array(places)).to_pylist() for name, array in texts.items()}
        known |= {"id": self.ids[places].tolist(), "version": self.versions[places].tolist()}
        found = []
        for values in zip(*known.values(), strict=True):
            fields = dict(zip(known, values, strict=True))
            found.append(FirmView(**fields, origins=self._origins(fields)))
        return found

    def _origins(self, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        if not self.origin:
            return ()
        stated = {
            name.removesuffix("_low").removesuffix("_high") for name, v in values.items() if v
        }
        return tuple((name, self.origin) for name in sorted(stated))


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
