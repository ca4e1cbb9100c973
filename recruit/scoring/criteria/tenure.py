"""Tenure: how many years the firm has been in business, against a band with soft edges."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columns import FirmColumns, Floats
from recruit.scoring.criteria.band import compare, describe_band, read_band
from recruit.scoring.criteria.finding import LOOK_UP, WAIT, Finding, Lift
from recruit.scoring.curves import Band
from recruit.scoring.section import Section


@dataclass(frozen=True)
class Tenure:
    """Full points for a number of years inside the band."""

    years: Band

    @classmethod
    def read(cls, section: Section) -> "Tenure":
        """Read the key `years`."""
        return cls(read_band(section.table("years")))

    def assess(self, firm: FirmView, today: date) -> Finding:
        """Hold the years since the firm was founded against the band."""
        low, high = years_in_business(firm, today)
        share_low, share_high = self.years.over(low, high)
        if is_age_unknown(firm):
            wanted = describe_band(self.years, "years in business")
            sentence = f"Nobody states when it was founded; {wanted} are wanted."
        else:
            sentence = f"{age(firm, today)}, {compare(self.years, low, high, 'years')}."
        return Finding(share_low, share_high, sentence, ("founded",))

    def shares(self, firms: FirmColumns, today: date) -> tuple[Floats, Floats]:
        """Return the share of every firm, least and greatest."""
        return self.years.over_each(*years_of_each(firms, today))

    def lift(self, firm: FirmView, today: date, share: float) -> Lift | None:
        """Return when the firm would be old enough; none gets younger."""
        low, high = years_in_business(firm, today)
        sure, possible = self.years.over(low, high)
        wanted = describe_band(self.years, "years in business")
        if possible >= share > sure:
            return Lift(f"if {wanted} turned out to be right", possible, LOOK_UP)
        needed = self.years.nearest(share, low)
        if needed is None or needed < high:
            return None
        years = math.ceil(needed - 1e-9)
        return Lift(f"in {today.year + years - int(low)}", self.years.at(years), WAIT)


def is_age_unknown(firm: FirmView) -> bool:
    """Tell whether nothing is known of when the firm was founded."""
    return firm.founded_low is None and firm.founded_high is None


def years_in_business(firm: FirmView, today: date) -> tuple[float, float]:
    """Return the interval that the years in business lie in, by calendar years; 0 to infinity.

    A firm founded in 2016 has 10 years in 2026, whatever the month: sources state years only.
    """
    low = 0 if firm.founded_high is None else max(today.year - firm.founded_high, 0)
    high = math.inf if firm.founded_low is None else max(today.year - firm.founded_low, 0)
    return low, high


def years_of_each(firms: FirmColumns, today: date) -> tuple[Floats, Floats]:
    """Return `years_in_business` of every firm."""
    low = np.maximum(today.year - firms.founded_high, 0.0)
    high = np.maximum(today.year - firms.founded_low, 0.0)
    return np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), np.inf, high)


def age(firm: FirmView, today: date) -> str:
    """Return the age in words: "16 years in business (since 2010)"."""
    low, high = years_in_business(firm, today)
    if low == high:
        unit = "year" if low == 1 else "years"
        return f"{low:g} {unit} in business (since {firm.founded_high})"
    if high == math.inf:
        return f"At least {low:g} years in business (founded in {firm.founded_high} or earlier)"
    if firm.founded_high is None:
        return f"At most {high:g} years in business (founded in {firm.founded_low} or later)"
    return f"{low:g}–{high:g} years in business (founded {firm.founded_low}–{firm.founded_high})"
