"""The only place that reads the system clock.

Everything else is given a `Clock` or a `now`, so that the production engine, the preview and a
simulation of weeks run the same code.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """Return the present moment as an aware UTC datetime."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment as an aware UTC datetime."""
        return datetime.now(UTC)  # noqa: TID251


@dataclass(frozen=True)
class ShiftedClock:
    """The machine's clock, a fixed time away from it."""

    shift: timedelta

    def now(self) -> datetime:
        """Return the shifted moment as an aware UTC datetime."""
        return SystemClock().now() + self.shift


@dataclass
class VirtualClock:
    """A clock that stands still until it is moved; it never goes back."""

    at: datetime

    def __post_init__(self) -> None:
        """Refuse a moment without a time zone."""
        if self.at.tzinfo is None:
            raise ValueError("A virtual clock needs an aware datetime.")
        self.at = self.at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment that the clock was last moved to."""
        return self.at

    def move_to(self, moment: datetime) -> None:
        """Move forward to `moment`; an earlier moment leaves the clock where it stands."""
        self.at = max(self.at, moment.astimezone(UTC))


def stopwatch() -> float:
    """Return seconds on a clock that only ever goes forward; for measuring durations."""
    return time.monotonic()
