"""Geography: where the firm is, against areas of countries, regions and circles around places."""

from dataclasses import dataclass
from datetime import date

from recruit.firms.values import FirmView
from recruit.scoring.criteria.finding import Finding, in_words
from recruit.scoring.curves import Band, distance_km
from recruit.scoring.regions import (
    countries_within,
    country_name,
    country_names,
    find_region,
    regions,
)
from recruit.scoring.section import Section, near
from recruit.sourcing.countries import read_country


@dataclass(frozen=True)
class Area:
    """Where firms are wanted: countries, or a circle whose share fades at its edge; `share` is the most it gives."""

    label: str
    share: float
    countries: frozenset[str] = frozenset()
    center: tuple[float, float] | None = None
    distance: Band = Band()

    def over(self, firm: FirmView) -> tuple[float, float]:
        """Return the least and the greatest share that this area gives the firm.

        For a circle, `countries` are those that it reaches into: a firm elsewhere is surely outside.
        """
        point = (firm.latitude, firm.longitude)
        if self.center is not None and point[0] is not None and point[1] is not None:
            share = self.share * self.distance.at(distance_km(*self.center, point[0], point[1]))
            return share, share
        if firm.country is None:
            return 0, self.share
        if firm.country not in self.countries:
            return 0, 0
        return (0 if self.center is not None else self.share), self.share


@dataclass(frozen=True)
class Geography:
    """The best area that the firm lies in counts; outside all of them, `elsewhere`."""

    areas: tuple[Area, ...]
    elsewhere: float = 0.0

    @classmethod
    def read(cls, section: Section) -> "Geography":
        """Read the keys `areas` and `elsewhere`."""
        elsewhere = section.number("elsewhere", 0, most=1)
        areas = tuple(_read_area(table) for table in section.tables("areas"))
        if not areas:
            raise section.error(
                "areas", "There is no area. Add a table with countries, regions or a place."
            )
        return cls(areas, elsewhere)

    def assess(self, firm: FirmView, today: date) -> Finding:  # noqa: ARG002
        """Find the best area for the firm, and what it could be where its place is not known well."""
        spans = [area.over(firm) for area in self.areas]
        low = max(self.elsewhere, *(span[0] for span in spans))
        high = max(self.elsewhere, *(span[1] for span in spans))
        return Finding(low, high, self._sentence(firm, spans, low, high), ("country", "city"))

    def _sentence(
        self, firm: FirmView, spans: list[tuple[float, float]], low: float, high: float
    ) -> str:
        wanted = ", ".join(area.label for area in self.areas)
        if firm.country is None and low < high:
            return f"Nobody states its country; wanted is {wanted}."
        place = place_of(firm)
        if low < high:
            nearer = in_words(
                [a.label for a, s in zip(self.areas, spans, strict=True) if s[1] > low], "or"
            )
            return f"{place}: it may or may not be {_in(nearer)}."
        best = next((a for a, s in zip(self.areas, spans, strict=True) if s[0] == low > 0), None)
        if best is None or low <= self.elsewhere:
            return f"{place} is outside the areas wanted: {wanted}."
        if low == 1:
            return f"{place} is {_in(best.label)}."
        where = f"at the edge of the area {best.label}" if low < best.share else _in(best.label)
        return f"{place} is {where}, where {low:.0%} of the points count."


def _in(label: str) -> str:
    return label if label.startswith("within ") else f"in {label}"


def place_of(firm: FirmView) -> str:
    """Return where the firm is, in words: "Hamburg, Germany"."""
    country = country_name(firm.country) if firm.country else None
    return ", ".join(part for part in (firm.city, country) if part) or "Its place"


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


def _read_area(section: Section) -> Area:
    share = section.number("share", 1, above=0, most=1)
    codes, labels = read_countries(section)
    if section.has("place"):
        area = _read_circle(section, share)
        if labels:
            raise section.error(
                "place", "An area is a place or a list of countries. Make two areas of it."
            )
    elif labels:
        area = Area(in_words(labels, "or"), share, codes)
    else:
        raise section.error("", "The area is empty. Give countries, regions or a place.")
    section.finish()
    return area


def _read_circle(section: Section, share: float) -> Area:
    text = section.text("place")
    radius = section.number("radius_km", above=0)
    fade = section.number("fade_km", 0)
    latitude, longitude = _locate(section, text)
    return Area(
        label=f"within {radius:g} km of {text}",
        share=share,
        countries=countries_within(latitude, longitude, radius + fade),
        center=(latitude, longitude),
        distance=Band(full_to=radius, none_above=radius + fade),
    )


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
