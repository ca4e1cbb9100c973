"""What every criterion answers with, and what every criterion can be asked."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from recruit.firms.values import FirmView
from recruit.scoring.columns import FirmColumns, Floats


@dataclass(frozen=True)
class Finding:
    """What a criterion makes of a firm, before points.

    `low` and `high` are the least and the greatest share of the points, in [0, 1], that the firm could
    have if all were known; they are equal when nothing is missing. `sentence` is plain English without
    points; `fields` names the fields of the firm that it rests on, for the evidence, and `words` the
    tags that count, so that of a field with many values only those are quoted.
    """

    low: float
    high: float
    sentence: str
    fields: tuple[str, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lift:
    """The smallest change of a firm that gives at least some share: in words, and what it comes to.

    `effort` orders changes from what a look-up may settle to what a firm hardly ever does.
    """

    sentence: str
    share: float
    effort: int


# In this order a person would try: find out, learn to do something more, grow, wait, move away.
LOOK_UP, LEARN, GROW, WAIT, MOVE = range(5)


class Measure(Protocol):
    """The part of a criterion that looks at firms; one class a kind of criterion."""

    def assess(self, firm: FirmView, today: date) -> Finding:
        """Return what this measure finds; read nothing but the arguments."""
        ...

    def shares(self, firms: FirmColumns, today: date) -> tuple[Floats, Floats]:
        """Return the `low` and `high` that `assess` finds, of every firm."""
        ...

    def lift(self, firm: FirmView, today: date, share: float) -> Lift | None:
        """Return the smallest change that gives the firm at least `share`; None where there is none."""
        ...


def in_words(items: list[str], last: str = "and") -> str:
    """Return "a", "a and b", "a, b and c"."""
    return f" {last} ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)
