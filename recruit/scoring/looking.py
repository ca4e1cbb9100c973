"""What people ask of a ranking: who is best, where one firm stands, and why."""

from dataclasses import dataclass

from recruit.db.transaction import Transaction
from recruit.firms.families import list_firms_once_named
from recruit.firms.store import find_firm_by_domain, get_firm, list_firms_by_ids
from recruit.firms.values import FirmView
from recruit.firms.views import firm_view
from recruit.scoring.cards import card_of, cards_of, definition_of
from recruit.scoring.override_store import list_overrides
from recruit.scoring.points import score_firm
from recruit.scoring.store import (
    find_points_at,
    find_ranking,
    find_score,
    get_latest_version,
    get_profile_row,
    list_firms_named,
    list_ranked,
)
from recruit.scoring.tables import ProfileVersion
from recruit.scoring.values import ScoreCard, ScoringRefused
from recruit.scoring.whatif import TOP, WayUp, ways_up


@dataclass(frozen=True)
class RankedFirm:
    """A firm's place in a ranking: 1 is best. `most` is what a perfect firm would have."""

    rank: int
    firm: FirmView
    card: ScoreCard
    most: float
    profile_version_id: int


class NotRanked(ScoringRefused):
    """The newest version of a profile has not been ranked; the message says how to do it."""


class FirmNotFound(ScoringRefused):
    """No firm, or more than one, is meant; the message says what to give instead."""


def list_ranking(tx: Transaction, *, profile_name: str, top: int | None = None) -> list[RankedFirm]:
    """Return the best `top` firms (all where None) of the newest version's ranking, the best first.

    Raises `NotRanked` where that version has not been ranked.
    """
    version = _ranked_version(tx, profile_name)
    most = definition_of(version, None, profile_name).most
    pairs = list_ranked(tx, version.id, top)
    return [
        RankedFirm(score.rank or 0, firm_view(firm), card, most, version.id)
        for (score, firm), card in zip(pairs, cards_of(tx, version.id, pairs), strict=True)
    ]


def explain_firm(tx: Transaction, *, profile_name: str, firm_id: int) -> ScoreCard:
    """Return the whole arithmetic of one firm against the newest version, by what is known of it now."""
    version = get_latest_version(tx, profile_name)
    profile = definition_of(version, find_ranking(tx, version.id), profile_name)
    firm = get_firm(tx, firm_id)
    given = list_overrides(tx, get_profile_row(tx, profile_name).id, firm_ids=[firm.id])
    return score_firm(firm_view(firm), profile, tx.now.date(), given)


def find_rank(
    tx: Transaction, *, profile_name: str, firm_id: int
) -> tuple[int | None, ScoreCard] | None:
    """Return the firm's rank and card as the last ranking of the newest version wrote them.

    The rank is None where the firm does not take part; the whole is None where it was not there.
    """
    version = get_latest_version(tx, profile_name)
    score = find_score(tx, version.id, firm_id)
    if score is None:
        return None
    return score.rank, card_of(tx, score, get_firm(tx, firm_id))


def find_firm_by_text(tx: Transaction, *, text: str) -> FirmView:
    """Return the firm that a person means by an id, a domain or an exact name, one that it had before too.

    Raises `FirmNotFound`.
    """
    text = text.strip()
    by_domain = find_firm_by_domain(tx, text.lower())
    if by_domain is not None:
        return firm_view(by_domain)
    named = list_firms_named(tx, text) or list_firms_once_named(tx, text)
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


def _ranked_version(tx: Transaction, profile_name: str) -> ProfileVersion:
    version = get_latest_version(tx, profile_name)
    if version.ranked_at is None:
        raise NotRanked(
            f'Version {version.number} of "{profile_name}" has not been ranked. '
            f"Rank it with: recruit rank --profile {profile_name}"
        )
    return version


@dataclass(frozen=True)
class Line:
    """What it takes to be among the best `top` of the last ranking."""

    top: int
    points: float


def find_line(tx: Transaction, *, profile_name: str, top: int = TOP) -> Line | None:
    """Return the points of the firm at rank `top`; None where nothing, or less than that, is ranked."""
    version = get_latest_version(tx, profile_name)
    points = find_points_at(tx, version.id, top)
    return None if points is None else Line(top, points)


def list_ways_up(
    tx: Transaction, *, profile_name: str, firm_id: int, top: int = TOP
) -> list[WayUp]:
    """Return the smallest changes, each alone enough, that would lift a firm among the best `top`.

    Empty where it is among them, takes no part, or no single change is enough.
    """
    line = find_line(tx, profile_name=profile_name, top=top)
    if line is None:
        return []
    version = get_latest_version(tx, profile_name)
    profile = definition_of(version, find_ranking(tx, version.id), profile_name)
    return ways_up(firm_view(get_firm(tx, firm_id)), profile, tx.now.date(), line.points)
