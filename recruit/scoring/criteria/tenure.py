"""Tenure: how many years the firm has been in business, against a band with soft edges."""

import math
from dataclasses import dataclass
from datetime import date

from recruit.firms.values import FirmView
from recruit.scoring.criteria.band import compare, describe_band, read_band
from recruit.scoring.criteria.finding import Finding
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
