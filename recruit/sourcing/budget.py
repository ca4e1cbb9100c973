"""What a crawl may spend, and what it says when it has."""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Budget:
    """The most that one crawl may fetch and the longest that it may work; None is without limit."""

    pages: int = 10_000
    megabytes: float | None = None
    minutes: float | None = None


@dataclass(frozen=True)
class Spent:
    """What a crawl has fetched so far, and how many seconds its processes have worked on it."""

    pages: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        """Return both together."""
        return Spent(
            self.pages + other.pages, self.bytes + other.bytes, self.seconds + other.seconds
        )


def reached(budget: Budget, spent: Spent) -> str | None:
    """Return which limit a crawl has reached, in words; None while it may go on."""
    if spent.pages >= budget.pages:
        return f"The budget of {_count(budget.pages, 'page')} is used up"
    if budget.megabytes is not None and spent.bytes >= budget.megabytes * MEGABYTE:
        return f"The budget of {budget.megabytes:g} MB is used up"
    if budget.minutes is not None and spent.seconds >= budget.minutes * 60:
        return f"The budget of {_count(budget.minutes, 'minute')} is used up"
    return None


def _count(number: float, word: str) -> str:
    return f"{number:,.15g} {word}{'' if number == 1 else 's'}"
