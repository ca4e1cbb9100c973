"""From a sheet to groups of rows that are one firm each: the decisions and the clusters of a whole run.

Where columns settle everything about a group of linked rows, it stands as it is; the others go through
`decide` and `cluster` themselves, each group of linked rows alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from recruit.firms.bulk.arrays import Flags, Ints, Longs, distinct
from recruit.firms.bulk.crowds import count_crowds
from recruit.firms.bulk.misspelling import are_unlike
from recruit.firms.bulk.pairs import find_pairs, find_places
from recruit.firms.bulk.scored import Scores
from recruit.firms.bulk.scores import Scorer
from recruit.firms.bulk.sheet import Sheet, no_search_for_cycles
from recruit.firms.clustering import CLUSTER_CAP, NOTHING_SAID, Link, Said, cluster
from recruit.firms.evidence import Surroundings
from recruit.firms.fingerprint import Fingerprint
from recruit.firms.matching import DOUBT, MatchDecision, decide
from recruit.firms.rarity import Rarity
from recruit.firms.values import Verdict


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which rows are one firm: `group` numbers each row's. `pairs` were compared, with their `scores`."""

    group: Ints
    pairs: Longs
    scores: Scores
    judge: "Judge"

    def doubtful(self, most: int) -> list[Link]:
        """Return the pairs of different groups that a person should look at, the likeliest first."""
        a, b = np.divmod(self.pairs, len(self.group))
        apart = self.group[a] != self.group[b]
        near = np.flatnonzero(apart & (self.scores.high >= -DOUBT - 0.05))
        near = near[np.argsort(-self.scores.high[near], kind="stable")][: 2 * most]
        links = (self.judge.link(int(a[at]), int(b[at])) for at in near.tolist())
        found = [link for link in links if link.decision.verdict is not Verdict.DIFFERENT]
        return sorted(found, key=lambda link: (-link.decision.score, link.a, link.b))[:most]


@dataclass(eq=False)
class Judge:
    """Decides about single pairs of rows, by the rules themselves."""

    sheet: Sheet
    around: Surroundings
    _fingerprints: dict[int, Fingerprint] = field(default_factory=dict)

    def fingerprint(self, row: int) -> Fingerprint:
        """Return a row's fingerprint."""
        found = self._fingerprints.get(row)
        if found is None:
            found = self._fingerprints[row] = self.sheet.fingerprint(row)
        return found

    def link(self, a: int, b: int) -> Link:
        """Return what is decided of two rows, as a link between their sightings."""
        one, other = self.fingerprint(a), self.fingerprint(b)
        if one.record_id > other.record_id:
            one, other = other, one
        return Link(one.record_id, other.record_id, decide(one, other, self.around))


def count_spread(sheet: Sheet) -> Rarity:
    """Count in how many different names each word stands, as `rarity.count_words` does."""
    lengths = np.fromiter(map(len, sheet.said), np.int64, len(sheet.said))
    words = np.fromiter(chain.from_iterable(sheet.said), np.int64, int(lengths.sum()))
    key = np.repeat(sheet.key.astype(np.int64), lengths)
    forms = len(sheet.forms)
    different = distinct(key * max(forms, 1) + sheet.form[words])
    counts = np.bincount(different % max(forms, 1), minlength=forms).tolist()
    spread = dict(zip(sheet.forms.values, counts, strict=False))
    return Rarity(len(np.unique(sheet.key)), spread)


def group_rows(
    sheet: Sheet,
    firm_of: Mapping[int, int] | None = None,
    fresh: frozenset[int] | None = None,
    said: Said = NOTHING_SAID,
) -> Grouping:
    """Decide which rows are one firm.

    `firm_of` gives the firms of sightings (ids of records) that have one, which stay together; only
    links at a `fresh` sighting join (None: all are fresh). What people `said` binds.
    """
    with no_search_for_cycles():
        return _group_rows(sheet, firm_of, fresh, said)


def _group_rows(
    sheet: Sheet, firm_of: Mapping[int, int] | None, fresh: frozenset[int] | None, said: Said
) -> Grouping:
    ids = sheet.record_id.tolist()
    homes = firm_of or {}
    firm = np.fromiter((homes.get(record, -1) for record in ids), np.int64, len(ids))
    is_fresh = np.fromiter((fresh is None or record in fresh for record in ids), bool, len(ids))
    places = find_places(sheet)
    crowds = count_crowds(sheet, places)
    rarity = count_spread(sheet)
    pairs = find_pairs(sheet, places, firm)
    scorer = Scorer.of(sheet, places, crowds, rarity)
    judge = Judge(sheet, Surroundings(rarity, crowds.by_key(sheet, places)))
    scores = scorer.score(pairs)
    _settle_names(sheet, scorer, pairs, scores)
    _settle(judge, pairs, scores)
    group = _cluster(pairs, scores, firm, is_fresh, judge, said)
    return Grouping(group, pairs, scores, judge)


def _settle_names(sheet: Sheet, scorer: Scorer, pairs: Longs, scores: Scores) -> None:
    """Score anew the open pairs of which no words are alike after all."""
    open_ = np.flatnonzero(scores.open)
    a, b = np.divmod(pairs[open_], len(sheet))
    plain = ~(sheet.odd_name[sheet.name[a]] | sheet.odd_name[sheet.name[b]])
    rows = open_[plain & ~(sheet.odd[a] | sheet.odd[b])]
    rows = rows[are_unlike(sheet, pairs[rows])]
    if len(rows):
        scores.replace(rows, scorer.score(pairs[rows], misspelt=False))


def _settle(judge: Judge, pairs: Longs, scores: Scores) -> None:
    for at in np.flatnonzero(scores.open).tolist():
        a, b = divmod(int(pairs[at]), len(judge.sheet))
        scores.put(at, judge.link(a, b).decision)


def _cluster(
    pairs: Longs, scores: Scores, firm: Longs, fresh: Flags, judge: Judge, said: Said
) -> Ints:
    size = len(judge.sheet)
    a, b = np.divmod(pairs, size)
    joins = scores.same & (fresh[a] | fresh[b])
    # Rows at home in one firm hang together from the start.
    homes = np.flatnonzero(firm >= 0)
    by_firm = homes[np.argsort(firm[homes], kind="stable")]
    next_home = firm[by_firm[1:]] == firm[by_firm[:-1]]
    told, told_of = _rows_told_of(judge.sheet, said)
    ends = np.concatenate([a[joins], by_firm[:-1][next_home], told])
    others = np.concatenate([b[joins], by_firm[1:][next_home], told_of])
    graph = coo_matrix((np.ones(len(ends), bool), (ends, others)), shape=(size, size))
    _, group = connected_components(graph, directed=False)
    inside = np.flatnonzero(group[a] == group[b])
    sizes = np.bincount(group)
    linked = np.bincount(group[a[inside]], weights=joins[inside], minlength=len(sizes))
    simple = (linked == sizes * (sizes - 1) / 2) & (sizes <= CLUSTER_CAP)
    simple |= sizes == 1
    # A firm of old may count pairs that were never compared, but two rows can only hang by one link.
    simple[group[by_firm]] &= sizes[group[by_firm]] == 1
    simple[group[told]] = False
    hard = inside[~simple[group[a[inside]]]]
    hard = hard[np.argsort(group[a[hard]], kind="stable")]
    rows = np.flatnonzero(~simple[group])
    rows = rows[np.argsort(group[rows], kind="stable")]
    return _cluster_hard(
        rows, hard, pairs, scores, firm, fresh, judge, group.astype(np.int32), said
    )


def _rows_told_of(sheet: Sheet, said: Said) -> tuple[Longs, Longs]:
    """Return the rows of which somebody said whether they are one firm, both ends of each pair."""
    if not said:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    ends = np.array(list(said), np.int64)
    order = np.argsort(sheet.record_id)
    at = np.minimum(np.searchsorted(sheet.record_id, ends, sorter=order), len(sheet) - 1)
    rows = order[at]
    known = (sheet.record_id[rows] == ends).all(axis=1)
    return rows[known, 0], rows[known, 1]


def _cluster_hard(
    rows: Longs,
    hard: Longs,
    pairs: Longs,
    scores: Scores,
    firm: Longs,
    fresh: Flags,
    judge: Judge,
    group: Ints,
    said: Said,
) -> Ints:
    size = len(group)
    record = judge.sheet.record_id
    row_of = dict(zip(record[rows].tolist(), rows.tolist(), strict=True))
    names = group[rows]
    bounds = [*np.flatnonzero(np.diff(names, prepend=-1)).tolist(), len(rows)]
    a, b = np.divmod(pairs[hard], size)
    first = np.searchsorted(group[a], names[bounds[:-1]] if len(rows) else [])
    last = np.searchsorted(group[a], names[bounds[:-1]] if len(rows) else [], side="right")
    result = group.copy()
    following = int(group.max(initial=-1)) + 1
    partners: dict[int, list[int]] = {}
    for one, other in said:
        partners.setdefault(one, []).append(other)
    for number, start in enumerate(bounds[:-1]):
        members = rows[start : bounds[number + 1]]
        ids = record[members].tolist()
        homes: dict[int, list[int]] = {}
        for one, home in zip(ids, firm[members].tolist(), strict=True):
            homes.setdefault(home if home >= 0 else -1 - one, []).append(one)
        links = [
            _link(hard[at], int(a[at]), int(b[at]), scores, judge)
            for at in range(int(first[number]), int(last[number]))
        ]
        new = frozenset(record[members[fresh[members]]].tolist())
        told = {(x, y): said[x, y] for x in ids for y in partners.get(x, ())}
        for found in cluster(homes.values(), links, fresh=new, said=told)[1:]:
            for one in found:
                result[row_of[one]] = following
            following += 1
    return result


def _link(at: np.int64, a: int, b: int, scores: Scores, judge: Judge) -> Link:
    if not scores.exact[at]:
        return judge.link(a, b)
    one, other = int(judge.sheet.record_id[a]), int(judge.sheet.record_id[b])
    decision = MatchDecision(
        verdict=Verdict.SAME if scores.same[at] else Verdict.DIFFERENT,
        score=round(float(scores.low[at]), 1),
        identified=bool(scores.identified[at]),
        contradicted=bool(scores.contradicted[at]),
        evidence=(),
    )
    return Link(min(one, other), max(one, other), decision)
