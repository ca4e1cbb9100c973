"""Proposals: what the outcomes say the criteria's points should be, for a person to accept or not."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from recruit.learning.lookup import LookupTables, NumberTable
from recruit.learning.record import ModelRecord
from recruit.scoring.profile import ProfileDefinition

# Points by which a criterion has to move for it to be worth a person's time.
_LEAST_MOVE = 2


@dataclass(frozen=True)
class Proposal:
    """New points for one criterion, and why."""

    criterion: str
    points: float
    proposed: float
    sentence: str


def effect_of(table: NumberTable) -> float:
    """Return by how many logits a full criterion is ahead of one with no share."""
    piece = np.searchsorted(table.edges, [0.0, 1.0], side="left")
    at = table.base[piece] + table.slope[piece] * np.array([0.0, 1.0])
    return float(at[1] - at[0])


def propose_points(
    record: ModelRecord, tables: LookupTables, profile: ProfileDefinition
) -> tuple[Proposal, ...]:
    """Return the criteria whose points the outcomes would move, the largest move first.

    All points together stay what they are; what the outcomes turn against a criterion makes it 0. A refused
    model proposes nothing.
    """
    if record.verdict.is_refused:
        return ()
    effects = {t.name: max(0.0, effect_of(t)) for t in tables.columns if isinstance(t, NumberTable)}
    known = [c for c in profile.criteria if c.key in effects]
    points = {c.key: c.hundredths / 100 for c in known}
    total, sum_of_effects = sum(points.values()), sum(effects[c.key] for c in known)
    if not known or not sum_of_effects:
        return ()
    found = []
    for key, now in points.items():
        proposed = float(round(total * effects[key] / sum_of_effects))
        if abs(proposed - now) < _LEAST_MOVE:
            continue
        share = effects[key] / sum_of_effects
        way = "more" if proposed > now else "less"
        sentence = (
            f"{key} tells firms apart {way} than its points say: it carries {share:.0%} of what the criteria "
            f"say of “{record.outcome}”, and {now / total:.0%} of the points."
        )
        found.append(Proposal(key, now, proposed, sentence))
    return tuple(sorted(found, key=lambda p: -abs(p.proposed - p.points)))


def apply_proposals(
    source: Mapping[str, Any], proposals: tuple[Proposal, ...], accepted: set[str]
) -> dict[str, Any]:
    """Return a profile's definition with the accepted proposals' points."""
    changed = deepcopy(dict(source))
    for proposal in proposals:
        if proposal.criterion in accepted:
            changed["criteria"][proposal.criterion]["points"] = proposal.proposed
    return changed
