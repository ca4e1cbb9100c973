"""The words of learning: which outcome of a firm is learned from, and what is known of a firm's way there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Which model foretells. Their order is the order of trust."""

    DECLARED = "declared"
    DRAWN = "drawn"  # logistic, its weights drawn to the declared ones
    BOOSTED = "boosted"  # the same, with the stepped part


class Stage(StrEnum):
    """An outcome that a model may foretell, from the first contact on."""

    REPLIED = "replied"
    ACCEPTED = "accepted"
    SIGNED = "signed"
    CERTIFIED = "certified"
    FIRST_DEAL = "first_deal"
    REVENUE = "revenue"


# Days after the first contact within which the outcome counts, and after which its absence is known.
WINDOW_DAYS: dict[Stage, int] = {
    Stage.REPLIED: 30,
    Stage.ACCEPTED: 60,
    Stage.SIGNED: 90,
    Stage.CERTIFIED: 180,
    Stage.FIRST_DEAL: 270,
    Stage.REVENUE: 365,
}

# The stages that other systems report; the rest are known from our own tables.
REPORTED = (Stage.FIRST_DEAL, Stage.REVENUE)


@dataclass(frozen=True)
class Training:
    """What a training is asked for: which outcome of the firms scored by which profile.

    `window_days` None takes the stage's own; `least_revenue` is what revenue has to come to.
    """

    profile_name: str
    stage: Stage
    window_days: int | None = None
    least_revenue: float = 0.0

    @property
    def window(self) -> timedelta:
        """Return how long after the first contact the outcome counts."""
        return timedelta(days=self.window_days or WINDOW_DAYS[self.stage])

    @property
    def title(self) -> str:
        """Return the outcome in words: "accepted within 60 days"."""
        name = self.stage.value.replace("_", " ")
        if self.stage is Stage.REVENUE and self.least_revenue:
            name += f" of {self.least_revenue:,.0f} or more"
        return f"{name} within {self.window.days} days"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; `from_json` reads it back."""
        return dict(self.__dict__)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Training":
        """Read what `to_json` wrote."""
        return cls(**(dict(told) | {"stage": Stage(told["stage"])}))


class Fate(StrEnum):
    """What becomes of a contacted firm as a row to learn from."""

    GOOD = "good"
    OTHER = "other"
    IMMATURE = "immature"  # its window is still open
    BOUNCED = "bounced"  # nobody was reached
    BEFORE = "before"  # the outcome, or a partnership, came before the contact
    YOUNGER = (
        "younger"  # the record was made after the contact, so what was known then is not known
    )


@dataclass(frozen=True)
class Approach:
    """One firm's first contact and what came of it.

    `outcome_at` is the first time of the outcome in question, `partner_since` when the firm became a partner.
    """

    firm_id: int
    contacted_at: datetime
    outcome_at: datetime | None
    partner_since: datetime | None
    record_since: datetime
    bounced: bool


def fate_of(approach: Approach, window: timedelta, now: datetime) -> Fate:
    """Decide whether a contacted firm is a row to learn from, and with which outcome.

    A firm whose window is still open is left out even where the outcome has come: who answers fast would
    otherwise stand among the rows before those who never do.
    """
    earlier = [at for at in (approach.outcome_at, approach.partner_since) if at is not None]
    if any(at < approach.contacted_at for at in earlier):
        return Fate.BEFORE
    if approach.record_since > approach.contacted_at:
        return Fate.YOUNGER
    if approach.bounced and approach.outcome_at is None:
        return Fate.BOUNCED
    end = approach.contacted_at + window
    if end > now:
        return Fate.IMMATURE
    in_time = approach.outcome_at is not None and approach.outcome_at <= end
    return Fate.GOOD if in_time else Fate.OTHER


FATE_WORDS: dict[Fate, str] = {
    Fate.IMMATURE: "their window is still open",
    Fate.BOUNCED: "the mail bounced, so nobody was reached",
    Fate.BEFORE: "they were partners, or there, before the first contact",
    Fate.YOUNGER: "their record was made after the contact",
}
