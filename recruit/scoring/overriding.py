"""Overrides: a person pins, vetoes or adds points, says why and until when, and can take it back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.firms.store import FirmNotFound, get_firm
from recruit.firms.tables import Firm
from recruit.firms.views import firm_view
from recruit.scoring.cards import definition_of, overrides_of
from recruit.scoring.override_store import (
    as_override,
    find_override_row,
    list_override_rows,
    list_overrides,
)
from recruit.scoring.points import score_firm, top_reason
from recruit.scoring.profile import MOST_POINTS
from recruit.scoring.ranking import rank_firms
from recruit.scoring.store import (
    find_ranking,
    find_score,
    get_latest_version,
    get_profile_by_id,
    get_profile_row,
)
from recruit.scoring.tables import FirmOverride, Score
from recruit.scoring.values import (
    Override,
    OverrideKind,
    ScoreCard,
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
    """Pin, veto or give points to a firm; see `override_firms`."""
    return override_firms(
        tx,
        profile_name=profile_name,
        firm_ids=[firm_id],
        kind=kind,
        because=because,
        actor=actor,
        points=points,
        expires_at=expires_at,
    )[0]


def override_firms(
    tx: Transaction,
    *,
    profile_name: str,
    firm_ids: Sequence[int],
    kind: OverrideKind,
    because: str,
    actor: str,
    points: float = 0,
    expires_at: datetime | None = None,
) -> list[FirmOverride]:
    """Pin, veto or give points to firms, in the place of what of the same kind still stands on them.

    Raises `OverrideRefused` where no reason is given, the points or the expiry make no sense, or a firm
    that is to be pinned is excluded, or there is no such firm.
    """
    profile = get_profile_row(tx, profile_name)
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
    try:
        firms = [get_firm(tx, firm_id) for firm_id in dict.fromkeys(firm_ids)]
    except FirmNotFound as error:
        raise OverrideRefused(str(error)) from error
    if kind is OverrideKind.PIN:
        for firm in firms:
            _check_pin(tx, profile_name, firm)
    ids = [firm.id for firm in firms]
    for row in list_override_rows(tx, profile.id, firm_ids=ids):
        if row.kind is kind:
            row.undone_at, row.undone_by = tx.now, actor
    rows = [
        FirmOverride(
            profile_id=profile.id,
            firm_id=firm_id,
            kind=kind,
            hundredths=hundredths,
            because=because,
            actor=actor,
            created_at=tx.now,
            expires_at=expires_at,
            undone_at=None,
            undone_by=None,
        )
        for firm_id in dict.fromkeys(ids)
    ]
    tx.session.add_all(rows)
    tx.session.flush()
    record(
        tx,
        Deed.FIRMS_OVERRIDDEN,
        "profile",
        profile_name,
        actor=actor,
        kind=kind.value,
        firms=ids,
        because=because,
    )
    _show(tx, profile_name, ids)
    return rows


def undo_override(tx: Transaction, *, override_id: int, actor: str) -> FirmOverride:
    """Take an override back; see `undo_overrides`."""
    return undo_overrides(tx, override_ids=[override_id], actor=actor)[0]


def undo_overrides(
    tx: Transaction, *, override_ids: Sequence[int], actor: str
) -> list[FirmOverride]:
    """Take overrides back; one that is undone already stays as it is. Raises `OverrideRefused`."""
    rows = []
    for override_id in dict.fromkeys(override_ids):
        row = find_override_row(tx, override_id)
        if row is None:
            raise OverrideRefused(
                f"There is no override {override_id}. List them with: recruit override list"
            )
        rows.append(row)
    by_profile: dict[int, list[int]] = {}
    for row in rows:
        if row.undone_at is None:
            row.undone_at, row.undone_by = tx.now, actor
            by_profile.setdefault(row.profile_id, []).append(row.firm_id)
    tx.session.flush()
    for profile_id, firm_ids in by_profile.items():
        name = get_profile_by_id(tx, profile_id).name
        record(tx, Deed.OVERRIDES_UNDONE, "profile", name, actor=actor, firms=firm_ids)
        _show(tx, name, firm_ids)
    return rows


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


def _check_pin(tx: Transaction, profile_name: str, firm: Firm) -> None:
    version = get_latest_version(tx, profile_name)
    profile = definition_of(version, find_ranking(tx, version.id), profile_name)
    card = score_firm(firm_view(firm), profile, tx.now.date())
    if card.standing is Standing.EXCLUDED:
        raise OverrideRefused(
            f"{firm.name} cannot be pinned while it is excluded. {card.standing_reason} "
            "Change the exclusion in the profile first."
        )


def _show(tx: Transaction, profile_name: str, firm_ids: Sequence[int]) -> None:
    """Let the list show the decision at once: by a new ranking, or where that takes long, at its own rows."""
    version = get_latest_version(tx, profile_name)
    ranking = find_ranking(tx, version.id)
    if ranking is None:
        return
    firms = ranking.ranked + ranking.gated + ranking.excluded + ranking.vetoed
    if firms <= RANKED_AT_ONCE:
        rank_firms(tx, profile_name=profile_name)
        return
    profile = definition_of(version, ranking, profile_name)
    given = list_overrides(tx, version.profile_id, firm_ids=firm_ids)
    for firm_id in firm_ids:
        score = find_score(tx, version.id, firm_id)
        if score is not None:
            mine = overrides_of(given, firm_id)
            firm = get_firm(tx, firm_id)
            _correct(score, score_firm(firm_view(firm), profile, tx.now.date(), mine), mine)


def _correct(score: Score, card: ScoreCard, given: Sequence[Override]) -> None:
    """Put a card in the place of a score until the next ranking; it keeps its rank, or stands in front."""
    score.firm_version = card.firm_version
    score.standing, score.standing_reason = card.standing, card.standing_reason
    score.total, score.low, score.high = card.total, card.low, card.high
    score.reasons = [reason.to_json() for reason in card.reasons]
    score.why = top_reason(card.reasons)
    if card.standing is not Standing.RANKED:
        score.rank = None
    elif any(one.kind is OverrideKind.PIN for one in given):
        score.rank = 1
