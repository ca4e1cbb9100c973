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


@dataclass(frozen=True)
class Effect:
    """How far a column tells firms apart: from its least to its greatest weight, in logits, and as odds."""

    column: str
    lowest: str
    highest: str
    logits: float

    @property
    def times(self) -> float:
        """Return how many times the odds of its best value are those of its worst."""
        return float(np.exp(self.logits))


def list_effects(
    tables: LookupTables, ranges: Mapping[str, Mapping[str, Any]]
) -> tuple[Effect, ...]:
    """Return the columns' effects, the strongest first; `ranges` are the columns' distributions in training."""
    found = []
    for table in tables.columns:
        if isinstance(table, NumberTable):
            edges = np.asarray(ranges.get(table.name, {}).get("edges", ()), dtype=np.float64)
            if not len(edges):
                continue
            at = np.unique(np.concatenate([np.linspace(edges[0], edges[-1], 101), edges]))
            piece = np.searchsorted(table.edges, at, side="left")
            added = table.base[piece] + table.slope[piece] * at
            names = [f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}" for x in at]
        else:
            seen = set(ranges.get(table.name, {}).get("levels", table.levels))
            kept = [i for i, level in enumerate(table.levels) if level in seen]
            if not kept:
                continue
            added, names = table.values[kept], [table.levels[i] for i in kept]
        low, high = int(added.argmin()), int(added.argmax())
        found.append(Effect(table.name, names[low], names[high], float(added[high] - added[low])))
    return tuple(sorted(found, key=lambda e: -e.logits))


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
