"""Comparing two rankings of a profile: what moved, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from recruit.db.transaction import Transaction
from recruit.scoring.cards import definition_of, likeness_of
from recruit.scoring.columnar import Counted, Hundredths, score_columns, sort_places
from recruit.scoring.columns import Bools, FirmColumns, Ints
from recruit.scoring.moves import Cause, Move, Step, attribute
from recruit.scoring.override_store import list_overrides_at
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.reading import read_columns
from recruit.scoring.snapshots import Snapshot, unpack
from recruit.scoring.store import (
    get_profile_row,
    get_snapshot,
    list_firm_names,
    list_kept_rankings,
    list_rankings,
    list_united,
)
from recruit.scoring.tables import ProfileVersion, Ranking
from recruit.scoring.values import OverrideKind, ScoringRefused

# Names are looked up of the largest moves, more than anybody reads.
_NAMED = 1000


class RankingNotFound(ScoringRefused):
    """No ranking of the profile is meant, or too little is kept of it; the message names those that are."""


@dataclass(frozen=True)
class RankingLine:
    """A ranking in the list of a profile's rankings."""

    ranking_id: int
    version: int
    model_version: str | None
    ranked_at: datetime
    actor: str
    ranked: int
    left_out: int
    digest: str
    is_kept: bool


@dataclass(frozen=True)
class Comparison:
    """What differs between two rankings. `names` are those of the firms that moved, by id.

    `unsure` counts firms of which more became known after the later ranking: the data that it saw is
    gone, so that data and weights cannot be told apart there.
    """

    before: RankingLine
    after: RankingLine
    moves: tuple[Move, ...]
    names: dict[int, str]
    unsure: int

    @property
    def is_identical(self) -> bool:
        """Tell whether the two are the same to the last byte."""
        return self.before.digest == self.after.digest


def list_ranking_lines(tx: Transaction, *, profile_name: str) -> list[RankingLine]:
    """Return the rankings of a profile, the newest first."""
    profile = get_profile_row(tx, profile_name)
    kept = set(list_kept_rankings(tx, profile.id))
    return [
        _line(ranking, version, is_kept=ranking.id in kept)
        for ranking, version in list_rankings(tx, profile.id)
    ]


def compare_rankings(
    tx: Transaction, *, profile_name: str, before: int | None = None, after: int | None = None
) -> Comparison:
    """Return what moved between two rankings, by their ids; the last two where none is named.

    Raises `RankingNotFound`.
    """
    profile = get_profile_row(tx, profile_name)
    pairs = {ranking.id: (ranking, version) for ranking, version in list_rankings(tx, profile.id)}
    kept = list_kept_rankings(tx, profile.id)
    ids = list(pairs)
    if after is None:
        after = ids[0] if ids else 0
    if before is None:
        before = next((i for i in ids if i < after), 0)
    first, last = (_find(pairs, kept, i, profile_name) for i in (before, after))
    old, new = (unpack(get_snapshot(tx, pair[0].id)) for pair in (first, last))
    firms = read_columns(tx)
    steps, unsure = _steps(tx, profile_name, (first, old), (last, new), firms)
    moves = attribute(_as_ranked(Cause.MERGE, old), steps)
    names = list_firm_names(tx, [move.firm_id for move in moves[:_NAMED]])
    earlier, later = (_line(*pair, is_kept=True) for pair in (first, last))
    return Comparison(earlier, later, tuple(moves), names, unsure)


_Pair = tuple[Ranking, ProfileVersion]


def _find(pairs: dict[int, _Pair], kept: Sequence[int], wanted: int, profile_name: str) -> _Pair:
    if wanted not in pairs or wanted not in kept:
        known = ", ".join(map(str, sorted(kept))) or "none"
        reason = "is older than what is kept" if wanted in pairs else "does not exist"
        if len(kept) < 2 and wanted not in pairs:
            raise RankingNotFound(
                f'"{profile_name}" has {len(kept)} ranking to compare; two are needed. '
                f"Rank again with: recruit rank --profile {profile_name}"
            )
        raise RankingNotFound(
            f'Ranking {wanted} of "{profile_name}" {reason}. Kept are: {known}. '
            f"List them with: recruit rank list --profile {profile_name}"
        )
    return pairs[wanted]


@dataclass(frozen=True)
class _State:
    """Some firms with their points: an entry each, in any order."""

    ids: Ints
    total: Hundredths
    low: Hundredths
    is_ranked: Bools


def _steps(
    tx: Transaction,
    name: str,
    first: tuple[_Pair, Snapshot],
    last: tuple[_Pair, Snapshot],
    firms: FirmColumns,
) -> tuple[list[Step], int]:
    """Return the states from the older ranking to the later one, and of how many firms they are unsure."""
    (old_ranking, old_version), old = first
    (new_ranking, new_version), new = last
    given = list_overrides_at(tx, old_version.profile_id, old_ranking.ranked_at)
    pins = np.array([o.firm_id for o in given if o.kind is OverrideKind.PIN], np.int64)
    day = new_ranking.ranked_at.date()
    kept = _places_in(old, new)
    before, after = (
        definition_of(version, ranking, name) for ranking, version in (first[0], last[0])
    )
    relearned = likeness_of(old_ranking) != likeness_of(new_ranking)
    reweighed = after.resemble(likeness_of(old_ranking)) if relearned else after

    def count_as(profile: ProfileDefinition, kept_from: tuple[Snapshot, Ints] | None) -> _State:
        return _state(new, firms, score_columns(profile, firms, day, given), kept_from)

    data, weight = count_as(before, (old, kept)), count_as(reweighed, None)
    model = count_as(after, None) if relearned else weight
    merge = _merged(tx, (old_ranking, new_ranking), old, data)
    steps = [
        _ordered(cause, state, firms, pins)
        for cause, state in (
            (Cause.MERGE, merge),
            (Cause.DATA, data),
            (Cause.WEIGHT, weight),
            (Cause.MODEL, model),
        )
    ]
    steps.append(_as_ranked(Cause.OVERRIDE, new))
    _, current = _match(firms, new)
    unsure = ~current & (kept < 0) if old_version.id != new_version.id else np.zeros(0, np.bool_)
    return steps, int(unsure.sum())


def _match(firms: FirmColumns, new: Snapshot) -> tuple[Ints, Bools]:
    """Return where each firm of a snapshot stands among all firms, and whether it is as it was then."""
    if not len(firms):
        return np.zeros(len(new.ids), np.int64), np.zeros(len(new.ids), np.bool_)
    places = np.minimum(np.searchsorted(firms.ids, new.ids), len(firms) - 1)
    return places, (firms.ids[places] == new.ids) & (firms.versions[places] == new.versions)


def _places_in(old: Snapshot, new: Snapshot) -> Ints:
    """Return where each firm of `new` stands in `old` if it is the same in both; else -1."""
    if not len(old.ids):
        return np.full(len(new.ids), -1)
    by_id = np.argsort(old.ids)
    found = np.minimum(np.searchsorted(old.ids[by_id], new.ids), len(by_id) - 1)
    places = by_id[found]
    same = (old.ids[places] == new.ids) & (old.versions[places] == new.versions)
    return np.where(same, places, -1)


def _state(
    new: Snapshot, firms: FirmColumns, counted: Counted, kept: tuple[Snapshot, Ints] | None
) -> _State:
    """Return the firms of `new` with the points counted now.

    A firm that has changed since `new` was taken, so that what it was then is gone, has the points of the
    older ranking where it was the same there (`kept`), else those of `new`.
    """
    places, current = _match(firms, new)
    total, low, is_ranked = new.total.copy(), new.low.copy(), new.standing == 0
    if kept is not None:
        old, where = kept
        same = where >= 0
        total[same], low[same] = old.total[where[same]], old.low[where[same]]
        is_ranked[same] = old.standing[where[same]] == 0
    rows = places[current]
    total[current], low[current] = counted.total[rows], counted.low[rows]
    is_ranked[current] = counted.is_ranked[rows]
    return _State(new.ids, total, low, is_ranked)


def _merged(
    tx: Transaction, rankings: tuple[Ranking, Ranking], old: Snapshot, data: _State
) -> _State:
    """Return the older ranking without firms that became part of others, and with these as they are now."""
    survivors, absorbed = list_united(tx, *(ranking.ranked_at for ranking in rankings))
    stays = ~np.isin(old.ids, np.array(sorted(absorbed), np.int64))
    state = _State(old.ids[stays], old.total[stays], old.low[stays], (old.standing == 0)[stays])
    here = np.flatnonzero(np.isin(state.ids, np.array(sorted(survivors), np.int64)))
    by_id = np.argsort(data.ids)
    for place in here.tolist():
        there = int(np.searchsorted(data.ids[by_id], state.ids[place]))
        if there < len(by_id) and data.ids[by_id[there]] == state.ids[place]:
            row = by_id[there]
            state.total[place], state.low[place] = data.total[row], data.low[row]
            state.is_ranked[place] = data.is_ranked[row]
    return state


def _ordered(cause: Cause, state: _State, firms: FirmColumns, pins: Ints) -> Step:
    ids = state.ids[state.is_ranked]
    total, low = state.total[state.is_ranked], state.low[state.is_ranked]
    rows = np.searchsorted(firms.ids, ids)
    known = (rows < len(firms)) & (firms.ids[np.minimum(rows, max(len(firms) - 1, 0))] == ids)
    names = firms.names.take(pa.array(rows, mask=~known))
    places = sort_places(total, low, np.isin(ids, pins), names, ids)
    return Step(cause, ids[places], total[places])


def _as_ranked(cause: Cause, snapshot: Snapshot) -> Step:
    return Step(cause, snapshot.ids[: snapshot.ranked], snapshot.total[: snapshot.ranked])


def _line(ranking: Ranking, version: ProfileVersion, is_kept: bool) -> RankingLine:
    return RankingLine(
        ranking_id=ranking.id,
        version=version.number,
        model_version=ranking.model_version,
        ranked_at=ranking.ranked_at,
        actor=ranking.actor,
        ranked=ranking.ranked,
        left_out=ranking.gated + ranking.excluded + ranking.vetoed,
        digest=ranking.digest,
        is_kept=is_kept,
    )
