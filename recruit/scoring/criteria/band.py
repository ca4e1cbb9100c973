"""The four edges of a band as a profile writes them, for whole numbers of people or years."""

from itertools import pairwise

from recruit.scoring.curves import Band
from recruit.scoring.section import Section


def read_band(section: Section) -> Band:
    """Read `full_from`, `full_to`, `none_below`, `none_above`; refuse edges that overlap."""
    full_from, full_to = section.whole("full_from"), section.whole("full_to")
    none_below, none_above = section.whole("none_below"), section.whole("none_above")
    section.finish()
    if full_from is None and full_to is None:
        raise section.error("", "The band has no edge. Give full_from, full_to or both.")
    for soft, hard in (("none_below", "full_from"), ("none_above", "full_to")):
        if section.has(soft) and not section.has(hard):
            raise section.error(soft, f"A soft edge needs the band's own edge. Add {hard}.")
    edges = [
        (name, value)
        for name, value in (
            ("none_below", none_below),
            ("full_from", full_from),
            ("full_to", full_to),
            ("none_above", none_above),
        )
        if value is not None
    ]
    for (left, below), (right, above) in pairwise(edges):
        if below > above:
            raise section.error(
                left,
                f"The edges overlap: {left} is {below}, {right} is {above}. "
                f"Put {left} at {above} or below, or {right} at {below} or above.",
            )
    return Band(full_from, full_to, none_below, none_above)


def describe_band(band: Band, unit: str) -> str:
    """Return the band in words: "10–250 people", "5 years or more"."""
    if band.full_to is None:
        return f"{band.full_from:,.0f} {unit} or more"
    if band.full_from is None:
        return f"{band.full_to:,.0f} {unit} or fewer"
    return f"{band.full_from:,.0f}–{band.full_to:,.0f} {unit}"


def compare(band: Band, low: float, high: float, unit: str) -> str:
    """Return how an interval stands to the band, as the second half of a sentence."""
    wanted = describe_band(band, unit)
    at_least, at_most = band.over(low, high)
    if at_least == 1:
        return f"inside the {wanted} wanted"
    if at_most == 0:
        return f"{_side(band, low)} the {wanted} wanted, too far for points"
    if at_least == at_most:
        return f"{_side(band, low)} the {wanted} wanted, on the soft edge"
    return f"which may or may not be inside the {wanted} wanted"


def _side(band: Band, value: float) -> str:
    return "below" if band.full_from is not None and value < band.full_from else "above"
