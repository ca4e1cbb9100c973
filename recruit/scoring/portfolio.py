"""The firms that a program lacks: chosen one by one for what each adds to what is covered already.

A cell is a territory and a thing that is done there. A firm covers the cells of its territory for the
terms that its tags name, with the strength of its score; several cover a cell together as independent
chances do, so that the second one adds less than the first. What is covered, weighed and summed, is
monotone and submodular, for which choosing the best next one reaches at least 1 - 1/e (63%) of what the
best possible choice of that many firms would cover (Nemhauser, Wolsey and Fisher, 1978).
"""

import heapq
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from recruit.firms.values import FirmView
from recruit.scoring.criteria.areas import Area
from recruit.scoring.criteria.geography import Geography
from recruit.scoring.criteria.specialty import Specialty, Term
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.regions import country_name
from recruit.scoring.wording import holds, tags_of

GUARANTEE = "at least 63% (1 - 1/e) of what the best possible choice would cover"
# What a firm is worth by itself, against all that it could cover: between two that add the same, the better.
_OWN_WORTH = 0.05
Cell = tuple[str, str]


@dataclass(frozen=True)
class Coverage:
    """Which cells a firm covers, and how surely, in (0, 1)."""

    firm_id: int
    strength: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Pick:
    """A firm that was chosen, what it adds, and to which cells: (cell, gain), the most first.

    `first_in` are cells that nobody covered before it.
    """

    firm_id: int
    gain: float
    adds: tuple[tuple[Cell, float], ...]
    first_in: tuple[Cell, ...]

    @property
    def sentence(self) -> str:
        """Return what it adds, in words."""
        if not self.adds:
            return "Adds nothing that is not covered; taken for its score alone."
        if self.first_in:
            shown = _listed(self.first_in)
            return f"First to cover {shown}."
        return f"Strengthens {_listed([cell for cell, _ in self.adds])}."


@dataclass(frozen=True)
class Portfolio:
    """The choice: the picks in order, and what was covered before and is now, of all there is to cover."""

    picks: tuple[Pick, ...]
    covered_before: float
    covered: float
    most: float
    weights: Mapping[Cell, float] = field(default_factory=dict)


def choose(
    candidates: Sequence[Coverage],
    incumbents: Sequence[Coverage],
    weights: Mapping[Cell, float],
    wanted: int,
) -> Portfolio:
    """Choose `wanted` of the candidates, greedily; ties go to the stronger one, then to the smaller id.

    `weights` say what each cell counts; cells that have none count nothing.
    """
    open_part = dict.fromkeys(weights, 1.0)
    for incumbent in incumbents:
        _cover(open_part, incumbent)
    most = sum(weights.values())
    before = most - sum(weights[cell] * part for cell, part in open_part.items())
    worth = _OWN_WORTH * most / max(wanted, 1)

    def gain_of(one: Coverage) -> float:
        added = sum(weights[c] * open_part[c] * one.strength for c in one.cells if c in open_part)
        return added + worth * one.strength

    # What a firm adds only shrinks while others are chosen, so an old gain is an upper bound: the first
    # in line whose gain is up to date is the best of all.
    line = [
        (-gain_of(one), -one.strength, one.firm_id, 0, place)
        for place, one in enumerate(candidates)
    ]
    heapq.heapify(line)
    picks: list[Pick] = []
    while line and len(picks) < wanted:
        negative, strength, firm_id, age, place = heapq.heappop(line)
        one = candidates[place]
        if age < len(picks):
            heapq.heappush(line, (-gain_of(one), strength, firm_id, len(picks), place))
            continue
        picks.append(_pick(one, -negative, weights, open_part))
        _cover(open_part, one)
    covered = most - sum(weights[cell] * part for cell, part in open_part.items())
    return Portfolio(tuple(picks), before, covered, most, weights)


def _cover(open_part: dict[Cell, float], one: Coverage) -> None:
    for cell in one.cells:
        if cell in open_part:
            open_part[cell] *= 1 - one.strength


def _pick(
    one: Coverage, gain: float, weights: Mapping[Cell, float], open_part: Mapping[Cell, float]
) -> Pick:
    adds = sorted(
        ((c, weights[c] * open_part[c] * one.strength) for c in one.cells if c in open_part),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return Pick(one.firm_id, gain, tuple(adds), tuple(c for c, _ in adds if open_part[c] == 1.0))


@dataclass(frozen=True)
class Map:
    """How a profile divides the world: its territories, and the terms that it looks for with their weights."""

    territories: Mapping[str, tuple[Area, ...]]
    terms: tuple[Term, ...]
    look_in: tuple[str, ...]
    most: float
    geography: tuple[Geography, ...] = ()

    @classmethod
    def of(cls, profile: ProfileDefinition) -> "Map":
        """Return the map of a profile; without territories each country is one."""
        specialties = [c.measure for c in profile.criteria if isinstance(c.measure, Specialty)]
        terms = tuple(term for measure in specialties for term in measure.terms)
        look_in = tuple(dict.fromkeys(name for measure in specialties for name in measure.look_in))
        places = tuple(c.measure for c in profile.criteria if isinstance(c.measure, Geography))
        return cls(profile.territories, terms, look_in or ("specialties",), profile.most, places)

    def cover(self, firm: FirmView, total: float) -> Coverage:
        """Return what a firm covers, as strongly as its score says."""
        tags = tags_of(firm, self.look_in)
        done = [t.term for t in self.terms if any(holds(tag, t.phrases) for tag in tags)]
        places = self._territories_of(firm)
        # Nobody covers anything for certain.
        strength = min(max(total / (self.most or 1), 0.0), 0.95)
        return Coverage(
            firm.id, strength, tuple((place, term) for place in places for term in done)
        )

    def weigh(self, candidates: Sequence[FirmView]) -> dict[Cell, float]:
        """Return what each cell counts: the weight of its term by how much its place is wanted.

        Territories are as large as their owner drew them. Countries are not: one counts by the square
        root of how many candidates it has, so that neither the largest nor the many small ones take all.
        """
        wanted: dict[str, float] = {}
        if self.territories:
            wanted = dict.fromkeys(self.territories, 1.0)
        else:
            firms = Counter(firm.country for firm in candidates if firm.country)
            for code, number in firms.items():
                somewhere = FirmView(id=0, version=0, name="", country=code)
                shares = [max(a.over(somewhere)[1] for a in g.areas) for g in self.geography]
                elsewhere = [g.elsewhere for g in self.geography]
                wanted[country_name(code)] = math.sqrt(number) * max([*shares, *elsewhere] or [1.0])
        return {
            (place, term.term): term.weight * part
            for place, part in sorted(wanted.items())
            for term in self.terms
            if part > 0
        }

    def _territories_of(self, firm: FirmView) -> list[str]:
        if not self.territories:
            return [country_name(firm.country)] if firm.country else []
        return [
            name
            for name, areas in self.territories.items()
            if max(area.over(firm)[0] for area in areas) > 0
        ]


def _listed(cells: Sequence[Cell], most: int = 3) -> str:
    by_place: dict[str, list[str]] = {}
    for place, term in cells:
        by_place.setdefault(place, []).append(term)
    parts = []
    for place, terms in by_place.items():
        rest = f" and {len(terms) - most} more" if len(terms) > most else ""
        parts.append(f"{', '.join(terms[:most])}{rest} in {place}")
    return "; ".join(parts)
