"""Geography: where the firm is, against areas of countries, regions, territories and circles around places."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columns import FirmColumns, Floats
from recruit.scoring.criteria.areas import NO_TERRITORIES, Area, Territories, read_area
from recruit.scoring.criteria.finding import LOOK_UP, MOVE, Finding, Lift, in_words
from recruit.scoring.regions import country_name
from recruit.scoring.section import Section


@dataclass(frozen=True)
class Geography:
    """The best area that the firm lies in counts; outside all of them, `elsewhere`."""

    areas: tuple[Area, ...]
    elsewhere: float = 0.0

    @classmethod
    def read(cls, section: Section, territories: Territories = NO_TERRITORIES) -> "Geography":
        """Read the keys `areas` and `elsewhere`."""
        elsewhere = section.number("elsewhere", 0, most=1)
        areas = tuple(
            area for table in section.tables("areas") for area in read_area(table, territories)
        )
        if not areas:
            raise section.error(
                "areas",
                "There is no area. Add a table with countries, regions, territories or a place.",
            )
        return cls(areas, elsewhere)

    def assess(self, firm: FirmView, today: date) -> Finding:  # noqa: ARG002
        """Find the best area for the firm, and what it could be where its place is not known well."""
        spans = [area.over(firm) for area in self.areas]
        low = max(self.elsewhere, *(span[0] for span in spans))
        high = max(self.elsewhere, *(span[1] for span in spans))
        return Finding(low, high, self._sentence(firm, spans, low, high), ("country", "city"))

    def shares(self, firms: FirmColumns, today: date) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Return the share of every firm, least and greatest."""
        low = np.full(len(firms), float(self.elsewhere))
        high = low.copy()
        for area in self.areas:
            least, most = area.over_each(firms)
            np.maximum(low, least, out=low)
            np.maximum(high, most, out=high)
        return low, high

    def lift(self, firm: FirmView, today: date, share: float) -> Lift | None:
        """Return which area the firm would have to be in, or be found to be in."""
        finding = self.assess(firm, today)
        fitting = [area for area in self.areas if area.share >= share]
        if not fitting:
            return None
        where = in_words(list(dict.fromkeys(in_area(area.label) for area in fitting)), "or")
        if finding.high >= share > finding.low:
            return Lift(f"if it turned out to be {where}", finding.high, LOOK_UP)
        return Lift(f"{where}", max(area.share for area in fitting), MOVE)

    def _sentence(
        self, firm: FirmView, spans: list[tuple[float, float]], low: float, high: float
    ) -> str:
        wanted = ", ".join(dict.fromkeys(area.label for area in self.areas))
        if firm.country is None and low < high:
            return f"Nobody states its country; wanted is {wanted}."
        place = place_of(firm)
        if low < high:
            nearer = in_words(
                [a.label for a, s in zip(self.areas, spans, strict=True) if s[1] > low], "or"
            )
            return f"{place}: it may or may not be {in_area(nearer)}."
        best = next((a for a, s in zip(self.areas, spans, strict=True) if s[0] == low > 0), None)
        if best is None or low <= self.elsewhere:
            return f"{place} is outside the areas wanted: {wanted}."
        if low == 1:
            return f"{place} is {in_area(best.label)}."
        where = f"at the edge of the area {best.label}" if low < best.share else in_area(best.label)
        return f"{place} is {where}, where {low:.0%} of the points count."


def in_area(label: str) -> str:
    """Return where an area is: "in Europe", "within 50 km of Lyon, France"."""
    return label if label.startswith("within ") else f"in {label}"


def place_of(firm: FirmView) -> str:
    """Return where the firm is, in words: "Hamburg, Germany"."""
    country = country_name(firm.country) if firm.country else None
    return ", ".join(part for part in (firm.city, country) if part) or "Its place"
