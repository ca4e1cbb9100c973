"""How a preview reads: touches by the day that they go out on, and a window in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from recruit.sequences.definition import DAYS, Window
from recruit.sequences.usecases import PlannedTouch


@dataclass(frozen=True)
class PlannedDay:
    """A day in the contacts' own time, with what goes out on it."""

    title: str
    touches: tuple[PlannedTouch, ...]


def group_by_day(planned: Sequence[PlannedTouch]) -> list[PlannedDay]:
    """Group touches by the day that they go out on, at the place of the one who gets them."""

    def day_of(touch: PlannedTouch) -> date:
        return touch.local_at.date()

    ordered = sorted(
        planned, key=lambda touch: (day_of(touch), touch.local_at.time(), touch.firm_id)
    )
    return [
        PlannedDay(f"{day:%A}, {day.day} {day:%B}", tuple(touches))
        for day, touches in groupby(ordered, key=day_of)
    ]


def window_sentence(window: Window) -> str:
    """Return when mails may go out, as a sentence."""
    days = sorted(window.days)
    run = days == list(range(days[0], days[-1] + 1)) and len(days) > 2
    names = [DAYS[day].capitalize() for day in days]
    when = f"{names[0]}–{names[-1]}" if run else ", ".join(names)
    off = ", never on public holidays" if window.skip_holidays else ""
    return f"Goes out {when}, {window.opens:%H:%M}–{window.closes:%H:%M} in the contact's own time{off}."
