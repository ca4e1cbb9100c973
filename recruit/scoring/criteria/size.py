"""Size: how many people work there, against a band with soft edges."""

import math
from dataclasses import dataclass
from datetime import date

from recruit.firms.values import FirmView
from recruit.scoring.criteria.band import compare, describe_band, read_band
from recruit.scoring.criteria.finding import Finding
from recruit.scoring.curves import Band
from recruit.scoring.section import Section


@dataclass(frozen=True)
class Size:
    """Full points for a headcount inside the band."""

    employees: Band

    @classmethod
    def read(cls, section: Section) -> "Size":
        """Read the key `employees`."""
        return cls(read_band(section.table("employees")))

    def assess(self, firm: FirmView, today: date) -> Finding:  # noqa: ARG002
        """Hold the firm's headcount, or the interval that it lies in, against the band."""
        low, high = headcount(firm)
        share_low, share_high = self.employees.over(low, high)
        if is_size_unknown(firm):
            wanted = describe_band(self.employees, "people")
            sentence = f"Nobody states how many people work there; {wanted} are wanted."
        else:
            sentence = f"{people(firm)}, {compare(self.employees, low, high, 'people')}."
        return Finding(share_low, share_high, sentence, ("employees",))


def is_size_unknown(firm: FirmView) -> bool:
    """Tell whether nothing is known of the firm's size."""
    return firm.employees_low is None and firm.employees_high is None


def headcount(firm: FirmView) -> tuple[float, float]:
    """Return the interval that the headcount lies in; at least 0, at most infinity."""
    low = 0 if firm.employees_low is None else firm.employees_low
    return low, math.inf if firm.employees_high is None else firm.employees_high


def people(firm: FirmView) -> str:
    """Return the headcount in words: "64 people", "11–50 people", "At least 201 people"."""
    low, high = firm.employees_low, firm.employees_high
    if low is not None and low == high:
        return "1 person" if low == 1 else f"{low:,} people"
    if high is None:
        return f"At least {low:,} people"
    return f"Up to {high:,} people" if low is None else f"{low:,}–{high:,} people"
