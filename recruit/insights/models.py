"""Models as pages read them: which are in use, what they stand on, and what has moved."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.insights.profiles import Foretold, ProfileLine
from recruit.learning.drift import Drift
from recruit.learning.promotion import why_not
from recruit.learning.proposals import Effect, Proposal, list_effects, propose_points
from recruit.learning.record import ModelRecord
from recruit.learning.registry import Event, ModelRefused, Models
from recruit.learning.tables import Chance, ModelWatch
from recruit.scoring.criteria.look_alike import MILLIONTHS, LikenessTables, say_trait
from recruit.scoring.section import ProfileError
from recruit.scoring.tables import Profile
from recruit.scoring.usecases import get_profile
from recruit.scoring.values import ScoringRefused


@dataclass(frozen=True)
class ModelLine:
    """A model in the list. `problem` says what is wrong with its files, `record` is None where they are gone."""

    name: str
    record: ModelRecord | None
    problem: str
    used_for: str


@dataclass(frozen=True)
class Watched:
    """What is watched of the model in use for a profile."""

    profile: str
    model: str
    drift: Drift | None
    warnings: tuple[str, ...]
    measured_at: datetime


@dataclass(frozen=True)
class ModelPage:
    """One model with what may be done with it. `hindrance` says why it may not be used, if it may not."""

    line: ModelLine
    record: ModelRecord
    hindrance: str
    proposals: tuple[Proposal, ...]
    effects: tuple[Effect, ...]
    watched: Watched | None
    history: tuple[Event, ...]


@dataclass(frozen=True)
class FirmChance:
    """How likely a firm is by the model in use; `foretold` says what, and on how many outcomes."""

    foretold: Foretold
    probability: float
    scored_at: datetime


@dataclass(frozen=True)
class TraitLine:
    """What the best partners have in common: a trait in words, and how many times likelier it makes one."""

    trait: str
    times: float


def list_traits(tables: LikenessTables) -> tuple[TraitLine, ...]:
    """Return what likeness to the best partners is made of, the most telling first."""
    lines = [
        TraitLine(say_trait(kind, word), math.exp(weight / MILLIONTHS))
        for kind in ("country", "people", "years", "does")
        for word, weight in getattr(tables, kind).items()
    ]
    return tuple(sorted(lines, key=lambda line: (-abs(math.log(line.times)), line.trait)))


def list_models(models: Models) -> list[ModelLine]:
    """Return all models, newest first."""
    used_for = {name: profile for profile, name in models.all_current().items()}
    lines = []
    for name in reversed(models.names()):
        try:
            record = models.get(name)
        except ModelRefused:
            record = None
        problem = "; ".join(models.problems(name))
        lines.append(ModelLine(name, record, problem, used_for.get(name, "")))
    return lines


def list_watched(tx: Transaction) -> list[Watched]:
    """Return what is watched of every model in use."""
    rows = tx.session.execute(
        select(Profile.name, ModelWatch)
        .join(Profile, Profile.id == ModelWatch.profile_id)
        .order_by(Profile.name)
    )
    return [
        Watched(
            profile=name,
            model=watch.model,
            drift=Drift.from_json(watch.drift) if watch.drift else None,
            warnings=tuple(watch.warnings),
            measured_at=watch.measured_at,
        )
        for name, watch in rows
    ]


def find_model_page(tx: Transaction, models: Models, name: str) -> ModelPage | None:
    """Return one model's page; None where there is no such model or its record cannot be read."""
    line = next((one for one in list_models(models) if one.name == name), None)
    if line is None or line.record is None:
        return None
    record = line.record
    hindrance, proposals = (line.problem, ()) if line.problem else _may_do(tx, models, record)
    watched = next((w for w in list_watched(tx) if w.model == name), None)
    history = [e for e in models.history() if name in {e.model, e.before}]
    effects = () if line.problem else list_effects(models.tables(name), record.spread)
    return ModelPage(line, record, hindrance, proposals, effects, watched, tuple(reversed(history)))


def _may_do(
    tx: Transaction, models: Models, record: ModelRecord
) -> tuple[str, tuple[Proposal, ...]]:
    if not record.profile:
        return f"{record.name} was trained on a table, not for a profile; it ranks no firms.", ()
    try:
        profile = get_profile(tx, profile_name=record.profile)
    except (ScoringRefused, ProfileError) as error:
        return str(error), ()
    current = models.current(record.profile)
    in_use = None
    if current and not models.problems(current):
        in_use = models.get(current)
    if current == record.name:
        in_use = None
    proposals = propose_points(record, models.tables(record.name), profile)
    return why_not(record, profile, in_use), proposals


def find_firm_chance(tx: Transaction, profile: ProfileLine, firm_id: int) -> FirmChance | None:
    """Return how likely a firm is by the model in use for a profile; None without a model."""
    foretold = profile.foretold
    found = tx.session.get(Chance, (profile.profile_id, firm_id)) if foretold else None
    if foretold is None or found is None:
        return None
    return FirmChance(foretold, found.probability, found.scored_at)


def list_chances(tx: Transaction, profile_id: int, firm_ids: Sequence[int]) -> Mapping[int, float]:
    """Return the probabilities of these firms by the model in use for a profile, where there are any."""
    rows = tx.session.execute(
        select(Chance.firm_id, Chance.probability).where(
            Chance.profile_id == profile_id, Chance.firm_id.in_(firm_ids)
        )
    )
    return {row.firm_id: row.probability for row in rows}
