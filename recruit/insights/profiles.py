"""Profiles as pages read them: versions, when they ranked, how many firms."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import defer

from recruit.db.transaction import Transaction
from recruit.learning.tables import ModelWatch
from recruit.scoring.store import find_ranking, get_latest_version
from recruit.scoring.tables import FirmOverride, Profile, ProfileVersion, Ranking, Score
from recruit.scoring.values import Standing


@dataclass(frozen=True)
class Foretold:
    """What the model in use for a profile foretells of firms, and on how many outcomes it stands."""

    model: str
    outcome: str
    outcomes: int
    good: int

    @property
    def stands_on(self) -> str:
        """Return in plain words what a probability is of, and what it stands on."""
        return f"{self.outcome}, on {self.outcomes:,} outcomes of which {self.good:,} were good"


@dataclass(frozen=True)
class ProfileLine:
    """A profile's version with the size of its ranking, and what the model in use for it foretells, if one is.

    `is_overridden` tells whether people have decided anything of firms against its arithmetic.
    """

    profile_id: int
    name: str
    title: str
    version_id: int
    number: int
    created_at: datetime
    created_by: str
    ranked_at: datetime | None
    ranked: int
    gated: int
    excluded: int
    vetoed: int
    definition: dict[str, Any]
    ranking: Ranking | None
    foretold: Foretold | None
    is_overridden: bool

    @property
    def left_out(self) -> int:
        """Return how many firms take no part."""
        return self.gated + self.excluded + self.vetoed


@dataclass(frozen=True)
class ScoreShape:
    """How totals are spread: `bins` of ten points from 0 to 100, and the median."""

    bins: tuple[int, ...]
    median: float | None
    unsure: int


def find_current_profile(
    tx: Transaction, name: str | None = None, *, newest: bool = False
) -> ProfileLine | None:
    """Return the newest version that is ranked, of the profile with this name where one is given.

    Which one a sweep has ranked last does not matter: the list stays that of the profile that people
    worked on last. Where nothing is ranked yet, the newest version stands in. With `newest` it is the
    newest version of that profile, ranked or not.
    """
    row = tx.session.execute(_current(is_named=bool(name)), {"name": name} if name else {}).first()
    if row is None:
        return None
    profile, version = row[0], row[1]
    ranking: Ranking | None = row[2]
    if newest:
        version = get_latest_version(tx, profile.name)
        ranking = find_ranking(tx, version.id)
    counts = ranking or _count_scores(tx, version.id)
    return ProfileLine(
        profile_id=profile.id,
        name=profile.name,
        title=profile.title,
        version_id=version.id,
        number=version.number,
        created_at=version.created_at,
        created_by=version.created_by,
        ranked_at=version.ranked_at,
        ranked=counts.ranked,
        gated=counts.gated,
        excluded=counts.excluded,
        vetoed=counts.vetoed,
        definition=version.definition,
        ranking=ranking,
        foretold=_foretold(row[3]),
        is_overridden=bool(row[4]),
    )


def _foretold(watch: ModelWatch | None) -> Foretold | None:
    # A model that cannot be used has chances of nobody.
    if watch is None or not watch.drift:
        return None
    return Foretold(watch.model, watch.outcome, watch.outcomes, watch.good)


@cache
def _current(*, is_named: bool) -> Select[Profile, ProfileVersion, Ranking, ModelWatch, bool]:
    """Return the statement of the version that is ranked or else newest, with what hangs on it.

    In one statement: every page of the desk asks for it.
    """
    last = (
        select(func.max(Ranking.id))
        .where(Ranking.profile_version_id == ProfileVersion.id)
        .correlate(ProfileVersion)
        .scalar_subquery()
    )
    overridden = exists(
        select(FirmOverride.id).where(
            FirmOverride.profile_id == Profile.id, FirmOverride.undone_at.is_(None)
        )
    ).correlate(Profile)
    query = (
        select(Profile, ProfileVersion, Ranking, ModelWatch, overridden)
        .join(ProfileVersion, ProfileVersion.profile_id == Profile.id)
        .outerjoin(Ranking, Ranking.id == last)
        .outerjoin(ModelWatch, ModelWatch.profile_id == Profile.id)
        .order_by(ProfileVersion.ranked_at.is_(None), ProfileVersion.id.desc())
        .limit(1)
        .options(defer(Ranking.snapshot))
    )
    return query.where(Profile.name == bindparam("name")) if is_named else query


@dataclass(frozen=True)
class _Counts:
    ranked: int
    gated: int
    excluded: int
    vetoed: int


def _count_scores(tx: Transaction, version_id: int) -> _Counts:
    """Count what an earlier release ranked, which kept no numbers of its rankings."""
    counts: dict[Standing, int] = {
        row[0]: row[1]
        for row in tx.session.execute(
            select(Score.standing, func.count())
            .where(Score.profile_version_id == version_id)
            .group_by(Score.standing)
        )
    }
    return _Counts(*(counts.get(standing, 0) for standing in Standing))


@dataclass(frozen=True)
class VersionLine:
    """A version in a profile's list of versions."""

    name: str
    title: str
    number: int
    created_at: datetime
    created_by: str
    ranked_at: datetime | None


def list_profile_versions(tx: Transaction) -> list[VersionLine]:
    """Return all versions of all profiles, newest first."""
    rows = tx.session.execute(
        select(Profile, ProfileVersion)
        .join(ProfileVersion, ProfileVersion.profile_id == Profile.id)
        .order_by(Profile.name, ProfileVersion.number.desc())
    )
    return [
        VersionLine(p.name, p.title, v.number, v.created_at, v.created_by, v.ranked_at)
        for p, v in rows
    ]


def score_shape(tx: Transaction, version_id: int) -> ScoreShape:
    """Return how the totals of a version's ranked firms are spread."""
    rows = tx.session.execute(
        select(Score.total, Score.low, Score.high)
        .where(Score.profile_version_id == version_id, Score.standing == Standing.RANKED)
        .order_by(Score.total)
    ).all()
    bins = [0] * 10
    for row in rows:
        bins[min(int(max(row.total, 0) // 10), 9)] += 1
    median = rows[len(rows) // 2].total if rows else None
    return ScoreShape(tuple(bins), median, sum(1 for row in rows if row.high - row.low >= 10))
