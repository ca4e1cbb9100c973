"""Whether a person may sit a quiz now: attempts left, the wait after failing, the clock that runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.onboarding.course import Quiz

# The last answer travels over a slow line: what arrives this late is taken.
LATE_GRACE = timedelta(seconds=30)


@dataclass(frozen=True)
class Tried:
    """An attempt at a quiz in this cycle. `awaiting`: staff have not read its texts."""

    number: int
    passed: bool
    at: datetime
    awaiting: bool = False


@dataclass(frozen=True)
class Started:
    """A clock that was started, for the attempt of this number; None where no time was limited."""

    number: int
    started_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """Where a person stands with a quiz.

    `number` is that of the next attempt. `refusal` says why it may not be sat now, "" where it may.
    `waits_until` is when a wait is over; `ends_at` when a running clock stops. `expired` is a clock that
    ran out with nothing handed in: it counts as an attempt. `left` is None where there is no limit.
    """

    number: int
    refusal: str = ""
    waits_until: datetime | None = None
    left: int | None = None
    must_start: bool = False
    ends_at: datetime | None = None
    expired: Started | None = None
    awaiting: bool = False


def stand(
    quiz: Quiz,
    tried: Sequence[Tried],
    started: Sequence[Started],
    now: datetime,
    *,
    granted: int = 0,
) -> Standing:
    """Return where a person stands at `now`. `granted` attempts were given on top of the limit."""
    number = 1 + max((t.number for t in tried), default=0)
    clock = next((s for s in started if s.number == number), None)
    if clock and clock.ends_at is not None and now > clock.ends_at + LATE_GRACE:
        over = Tried(number, False, clock.ends_at)
        after = stand(quiz, [*tried, over], started, now, granted=granted)
        return Standing(
            **{**after.__dict__, "expired": clock, "must_start": bool(quiz.time_limit_minutes)}
        )
    left = None if quiz.attempts is None else max(quiz.attempts + granted - number + 1, 0)
    timed = quiz.time_limit_minutes is not None
    last = max(tried, key=lambda t: t.number, default=None)
    if last is not None and last.awaiting:
        return Standing(
            number, "We are reading your answers and will write to you.", left=left, awaiting=True
        )
    if left == 0:
        return Standing(
            number,
            f"All {quiz.attempts + granted if quiz.attempts else ''} attempts are used. "
            "Your partner manager can give you another.",
            left=0,
        )
    ready = last.at + timedelta(hours=quiz.cool_down_hours) if last and not last.passed else None
    if ready is not None and now < ready:
        return Standing(
            number,
            f"You can try again from {ready:%-d %B %Y, %H:%M} UTC.",
            waits_until=ready,
            left=left,
        )
    running = clock.ends_at if clock else None
    return Standing(number, left=left, must_start=timed and clock is None, ends_at=running)
