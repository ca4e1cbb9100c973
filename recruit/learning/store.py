"""The queries of learning: chances, reported outcomes, drawn batches, and what decides about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.firms.values import FirmTag
from recruit.learning.tables import Chance, Draw, ModelWatch, ReportedOutcome
from recruit.onboarding.tables import Award, Partner
from recruit.scoring.tables import Profile, ProfileVersion, Score

_BATCH = 1000


def replace_chances(tx: Transaction, profile_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Put `rows` (columns of `Chance`) in the place of all chances of that profile."""
    # Two refreshes at a time would each insert what the other has not deleted yet.
    tx.session.execute(select(Profile.id).where(Profile.id == profile_id).with_for_update())
    tx.session.execute(delete(Chance).where(Chance.profile_id == profile_id))
    for start in range(0, len(rows), _BATCH):
        tx.session.execute(insert(Chance), rows[start : start + _BATCH])


def replace_watch(tx: Transaction, profile_id: int, watch: ModelWatch | None) -> None:
    """Put what is watched of a profile's model in the place of what was; None where no model is in use."""
    tx.session.execute(delete(ModelWatch).where(ModelWatch.profile_id == profile_id))
    if watch is not None:
        tx.session.add(watch)
        tx.session.flush()


def find_chances_state(tx: Transaction, profile_id: int) -> tuple[str, datetime] | None:
    """Return by which model and when the chances of a profile were computed; None where there are none."""
    row = tx.session.execute(
        select(Chance.model, Chance.scored_at).where(Chance.profile_id == profile_id).limit(1)
    ).first()
    return None if row is None else (row.model, row.scored_at)


def newest_firm_change(tx: Transaction) -> datetime | None:
    """Return when a firm's record last changed."""
    return tx.session.scalar(select(func.max(Firm.updated_at)))


def list_partner_ids(tx: Transaction) -> set[int]:
    """Return the firms that are partners: by their own row, or by what a list or the CRM says."""
    found = set(tx.session.scalars(select(Partner.firm_id).where(Partner.left_at.is_(None))))
    tagged = tx.session.execute(select(Firm.id, Firm.tags).where(Firm.merged_into_id.is_(None)))
    return found | {firm_id for firm_id, tags in tagged if FirmTag.PARTNER in (tags or ())}


def list_best_partner_ids(tx: Transaction, enough: int) -> set[int]:
    """Return the partners that others should resemble: those with a deal, else those certified, else all.

    The first group that is large enough counts, since likeness to too few means nothing.
    """
    partners = list_partner_ids(tx)
    selling = set(tx.session.scalars(select(ReportedOutcome.firm_id).distinct()))
    certified = set(
        tx.session.scalars(
            select(Partner.firm_id).join(Award, Award.partner_id == Partner.id).distinct()
        )
    )
    for group in (selling & partners, (certified | selling) & partners):
        if len(group) >= enough:
            return group
    return partners


def find_profile_id(tx: Transaction, name: str) -> int | None:
    """Return the id of the profile of that name."""
    return tx.session.scalar(select(Profile.id).where(Profile.name == name))


def list_scores(tx: Transaction, version: ProfileVersion) -> list[tuple[int, float, float, float]]:
    """Return (firm id, total, low, high) of every firm that takes part in a version's ranking."""
    rows = tx.session.execute(
        select(Score.firm_id, Score.total, Score.low, Score.high)
        .where(Score.profile_version_id == version.id, Score.rank.is_not(None))
        .order_by(Score.rank)
    )
    return [(firm_id, total, low, high) for firm_id, total, low, high in rows]


def add_draws(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Keep a drawn batch."""
    for start in range(0, len(rows), _BATCH):
        tx.session.execute(insert(Draw), rows[start : start + _BATCH])


def find_reported(
    tx: Transaction, firm_id: int, stage: str, at: datetime
) -> ReportedOutcome | None:
    """Return the outcome that was reported of a firm for that stage and moment."""
    return tx.session.scalar(
        select(ReportedOutcome).where(
            ReportedOutcome.firm_id == firm_id,
            ReportedOutcome.stage == stage,
            ReportedOutcome.at == at,
        )
    )
