"""What people do with models: train one, put it in use, take it back, report outcomes, draw a batch."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import numpy as np

from recruit.audit import usecases as audit
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.learning.chances import refresh_chances
from recruit.learning.exploration import Chosen, Option, choose_with_exploration
from recruit.learning.features import columns_features, declared_prior
from recruit.learning.likeness import PartnerLift, partner_lift
from recruit.learning.outcomes import Gathered, gather_outcomes
from recruit.learning.promotion import why_not
from recruit.learning.proposals import Proposal, apply_proposals, propose_points
from recruit.learning.record import ModelRecord
from recruit.learning.registry import Event, ModelRefused, Models
from recruit.learning.store import (
    add_draws,
    find_reported,
    list_partner_ids,
    list_scores,
)
from recruit.learning.tables import ReportedOutcome
from recruit.learning.training import Rows, Trained, train
from recruit.learning.values import FATE_WORDS, REPORTED, Stage, Training
from recruit.learning.weighing import read_profile, read_profile_and_firms
from recruit.people.values import SYSTEM
from recruit.scoring.store import get_latest_version
from recruit.scoring.usecases import find_firm_by_text, get_profile, save_profile

OpenTx = Callable[[], AbstractContextManager[Transaction]]


class OutcomeRefused(ValueError):
    """An outcome that cannot be reported; the message says why."""


def train_on_outcomes(
    open_tx: OpenTx, models: Models, *, training: Training, now: datetime, actor: str = SYSTEM.name
) -> Trained:
    """Gather a profile's outcomes and train a model of them; `models.add` keeps it.

    Raises `TooFewRows` where there are too few outcomes, and what scoring raises of profiles.
    """
    with open_tx() as tx:
        profile = read_profile(tx, training.profile_name)
        version = get_latest_version(tx, training.profile_name)
        gathered = gather_outcomes(tx, profile, training)
    return train(
        as_rows(gathered, training),
        prior=declared_prior(profile),
        profile=profile.name,
        profile_version=version.number,
        parent=models.current(profile.name) or "",
        by=actor,
        now=now,
        limits=_limits(training),
    )


def as_rows(gathered: Gathered, training: Training) -> Rows:
    """Return gathered outcomes as rows to train on, with what was left out of them."""
    left_out = [
        (f"{gathered.fates[fate]:,} firms", because)
        for fate, because in FATE_WORDS.items()
        if gathered.fates.get(fate)
    ]
    return Rows(
        features=gathered.features,
        y=gathered.y,
        source=f"firms contacted under all profiles, scored by “{training.profile_name}” as of their contact",
        outcome=training.title,
        asked=training.to_json(),
        at=gathered.at,
        known_at=gathered.known_at,
        left_out=(*left_out, ("tags", "what we call a firm follows from its outcome")),
    )


def _limits(training: Training) -> tuple[str, ...]:
    found = ["Only firms that somebody chose to write to have outcomes; others may be unlike them."]
    if training.stage in REPORTED:
        found.append("A deal or revenue that nobody reported counts as none.")
    return tuple(found)


def promote_model(
    tx: Transaction, models: Models, *, name: str, because: str, actor: str = SYSTEM.name
) -> Event:
    """Put a model in use for its profile; raises `ModelRefused` where it may not be.

    Chances of all firms are computed anew.
    """
    record = models.get(name)
    models.tables(name)
    if not record.profile:
        raise ModelRefused(f"{name} was trained on a table, not for a profile; it ranks no firms.")
    if not because.strip():
        raise ModelRefused("Say why the model is put in use, for those who will ask later.")
    profile = get_profile(tx, profile_name=record.profile)
    current = models.current(record.profile)
    if current == name:
        raise ModelRefused(f"{name} is in use already.")
    in_use = _find_record(models, current)
    if reason := why_not(record, profile, in_use):
        raise ModelRefused(reason)
    event = models.use(
        record.profile, name, what="promoted", by=actor, because=because.strip(), at=tx.now
    )
    audit.record(
        tx,
        Deed.MODEL_PROMOTED,
        "profile",
        record.profile,
        actor=actor,
        model=name,
        because=because.strip(),
    )
    refresh_chances(tx, models, profile_name=record.profile)
    return event


def rollback_model(
    tx: Transaction, models: Models, *, profile_name: str, because: str, actor: str = SYSTEM.name
) -> Event:
    """Put back what was in use before the model in use: an earlier model, or the points alone."""
    current = models.current(profile_name)
    if current is None:
        raise ModelRefused(f'No model is in use for "{profile_name}"; its points decide alone.')
    if not because.strip():
        raise ModelRefused("Say why the model is taken back, for those who will ask later.")
    before = models.before_current(profile_name)
    if before is not None and models.problems(before):
        before = None
    event = models.use(
        profile_name, before, what="rolled back", by=actor, because=because.strip(), at=tx.now
    )
    audit.record(
        tx,
        Deed.MODEL_TAKEN_BACK,
        "profile",
        profile_name,
        actor=actor,
        model=current,
        because=because.strip(),
    )
    refresh_chances(tx, models, profile_name=profile_name)
    return event


def _find_record(models: Models, name: str | None) -> ModelRecord | None:
    try:
        return models.get(name) if name else None
    except ModelRefused:
        # A model in use that is gone must not keep a sound one out.
        return None


def report_outcome(
    tx: Transaction,
    *,
    firm: str,
    stage: Stage,
    at: datetime,
    amount: float | None = None,
    source: str,
    actor: str = SYSTEM.name,
) -> bool:
    """Keep a deal or revenue that another system knows of; False where it was known already.

    `firm` is an id, a domain or an exact name. Raises `OutcomeRefused` and scoring's `FirmNotFound`.
    """
    if stage not in REPORTED:
        raise OutcomeRefused(
            f'"{stage.value}" is known from our own records; report {" or ".join(REPORTED)}.'
        )
    if at > tx.now:
        raise OutcomeRefused(f"{at.date()} has not come yet.")
    if amount is not None and not np.isfinite(amount):
        raise OutcomeRefused("The amount is not a number.")
    found = find_firm_by_text(tx, text=firm)
    known = find_reported(tx, found.id, stage, at)
    if known is not None:
        known.amount = amount if amount is not None else known.amount
        return False
    tx.session.add(
        ReportedOutcome(
            firm_id=found.id,
            stage=stage,
            at=at,
            amount=amount,
            source=source,
            reported_at=tx.now,
            reported_by=actor,
        )
    )
    tx.session.flush()
    return True


def draw_batch(
    tx: Transaction,
    *,
    profile_name: str,
    size: int,
    share: float,
    seed: int,
    actor: str = SYSTEM.name,
) -> tuple[str, tuple[Chosen, ...]]:
    """Choose firms to write to from a profile's ranking, a share of them uncertain ones; keep how.

    Returns the batch's name with the firms. Raises `ShareRefused` and what scoring raises of profiles.
    """
    version = get_latest_version(tx, profile_name)
    options = [Option(*row) for row in list_scores(tx, version)]
    chosen = choose_with_exploration(options, size, share=share, seed=seed)
    batch = f"{profile_name[:20]}-{tx.now:%Y%m%dT%H%M%S%f}"
    add_draws(
        tx,
        [
            {
                "batch": batch,
                "profile_version_id": version.id,
                "firm_id": one.firm_id,
                "propensity": one.propensity,
                "explored": one.explored,
                "share": share,
                "seed": seed,
                "drawn_at": tx.now,
                "drawn_by": actor,
            }
            for one in chosen
        ],
    )
    return batch, chosen


def check_partners(tx: Transaction, *, profile_name: str) -> PartnerLift:
    """Measure how well a profile finds the partners there are; raises `TooFewPartners`."""
    profile, firms = read_profile_and_firms(tx, profile_name)
    partners = np.array(sorted(list_partner_ids(tx)), dtype=np.int64)
    table = columns_features(firms, profile, tx.now.date())
    return partner_lift(table, np.isin(firms.ids, partners), declared_prior(profile))


def list_proposals(tx: Transaction, models: Models, *, name: str) -> tuple[Proposal, ...]:
    """Return the points that a model's outcomes propose for its profile."""
    record = models.get(name)
    if not record.profile:
        return ()
    return propose_points(record, models.tables(name), get_profile(tx, profile_name=record.profile))


def accept_proposals(
    tx: Transaction,
    models: Models,
    *,
    name: str,
    criteria: set[str],
    actor: str = SYSTEM.name,
) -> int:
    """Save a profile's new version with the proposed points of these criteria; return its number."""
    proposals = list_proposals(tx, models, name=name)
    proposed = {p.criterion for p in proposals}
    if not criteria or criteria - proposed:
        asked = ", ".join(sorted(criteria - proposed)) or "nothing"
        raise ModelRefused(f"{name} proposes no new points for {asked}.")
    profile = get_profile(tx, profile_name=models.get(name).profile)
    definition = apply_proposals(profile.source, proposals, criteria)
    return save_profile(tx, definition=definition, actor=actor).number
