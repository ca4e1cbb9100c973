"""The lines of the ranked list: what the database says of a page of firms, and why each stands where it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms.values import FirmView
from recruit.insights.models import list_chances
from recruit.insights.profiles import ProfileLine
from recruit.insights.standing import ProspectState
from recruit.scoring.cards import definition_of, overrides_of
from recruit.scoring.override_store import list_overrides
from recruit.scoring.points import score_firm, top_reason
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.values import Override, OverrideKind, Standing


@dataclass(frozen=True)
class ProspectRow:
    """One line of the list."""

    firm_id: int
    rank: int | None
    name: str
    domain: str | None
    city: str | None
    country: str | None
    employees_low: int | None
    employees_high: int | None
    founded_low: int | None
    founded_high: int | None
    specialties: tuple[str, ...]
    total: float
    low: float
    high: float
    most: float
    why: str
    state: ProspectState
    has_contact: bool
    # Who pinned it, until when and why; empty where nobody did.
    pinned: str
    # How likely it is by the model in use, None where none is or the firm is newer than its last look.
    chance: float | None


def read_rows(
    tx: Transaction, profile: ProfileLine, rows: Sequence[Any]
) -> tuple[ProspectRow, ...]:
    """Return the rows of a page, each with the sentence that says most of its score.

    Of the firms that people look at first it was written down; of the others it is worked out here.
    """
    if not rows:
        return ()
    definition = definition_of(profile, profile.ranking, profile.name)
    firm_ids = [row.id for row in rows]
    given = (
        list_overrides(tx, profile.profile_id, firm_ids=firm_ids) if profile.is_overridden else []
    )
    chances = list_chances(tx, profile.profile_id, firm_ids) if profile.foretold else {}
    return tuple(
        _row(row, definition, overrides_of(given, row.id), chances.get(row.id)) for row in rows
    )


def _row(
    row: Any, definition: ProfileDefinition, overrides: list[Override], chance: float | None
) -> ProspectRow:
    left_out = row.standing is not Standing.RANKED
    why = None if left_out else row.why
    if why is None:
        card = score_firm(view_of(row), definition, row.scored_at.date(), overrides)
        # What was left out then may fit by now, until the next ranking.
        why = card.standing_reason or row.standing_reason if left_out else top_reason(card.reasons)
    pinned = next((o for o in overrides if o.kind is OverrideKind.PIN), None)
    return ProspectRow(
        firm_id=row.id,
        rank=row.rank,
        name=row.name,
        domain=row.domain,
        city=row.city,
        country=row.country,
        employees_low=row.employees_low,
        employees_high=row.employees_high,
        founded_low=row.founded_low,
        founded_high=row.founded_high,
        specialties=tuple(row.specialties),
        total=row.total,
        low=row.low,
        high=row.high,
        most=definition.most,
        why=why,
        state=ProspectState(row.state),
        has_contact=bool(row.has_contact),
        pinned=pinned.sentence if pinned and not left_out else "",
        chance=chance,
    )


def view_of(row: Any) -> FirmView:
    """Return a row of the list's statement as the rules see a firm; where it was read is left out."""
    return FirmView(
        id=row.id, version=row.version, name=row.name, domain=row.domain, website=row.website,
        country=row.country, region=row.region, city=row.city, latitude=row.latitude,
        longitude=row.longitude, employees_low=row.employees_low,
        employees_high=row.employees_high, founded_low=row.founded_low,
        founded_high=row.founded_high, revenue_low=row.revenue_low, revenue_high=row.revenue_high,
        specialties=tuple(row.specialties),
        certifications=tuple(row.certifications), partnerships=tuple(row.partnerships),
        tags=tuple(row.tags or ()),
    )  # fmt: skip
