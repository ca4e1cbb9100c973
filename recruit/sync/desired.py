"""Gather what the CRM should say of a firm now, from the tables as they stand.

An outbox row only says that something changed. What to tell is read here at the moment of telling,
so that a late, doubled or missing row never tells an old story.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from recruit.crm.values import canonical
from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gathering import gather_many
from recruit.onboarding.progress import state_of
from recruit.onboarding.tables import Partner
from recruit.onboarding.values import PartnerState
from recruit.scoring.cards import card_of
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.values import ExitReason, InboundKind, Mood, StepKind
from recruit.sync import store
from recruit.sync.stage import stage_of
from recruit.sync.values import LONGEST_TEXT, DesiredFirm, DesiredRecord, Milestones

_TOP_REASONS = 3
_ACTIVITY_OF = {
    InboundKind.HUMAN: "reply",
    InboundKind.UNSUBSCRIBE: "unsubscribe",
    InboundKind.BOUNCE: "bounce",
    InboundKind.COMPLAINT: "complaint",
}


def external_id_of(object_type: str, object_id: int) -> str:
    """Return the id under which the CRM knows a record of ours: opaque and of constant length."""
    letter = {"firm": "", "contact": "C", "touch": "T", "reply": "R"}[object_type]
    return f"RC-{letter}{object_id:08d}"


def desired_firm(tx: Transaction, firm_id: int) -> DesiredFirm | None:
    """Return the firm with all that is to be told of it; None for one that is gone or was merged."""
    family = store.find_family(tx, firm_id)
    firm = store.find_firm(tx, firm_id)
    if firm is None or family[0] != firm_id:
        return None
    enrollments = store.list_enrollments(tx, family)
    touches = store.list_touches(tx, family)
    replies = store.list_replies(tx, family)
    candidate = store.find_candidate(tx, family)
    partner = store.find_partner(tx, family)
    evidence = gather_many(tx, partner_ids=[partner.id]).get(partner.id) if partner else None
    human = [reply for reply in replies if reply.kind is InboundKind.HUMAN]
    reached = Milestones(
        enrolled=bool(enrollments),
        touched=bool(touches),
        replied=bool(human),
        replied_positively=any(reply.mood is Mood.POSITIVE for reply in human),
        candidate=candidate.status if candidate else None,
        partner=_partner_state(tx, partner, evidence) if partner else None,
    )
    values = (
        _facts(firm)
        | _score(tx, firm, enrollments)
        | _outreach(enrollments, touches, human)
        | _progress(tx, evidence)
        | {"stage": stage_of(reached).value}
    )
    taken = store.find_facts(tx, firm_id)
    company = _record("firm", firm.id, "company", values, firm.updated_at, facts=taken)
    known = {enrollment.contact_id for enrollment, _ in enrollments}
    contacts = [
        _contact(firm, contact, enrollments)
        for contact in store.list_contacts(tx, family)
        if contact.id in known or (candidate and contact.email == candidate.contact_email)
    ]
    of_enrollment = {enrollment.id: enrollment.contact_id for enrollment, _ in enrollments}
    activities = [_touch(firm, touch, of_enrollment) for touch in touches]
    activities += [_reply(firm, reply, of_enrollment) for reply in replies]
    return DesiredFirm(firm.id, firm.name, reached, (company, *contacts, *activities))


def with_edits(tx: Transaction, desired: DesiredFirm) -> DesiredFirm:
    """Return a firm whose company also knows when each of its own facts was edited last."""
    edits = store.list_edits(tx, store.find_family(tx, desired.firm_id))
    records = tuple(
        replace(record, edited_at=edits) if record.kind == "company" else record
        for record in desired.records
    )
    return replace(desired, records=records)


def _record(
    object_type: str,
    object_id: int,
    kind: str,
    values: dict[str, Any],
    changed_at: datetime,
    *,
    references: dict[str, tuple[str, int]] | None = None,
    facts: Any = None,
) -> DesiredRecord:
    return DesiredRecord(
        object_type=object_type,
        object_id=object_id,
        kind=kind,
        external_id=external_id_of(object_type, object_id),
        values={name: canonical(value) for name, value in values.items()},
        changed_at=changed_at,
        references=references or {},
        facts=dict(facts.facts) if facts else {},
    )


def _facts(firm: Firm) -> dict[str, Any]:
    # A year or a size that is only known as a range has no single number to tell.
    founded = firm.founded_low if firm.founded_low == firm.founded_high else None
    return {
        "name": firm.name,
        "domain": firm.domain,
        "website": firm.website,
        "phone": firm.phone,
        "street": firm.street,
        "postcode": firm.postcode,
        "city": firm.city,
        "region": firm.region,
        "country": firm.country,
        "employees_low": firm.employees_low,
        "employees_high": firm.employees_high,
        "founded": founded,
        "specialties": firm.specialties,
        "certifications": firm.certifications,
        "partnerships": firm.partnerships,
    }


def _score(
    tx: Transaction, firm: Firm, enrollments: Sequence[tuple[Enrollment, str]]
) -> dict[str, Any]:
    version_id = enrollments[-1][0].profile_version_id if enrollments else None
    found = store.find_score(tx, firm.id, version_id)
    if found is None:
        return {"score": None, "profile": None, "score_reasons": None}
    score, profile = found
    reasons = sorted(card_of(tx, score, firm).reasons, key=lambda r: (-r.points, r.criterion))
    lines = [f"{r.sentence} ({r.points:g} of {r.most:g})" for r in reasons[:_TOP_REASONS]]
    return {
        "score": round(score.total, 1),
        "profile": profile.title,
        "score_reasons": "\n".join(lines),
    }


def _outreach(
    enrollments: Sequence[tuple[Enrollment, str]],
    touches: Sequence[Touch],
    human: Sequence[Reply],
) -> dict[str, Any]:
    enrollment, title = enrollments[-1] if enrollments else (None, None)
    return {
        "sequence": title,
        "exit_reason": enrollment.exit_reason.value
        if enrollment and enrollment.exit_reason
        else None,
        "last_touch_at": touches[-1].settled_at if touches else None,
        "last_reply_at": human[-1].received_at if human else None,
    }


def _partner_state(tx: Transaction, partner: Partner, evidence: Evidence | None) -> PartnerState:
    if evidence is not None:
        return state_of(evidence, tx.now)
    # Accepted, and the track has yet to be begun.
    return PartnerState.INVITED if partner.left_at is None else PartnerState.LEFT


def _progress(tx: Transaction, evidence: Evidence | None) -> dict[str, Any]:
    signed = list(evidence.signatures.values()) if evidence else []
    valid = [
        (member, certificate)
        for member in (evidence.members if evidence else ())
        for certificate in member.certificates
        if certificate.is_valid(tx.now)
    ]
    return {
        "agreement_signed_at": max((signature.at for signature in signed), default=None),
        "certified_people": len({member.person_id for member, _ in valid}) if evidence else None,
        "certificates": sorted(f"{held.course_key} {held.serial}" for _, held in valid),
        # The first one to run out, since that is when somebody has to act.
        "certified_until": min(held.valid_until for _, held in valid).date() if valid else None,
    }


def _contact(
    firm: Firm, contact: Contact, enrollments: Sequence[tuple[Enrollment, str]]
) -> DesiredRecord:
    opted_out = any(
        enrollment.contact_id == contact.id and enrollment.exit_reason is ExitReason.OPTED_OUT
        for enrollment, _ in enrollments
    )
    values = {
        "name": contact.name,
        "email": contact.email,
        "job_title": contact.job_title,
        "opted_out": opted_out,
    }
    return _record(
        "contact",
        contact.id,
        "contact",
        values,
        contact.created_at,
        references={"company": ("firm", firm.id)},
    )


def _touch(firm: Firm, touch: Touch, of_enrollment: dict[int, int]) -> DesiredRecord:
    by_mail = touch.kind is StepKind.EMAIL
    at = touch.settled_at or touch.due_at
    values = {
        "kind": "email_sent" if by_mail else "task_done",
        "subject": touch.subject,
        "text": _shortened(touch.body),
        # What the mail server said is of no use there; what a person noted is.
        "outcome": None if by_mail else _shortened(touch.outcome),
        "at": at,
    }
    contact_id = of_enrollment.get(touch.enrollment_id)
    return _record(
        "touch",
        touch.id,
        "activity",
        values,
        at,
        references=_parties(firm, contact_id),
    )


def _reply(firm: Firm, reply: Reply, of_enrollment: dict[int, int]) -> DesiredRecord:
    outcome = reply.mood.value if reply.mood else reply.detail.get("status")
    values = {
        "kind": _ACTIVITY_OF[reply.kind],
        "subject": reply.subject,
        "text": _shortened(reply.text),
        "outcome": outcome,
        "at": reply.received_at,
    }
    contact_id = of_enrollment.get(reply.enrollment_id) if reply.enrollment_id else None
    return _record(
        "reply",
        reply.id,
        "activity",
        values,
        reply.received_at,
        references=_parties(firm, contact_id),
    )


def _parties(firm: Firm, contact_id: int | None) -> dict[str, tuple[str, int]]:
    company = {"company": ("firm", firm.id)}
    return company if contact_id is None else company | {"contact": ("contact", contact_id)}


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
