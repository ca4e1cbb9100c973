"""What every criterion answers with, and what every criterion can be asked."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from recruit.firms.values import FirmView


@dataclass(frozen=True)
class Finding:
    """What a criterion makes of a firm, before points.

    `low` and `high` are the least and the greatest share of the points, in [0, 1], that the firm could
    have if all were known; they are equal when nothing is missing. `sentence` is plain English without
    points; `fields` names the fields of the firm that it rests on, for the evidence.
    """

    low: float
    high: float
    sentence: str
    fields: tuple[str, ...]


class Measure(Protocol):
    """The part of a criterion that looks at a firm; one class a kind of criterion."""

    def assess(self, firm: FirmView, today: date) -> Finding:
        """Return what this measure finds; read nothing but the arguments."""
        ...


def in_words(items: list[str], last: str = "and") -> str:
    """Return "a", "a and b", "a, b and c"."""
    return f" {last} ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)
