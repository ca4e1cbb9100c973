"""The queries of scoring: profiles, their versions, and the scores that firms have against them."""

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import defer

from recruit.db.transaction import Transaction
from recruit.firms.store import list_firms_by_ids
from recruit.firms.tables import Firm, FirmChange
from recruit.firms.values import ChangeKind
from recruit.scoring.override_store import have_overrides_changed
from recruit.scoring.tables import Profile, ProfileVersion, Ranking, Score
from recruit.scoring.values import ProfileLine, ScoringRefused


class ProfileNotFound(ScoringRefused):
    """No profile has that name; the message names those that exist."""


def find_profile(tx: Transaction, name: str) -> Profile | None:
    """Return the profile of that name; another who is about to save it has to wait."""
    return tx.session.scalar(select(Profile).where(Profile.name == name).with_for_update())


def find_profile_id(tx: Transaction, name: str) -> int | None:
    """Return the id of the profile of that name; None where there is none."""
    return tx.session.scalar(select(Profile.id).where(Profile.name == name))


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


def get_version(tx: Transaction, profile_version_id: int) -> ProfileVersion:
    """Return a profile version by its id."""
    return tx.session.get_one(ProfileVersion, profile_version_id)


def get_profile_by_id(tx: Transaction, profile_id: int) -> Profile:
    """Return a profile by its id."""
    return tx.session.get_one(Profile, profile_id)


def get_profile_row(tx: Transaction, name: str) -> Profile:
    """Return the profile of that name; raises `ProfileNotFound`."""
    return get_profile_by_id(tx, get_latest_version(tx, name).profile_id)


def find_ranking(tx: Transaction, profile_version_id: int) -> Ranking | None:
    """Return the last ranking of a profile version."""
    return tx.session.scalar(
        select(Ranking)
        .where(Ranking.profile_version_id == profile_version_id)
        .order_by(Ranking.id.desc())
        .limit(1)
        .options(defer(Ranking.snapshot))
    )


def list_rankings(
    tx: Transaction, profile_id: int, limit: int | None = None
) -> list[tuple[Ranking, ProfileVersion]]:
    """Return the rankings of a profile with the versions that they are of, the newest first."""
    query = (
        select(Ranking, ProfileVersion)
        .join(ProfileVersion, ProfileVersion.id == Ranking.profile_version_id)
        .where(ProfileVersion.profile_id == profile_id)
        .order_by(Ranking.id.desc())
        .limit(limit)
        .options(defer(Ranking.snapshot))
    )
    return [(ranking, version) for ranking, version in tx.session.execute(query)]


def let_go_of_snapshots(tx: Transaction, profile_id: int, keep: int) -> None:
    """Keep the snapshots of the newest `keep` rankings of a profile; their rows stay all the same."""
    old = [ranking.id for ranking, _ in list_rankings(tx, profile_id)[keep:]]
    if old:
        tx.session.execute(
            update(Ranking)
            .where(Ranking.id.in_(old), Ranking.snapshot.is_not(None))
            .values(snapshot=None)
        )


def drop_old_scores(tx: Transaction, profile_id: int, keep: int) -> None:
    """Drop the scores of all but the newest `keep` ranked versions of a profile."""
    versions = tx.session.scalars(
        select(ProfileVersion.id)
        .where(ProfileVersion.profile_id == profile_id, ProfileVersion.ranked_at.is_not(None))
        .order_by(ProfileVersion.number.desc())
    ).all()
    if old := versions[keep:]:
        tx.session.execute(delete(Score).where(Score.profile_version_id.in_(old)))


def are_scores_stale(tx: Transaction, version: ProfileVersion) -> bool:
    """Tell whether a firm is new, changed or merged away since that version was ranked, or never was."""
    if version.ranked_at is None or version.ranked_at.year != tx.now.year:
        # Years in business count by calendar years, so that a new year changes them for all.
        return True
    if find_ranking(tx, version.id) is None:
        return True
    if have_overrides_changed(tx, version.profile_id, version.ranked_at):
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


def find_points_at(tx: Transaction, profile_version_id: int, rank: int) -> float | None:
    """Return the total of the firm at a rank; None where there is none."""
    query = select(Score.total).where(
        Score.profile_version_id == profile_version_id, Score.rank == rank
    )
    return tx.session.scalar(query)


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


def list_kept_rankings(tx: Transaction, profile_id: int) -> list[int]:
    """Return the ids of the rankings whose snapshots are kept, the newest first."""
    query = (
        select(Ranking.id)
        .join(ProfileVersion, ProfileVersion.id == Ranking.profile_version_id)
        .where(ProfileVersion.profile_id == profile_id, Ranking.snapshot.is_not(None))
        .order_by(Ranking.id.desc())
    )
    return list(tx.session.scalars(query))


def get_snapshot(tx: Transaction, ranking_id: int) -> bytes:
    """Return a ranking's packed snapshot; empty where it was let go."""
    query = select(Ranking.snapshot).where(Ranking.id == ranking_id)
    return tx.session.scalar(query) or b""


def list_firm_names(tx: Transaction, firm_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of firms by their ids, of merged ones too."""
    return {firm.id: firm.name for firm in list_firms_by_ids(tx, firm_ids)}


def list_united(tx: Transaction, since: datetime, until: datetime) -> tuple[set[int], set[int]]:
    """Return which firms took others in between two moments, and which were taken in."""
    rows = tx.session.execute(
        select(FirmChange.firm_id, FirmChange.detail).where(
            FirmChange.kind == ChangeKind.MERGED, FirmChange.at > since, FirmChange.at <= until
        )
    )
    survivors: set[int] = set()
    absorbed: set[int] = set()
    for firm_id, detail in rows:
        (absorbed if "into" in detail else survivors).add(firm_id)
    return survivors - absorbed, absorbed
