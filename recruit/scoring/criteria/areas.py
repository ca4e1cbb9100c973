"""Areas: countries, regions, states, circles around a place, and the territories that a profile names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columns import FirmColumns, Floats
from recruit.scoring.criteria.finding import in_words
from recruit.scoring.curves import Band, distance_km, distances_km
from recruit.scoring.regions import (
    countries_within,
    country_name,
    country_names,
    find_region,
    regions,
)
from recruit.scoring.section import Section, near
from recruit.sourcing.countries import read_country
from recruit.sourcing.text import fold


@dataclass(frozen=True)
class Area:
    """Where firms are wanted; `share` is the most it gives.

    It is a list of countries, of which `states` (folded names) may keep a part, or a circle around
    `center` whose share fades at its edge; then `countries` are those that the circle reaches into.
    """

    label: str
    share: float
    countries: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    center: tuple[float, float] | None = None
    distance: Band = Band()

    def over(self, firm: FirmView) -> tuple[float, float]:
        """Return the least and the greatest share that this area gives the firm."""
        if self.center is not None and firm.latitude is not None and firm.longitude is not None:
            distance = distance_km(*self.center, firm.latitude, firm.longitude)
            share = self.share * self.distance.at(distance)
            return share, share
        if firm.country is None:
            return 0, self.share
        if firm.country not in self.countries:
            return 0, 0
        if self.states and firm.region is not None:
            share = self.share if fold(firm.region) in self.states else 0
            return share, share
        is_sure = self.center is None and not self.states
        return (self.share if is_sure else 0), self.share

    def over_each(self, firms: FirmColumns) -> tuple[Floats, Floats]:
        """Return `over` of every firm."""
        inside = [code in self.countries for code in firms.country.vocabulary]
        most = firms.country.pick([self.share if i else 0.0 for i in inside], self.share)
        is_sure = self.center is None and not self.states
        least = most * firms.country.pick([1.0] * len(inside), 0.0) if is_sure else most * 0.0
        if self.states:
            in_state = firms.region.pick(
                [
                    self.share if fold(name) in self.states else 0.0
                    for name in firms.region.vocabulary
                ],
                np.nan,
            )
            settled = ~np.isnan(in_state) & firms.country.pick(inside, False)
            least, most = np.where(settled, in_state, least), np.where(settled, in_state, most)
        if self.center is not None:
            located = ~np.isnan(firms.latitude) & ~np.isnan(firms.longitude)
            distances = distances_km(
                *self.center, firms.latitude[located], firms.longitude[located]
            )
            least[located] = most[located] = self.share * self.distance.at_each(distances)
        return least, most


Territories = Mapping[str, tuple[Area, ...]]
NO_TERRITORIES: Territories = {}


def read_territories(top: Section) -> dict[str, tuple[Area, ...]]:
    """Read the tables `territories` of a profile: a name, and the areas that make it up."""
    found: dict[str, tuple[Area, ...]] = {}
    for table in top.tables("territories"):
        name = table.text("name")
        if fold(name) in map(fold, found):
            raise table.error("name", f'There are two territories "{name}". Rename one.')
        parts = table.tables("areas")
        areas = (
            tuple(read_area(part, NO_TERRITORIES)[0] for part in parts)
            if parts
            else (_plain(table),)
        )
        table.finish()
        found[name] = tuple(replace(area, label=name, share=1.0) for area in areas)
    return found


def read_area(section: Section, territories: Territories) -> tuple[Area, ...]:
    """Read one area; an area of territories becomes one for each of their parts."""
    share = section.number("share", 1, above=0, most=1)
    wanted = section.texts("territories")
    if wanted:
        known = {fold(name): name for name in territories}
        for text in wanted:
            if fold(text) not in known:
                hint = near(text, territories) or _known(territories)
                raise section.error("territories", f'"{text}" is no territory.{hint}')
        section.finish()
        return tuple(
            replace(area, share=share) for text in wanted for area in territories[known[fold(text)]]
        )
    area = _plain(section)
    section.finish()
    return (replace(area, share=share),)


def _known(territories: Territories) -> str:
    if not territories:
        return " The profile names none. Add a table [[territories]] with a name and countries."
    return f" Known: {', '.join(territories)}."


def _plain(section: Section) -> Area:
    codes, labels = read_countries(section)
    states = section.texts("states")
    if section.has("place"):
        if labels or states:
            raise section.error(
                "place", "An area is a place or a list of countries. Make two areas of it."
            )
        return _read_circle(section)
    if not labels:
        if states:
            raise section.error("states", "Name the country of these states, too.")
        raise section.error(
            "", "The area is empty. Give countries, regions, territories or a place."
        )
    label = in_words(labels, "or")
    if states:
        label = f"{in_words(list(states), 'or')}, {label}"
    return Area(label, 1.0, codes, frozenset(map(fold, states)))


def read_countries(section: Section) -> tuple[frozenset[str], list[str]]:
    """Read `countries` and `regions`; return the codes of all countries meant, and the names for messages."""
    codes: set[str] = set()
    labels: list[str] = []
    for text in section.texts("countries"):
        code = read_country(text)
        if code is None:
            raise section.error("countries", f'"{text}" is no country.{_near_country(text)}')
        codes.add(code)
        labels.append(country_name(code))
    for text in section.texts("regions"):
        region = find_region(text)
        if region is None:
            hint = near(text, regions()) or f" Known: {', '.join(sorted(regions()))}."
            raise section.error("regions", f'"{text}" is no region.{hint}')
        codes |= regions()[region]
        labels.append(region)
    return frozenset(codes), labels


def _near_country(text: str) -> str:
    hint = near(text, country_names().values())
    if not hint and find_region(text):
        return f' It is a region: write regions = ["{find_region(text)}"].'
    return hint or " Give its English name or its two-letter code."


def _read_circle(section: Section) -> Area:
    text = section.text("place")
    radius = section.number("radius_km", above=0, most=_HALF_WAY_ROUND_KM)
    fade = section.number("fade_km", 0, most=_HALF_WAY_ROUND_KM)
    latitude, longitude = _locate(section, text)
    return Area(
        label=f"within {radius:g} km of {text}",
        share=1.0,
        countries=countries_within(latitude, longitude, radius + fade),
        center=(latitude, longitude),
        distance=Band(full_to=radius, none_above=radius + fade),
    )


_HALF_WAY_ROUND_KM = 20_038


def _locate(section: Section, text: str) -> tuple[float, float]:
    if section.has("latitude") or section.has("longitude"):
        return (
            section.number("latitude", least=-90, most=90),
            section.number("longitude", least=-180, most=180),
        )
    # Imported here, because the gazetteer takes half a second that most profiles need not spend.
    from recruit.firms.places import find_city

    city, _, country = text.rpartition(",")
    code = read_country(country.strip())
    if code is None:
        raise section.error(
            "place",
            f'"{text}" does not end in a country. Write it as "Lyon, France".',
        )
    found = find_city(city.strip(), code)
    if found is None:
        raise section.error(
            "place",
            f'"{city.strip()}" is no town that we know in {country_name(code)}. '
            "Check the spelling, or give latitude and longitude.",
        )
    return found.latitude, found.longitude
