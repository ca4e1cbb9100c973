"""The queries of scoring: profiles, their versions, and the scores that firms have against them."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.scoring.tables import Profile, ProfileVersion, Score
from recruit.scoring.values import ProfileLine, ScoringRefused

_INSERT_BATCH = 1000


class ProfileNotFound(ScoringRefused):
    """No profile has that name; the message names those that exist."""


def find_profile(tx: Transaction, name: str) -> Profile | None:
    """Return the profile of that name; another who is about to save it has to wait."""
    return tx.session.scalar(select(Profile).where(Profile.name == name).with_for_update())


def list_profile_names(tx: Transaction) -> list[str]:
    """Return the names of all profiles, sorted."""
    return sorted(tx.session.scalars(select(Profile.name)))


def list_profile_lines(tx: Transaction) -> list[ProfileLine]:
    """Return every profile by its newest version, sorted by name."""
    newest = (
        select(ProfileVersion.profile_id, func.max(ProfileVersion.number).label("number"))
        .group_by(ProfileVersion.profile_id)
        .subquery()
    )
    query = (
        select(Profile, ProfileVersion)
        .join(newest, newest.c.profile_id == Profile.id)
        .join(
            ProfileVersion,
            (ProfileVersion.profile_id == Profile.id) & (ProfileVersion.number == newest.c.number),
        )
    )
    lines = [
        ProfileLine(
            profile.name,
            profile.title,
            version.number,
            version.created_at,
            version.created_by,
            version.ranked_at,
        )
        for profile, version in tx.session.execute(query)
    ]
    return sorted(lines, key=lambda line: line.name)


def find_latest_version(tx: Transaction, profile_name: str) -> ProfileVersion | None:
    """Return the newest version of the profile of that name."""
    return tx.session.scalar(
        select(ProfileVersion)
        .join(Profile, Profile.id == ProfileVersion.profile_id)
        .where(Profile.name == profile_name)
        .order_by(ProfileVersion.number.desc())
        .limit(1)
    )


def get_latest_version(tx: Transaction, profile_name: str) -> ProfileVersion:
    """Return the newest version of the profile of that name; raises `ProfileNotFound`."""
    version = find_latest_version(tx, profile_name)
    if version is None:
        names = list_profile_names(tx)
        near = get_close_matches(profile_name, names, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        known = f"Known: {', '.join(names)}." if names else "There is none yet."
        raise ProfileNotFound(
            f'There is no profile "{profile_name}".{hint} {known} '
            "Load one with: recruit profile load FILE.toml"
        )
    return version


def replace_scores(
    tx: Transaction, profile_version_id: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Put `rows` (columns of `Score`) in the place of all scores of that profile version."""
    # Two rankings of one version at a time would each insert what the other has not deleted yet.
    tx.session.execute(
        select(ProfileVersion.id).where(ProfileVersion.id == profile_version_id).with_for_update()
    )
    tx.session.execute(delete(Score).where(Score.profile_version_id == profile_version_id))
    for start in range(0, len(rows), _INSERT_BATCH):
        tx.session.execute(insert(Score), rows[start : start + _INSERT_BATCH])


def are_scores_stale(tx: Transaction, version: ProfileVersion) -> bool:
    """Tell whether a firm is new, changed or merged away since that version was ranked, or never was."""
    if version.ranked_at is None or version.ranked_at.year != tx.now.year:
        # Years in business count by calendar years, so that a new year changes them for all.
        return True
    scored = and_(Score.firm_id == Firm.id, Score.profile_version_id == version.id)
    changed = or_(
        and_(Firm.merged_into_id.is_(None), Score.firm_id.is_(None)),
        and_(Firm.merged_into_id.is_not(None), Score.firm_id.is_not(None)),
        Score.firm_version != Firm.version,
    )
    query = select(Firm.id).outerjoin(Score, scored).where(changed).limit(1)
    return tx.session.scalar(query) is not None


def list_ranked(
    tx: Transaction, profile_version_id: int, limit: int | None
) -> list[tuple[Score, Firm]]:
    """Return the best `limit` ranked firms (all where None) with their scores, the best first."""
    query = (
        select(Score, Firm)
        .join(Firm, Firm.id == Score.firm_id)
        .where(Score.profile_version_id == profile_version_id, Score.rank.is_not(None))
        .order_by(Score.rank)
        .limit(limit)
    )
    return [(score, firm) for score, firm in tx.session.execute(query)]


def find_score(tx: Transaction, profile_version_id: int, firm_id: int) -> Score | None:
    """Return the firm's score in the last ranking of that profile version."""
    return tx.session.get(Score, (profile_version_id, firm_id))


def list_firms_named(tx: Transaction, name: str) -> list[Firm]:
    """Return the firms of exactly that name; merged ones are left out.

    Capitals do not matter, beyond ASCII as far as the database folds them.
    """
    same = or_(Firm.name == name, func.lower(Firm.name) == name.lower())
    query = select(Firm).where(same, Firm.merged_into_id.is_(None))
    return list(tx.session.scalars(query.order_by(Firm.id)))
