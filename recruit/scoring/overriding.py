"""Overrides: a person pins, vetoes or adds points, says why and until when, and can take it back."""

import math
from dataclasses import dataclass
from datetime import datetime

from recruit.db.transaction import Transaction
from recruit.firms.store import get_firm
from recruit.firms.views import firm_view
from recruit.scoring.cards import definition_of
from recruit.scoring.override_store import as_override, find_override_row, list_override_rows
from recruit.scoring.points import score_firm
from recruit.scoring.profile import MOST_POINTS
from recruit.scoring.ranking import rank_firms
from recruit.scoring.store import (
    find_ranking,
    find_score,
    get_latest_version,
    get_profile_by_id,
    get_profile_row,
)
from recruit.scoring.tables import FirmOverride
from recruit.scoring.values import (
    Override,
    OverrideKind,
    ScoringRefused,
    Standing,
)
from recruit.sourcing.text import clean

# Up to so many firms the whole list is ranked anew at once; beyond, the next sweep does it.
RANKED_AT_ONCE = 20_000
_LONGEST_REASON = 500


class OverrideRefused(ScoringRefused):
    """The override cannot be made or undone; the message says why and what to do."""


@dataclass(frozen=True)
class OverrideLine:
    """An override in a list, with its id and what became of it."""

    override_id: int
    override: Override
    firm_name: str
    undone_at: datetime | None
    undone_by: str | None
    is_standing: bool


def override_firm(
    tx: Transaction,
    *,
    profile_name: str,
    firm_id: int,
    kind: OverrideKind,
    because: str,
    actor: str,
    points: float = 0,
    expires_at: datetime | None = None,
) -> FirmOverride:
    """Pin, veto or give points to a firm; it takes the place of one of the same kind that still stands.

    Raises `OverrideRefused` where no reason is given, the points or the expiry make no sense, or the
    firm that is to be pinned is excluded.
    """
    profile = get_profile_row(tx, profile_name)
    firm = get_firm(tx, firm_id)
    because = clean(because)
    if not because:
        raise OverrideRefused("Say why, in a few words: others will read it beside the score.")
    if len(because) > _LONGEST_REASON:
        raise OverrideRefused(
            f"The reason has {len(because)} characters. Say it in {_LONGEST_REASON} or fewer."
        )
    if expires_at is not None and expires_at <= tx.now:
        raise OverrideRefused(
            f"{expires_at:%-d %B %Y} is past. Give a day to come, or none for one that stays."
        )
    hundredths = _hundredths(kind, points)
    if kind is OverrideKind.PIN:
        _check_pin(tx, profile_name, firm.id)
    for row in list_override_rows(tx, profile.id, firm_ids=[firm.id]):
        if row.kind is kind:
            row.undone_at, row.undone_by = tx.now, actor
    row = FirmOverride(
        profile_id=profile.id,
        firm_id=firm.id,
        kind=kind,
        hundredths=hundredths,
        because=because,
        actor=actor,
        created_at=tx.now,
        expires_at=expires_at,
        undone_at=None,
        undone_by=None,
    )
    tx.session.add(row)
    tx.session.flush()
    _show(tx, profile_name, firm.id)
    return row


def undo_override(tx: Transaction, *, override_id: int, actor: str) -> FirmOverride:
    """Take an override back; one that is undone already stays as it is. Raises `OverrideRefused`."""
    row = find_override_row(tx, override_id)
    if row is None:
        raise OverrideRefused(
            f"There is no override {override_id}. List them with: recruit override list"
        )
    if row.undone_at is None:
        row.undone_at, row.undone_by = tx.now, actor
        tx.session.flush()
        _show(tx, get_profile_by_id(tx, row.profile_id).name, row.firm_id)
    return row


def list_decisions(
    tx: Transaction, *, profile_name: str, firm_id: int | None = None, standing: bool = True
) -> list[OverrideLine]:
    """Return overrides, the newest first; those that were undone or ran out, too, where not `standing`."""
    profile = get_profile_row(tx, profile_name)
    rows = list_override_rows(
        tx, profile.id, firm_ids=None if firm_id is None else [firm_id], standing=standing
    )
    return [
        OverrideLine(
            row.id,
            as_override(row),
            get_firm(tx, row.firm_id).name,
            row.undone_at,
            row.undone_by,
            row.undone_at is None and (row.expires_at is None or row.expires_at > tx.now),
        )
        for row in reversed(rows)
    ]


def _hundredths(kind: OverrideKind, points: float) -> int:
    if kind is not OverrideKind.POINTS:
        return 0
    if not math.isfinite(points) or not 0 < abs(points) <= MOST_POINTS:
        raise OverrideRefused(
            f"{points:g} points cannot be given. Give more or fewer than 0, at most {MOST_POINTS:,}."
        )
    if abs(points * 100 - round(points * 100)) > 1e-6:
        raise OverrideRefused(f"{points:g} has more than two decimals. Round it.")
    return round(points * 100)


def _check_pin(tx: Transaction, profile_name: str, firm_id: int) -> None:
    version = get_latest_version(tx, profile_name)
    profile = definition_of(version, find_ranking(tx, version.id), profile_name)
    card = score_firm(firm_view(get_firm(tx, firm_id)), profile, tx.now.date())
    if card.standing is Standing.EXCLUDED:
        raise OverrideRefused(
            f"It cannot be pinned while it is excluded. {card.standing_reason} "
            "Change the exclusion in the profile first."
        )


def _show(tx: Transaction, profile_name: str, firm_id: int) -> None:
    """Let the list show the decision at once: by a new ranking, or where that takes long, at its own row."""
    version = get_latest_version(tx, profile_name)
    ranking = find_ranking(tx, version.id)
    if ranking is None:
        return
    firms = ranking.ranked + ranking.gated + ranking.excluded + ranking.vetoed
    if firms <= RANKED_AT_ONCE:
        rank_firms(tx, profile_name=profile_name)
        return
    score = find_score(tx, version.id, firm_id)
    if score is None:
        return
    profile = definition_of(version, ranking, profile_name)
    given = [as_override(r) for r in list_override_rows(tx, version.profile_id, firm_ids=[firm_id])]
    firm = get_firm(tx, firm_id)
    card = score_firm(firm_view(firm), profile, tx.now.date(), given)
    score.standing, score.standing_reason = card.standing, card.standing_reason
    score.total, score.low, score.high = card.total, card.low, card.high
    score.reasons = [reason.to_json() for reason in card.reasons]
    if card.standing is not Standing.RANKED:
        score.rank = None
    elif any(one.kind is OverrideKind.PIN for one in given):
        score.rank = 1
