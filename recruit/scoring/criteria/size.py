"""Size: how many people work there or what it earns a year, against a band with soft edges."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columns import FirmColumns, Floats
from recruit.scoring.criteria.band import compare, describe_band, read_band
from recruit.scoring.criteria.finding import GROW, LOOK_UP, MOVE, Finding, Lift
from recruit.scoring.curves import Band
from recruit.scoring.section import Section


@dataclass(frozen=True)
class Size:
    """Full points for a headcount, or else a yearly revenue, inside the band."""

    band: Band
    is_revenue: bool = False

    @classmethod
    def read(cls, section: Section) -> "Size":
        """Read the key `employees` or `revenue`."""
        if section.has("employees") and section.has("revenue"):
            raise section.error(
                "revenue",
                "Size is measured in employees or in revenue, not in both. "
                'Make a second criterion of it, as in [criteria.revenue] with kind = "size".',
            )
        if section.has("revenue"):
            return cls(read_band(section.table("revenue")), is_revenue=True)
        return cls(read_band(section.table("employees")))

    @property
    def unit(self) -> str:
        """Return what is counted."""
        return "a year" if self.is_revenue else "people"

    def assess(self, firm: FirmView, today: date) -> Finding:  # noqa: ARG002
        """Hold the firm's size, or the interval that it lies in, against the band."""
        low, high = self._interval(firm)
        share_low, share_high = self.band.over(low, high)
        if self._is_unknown(firm):
            what = "what it earns a year" if self.is_revenue else "how many people work there"
            wanted = describe_band(self.band, self.unit)
            sentence = f"Nobody states {what}; {wanted} are wanted."
        else:
            stated = _revenue(firm) if self.is_revenue else people(firm)
            sentence = f"{stated}, {compare(self.band, low, high, self.unit)}."
        return Finding(share_low, share_high, sentence, (self._field,))

    def shares(self, firms: FirmColumns, today: date) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Return the share of every firm, least and greatest."""
        low, high = (
            (firms.revenue_low, firms.revenue_high)
            if self.is_revenue
            else (firms.employees_low, firms.employees_high)
        )
        return self.band.over_each(
            np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), np.inf, high)
        )

    def lift(self, firm: FirmView, today: date, share: float) -> Lift | None:  # noqa: ARG002
        """Return what the firm's size would have to be, or be known to be."""
        low, high = self._interval(firm)
        sure, possible = self.band.over(low, high)
        if possible >= share > sure:
            return Lift(f"if {self._wanted(share)} turned out to be right", possible, LOOK_UP)
        wanted = self.band.nearest(share, high if high < (self.band.full_from or 0) else low)
        if wanted is None:
            return None
        shrinks = wanted < low
        whole = math.floor(wanted + 1e-9) if shrinks else math.ceil(wanted - 1e-9)
        unit = f"{whole:,} {'in revenue a year' if self.is_revenue else 'people'}"
        return Lift(f"with {unit}", self.band.at(whole), MOVE if shrinks else GROW)

    def _wanted(self, share: float) -> str:
        if share >= 1:
            return describe_band(self.band, self.unit)
        return f"a size near {describe_band(self.band, self.unit)}"

    @property
    def _field(self) -> str:
        return "revenue" if self.is_revenue else "employees"

    def _interval(self, firm: FirmView) -> tuple[float, float]:
        return _ends(firm.revenue_low, firm.revenue_high) if self.is_revenue else headcount(firm)

    def _is_unknown(self, firm: FirmView) -> bool:
        if self.is_revenue:
            return firm.revenue_low is None and firm.revenue_high is None
        return is_size_unknown(firm)


def is_size_unknown(firm: FirmView) -> bool:
    """Tell whether nothing is known of how many people the firm has."""
    return firm.employees_low is None and firm.employees_high is None


def headcount(firm: FirmView) -> tuple[float, float]:
    """Return the interval that the headcount lies in; at least 0, at most infinity."""
    return _ends(firm.employees_low, firm.employees_high)


def _ends(low: int | None, high: int | None) -> tuple[float, float]:
    return 0 if low is None else low, math.inf if high is None else high


def people(firm: FirmView) -> str:
    """Return the headcount in words: "64 people", "11–50 people", "At least 201 people"."""
    low, high = firm.employees_low, firm.employees_high
    if low is not None and low == high:
        return "1 person" if low == 1 else f"{low:,} people"
    return f"{_span(low, high)} people"


def _revenue(firm: FirmView) -> str:
    low, high = firm.revenue_low, firm.revenue_high
    return f"{low:,} in revenue" if low == high else f"{_span(low, high)} in revenue"


def _span(low: int | None, high: int | None) -> str:
    if high is None:
        return f"At least {low:,}"
    return f"Up to {high:,}" if low is None else f"{low:,}–{high:,}"
