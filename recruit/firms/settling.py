"""What a run of resolution leaves behind beside firms: pairs for a person to look at, and tags."""

from collections.abc import Collection

from recruit.db.transaction import Transaction
from recruit.firms.doubts import refresh_doubtful
from recruit.firms.placing import Plan
from recruit.firms.tags import match_listed


def settle(tx: Transaction, fresh: Collection[int], plan: Plan, actor: str) -> None:
    """Keep the doubtful pairs of a run that placed the `fresh` sightings, and tag the firms it found."""
    refresh_doubtful(tx, fresh, plan.doubtful)
    match_listed(tx, actor=actor)
