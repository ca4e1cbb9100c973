"""Likeness: how much a firm resembles the best partners, and how well partners are found without themselves.

With partners and no refusals on record the others are not known to be bad, only unknown. Bagging deals with
that (Mordelet and Vert, 2014): each of many models takes another sample of the unknown for bad, and what
they say together counts.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.backtest import declared_logit
from recruit.learning.measures import Interval
from recruit.learning.prior import Prior
from recruit.learning.straight import fit_straight
from recruit.scoring.columns import FirmColumns
from recruit.scoring.criteria.look_alike import (
    ENOUGH,
    MILLIONTHS,
    LikenessTables,
    groups_of,
    trait_columns,
)
from recruit.scoring.wording import words_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Programs for which the leave-one-out check is meant.
SMALL, LARGE = 20, 200
_BAGS = 25
# So many firms have to share a trait before it may weigh anything, and so many traits of a kind are tried.
_LEAST_WITH, _MOST_TRAITS = 5, 60
_MOST_OTHERS = 20_000
_TOP = 0.1
_RESAMPLES = 2000
# Unknown firms that a leave-one-out model is trained against.
_AGAINST = 2000


class TooFewPartners(ValueError):
    """There are fewer partners than anything can be told from."""


@dataclass(frozen=True)
class PartnerLift:
    """How many of the partners stand in the best tenth of all firms, by how much more than chance."""

    partners: int
    firms: int
    declared: Interval
    learned: Interval

    @property
    def sentence(self) -> str:
        """Say what was found, and how sure that is."""

        def told(lift: Interval) -> str:
            return f"{lift.value:.1f} times as often as by chance (95% interval {lift.low:.1f}–{lift.high:.1f})"

        sure = "clearly better than" if self.learned.low > 1 else "not clearly better than"
        return (
            f"The best tenth by the declared points holds a partner {told(self.declared)}. A model that never "
            f"saw the partner in question puts it there {told(self.learned)}: {sure} chance, on "
            f"{self.partners} partners."
        )


def learn_likeness(firms: FirmColumns, best: Mask, today: date, *, seed: int = 0) -> LikenessTables:
    """Return what the `best` of these firms have in common that the others have not.

    The mean of the bags' models, each of which adds up over traits, is one table of traits again, which is
    what lets a firm's likeness be told in words. Below `ENOUGH` partners, or others to hold them against,
    there is nothing in it but their number.
    """
    partners, others = np.flatnonzero(best), np.flatnonzero(~best)
    if min(len(partners), len(others)) < ENOUGH:
        return _named(LikenessTables("", len(partners)))
    random = np.random.default_rng(seed)
    # Of a million others a sample says as much, and fits into memory with all traits.
    rows = np.sort(
        np.concatenate(
            [partners, random.choice(others, min(len(others), _MOST_OTHERS), replace=False)]
        )
    )
    names, design = _find_traits(firms, best, rows, today)
    is_best = best[rows]
    partners, others = np.flatnonzero(is_best), np.flatnonzero(~is_best)
    total = np.zeros(design.shape[1])
    for _ in range(_BAGS):
        seen = np.concatenate(
            [
                random.choice(partners, int(len(partners) * 0.8), replace=False),
                random.choice(others, min(len(others) // 2, 2 * len(partners)), replace=False),
            ]
        )
        fitted = fit_straight(
            design[seen], np.zeros(len(seen)), is_best[seen].astype(np.float64), np.ones(len(seen))
        )
        total += fitted.weights
    weights = np.rint(total / _BAGS * MILLIONTHS).astype(np.int64)
    sums = design.astype(np.int64) @ weights
    found: dict[str, dict[str, int]] = {kind: {} for kind in ("country", "people", "years", "does")}
    for (kind, word), weight in zip(names, weights.tolist(), strict=True):
        if weight:
            found[kind][word] = weight
    none_at, full_at = (int(np.median(sums[group])) for group in (others, partners))
    if full_at <= none_at:
        # Nothing tells the partners from the others: nobody has any of it.
        none_at, full_at, found = 0, 1, {kind: {} for kind in found}
    return _named(LikenessTables("", len(partners), **found, none_at=none_at, full_at=full_at))


def _find_traits(
    firms: FirmColumns, best: Mask, rows: Ints, today: date
) -> tuple[list[tuple[str, str]], Floats]:
    """Return the traits (kind, word) that enough firms have for a weight to mean something, and who has them.

    The second is `rows` × traits, of 0 and 1.
    """
    names: list[tuple[str, str]] = []
    columns: list[Floats] = []
    least = max(_LEAST_WITH, len(firms) // 500)

    def take(kind: str, word: str, marked: Mask) -> None:
        if marked[best].sum() >= _LEAST_WITH or marked.sum() >= least:
            names.append((kind, word))
            columns.append(marked[rows].astype(np.float64))

    for kind, codes, words in trait_columns(firms, today):
        counts = np.bincount(codes[codes >= 0], minlength=len(words))
        for code in np.argsort(-counts, kind="stable")[:_MOST_TRAITS].tolist():
            take(kind, words[code], codes == code)
    vocabulary = firms.specialties.vocabulary
    counts = np.bincount(firms.specialties.codes, minlength=len(vocabulary))
    tags = [
        vocabulary[code]
        for code in np.argsort(-counts, kind="stable")[:_MOST_TRAITS].tolist()
        if words_of(vocabulary[code])
    ]
    for tag, marked in zip(tags, firms.specialties.marks(groups_of(tags)), strict=True):
        take("does", tag, marked)
    return names, np.column_stack(columns) if columns else np.zeros((len(rows), 0))


def _named(tables: LikenessTables) -> LikenessTables:
    """Return the tables with a version that is the same for the same content."""
    text = json.dumps(tables.to_json(), sort_keys=True, ensure_ascii=False)
    return replace(tables, version=f"alike-{hashlib.sha256(text.encode()).hexdigest()[:12]}")


def partner_lift(table: pd.DataFrame, partner: Mask, prior: Prior, *, seed: int = 0) -> PartnerLift:
    """Measure how well the existing partners are found: by the declared points, and leaving each out in turn.

    `table` holds all firms. Raises `TooFewPartners` below 20.
    """
    from recruit.learning.model import OutcomeModel

    partners = np.flatnonzero(partner)
    if len(partners) < SMALL:
        raise TooFewPartners(
            f"{len(partners)} partners are too few to check a profile by; {SMALL} are the least."
        )
    declared = declared_logit(table, prior)
    random = np.random.default_rng(seed)
    others = np.flatnonzero(~partner)
    against = random.choice(others, min(len(others), _AGAINST), replace=False)
    learned_in = np.zeros(len(partners))
    # One in turn up to 200 partners, in as many groups beyond.
    for group in np.array_split(random.permutation(len(partners)), min(len(partners), LARGE)):
        rest = np.setdiff1d(partners, partners[group])
        seen = np.concatenate([rest, against])
        model = OutcomeModel(prior=prior, max_rounds=0)
        model.fit(table.iloc[seen], partner[seen].astype(np.intp))
        line = np.quantile(model.decision_function(table.iloc[others]), 1 - _TOP)
        learned_in[group] = model.decision_function(table.iloc[partners[group]]) > line
    line = np.quantile(declared[others], 1 - _TOP)
    at_line = declared[others] == line
    # Ties at the line share what is left of the best tenth.
    share = (_TOP - (declared[others] > line).mean()) / max(at_line.mean(), 1e-12)
    declared_in = (declared[partners] > line) + share * (declared[partners] == line)
    return PartnerLift(
        partners=len(partners),
        firms=len(table),
        declared=_lift(declared_in.astype(np.float64), random),
        learned=_lift(learned_in, random),
    )


def _lift(caught: Floats, random: np.random.Generator) -> Interval:
    again = random.choice(caught, (_RESAMPLES, len(caught))).mean(axis=1) / _TOP
    low, high = np.quantile(again, [0.025, 0.975])
    return Interval(float(caught.mean() / _TOP), float(low), float(high))
