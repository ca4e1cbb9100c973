"""What people do with profiles: save one, rank all firms against it, and ask why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms.store import (
    find_firm_by_domain,
    get_firm,
    list_firm_views,
    list_firms_by_ids,
)
from recruit.firms.values import FirmView
from recruit.firms.views import firm_view
from recruit.logs import get_logger
from recruit.people.values import SYSTEM
from recruit.scoring.changes import describe_changes
from recruit.scoring.points import rank_order, score_firm
from recruit.scoring.profile import ProfileDefinition, parse_profile
from recruit.scoring.store import (
    ProfileNotFound,
    are_scores_stale,
    find_latest_version,
    find_profile,
    find_score,
    get_latest_version,
    list_firms_named,
    list_profile_lines,
    list_profile_names,
    list_ranked,
    replace_scores,
)
from recruit.scoring.tables import Profile, ProfileVersion, Score
from recruit.scoring.values import (
    ProfileChange,
    ProfileLine,
    Reason,
    ScoreCard,
    ScoringRefused,
    Standing,
)

_FIRMS_BATCH = 5000


@dataclass(frozen=True)
class RankedFirm:
    """A firm's place in a ranking: 1 is best. `most` is what a perfect firm would have."""

    rank: int
    firm: FirmView
    card: ScoreCard
    most: float
    profile_version_id: int


@dataclass(frozen=True)
class RankingReport:
    """What a ranking did: how many firms take part, and how many fail a must-have or are excluded."""

    profile_name: str
    version: int
    profile_version_id: int
    ranked: int
    gated: int
    excluded: int


class NotRanked(ScoringRefused):
    """The newest version of a profile has not been ranked; the message says how to do it."""


class FirmNotFound(ScoringRefused):
    """No firm, or more than one, is meant; the message says what to give instead."""


def save_profile(
    tx: Transaction,
    *,
    definition: ProfileDefinition | Mapping[str, Any],
    actor: str = SYSTEM.name,
) -> ProfileVersion:
    """Save a profile as a new version; what says the same as its newest version is that version.

    Raises `ProfileError` where the definition cannot be used.
    """
    wanted = _parsed(definition)
    profile = find_profile(tx, wanted.name)
    if profile is None:
        profile = Profile(name=wanted.name, title=wanted.title, created_at=tx.now)
        tx.session.add(profile)
        tx.session.flush()
    newest = find_latest_version(tx, wanted.name)
    if newest is not None and newest.definition_hash == wanted.content_hash:
        return newest
    profile.title = wanted.title
    version = ProfileVersion(
        profile_id=profile.id,
        number=1 if newest is None else newest.number + 1,
        definition=dict(wanted.source),
        definition_hash=wanted.content_hash,
        created_at=tx.now,
        created_by=actor,
        ranked_at=None,
    )
    tx.session.add(version)
    tx.session.flush()
    return version


def compare_profile(
    tx: Transaction, *, definition: ProfileDefinition | Mapping[str, Any]
) -> ProfileChange:
    """Return how a profile differs from its newest saved version, without saving it."""
    wanted = _parsed(definition)
    newest = find_latest_version(tx, wanted.name)
    if newest is None:
        return ProfileChange(None, ())
    return ProfileChange(newest.number, describe_changes(newest.definition, wanted.source))


def list_profiles(tx: Transaction) -> list[ProfileLine]:
    """Return every profile by its newest version, sorted by name."""
    return list_profile_lines(tx)


def get_profile(tx: Transaction, *, profile_name: str) -> ProfileDefinition:
    """Return the newest version of a profile, parsed; raises `ProfileNotFound`."""
    return _definition(get_latest_version(tx, profile_name), profile_name)


def rank_firms(tx: Transaction, *, profile_name: str, actor: str = SYSTEM.name) -> RankingReport:
    """Score all firms against the newest version of a profile, and replace that version's ranking.

    Firms are read in batches. Identical firms, profile and day give an identical ranking: ties are
    broken by the low end of the score, then the name, then the id.
    """
    version = get_latest_version(tx, profile_name)
    profile = _definition(version, profile_name)
    today = tx.now.date()
    scored = [(firm.name, score_firm(firm, profile, today)) for firm in _stream_firms(tx)]
    # Those that take part come first, in the order of their rank.
    scored.sort(key=lambda s: (s[1].standing is not Standing.RANKED, rank_order(s[1], s[0])))
    cards = [card for _, card in scored]
    counts = {standing: sum(c.standing is standing for c in cards) for standing in Standing}
    replace_scores(tx, version.id, [_row(tx, version, c, i) for i, c in enumerate(cards, start=1)])
    version.ranked_at = tx.now
    get_logger("scoring").info(
        "ranked", profile=profile_name, version=version.number, firms=len(cards), actor=actor
    )
    return RankingReport(
        profile_name=profile_name,
        version=version.number,
        profile_version_id=version.id,
        ranked=counts[Standing.RANKED],
        gated=counts[Standing.GATED],
        excluded=counts[Standing.EXCLUDED],
    )


def rank_stale_profiles(tx: Transaction, *, actor: str = SYSTEM.name) -> list[RankingReport]:
    """Rank the newest version of each profile anew where firms have changed since, or none was ranked."""
    return [
        rank_firms(tx, profile_name=name, actor=actor)
        for name in list_profile_names(tx)
        if are_scores_stale(tx, get_latest_version(tx, name))
    ]


def list_ranking(tx: Transaction, *, profile_name: str, top: int | None = None) -> list[RankedFirm]:
    """Return the best `top` firms (all where None) of the newest version's ranking, the best first.

    Raises `NotRanked` where that version has not been ranked.
    """
    version = _ranked_version(tx, profile_name)
    most = _definition(version, profile_name).most
    return [
        RankedFirm(score.rank or 0, firm_view(firm), _card(score), most, version.id)
        for score, firm in list_ranked(tx, version.id, top)
    ]


def explain_firm(tx: Transaction, *, profile_name: str, firm_id: int) -> ScoreCard:
    """Return the whole arithmetic of one firm against the newest version, by what is known of it now."""
    profile = get_profile(tx, profile_name=profile_name)
    return score_firm(firm_view(get_firm(tx, firm_id)), profile, tx.now.date())


def find_rank(
    tx: Transaction, *, profile_name: str, firm_id: int
) -> tuple[int | None, ScoreCard] | None:
    """Return the firm's rank and card as the last ranking of the newest version wrote them.

    The rank is None where the firm does not take part; the whole is None where it was not there.
    """
    version = get_latest_version(tx, profile_name)
    score = find_score(tx, version.id, firm_id)
    return None if score is None else (score.rank, _card(score))


def find_firm_by_text(tx: Transaction, *, text: str) -> FirmView:
    """Return the firm that a person means by an id, a domain or an exact name; raises `FirmNotFound`."""
    text = text.strip()
    by_domain = find_firm_by_domain(tx, text.lower())
    if by_domain is not None:
        return firm_view(by_domain)
    named = list_firms_named(tx, text)
    if len(named) > 1:
        ids = ", ".join(f"{firm.id} ({firm.domain or 'no domain'})" for firm in named)
        raise FirmNotFound(f'{len(named)} firms are called "{text}". Give one\'s id: {ids}.')
    if named:
        return firm_view(named[0])
    with_id = list_firms_by_ids(tx, [int(text)]) if text.isdecimal() and len(text) < 18 else []
    if with_id:
        return firm_view(get_firm(tx, with_id[0].id))
    raise FirmNotFound(
        f'There is no firm with the id, the domain or the exact name "{text}". '
        "Look it up with: recruit firms export -o FILE"
    )


def pick_profile_name(tx: Transaction, *, given: str | None) -> str:
    """Return the profile's name that was given, or the only one there is; raises `ProfileNotFound`."""
    names = list_profile_names(tx)
    if given is not None or len(names) == 1:
        return given or names[0]
    if not names:
        raise ProfileNotFound(
            "There is no profile yet. Load one with: recruit profile load FILE.toml"
        )
    raise ProfileNotFound(f"Which profile? Choose one with --profile: {', '.join(names)}.")


def _parsed(definition: ProfileDefinition | Mapping[str, Any]) -> ProfileDefinition:
    return definition if isinstance(definition, ProfileDefinition) else parse_profile(definition)


def _definition(version: ProfileVersion, profile_name: str) -> ProfileDefinition:
    return parse_profile(version.definition, f"{profile_name}, version {version.number}")


def _ranked_version(tx: Transaction, profile_name: str) -> ProfileVersion:
    version = get_latest_version(tx, profile_name)
    if version.ranked_at is None:
        raise NotRanked(
            f'Version {version.number} of "{profile_name}" has not been ranked. '
            f"Rank it with: recruit rank --profile {profile_name}"
        )
    return version


def _stream_firms(tx: Transaction) -> Iterator[FirmView]:
    last_id = 0
    while batch := list_firm_views(tx, after_id=last_id, limit=_FIRMS_BATCH):
        yield from batch
        last_id = batch[-1].id


def _row(tx: Transaction, version: ProfileVersion, card: ScoreCard, place: int) -> dict[str, Any]:
    return {
        "profile_version_id": version.id,
        "firm_id": card.firm_id,
        "firm_version": card.firm_version,
        "standing": card.standing,
        "standing_reason": card.standing_reason,
        "rank": place if card.standing is Standing.RANKED else None,
        "total": card.total,
        "low": card.low,
        "high": card.high,
        "reasons": [reason.to_json() for reason in card.reasons],
        "scored_at": tx.now,
    }


def _card(score: Score) -> ScoreCard:
    return ScoreCard(
        firm_id=score.firm_id,
        firm_version=score.firm_version,
        standing=score.standing,
        standing_reason=score.standing_reason,
        total=score.total,
        low=score.low,
        high=score.high,
        reasons=tuple(Reason.from_json(reason) for reason in score.reasons),
    )
