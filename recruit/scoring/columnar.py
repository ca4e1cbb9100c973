"""Points of all firms at once: the arithmetic of `points`, in columns, to the same hundredth.

    assessed = assess(profile, firms, today)     # shares and standings: what a change of weights leaves alone
    counted = count(profile, assessed)           # hundredths
    rows = order(counted, firms)                 # the places of those that take part, the best first

Two machines, or one firm asked by itself through `points.score_firm`, come to the same numbers.
"""

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from recruit.scoring.columns import Bools, FirmColumns, Floats, Ints
from recruit.scoring.criteria.finding import Measure
from recruit.scoring.criteria.specialty import Specialty
from recruit.scoring.profile import Criterion, ProfileDefinition
from recruit.scoring.values import Override, OverrideKind, Standing
from recruit.scoring.wording import Group

STANDINGS = tuple(Standing)
_CODE = {standing: np.int8(code) for code, standing in enumerate(STANDINGS)}
Hundredths = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Assessed:
    """What the criteria make of all firms, before points: a row of shares for each criterion.

    `standing` holds places in `STANDINGS`, `rule` which exclusion or must-have decided (else -1);
    `added` are the hundredths that people gave, `pinned` the firms that stand in front.
    """

    low: list[Floats]
    high: list[Floats]
    standing: npt.NDArray[np.int8]
    rule: npt.NDArray[np.int16]
    added: Hundredths
    pinned: Bools


@dataclass(frozen=True)
class Counted:
    """Hundredths of points, an entry a firm: what counts, the least and the greatest that it could be."""

    total: Hundredths
    low: Hundredths
    high: Hundredths
    standing: npt.NDArray[np.int8]
    pinned: Bools

    @property
    def is_ranked(self) -> Bools:
        """Tell which firms take part."""
        ranked: Bools = self.standing == _CODE[Standing.RANKED]
        return ranked

    def number_of(self, standing: Standing) -> int:
        """Return how many firms stand so."""
        return int((self.standing == _CODE[standing]).sum())


Spans = tuple[Floats, Floats]


def assess(
    profile: ProfileDefinition,
    firms: FirmColumns,
    today: date,
    overrides: Sequence[Override] = (),
    known: MutableMapping[Measure, Spans] | None = None,
) -> Assessed:
    """Return the shares and standings of all firms.

    `known` keeps the shares of measures, so that a profile of which only weights changed needs none anew;
    it holds for these firms and this day alone.
    """
    _look_for(profile, firms)
    known = {} if known is None else known
    for criterion in profile.criteria:
        if criterion.measure not in known:
            known[criterion.measure] = criterion.measure.shares(firms, today)
    spans = [known[criterion.measure] for criterion in profile.criteria]
    return _join(profile, firms, today, overrides, spans)


def score_columns(
    profile: ProfileDefinition,
    firms: FirmColumns,
    today: date,
    overrides: Sequence[Override] = (),
) -> Counted:
    """Return the points of all firms, keeping no shares: `count(profile, assess(…))` in less memory."""
    _look_for(profile, firms)
    return _add_up(
        profile,
        _join(profile, firms, today, overrides, []),
        (criterion.measure.shares(firms, today) for criterion in profile.criteria),
    )


def count(profile: ProfileDefinition, assessed: Assessed) -> Counted:
    """Return the points of all firms; `profile` may have other points than the one that was assessed."""
    return _add_up(profile, assessed, zip(assessed.low, assessed.high, strict=True))


def count_criterion(
    criterion: Criterion, low: Floats, high: Floats
) -> tuple[Hundredths, Hundredths, Hundredths]:
    """Return (counts, low, high) of one criterion from its shares, in hundredths."""
    least, most = _round(low * criterion.hundredths), _round(high * criterion.hundredths)
    counts: Hundredths = least + _round((most - least) * criterion.missing)
    return counts, least, most


def order(counted: Counted, firms: FirmColumns, top: int | None = None) -> Ints:
    """Return the rows of the firms that take part, the best first; only the best `top` where given.

    Pinned firms stand in front; then total and low end downwards, then name, then id decide.
    """
    rows = np.flatnonzero(counted.is_ranked)
    merit = _merit(counted.total[rows], counted.low[rows], counted.pinned[rows])
    if top is not None and top < len(rows):
        line = -np.partition(-merit, top - 1)[top - 1]
        kept = merit >= line
        rows, merit = rows[kept], merit[kept]
    places = _sort(merit, firms.names.take(pa.array(rows)), firms.ids[rows])
    sorted_rows: Ints = rows[places][:top]
    return sorted_rows


def sort_places(
    total: Hundredths, low: Hundredths, pinned: Bools, names: pa.Array, ids: Ints
) -> Ints:
    """Return the places of firms in the order of a ranking, the best first."""
    return _sort(_merit(total, low, pinned), names, ids)


def _merit(total: Hundredths, low: Hundredths, pinned: Bools) -> Ints:
    """Return one number a firm, the greater the better: only among equals are names looked at."""
    merit: Ints = (total.astype(np.int64) << 32) + low + (pinned.astype(np.int64) << 61)
    return merit


def _sort(merit: Ints, names: pa.Array, ids: Ints) -> Ints:
    # Bytes in UTF-8 stand in the order of their characters, as Python compares them.
    table = pa.table({"merit": merit, "name": names, "id": ids})
    keys = [("merit", "descending"), ("name", "ascending"), ("id", "ascending")]
    places: Ints = pc.sort_indices(table, sort_keys=keys).to_numpy()
    return places


def _look_for(profile: ProfileDefinition, firms: FirmColumns) -> None:
    """Look for all that the profile names at once: tags are the longest columns by far."""
    wanted: dict[str, list[Group]] = {}
    for criterion in profile.criteria:
        if isinstance(criterion.measure, Specialty):
            for name in criterion.measure.look_in:
                wanted.setdefault(name, []).extend(criterion.measure.groups)
    for rule in (*profile.must_haves, *profile.exclusions):
        for name, groups in rule.groups.items():
            wanted.setdefault(name, []).extend(groups)
    for name, groups in wanted.items():
        (column,) = firms.tag_fields((name,))
        column.look_for(groups)


def _add_up(
    profile: ProfileDefinition, assessed: Assessed, spans: Iterable[tuple[Floats, Floats]]
) -> Counted:
    total, least, most = (assessed.added.copy() for _ in range(3))
    for criterion, (low, high) in zip(profile.criteria, spans, strict=True):
        counts, low_end, high_end = count_criterion(criterion, low, high)
        total += counts
        least += low_end
        most += high_end
    return Counted(total, least, most, assessed.standing, assessed.pinned)


def _round(values: npt.NDArray[Any]) -> Hundredths:
    return np.floor(values + 0.5).astype(np.int32)


def _join(
    profile: ProfileDefinition,
    firms: FirmColumns,
    today: date,
    overrides: Sequence[Override],
    spans: list[tuple[Floats, Floats]],
) -> Assessed:
    standing = np.zeros(len(firms), np.int8)
    rule = np.full(len(firms), -1, np.int16)
    added = np.zeros(len(firms), np.int32)
    pinned, vetoed = np.zeros(len(firms), np.bool_), np.zeros(len(firms), np.bool_)
    for override, rows in _rows_of(overrides, firms):
        match override.kind:
            case OverrideKind.POINTS:
                added[rows] += override.hundredths
            case OverrideKind.PIN:
                pinned[rows] = True
            case OverrideKind.VETO:
                vetoed[rows] = True
    # The last that is written stands, so what decides first is written last.
    for number, must_have in reversed(list(enumerate(profile.must_haves))):
        yes, no = must_have.judge_each(firms, today)
        failing = (~yes if must_have.unknown_gates else no) & ~pinned
        standing[failing], rule[failing] = _CODE[Standing.GATED], number
    for number, exclusion in reversed(list(enumerate(profile.exclusions))):
        yes, _ = exclusion.judge_each(firms, today)
        standing[yes], rule[yes] = _CODE[Standing.EXCLUDED], number
    standing[vetoed], rule[vetoed] = _CODE[Standing.VETOED], -1
    return Assessed(
        [low for low, _ in spans], [high for _, high in spans], standing, rule, added, pinned
    )


def _rows_of(
    overrides: Sequence[Override], firms: FirmColumns
) -> list[tuple[Override, npt.NDArray[np.intp]]]:
    if not overrides:
        return []
    wanted = np.unique([o.firm_id for o in overrides])
    rows = np.flatnonzero(np.isin(firms.ids, wanted))
    places = dict(zip(firms.ids[rows].tolist(), rows.tolist(), strict=True))
    return [(o, np.array([places[o.firm_id]], np.intp)) for o in overrides if o.firm_id in places]
