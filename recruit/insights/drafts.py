"""What a profile would do that nobody has saved yet: asked at every move of a weight, so from memory.

The firms of a database are kept as columns until one of them changes, with the shares that criteria have
given them; a move of a weight then costs an addition.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from recruit.clock import stopwatch
from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.scoring.alike_store import find_likeness
from recruit.scoring.cards import definition_of
from recruit.scoring.columnar import Assessed, Spans, assess, count, order
from recruit.scoring.columns import FirmColumns, Ints
from recruit.scoring.criteria.finding import Measure
from recruit.scoring.override_store import list_overrides
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.ranking import weigh_words
from recruit.scoring.reading import read_columns
from recruit.scoring.store import find_latest_version, find_profile_id
from recruit.scoring.values import Standing
from recruit.scoring.whatif import (
    TOP,
    Distribution,
    LookUp,
    Steadiness,
    distribution,
    look_ups,
    say_steadiness,
    steadiness,
    who_moves,
)

# Shares of a million firms take 16 MB a criterion.
_MEASURES_KEPT = 24


@dataclass(frozen=True)
class Mover:
    """A firm that enters or leaves the best, with its ranks before and after (None where it takes no part)."""

    firm_id: int
    name: str
    before: int | None
    after: int | None
    total: float


@dataclass(frozen=True)
class Effect:
    """What a draft makes of all firms, and what changes against the version that is saved.

    `was` is None where nothing is saved under that name; both are spread over the draft's points.
    """

    firms: int
    ranked: int
    gated: int
    excluded: int
    vetoed: int
    now: Distribution
    was: Distribution | None
    line: float | None
    entering: tuple[Mover, ...]
    leaving: tuple[Mover, ...]
    steady: tuple[Steadiness, ...]
    look_ups: tuple[LookUp, ...]
    milliseconds: float

    @property
    def steady_sentence(self) -> str:
        """Return in one sentence how the best hold when weights move."""
        return say_steadiness(self.steady)


@dataclass
class _Workbench:
    """The firms as they were at `fingerprint`, on a day, and what criteria made of them."""

    fingerprint: tuple[Any, ...]
    firms: FirmColumns
    known: dict[Measure, Spans] = field(default_factory=dict)


_BENCHES: WeakKeyDictionary[Any, _Workbench] = WeakKeyDictionary()
_LOCK = threading.Lock()


def preview_profile(tx: Transaction, definition: ProfileDefinition) -> Effect:
    """Return what this profile would do; raises `ProfileError` where no example firm is known."""
    started = stopwatch()
    today = tx.now.date()
    bench = _take(tx, today)
    firms = bench.firms
    profile_id = find_profile_id(tx, definition.name)
    overrides = list_overrides(tx, profile_id) if profile_id is not None else []

    likeness = find_likeness(tx)

    def assessed(profile: ProfileDefinition) -> tuple[ProfileDefinition, Assessed]:
        profile = weigh_words(profile, firms)[0].resemble(likeness)
        if len(bench.known) > _MEASURES_KEPT:
            bench.known.clear()
        return profile, assess(profile, firms, today, overrides, bench.known)

    draft, shares = assessed(definition)
    counted = count(draft, shares)
    ranks = order(counted, firms)
    saved = find_latest_version(tx, definition.name)
    was: Distribution | None = None
    entering: tuple[Mover, ...] = ()
    leaving: tuple[Mover, ...] = ()
    if saved is not None:
        old, old_shares = assessed(definition_of(saved, None, definition.name))
        old_counted = count(old, old_shares)
        old_ranks = order(old_counted, firms)
        was = distribution(old_counted, draft.most)
        entering, leaving = _movers(firms, old_ranks, ranks, counted.total)
    return Effect(
        firms=len(firms),
        **{standing.value: counted.number_of(standing) for standing in Standing},
        now=distribution(counted, draft.most),
        was=was,
        line=float(counted.total[ranks[TOP - 1]]) / 100 if len(ranks) >= TOP else None,
        entering=entering,
        leaving=leaving,
        steady=tuple(steadiness(draft, shares, firms)),
        look_ups=tuple(look_ups(draft, shares, firms)),
        milliseconds=(stopwatch() - started) * 1000,
    )


def _movers(
    firms: FirmColumns, before: Ints, after: Ints, totals: Any
) -> tuple[tuple[Mover, ...], tuple[Mover, ...]]:
    entering, leaving = who_moves(before[:TOP], after[:TOP])
    ranks = [_ranks(rows, {*entering, *leaving}) for rows in (before, after)]

    def line(row: int) -> Mover:
        return Mover(
            int(firms.ids[row]),
            firms.names[row].as_py(),
            ranks[0].get(row),
            ranks[1].get(row),
            float(totals[row]) / 100,
        )

    return tuple(map(line, entering)), tuple(map(line, leaving))


def _ranks(rows: Ints, wanted: set[int]) -> Mapping[int, int]:
    return {row: rank for rank, row in enumerate(rows.tolist(), start=1) if row in wanted}


def _take(tx: Transaction, today: date) -> _Workbench:
    """Return the firms as columns: those that are kept, if no firm has changed since."""
    row = tx.session.execute(
        select(
            func.count(Firm.id),
            func.max(Firm.id),
            func.sum(Firm.version),
            func.max(Firm.updated_at),
            func.count(Firm.merged_into_id),
        )
    ).one()
    fingerprint = (*row, today)
    # One pool a database, whatever options its engine was given.
    pool = tx.session.get_bind().engine.pool
    with _LOCK:
        bench = _BENCHES.get(pool)
    if bench is None or bench.fingerprint != fingerprint:
        bench = _Workbench(fingerprint, read_columns(tx))
        with _LOCK:
            _BENCHES[pool] = bench
    return bench
