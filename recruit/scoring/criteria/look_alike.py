"""Look-alike: how much a firm resembles the best partners, by what learning found that they have in common.

What is known of a firm is said in traits ("country DE", "people 50–199", "does kubernetes"), each of which
weighs something for or against being a partner. Full points has who is as like them as half of them are,
none who is no liker than half of all other firms; between the two it is a straight line. From few partners
nothing is learned that holds, so the share grows from nothing at 100 partners to all of it at 200.

Weights are whole millionths, so that a firm asked by itself and a million at once come to the same sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columns import FirmColumns, Floats, Ints
from recruit.scoring.criteria.finding import LOOK_UP, Finding, Lift, in_words
from recruit.scoring.criteria.likeness import marks_in
from recruit.scoring.wording import Group, Phrase, holds, words_of

# Of so many partners likeness begins to count, and of so many all of it does.
ENOUGH, PLENTY = 100, 200
MILLIONTHS = 1_000_000
_LOOK_IN = ("specialties",)
# Upper ends of the bands that sizes and ages are told in; beyond the last it is open.
_PEOPLE, _YEARS = (9, 49, 199, 999), (4, 9, 19)
_NAMED = 3


@dataclass(frozen=True, eq=False)
class LikenessTables:
    """What learning found: by trait its weight, and the sums at which a firm has none and all of it.

    `country`, `people` and `years` map a value or band to millionths, `does` a specialty. `partners` is
    on how many it stands; below `ENOUGH` there are no weights. Tables of one version are the same.
    """

    version: str
    partners: int
    country: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
    does: Mapping[str, int] = field(default_factory=dict)
    none_at: int = 0
    full_at: int = 1

    @property
    def weight(self) -> float:
        """Return the share of its points that likeness may have on so many partners."""
        return likeness_weight(self.partners)

    def __eq__(self, other: object) -> bool:
        """Tell whether the other has the same version."""
        return isinstance(other, LikenessTables) and self.version == other.version

    def __hash__(self) -> int:
        """Return a hash of the version."""
        return hash(self.version)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; `from_json` reads it back."""
        return {key: dict(v) if isinstance(v, Mapping) else v for key, v in vars(self).items()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "LikenessTables":
        """Read what `to_json` wrote."""
        return cls(**told)


def likeness_weight(partners: int) -> float:
    """Return the share of its points that likeness may have: 0 up to 100 partners, all from 200 on."""
    return min(max((partners - ENOUGH) / (PLENTY - ENOUGH), 0.0), 1.0)


@dataclass(frozen=True)
class LookAlike:
    """Full points for a firm that resembles the best partners; nothing for anybody while there are too few."""

    tables: LikenessTables | None = None

    def assess(self, firm: FirmView, today: date) -> Finding:
        """Add up what the firm's traits weigh; what is not known of it may weigh the least or the most."""
        tables = self.tables
        if tables is None or not tables.weight:
            return Finding(0, 0, _too_few(tables), ())
        told = _traits_of(firm, today)
        low = high = 0
        weighed: list[tuple[int, str]] = []
        for name, weights in self._bands.items():
            band = told[name]
            if band is None:
                low, high = low + min(0, *weights.values()), high + max(0, *weights.values())
            elif band in weights:
                weighed.append((weights[band], say_trait(name, band)))
        if firm.specialties:
            weighed += [
                (tables.does[tag], tag)
                for tag, group in zip(tables.does, self._groups, strict=True)
                if any(holds(one, group) for one in firm.specialties)
            ]
        else:
            low += sum(w for w in tables.does.values() if w < 0)
            high += sum(w for w in tables.does.values() if w > 0)
        known = sum(weight for weight, _ in weighed)
        shares = [self._share(np.array([known + open_])) for open_ in (low, high)]
        least, most = (float(one[0]) for one in shares)
        return Finding(
            least,
            most,
            self._sentence(weighed),
            ("country", "employees", "founded", "specialties"),
            tuple(word for weight, word in weighed if weight > 0),
        )

    def shares(self, firms: FirmColumns, today: date) -> tuple[Floats, Floats]:
        """Return the share of every firm, least and greatest."""
        tables = self.tables
        if tables is None or not tables.weight:
            return np.zeros(len(firms)), np.zeros(len(firms))
        known = np.zeros(len(firms), np.int64)
        low, high = known.copy(), known.copy()
        for name, codes, words in trait_columns(firms, today):
            weights = self._bands[name]
            # The code -1 reads the entry behind the last.
            known += np.array([*(weights.get(word, 0) for word in words), 0], np.int64)[codes]
            unknown = codes < 0
            low[unknown] += min(0, *weights.values())
            high[unknown] += max(0, *weights.values())
        marks = marks_in(firms, _LOOK_IN, self._groups)
        for weight, marked in zip(tables.does.values(), marks, strict=True):
            known[marked] += weight
        bare = firms.specialties.counts == 0
        low[bare] += sum(w for w in tables.does.values() if w < 0)
        high[bare] += sum(w for w in tables.does.values() if w > 0)
        return self._share(known + low), self._share(known + high)

    def lift(self, firm: FirmView, today: date, share: float) -> Lift | None:
        """Return what a look-up may settle: a firm does not change to resemble others."""
        finding = self.assess(firm, today)
        if finding.high >= share > finding.low:
            return Lift(
                "if what is not known of it were as with the partners", finding.high, LOOK_UP
            )
        return None

    @property
    def groups(self) -> list[Group]:
        """Return all that is looked for in tags."""
        return self._groups

    @cached_property
    def _groups(self) -> list[Group]:
        return [] if self.tables is None else groups_of(list(self.tables.does))

    @cached_property
    def _bands(self) -> dict[str, Mapping[str, int]]:
        tables = self.tables
        assert tables is not None
        bands = {"country": tables.country, "people": tables.people, "years": tables.years}
        return {name: weights or {"": 0} for name, weights in bands.items()}

    def _share(self, sums: Ints) -> Floats:
        tables = self.tables
        assert tables is not None
        share = (sums - tables.none_at) / max(tables.full_at - tables.none_at, 1)
        return np.clip(share, 0.0, 1.0) * tables.weight

    def _sentence(self, weighed: Sequence[tuple[int, str]]) -> str:
        tables = self.tables
        assert tables is not None
        order = sorted(weighed, key=lambda w: (-abs(w[0]), w[1]))
        like = [word for weight, word in order if weight > 0][:_NAMED]
        unlike = [word for weight, word in order if weight < 0][:_NAMED]
        who = f"the {tables.partners} best partners"
        said = (
            f"Resembles {who} in {in_words(like)}" if like else f"Nothing of it is typical of {who}"
        )
        if unlike:
            said += f"; it differs in {in_words(unlike)}"
        weight = tables.weight
        return f"{said}." if weight == 1 else f"{said}. On so few, {weight:.0%} of it counts."


def groups_of(tags: Sequence[str]) -> list[Group]:
    """Return how firms' specialties are searched for these tags."""
    return [(Phrase(words_of(tag)),) for tag in tags]


def band_of(low: float | None, high: float | None, ends: Sequence[int]) -> str | None:
    """Return the band that the middle of an interval lies in: "1–9", "50–199", "1000+"; None where unknown."""
    known = [end for end in (low, high) if end is not None]
    if not known:
        return None
    return band_names(ends)[int(np.searchsorted(ends, sum(known) / len(known), side="left"))]


def band_names(ends: Sequence[int]) -> list[str]:
    """Return the bands' names, the lowest first."""
    starts = [0, *(end + 1 for end in ends)]
    return [*(f"{a}–{b}" for a, b in zip(starts, ends, strict=False)), f"{starts[-1]}+"]


def trait_columns(firms: FirmColumns, today: date) -> list[tuple[str, Any, Sequence[str]]]:
    """Return of each kind of trait but specialties (name, a code a firm, what the codes mean); -1 is unknown."""
    return [
        ("country", firms.country.codes, firms.country.vocabulary),
        ("people", _codes(firms.employees_low, firms.employees_high, _PEOPLE), band_names(_PEOPLE)),
        (
            "years",
            _codes(today.year - firms.founded_high, today.year - firms.founded_low, _YEARS),
            band_names(_YEARS),
        ),
    ]


def _codes(low: Floats, high: Floats, ends: Sequence[int]) -> Ints:
    middle = np.where(np.isnan(low), high, np.where(np.isnan(high), low, (low + high) / 2))
    codes = np.searchsorted(ends, middle, side="left")
    return np.where(np.isnan(middle), -1, codes)


def _traits_of(firm: FirmView, today: date) -> dict[str, str | None]:
    years = [
        None if year is None else today.year - year
        for year in (firm.founded_high, firm.founded_low)
    ]
    return {
        "country": firm.country,
        "people": band_of(firm.employees_low, firm.employees_high, _PEOPLE),
        "years": band_of(years[0], years[1], _YEARS),
    }


def say_trait(kind: str, word: str) -> str:
    """Return a trait in words: ("country", "DE") → "its country (DE)"."""
    match kind:
        case "country":
            return f"its country ({word})"
        case "people":
            return f"{word} people"
        case "years":
            return f"{word} years in business"
    return word


def _too_few(tables: LikenessTables | None) -> str:
    there = f"; there are {tables.partners}" if tables is not None else ""
    return f"Likeness to the best partners counts from {ENOUGH} partners on{there}."
