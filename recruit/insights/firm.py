"""All that is known of one firm, gathered from every stage: for its page and for the side panel.

A page costs the same number of queries whatever the firm has been through.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_former_names, list_relatives
from recruit.firms.history import HistoryLine, list_history
from recruit.firms.listed import list_tags_of
from recruit.firms.lists import ListedLine
from recruit.firms.tables import Contact, Firm, FirmMember
from recruit.insights.conversation import Conversation, read_conversation
from recruit.insights.locations import LocationLine, location_lines
from recruit.insights.models import FirmChance, find_firm_chance
from recruit.insights.profiles import ProfileLine, find_current_profile
from recruit.insights.provenance import FactLine, fact_lines
from recruit.insights.standing import (
    ProspectState,
    join_state,
    last_enrollments,
    state_case,
)
from recruit.insights.stated import StatedValue, stated_values
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.values import CandidateStatus
from recruit.scoring.cards import card_of
from recruit.scoring.tables import Score
from recruit.scoring.usecases import OverrideLine, list_decisions
from recruit.scoring.values import Reason, Standing
from recruit.sourcing.tables import Source, SourceRecord
from recruit.sync.tables import CrmFact, CrmLink


class FirmNotFound(LookupError):
    """There is no firm with this id."""


class FirmMoved(LookupError):
    """The firm was merged into another; `into` is its id."""

    def __init__(self, into: int) -> None:
        """Keep the id of the firm that it is part of now."""
        super().__init__(f"This firm is part of firm {into} now.")
        self.into = into


@dataclass(frozen=True)
class ContactLine:
    """A person or role address at the firm."""

    contact_id: int
    email: str
    name: str | None
    job_title: str | None
    is_role_address: bool
    origin: str


@dataclass(frozen=True)
class SightingLine:
    """One sighting that the firm is made of, and why it is thought to be the same firm.

    `source_record_id` is our id of it, `record_id` the source's own.
    """

    source_record_id: int
    source: str
    record_id: str
    url: str | None
    name: str
    first_seen_at: datetime
    last_seen_at: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True)
class ScoreLine:
    """The firm's place against a profile version; `reasons` add up to `total`."""

    standing: Standing
    standing_reason: str
    rank: int | None
    total: float
    low: float
    high: float
    reasons: tuple[Reason, ...]
    scored_at: datetime
    stale: bool
    firm_version: int
    model_version: str | None

    @property
    def most(self) -> float:
        """Return the points that a perfect firm would have."""
        return sum(reason.most for reason in self.reasons) or 100


@dataclass(frozen=True)
class Relative:
    """A firm that owns this one, or that it owns."""

    firm_id: int
    name: str


@dataclass(frozen=True)
class CandidateLine:
    """What was decided of the firm as a partner."""

    candidate_id: int
    status: CandidateStatus
    origin: str
    contact_name: str
    contact_email: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str
    decision_reason: str


@dataclass(frozen=True)
class FirmPage:
    """Everything that a firm's page shows."""

    firm_id: int
    name: str
    domain: str | None
    website: str | None
    city: str | None
    country: str | None
    employees: tuple[int | None, int | None]
    founded: tuple[int | None, int | None]
    specialties: tuple[str, ...]
    state: ProspectState
    created_at: datetime
    # What lists and the CRM call it, with the lists' names; and the firms that it belongs to or owns.
    tags: tuple[ListedLine, ...]
    former_names: tuple[str, ...]
    parent: Relative | None
    subsidiaries: tuple[Relative, ...]
    facts: tuple[FactLine, ...]
    # Field -> all that sightings state of it.
    stated: dict[str, tuple[StatedValue, ...]]
    locations: tuple[LocationLine, ...]
    contacts: tuple[ContactLine, ...]
    sightings: tuple[SightingLine, ...]
    profile: ProfileLine | None
    score: ScoreLine | None
    chance: FirmChance | None
    decisions: tuple[OverrideLine, ...]
    conversation: Conversation
    candidate: CandidateLine | None
    partner_id: int | None
    changes: tuple[HistoryLine, ...]
    crm_id: str | None
    crm_synced_at: datetime | None
    crm_facts: dict[str, Any]


def firm_page(tx: Transaction, firm_id: int, *, profile_name: str | None = None) -> FirmPage:
    """Return a firm's page; raises FirmNotFound, or FirmMoved after a merge."""
    session = tx.session
    profile = find_current_profile(tx, profile_name)
    version_id = profile.version_id if profile else 0
    last = last_enrollments()
    base = join_state(
        Firm.__table__.outerjoin(
            Score, (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id)
        ),
        last,
    )
    row = session.execute(
        select(Firm, Score, Candidate, Partner, state_case().label("state"))
        .select_from(base)
        .where(Firm.id == firm_id)
    ).first()
    if row is None:
        raise FirmNotFound(f"There is no firm with the id {firm_id}.")
    firm: Firm = row.Firm
    if firm.merged_into_id is not None:
        raise FirmMoved(firm.merged_into_id)
    sightings, names, stated, locations = _sightings(tx, firm_id)
    parent, subsidiaries = list_relatives(tx, firm_id)
    link = session.execute(
        select(CrmLink.crm_id, CrmLink.synced_at, CrmFact.facts)
        .select_from(Firm)
        .outerjoin(CrmLink, (CrmLink.object_type == "firm") & (CrmLink.object_id == Firm.id))
        .outerjoin(CrmFact, CrmFact.firm_id == Firm.id)
        .where(Firm.id == firm_id)
    ).one()
    return FirmPage(
        firm_id=firm.id,
        name=firm.name,
        domain=firm.domain,
        website=firm.website,
        city=firm.city,
        country=firm.country,
        employees=(firm.employees_low, firm.employees_high),
        founded=(firm.founded_low, firm.founded_high),
        specialties=tuple(firm.specialties),
        state=ProspectState(row.state),
        created_at=firm.created_at,
        tags=tuple(list_tags_of(tx, firm_id)),
        former_names=tuple(list_former_names(tx, firm_id)),
        parent=Relative(parent.id, parent.name) if parent else None,
        subsidiaries=tuple(Relative(child.id, child.name) for child in subsidiaries),
        facts=fact_lines(firm, names),
        stated=stated,
        locations=locations,
        contacts=_contacts(tx, firm_id),
        sightings=sightings,
        profile=profile,
        score=_score(tx, row.Score, firm, profile),
        chance=find_firm_chance(tx, profile, firm.id) if profile else None,
        decisions=tuple(
            list_decisions(tx, profile_name=profile.name, firm_id=firm.id, standing=False)
            if profile
            else ()
        ),
        conversation=read_conversation(tx, firm_id),
        candidate=_candidate(row.Candidate),
        partner_id=row.Partner.id if row.Partner else None,
        changes=tuple(list_history(tx, firm_id)),
        crm_id=link.crm_id,
        crm_synced_at=link.synced_at,
        crm_facts=link.facts or {},
    )


def _score(
    tx: Transaction, score: Score | None, firm: Firm, profile: ProfileLine | None
) -> ScoreLine | None:
    if score is None:
        return None
    card = card_of(tx, score, firm)
    return ScoreLine(
        standing=card.standing,
        standing_reason=card.standing_reason,
        rank=score.rank,
        total=card.total,
        low=card.low,
        high=card.high,
        reasons=card.reasons,
        scored_at=score.scored_at,
        stale=score.firm_version != firm.version,
        firm_version=card.firm_version,
        model_version=profile.ranking.model_version if profile and profile.ranking else None,
    )


def _candidate(candidate: Candidate | None) -> CandidateLine | None:
    if candidate is None:
        return None
    return CandidateLine(
        candidate_id=candidate.id,
        status=candidate.status,
        origin=candidate.origin.value,
        contact_name=candidate.contact_name,
        contact_email=candidate.contact_email,
        created_at=candidate.created_at,
        decided_at=candidate.decided_at,
        decided_by=candidate.decided_by,
        decision_reason=candidate.decision_reason,
    )


def _contacts(tx: Transaction, firm_id: int) -> tuple[ContactLine, ...]:
    rows = tx.session.scalars(
        select(Contact)
        .where(Contact.firm_id == firm_id)
        .order_by(Contact.is_role_address, Contact.id)
    )
    return tuple(
        ContactLine(c.id, c.email, c.name, c.job_title, c.is_role_address, c.origin) for c in rows
    )


def _sightings(
    tx: Transaction, firm_id: int
) -> tuple[
    tuple[SightingLine, ...],
    dict[int, tuple[str, str | None]],
    dict[str, tuple[StatedValue, ...]],
    tuple[LocationLine, ...],
]:
    rows = tx.session.execute(
        select(SourceRecord, FirmMember, Source.title)
        .join(FirmMember, FirmMember.source_record_id == SourceRecord.id)
        .join(Source, Source.id == SourceRecord.source_id)
        .where(FirmMember.firm_id == firm_id)
        .order_by(FirmMember.joined_at, SourceRecord.id)
    ).all()
    lines = tuple(
        SightingLine(
            source_record_id=record.id,
            source=title,
            record_id=record.record_id,
            url=record.url,
            name=_stated_name(record.facts),
            first_seen_at=record.first_seen_at,
            last_seen_at=record.last_seen_at,
            evidence=member.evidence,
        )
        for record, member, title in rows
    )
    names = {record.id: (title, record.url) for record, _member, title in rows}
    records = [(record, title) for record, _, title in rows]
    return lines, names, stated_values(records), location_lines(records)


def _stated_name(facts: list[Any]) -> str:
    return next((str(fact["text"]) for fact in facts if fact.get("field") == "name"), "")
