"""Firms with something to tell a CRM, written straight into the tables."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.values import CandidateOrigin, CandidateStatus
from recruit.scoring.tables import Profile, ProfileVersion, Score
from recruit.scoring.values import CriterionKind, Reason, Standing
from recruit.sequences.tables import Enrollment, Mailbox, Reply, Sequence, SequenceVersion, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    InboundKind,
    Mood,
    SequenceStatus,
    StepKind,
    TouchStatus,
)


def make_firm(tx: Transaction, n: int = 1, **over: Any) -> Firm:
    """Add a firm and announce it."""
    fields: dict[str, Any] = {
        "name": f"Firm {n}",
        "name_key": f"firm {n}",
        "domain": f"firm{n}.example",
        "website": f"https://firm{n}.example",
        "phone": f"+4940{n:06d}",
        "city": "Hamburg",
        "country": "DE",
        "employees_low": 50,
        "employees_high": 200,
        "founded_low": 2009,
        "founded_high": 2009,
        "specialties": ["kubernetes", "training"],
        "certifications": [],
        "partnerships": [],
        "provenance": {},
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    firm = Firm(**(fields | over))
    tx.session.add(firm)
    tx.session.flush()
    tx.announce("firm", firm.id)
    return firm


def make_contact(tx: Transaction, firm: Firm, **over: Any) -> Contact:
    """Add a contact of a firm."""
    fields: dict[str, Any] = {
        "firm_id": firm.id,
        "email": f"ada@{firm.domain}",
        "name": "Ada Example",
        "job_title": "Partner manager",
        "is_role_address": False,
        "origin": "A test.",
        "created_at": tx.now,
    }
    contact = Contact(**(fields | over))
    tx.session.add(contact)
    tx.session.flush()
    return contact


def make_enrollment(tx: Transaction, firm: Firm, contact: Contact, **over: Any) -> Enrollment:
    """Enroll a firm in the one sequence of these tests."""
    version = tx.session.scalar(select(SequenceVersion))
    if version is None:
        mailbox = Mailbox(
            address="partners@vendor.example", from_name="Vendor", cap_per_day=50, gap_s=0
        )
        tx.session.add(mailbox)
        tx.session.flush()
        sequence = Sequence(
            name="first",
            title="First contact",
            status=SequenceStatus.ACTIVE,
            mailbox_id=mailbox.id,
            created_at=tx.now,
        )
        tx.session.add(sequence)
        tx.session.flush()
        version = SequenceVersion(
            sequence_id=sequence.id,
            number=1,
            definition={},
            definition_hash="",
            created_at=tx.now,
            created_by="test",
        )
        tx.session.add(version)
        tx.session.flush()
    fields: dict[str, Any] = {
        "sequence_id": version.sequence_id,
        "sequence_version_id": version.id,
        "firm_id": firm.id,
        "contact_id": contact.id,
        "address_domain": firm.domain,
        "status": EnrollmentStatus.ACTIVE,
        "enrolled_at": tx.now,
        "enrolled_by": "test",
    }
    enrollment = Enrollment(**(fields | over))
    tx.session.add(enrollment)
    tx.session.flush()
    return enrollment


def make_touch(tx: Transaction, enrollment: Enrollment, step: int = 0, **over: Any) -> Touch:
    """Add an e-mail that was sent `step` days after the enrollment."""
    at = enrollment.enrolled_at + timedelta(days=step)
    fields: dict[str, Any] = {
        "enrollment_id": enrollment.id,
        "sequence_id": enrollment.sequence_id,
        "firm_id": enrollment.firm_id,
        "step_index": step,
        "kind": StepKind.EMAIL,
        "status": TouchStatus.SENT,
        "address_key": f"key{enrollment.id}",
        "due_at": at,
        "settled_at": at,
        "subject": f"Subject {step}",
        "body": "Hello.",
    }
    touch = Touch(**(fields | over))
    tx.session.add(touch)
    tx.session.flush()
    return touch


def make_reply(tx: Transaction, enrollment: Enrollment, **over: Any) -> Reply:
    """Add a positive answer of a person."""
    at: datetime = enrollment.enrolled_at + timedelta(days=5)
    fields: dict[str, Any] = {
        "message_id": f"<reply-{enrollment.id}@x.example>",
        "received_at": at,
        "from_address": "ada@x.example",
        "subject": "Re: Subject",
        "text": "Yes, please tell us more.",
        "raw": "",
        "kind": InboundKind.HUMAN,
        "mood": Mood.POSITIVE,
        "confidence": 0.9,
        "detail": {},
        "enrollment_id": enrollment.id,
        "firm_id": enrollment.firm_id,
        "recorded_at": at,
    }
    reply = Reply(**(fields | over))
    tx.session.add(reply)
    tx.session.flush()
    return reply


def make_told_firm(tx: Transaction, n: int = 1, **over: Any) -> Firm:
    """Add an enrolled firm with a contact, three mails and a positive answer, and announce it."""
    firm = make_firm(tx, n, **over)
    enrollment = make_enrollment(tx, firm, make_contact(tx, firm))
    for step in range(3):
        make_touch(tx, enrollment, step)
    make_reply(tx, enrollment)
    return firm


def make_candidate(tx: Transaction, firm: Firm, **over: Any) -> Candidate:
    """Add a firm to the candidates."""
    fields: dict[str, Any] = {
        "firm_id": firm.id,
        "status": CandidateStatus.WAITING,
        "origin": CandidateOrigin.RECRUITER,
        "contact_email": f"ada@{firm.domain}",
        "created_at": tx.now,
    }
    candidate = Candidate(**(fields | over))
    tx.session.add(candidate)
    tx.session.flush()
    return candidate


def make_partner(tx: Transaction, firm: Firm, **over: Any) -> Partner:
    """Make a firm a partner who has no track yet."""
    fields: dict[str, Any] = {
        "firm_id": firm.id,
        "company": {},
        "accepted_at": tx.now,
        "accepted_by": "test",
    }
    partner = Partner(**(fields | over))
    tx.session.add(partner)
    tx.session.flush()
    return partner


def make_score(tx: Transaction, firm: Firm, total: float, profile: str = "Cloud partner") -> Score:
    """Score a firm against the newest version of a profile, with two reasons."""
    found = tx.session.scalar(select(Profile).where(Profile.title == profile))
    if found is None:
        found = Profile(name=profile.lower(), title=profile, created_at=tx.now)
        tx.session.add(found)
        tx.session.flush()
    number = len(
        tx.session.scalars(
            select(ProfileVersion.id).where(ProfileVersion.profile_id == found.id)
        ).all()
    )
    version = ProfileVersion(
        profile_id=found.id,
        number=number + 1,
        definition={},
        definition_hash="",
        created_at=tx.now,
        created_by="test",
        ranked_at=tx.now,
    )
    tx.session.add(version)
    tx.session.flush()
    reasons = [
        Reason("size", CriterionKind.SIZE, 10, 10, 10, 20, "50 to 200 people", "row 1"),
        Reason("place", CriterionKind.GEOGRAPHY, total - 10, 0, 0, 80, "Hamburg", "row 1"),
    ]
    score = Score(
        profile_version_id=version.id,
        firm_id=firm.id,
        firm_version=1,
        standing=Standing.RANKED,
        rank=1,
        total=total,
        low=total,
        high=total,
        reasons=[reason.to_json() for reason in reasons],
        scored_at=tx.now,
    )
    tx.session.add(score)
    tx.session.flush()
    return score
