"""What programs read of the pipeline: lists by keyset, newest ids first, and what a change means to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Select, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm, FirmMember
from recruit.hooks.values import Happening, HookEvent
from recruit.insights.api_words import (
    ApiCandidate,
    ApiCertificate,
    ApiContact,
    ApiFirm,
    ApiFirmDetail,
    ApiPartner,
    ApiPlace,
    ApiRange,
    ApiReason,
    ApiReply,
    ApiScore,
    ApiSighting,
)
from recruit.insights.firm import FirmMoved, FirmPage, firm_page
from recruit.insights.profiles import find_current_profile
from recruit.insights.standing import ProspectState, join_state, last_enrollments, state_case
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.progress import StepState, list_steps, state_and_since
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.usecases import gather_many
from recruit.onboarding.values import CandidateStatus
from recruit.scoring.tables import Score
from recruit.sequences.tables import Reply
from recruit.sequences.values import InboundKind
from recruit.sourcing.tables import SourceRecord


class NotThere(LookupError):
    """There is nothing with this id that programs may read."""


def list_api_firms(
    tx: Transaction, *, before_id: int | None, limit: int, updated_since: datetime | None = None
) -> list[ApiFirm]:
    """Return firms, the newest first; `updated_since` leaves out what has not changed from then on."""
    query = _firms(tx).order_by(Firm.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Firm.id < before_id)
    if updated_since is not None:
        query = query.where(Firm.updated_at >= updated_since)
    return [
        ApiFirm(
            id=row.Firm.id,
            name=row.Firm.name,
            domain=row.Firm.domain,
            place=ApiPlace(row.Firm.city, row.Firm.region, row.Firm.country),
            size=ApiRange(row.Firm.employees_low, row.Firm.employees_high),
            score=_score(row.Score),
            stage=ProspectState(row.state),
            tags=list(row.Firm.tags or ()),
            updated_at=row.Firm.updated_at,
        )
        for row in tx.session.execute(query)
    ]


def _firms(tx: Transaction) -> Select[Firm, Score, str]:
    profile = find_current_profile(tx)
    version_id = profile.version_id if profile else 0
    scored = Firm.__table__.outerjoin(
        Score, (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id)
    )
    return (
        select(Firm, Score, state_case().label("state"))
        .select_from(join_state(scored, last_enrollments()))
        .where(Firm.merged_into_id.is_(None))
    )


def _score(score: Score | None) -> ApiScore | None:
    return ApiScore(score.total, score.low, score.high, score.rank) if score else None


def read_api_firm(tx: Transaction, firm_id: int) -> ApiFirmDetail:
    """Return a firm; an id that was merged leads to the firm that it became. Raises `NotThere`."""
    firm = tx.session.get(Firm, firm_id)
    while firm is not None and firm.merged_into_id is not None:
        firm = tx.session.get(Firm, firm.merged_into_id)
    if firm is None:
        raise NotThere
    try:
        page = firm_page(tx, firm.id)
    except (FirmMoved, LookupError) as error:
        raise NotThere from error
    return _detail(firm, page)


def _detail(firm: Firm, page: FirmPage) -> ApiFirmDetail:
    score = page.score
    return ApiFirmDetail(
        id=page.firm_id,
        name=page.name,
        domain=page.domain,
        place=ApiPlace(page.city, firm.region, page.country),
        size=ApiRange(*page.employees),
        score=ApiScore(score.total, score.low, score.high, score.rank) if score else None,
        stage=page.state,
        tags=list(firm.tags or ()),
        updated_at=firm.updated_at,
        website=page.website,
        founded=ApiRange(*page.founded),
        specialties=list(page.specialties),
        reasons=[ApiReason(r.points, r.most, r.sentence) for r in score.reasons] if score else [],
        contacts=[
            ApiContact(c.email, c.name, c.job_title, c.is_role_address, c.origin)
            for c in page.contacts
        ],
        candidate_id=page.candidate.candidate_id if page.candidate else None,
        partner_id=page.partner_id,
    )


def list_api_partners(tx: Transaction, *, before_id: int | None, limit: int) -> list[ApiPartner]:
    """Return partners, the newest first, also those that have left."""
    query = select(Partner.id).order_by(Partner.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Partner.id < before_id)
    ids = list(tx.session.scalars(query))
    found = gather_many(tx, partner_ids=ids) if ids else {}
    return [_partner(found[partner_id], tx.now) for partner_id in ids if partner_id in found]


def read_api_partner(tx: Transaction, partner_id: int) -> ApiPartner:
    """Return a partner; raises `NotThere`."""
    found = gather_many(tx, partner_ids=[partner_id])
    if partner_id not in found:
        raise NotThere
    return _partner(found[partner_id], tx.now)


def _partner(evidence: Evidence, now: datetime) -> ApiPartner:
    state, since = state_and_since(evidence, now)
    held = [
        ApiCertificate(c.serial, c.course_key, member.name, c.valid_until)
        for member in evidence.members
        for c in member.certificates
        if c.is_valid(now)
    ]
    open_steps = (StepState.NEXT, StepState.LAPSED)
    return ApiPartner(
        id=evidence.partner_id,
        firm_id=evidence.firm_id,
        name=evidence.company_name,
        state=state,
        since=since,
        accepted_at=evidence.accepted_at,
        missing=[]
        if evidence.left_at is not None
        else [s.step.title for s in list_steps(evidence, now) if s.state in open_steps],
        certified_people=sum(
            any(c.is_valid(now) for c in member.certificates) for member in evidence.members
        ),
        certificates=held,
    )


def list_api_replies(tx: Transaction, *, before_id: int | None, limit: int) -> list[ApiReply]:
    """Return mails that came in, the newest first; copies of our own are left out."""
    query = (
        select(Reply).where(Reply.kind != InboundKind.OWN).order_by(Reply.id.desc()).limit(limit)
    )
    if before_id is not None:
        query = query.where(Reply.id < before_id)
    return [
        ApiReply(
            id=reply.id,
            firm_id=reply.firm_id,
            received_at=reply.received_at,
            from_address=reply.from_address,
            subject=reply.subject,
            text=reply.text,
            kind=reply.kind,
            mood=reply.mood,
            mood_confirmed=reply.mood_confirmed_by is not None,
        )
        for reply in tx.session.scalars(query)
    ]


def list_api_candidates(
    tx: Transaction, *, before_id: int | None, limit: int
) -> list[ApiCandidate]:
    """Return candidates, the newest first, decided ones too."""
    query = _candidates().order_by(Candidate.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Candidate.id < before_id)
    return [_candidate(row, name) for row, name in tx.session.execute(query)]


def read_api_candidate(tx: Transaction, candidate_id: int) -> ApiCandidate:
    """Return a candidate; raises `NotThere`."""
    found = tx.session.execute(_candidates().where(Candidate.id == candidate_id)).first()
    if found is None:
        raise NotThere
    return _candidate(*found)


def _candidates() -> Select[Candidate, str]:
    return select(Candidate, Firm.name).join(Firm, Firm.id == Candidate.firm_id)


def _candidate(candidate: Candidate, firm_name: str) -> ApiCandidate:
    return ApiCandidate(
        id=candidate.id,
        firm_id=candidate.firm_id,
        firm_name=firm_name,
        status=candidate.status,
        origin=candidate.origin,
        contact_name=candidate.contact_name,
        contact_email=candidate.contact_email,
        created_at=candidate.created_at,
        decided_at=candidate.decided_at,
        decision_reason=candidate.decision_reason,
    )


def read_api_sighting(tx: Transaction, sighting_id: int, *, source_id: int | None) -> ApiSighting:
    """Return what a program told of a firm, of the source that programs tell; raises `NotThere`."""
    row = tx.session.execute(
        select(SourceRecord, FirmMember.firm_id)
        .outerjoin(FirmMember, FirmMember.source_record_id == SourceRecord.id)
        .where(SourceRecord.id == sighting_id, SourceRecord.source_id == source_id)
    ).first()
    if row is None:
        raise NotThere
    record, firm_id = row
    return ApiSighting(record.id, record.record_id, firm_id, record.last_seen_at)


def describe_changes(
    tx: Transaction, firm_ids: Sequence[int], events: Collection[HookEvent]
) -> list[Happening]:
    """Return what changes of these firms mean, of the events that somebody wants to hear of."""
    found: list[Happening] = []
    if HookEvent.FIRM_CHANGED in events:
        rows = tx.session.execute(_firms(tx).where(Firm.id.in_(firm_ids)).order_by(Firm.id))
        found += [
            Happening(HookEvent.FIRM_CHANGED, row.Firm.id, row.state, {
                "firm_id": row.Firm.id,
                "state": row.state,
                "link": f"/api/v1/firms/{row.Firm.id}",
            })
            for row in rows
        ]  # fmt: skip
    if HookEvent.PARTNER_CHANGED in events:
        ids = list(tx.session.scalars(select(Partner.id).where(Partner.firm_id.in_(firm_ids))))
        gathered = gather_many(tx, partner_ids=ids) if ids else {}
        found += [_partner_changed(_partner(gathered[one], tx.now)) for one in sorted(gathered)]
    if HookEvent.CANDIDATE_WAITING in events:
        candidates = tx.session.scalars(
            select(Candidate).where(Candidate.firm_id.in_(firm_ids)).order_by(Candidate.id)
        )
        found += [_candidate_waiting(candidate) for candidate in candidates]
    return found


def _partner_changed(partner: ApiPartner) -> Happening:
    serials = ",".join(sorted(c.serial for c in partner.certificates))
    shape = "|".join([partner.state.value, *partner.missing, serials])
    return Happening(
        HookEvent.PARTNER_CHANGED,
        partner.id,
        sha256(shape.encode()).hexdigest(),
        {
            "partner_id": partner.id,
            "firm_id": partner.firm_id,
            "state": partner.state.value,
            "link": f"/api/v1/partners/{partner.id}",
        },
        once=True,
    )


def _candidate_waiting(candidate: Candidate) -> Happening:
    return Happening(
        HookEvent.CANDIDATE_WAITING,
        candidate.id,
        candidate.status.value,
        {
            "candidate_id": candidate.id,
            "firm_id": candidate.firm_id,
            "state": candidate.status.value,
            "link": f"/api/v1/candidates/{candidate.id}",
        },
        once=True,
        silent=candidate.status is not CandidateStatus.WAITING,
    )
