"""Placing very many sightings at once: the plan that `recruit.firms.placing.place` would make."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from recruit.firms.bulk.arrays import Longs
from recruit.firms.bulk.grouping import Grouping, Judge, group_rows
from recruit.firms.bulk.sheet import Sheet
from recruit.firms.clustering import NOTHING_SAID, Link, Said
from recruit.firms.placing import (
    MOST_DOUBTFUL,
    Leaving,
    Plan,
    find_leaving,
    link_strength,
    make_placements,
)

# Decisions keep one decimal: scores that are this near are one score.
_ROUNDED = 0.15


def place_many(
    sheet: Sheet,
    firm_of: Mapping[int, int],
    fresh: frozenset[int],
    said: Said = NOTHING_SAID,
) -> Plan:
    """Decide where the `fresh` sightings of a sheet belong; see `placing.place`.

    The sheet holds every sighting that there is; `firm_of` gives the firms of those that have one.
    """
    grouping = group_rows(sheet, firm_of, fresh, said)
    leaving = _find_leaving(sheet, grouping.judge, firm_of, fresh, said)
    if leaving:
        # What leaves is looked at anew, as if it had never been at home.
        left = {one.record_id for one in leaving}
        homes = {record: firm for record, firm in firm_of.items() if record not in left}
        grouping = group_rows(sheet, homes, fresh, said)
    else:
        homes = dict(firm_of)
    doubtful = tuple(
        link for link in grouping.doubtful(MOST_DOUBTFUL) if link.a in fresh or link.b in fresh
    )
    best = _Best(sheet, grouping)
    placements = make_placements(_clusters(sheet, grouping), homes, best, fresh, said)
    return Plan(tuple(placements), tuple(leaving), doubtful)


def _find_leaving(
    sheet: Sheet, judge: Judge, firm_of: Mapping[int, int], fresh: frozenset[int], said: Said
) -> list[Leaving]:
    changed = {firm_of[record] for record in fresh if record in firm_of}
    if not changed:
        return []
    row_of = {
        record: row
        for row, record in enumerate(sheet.record_id.tolist())
        if firm_of.get(record) in changed
    }
    there = {record: judge.fingerprint(row) for record, row in row_of.items()}
    new = {record: found for record, found in there.items() if record in fresh}
    old = {record: found for record, found in there.items() if record not in fresh}
    return find_leaving(new, old, firm_of, judge.around, said)


def _clusters(sheet: Sheet, grouping: Grouping) -> list[list[int]]:
    order = np.lexsort((sheet.record_id, grouping.group))
    bounds = np.flatnonzero(np.diff(grouping.group[order])) + 1
    return sorted(part.tolist() for part in np.split(sheet.record_id[order], bounds))


class _Best(Mapping[int, Link]):
    """The strongest link of each sighting (id of its record) into its own cluster, judged when asked.

    Bounds of scores leave several candidates, among which `decide` chooses.
    """

    def __init__(self, sheet: Sheet, grouping: Grouping) -> None:
        rows, self._pair = _strongest_pairs(grouping)
        linked, first = np.unique(rows, return_index=True)
        bounds = np.append(first, len(rows)).tolist()
        ids = sheet.record_id[linked].tolist()
        self._span = dict(zip(ids, pairwise(bounds), strict=True))
        self._size = len(sheet)
        self._judge = grouping.judge

    def __getitem__(self, record: int) -> Link:
        start, end = self._span[record]
        pairs = self._pair[start:end].tolist()
        return max((self._judge.link(*divmod(p, self._size)) for p in pairs), key=link_strength)

    def __iter__(self) -> Iterator[int]:
        return iter(self._span)

    def __len__(self) -> int:
        return len(self._span)


def _strongest_pairs(grouping: Grouping) -> tuple[Longs, Longs]:
    """Return rows, in order, and pairs: for each row those that may be its strongest into its group."""
    pairs, scores, group = grouping.pairs, grouping.scores, grouping.group
    a, b = np.divmod(pairs, len(group))
    inside = np.flatnonzero(group[a] == group[b])
    row, at = np.concatenate([a[inside], b[inside]]), np.concatenate([inside, inside])
    # What joins comes before what does not; then counts the score.
    joined = np.zeros(len(group), bool)
    joined[row[scores.same[at]]] = True
    worthy = scores.same[at] == joined[row]
    row, at = row[worthy], at[worthy]
    surely = np.full(len(group), -np.inf, np.float32)
    np.maximum.at(surely, row, scores.low[at])
    worthy = scores.high[at] >= surely[row] - _ROUNDED
    row, at = row[worthy], at[worthy]
    order = np.argsort(row, kind="stable")
    return row[order], pairs[at[order]]
