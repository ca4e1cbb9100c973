"""Chances: what the model in use says of every firm, kept beside the points; and why, firm by firm."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.db.transaction import Transaction
from recruit.firms.store import get_firm
from recruit.firms.views import firm_view
from recruit.learning.calibration import WINDOW, Sigmoid, fit_sigmoid
from recruit.learning.drift import Drift, measure_drift
from recruit.learning.features import columns_features, features_table, firm_features
from recruit.learning.outcomes import Gathered, features_since, gather_outcomes
from recruit.learning.record import ModelRecord
from recruit.learning.registry import ModelRefused, Models
from recruit.learning.serving import LookupScorer
from recruit.learning.store import (
    find_chances_state,
    find_profile_id,
    newest_firm_change,
    replace_chances,
    replace_watch,
)
from recruit.learning.tables import ModelWatch
from recruit.learning.values import Training
from recruit.learning.weighing import read_profile, read_profile_and_firms
from recruit.logs import get_logger
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.section import ProfileError

Floats = NDArray[np.float64]

# Sigmoids move with outcomes that mature every day, though no firm changed.
_STALE = timedelta(days=1)


@dataclass(frozen=True)
class ChanceReason:
    """What one column adds: its value in words, and how many logits."""

    column: str
    value: str
    logit: float


@dataclass(frozen=True)
class ChanceCard:
    """A firm's probability with its arithmetic: level + the reasons' logits = `logit`, exactly.

    `probability` is that of the sigmoid of `logit`, by the latest outcomes.
    """

    model: str
    outcome: str
    probability: float
    logit: float
    level: float
    sigmoid: Sigmoid
    reasons: tuple[ChanceReason, ...]
    stands_on: str
    verdict: str


def refresh_chances(tx: Transaction, models: Models, *, profile_name: str) -> int:
    """Compute the chances of all firms by the model in use anew, and what has moved; return how many there are.

    Without a model in use, or with one that is damaged or no longer fits the profile, there are none.
    """
    profile_id = find_profile_id(tx, profile_name)
    if profile_id is None:
        return 0
    name = models.current(profile_name)
    if name is None:
        replace_chances(tx, profile_id, [])
        replace_watch(tx, profile_id, None)
        return 0
    try:
        record = models.get(name)
        scorer = LookupScorer(models.tables(name))
        profile, firms = read_profile_and_firms(tx, profile_name)
        ids, features = firms.ids, columns_features(firms, profile, tx.now.date())
        logit = _score(scorer, features)
        since = _gather_since(tx, record, profile)
        known = _score(scorer, since.features)
    except (ModelRefused, ProfileError, KeyError) as error:
        get_logger("learning").warning("no chances", model=name, error=str(error))
        replace_chances(tx, profile_id, [])
        warning = f"{name} cannot be used: {error}"
        watch = ModelWatch(
            profile_id=profile_id, model=name, drift={}, warnings=[warning], measured_at=tx.now
        )
        replace_watch(tx, profile_id, watch)
        return 0
    probability = _latest_sigmoid(record, known, since.y).probability(logit)
    found = zip(ids.tolist(), logit.tolist(), probability.tolist(), strict=True)
    rows = [
        {
            "profile_id": profile_id,
            "firm_id": firm_id,
            "model": name,
            "logit": one_logit,
            "probability": one,
            "scored_at": tx.now,
        }
        for firm_id, one_logit, one in found
    ]
    replace_chances(tx, profile_id, rows)
    drift = _drift(tx, record, profile, known, since.y)
    watch = ModelWatch(
        profile_id=profile_id,
        model=name,
        outcome=record.outcome,
        outcomes=record.data.rows,
        good=record.data.positives,
        drift=drift.to_json(),
        warnings=list(drift.warnings),
        measured_at=tx.now,
    )
    replace_watch(tx, profile_id, watch)
    return len(rows)


def refresh_stale_chances(tx: Transaction, models: Models) -> list[str]:
    """Compute chances anew for each profile whose firms or model have changed since; return their names."""
    refreshed = []
    changed_at = newest_firm_change(tx)
    for profile_name, model in sorted(models.all_current().items()):
        profile_id = find_profile_id(tx, profile_name)
        if profile_id is None:
            continue
        state = find_chances_state(tx, profile_id)
        fresh = (
            state is not None
            and state[0] == model
            and (changed_at is None or state[1] >= changed_at)
            and tx.now - state[1] < _STALE
        )
        if not fresh and refresh_chances(tx, models, profile_name=profile_name):
            refreshed.append(profile_name)
    return refreshed


def explain_chance(
    tx: Transaction, models: Models, *, profile_name: str, firm_id: int
) -> ChanceCard | None:
    """Return a firm's probability with every reason, by what is known of it now; None without a model.

    Raises `ModelRefused` where the model in use is damaged.
    """
    name = models.current(profile_name)
    if name is None:
        return None
    record = models.get(name)
    scorer = LookupScorer(models.tables(name), threads=1)
    profile = read_profile(tx, profile_name)
    view = firm_view(get_firm(tx, firm_id))
    row = firm_features(view, profile, tx.now.date())
    features = features_table([row], profile)
    try:
        added = scorer.explain(features)[0]
    except KeyError as error:
        raise ModelRefused(f"{name} needs {error}, which the profile no longer has.") from error
    logit = float(scorer.tables.level + added.sum())
    since = _gather_since(tx, record, profile)
    sigmoid = _latest_sigmoid(record, _score(scorer, since.features), since.y)
    reasons = [
        ChanceReason(column.name, _in_words(row[column.name]), float(value))
        for column, value in zip(scorer.tables.columns, added, strict=True)
    ]
    return ChanceCard(
        model=name,
        outcome=record.outcome,
        probability=float(sigmoid.probability(np.array([logit]))[0]),
        logit=logit,
        level=scorer.tables.level,
        sigmoid=sigmoid,
        reasons=tuple(sorted(reasons, key=lambda r: -abs(r.logit))),
        stands_on=record.stands_on,
        verdict=record.verdict.sentence,
    )


def read_drift(tx: Transaction, models: Models, *, name: str) -> Drift:
    """Return what has moved since a model was trained: the firms that are written to, the rate, the error."""
    record = models.get(name)
    profile = read_profile(tx, record.profile)
    scorer = LookupScorer(models.tables(name))
    since = _gather_since(tx, record, profile)
    try:
        known = _score(scorer, since.features)
    except KeyError as error:
        raise ModelRefused(f"{name} needs {error}, which the profile no longer has.") from error
    return _drift(tx, record, profile, known, since.y)


def _drift(
    tx: Transaction, record: ModelRecord, profile: ProfileDefinition, logit: Floats, y: Floats
) -> Drift:
    """Compare with the training what came since: `logit` and `y` are of its known outcomes."""
    latest = slice(-WINDOW, None)
    return measure_drift(
        record.spread,
        features_since(tx, profile, Training.from_json(record.asked), _last_moment(record)),
        rate_then=record.data.positives / record.data.rows,
        probability=record.sigmoid.probability(logit)[latest],
        y=y[latest],
    )


def _gather_since(tx: Transaction, record: ModelRecord, profile: ProfileDefinition) -> Gathered:
    """Return the outcomes that a model was not trained on: of firms contacted after its data's last day."""
    training = Training.from_json(record.asked)
    return gather_outcomes(tx, profile, training, since=_last_moment(record))


def _last_moment(record: ModelRecord) -> datetime:
    return datetime.combine(date.fromisoformat(record.data.last_on), time.max, UTC)


def _latest_sigmoid(record: ModelRecord, logit: Floats, y: Floats) -> Sigmoid:
    """Return the sigmoid of the latest outcomes that the model never saw, drawn to that of its training."""
    latest = slice(-WINDOW, None)
    return fit_sigmoid(logit[latest], y[latest], record.sigmoid)


def _score(scorer: LookupScorer, features: pd.DataFrame) -> Floats:
    return scorer.score(features) if len(features) else np.zeros(0)


def _in_words(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124
        return "not known"
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
