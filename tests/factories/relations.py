"""All that can belong to a firm, and a picture of what belongs to which."""

from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.relations import list_relations
from recruit.firms.store import list_contacts
from recruit.firms.tables import Firm
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.values import CandidateOrigin, CandidateStatus
from recruit.sequences.tables import Enrollment, Mailbox, Reply, Sequence, SequenceVersion, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    SequenceStatus,
    StepKind,
    TouchStatus,
)
from recruit.sync.tables import CrmFact, CrmLink
from recruit.sync.values import LinkStatus

_FIELDS = ("name", "domain", "website", "city", "country", "legal_form", "tags", "merged_into_id")


def picture(tx: Transaction) -> dict[Any, Any]:
    """Return which row belongs to which firm, the firms' fields, and where enrollments stand."""
    tx.session.flush()
    seen: dict[Any, Any] = {}
    for relation in list_relations():
        for row in tx.session.execute(select(relation.column, *relation.key)):
            firm_id, *key = row
            # Where the firm is part of the key, who has a row is all there is.
            keyed = [firm_id] if relation.column.primary_key else []
            seen[relation.table.name, *key, *keyed] = firm_id
    for firm in tx.session.scalars(select(Firm).execution_options(populate_existing=True)):
        seen["fields", firm.id] = tuple(getattr(firm, name) for name in _FIELDS[:-1])
        seen["alias", firm.id] = firm.merged_into_id
    for enrollment in tx.session.scalars(select(Enrollment)):
        seen["enrollment is", enrollment.id] = (enrollment.status, enrollment.exit_reason)
    for touch in tx.session.scalars(select(Touch)):
        seen["touch is", touch.id] = (touch.status, touch.blocked_by, touch.settled_at)
    return seen


def story_of(tx: Transaction, firm_id: int, sequence: str = "a-story") -> None:
    """Let a firm have been written to, have answered, be a candidate and a partner, and be in the CRM."""
    version = _version(tx, sequence)
    contact = list_contacts(tx, firm_id)[0]
    enrollment = Enrollment(
        sequence_id=version.sequence_id, sequence_version_id=version.id, firm_id=firm_id,
        contact_id=contact.id, address_domain="kestrel.example",
        status=EnrollmentStatus.FINISHED, exit_reason=ExitReason.REPLIED,
        enrolled_at=tx.now, enrolled_by="Alex Moor", finished_at=tx.now,
    )  # fmt: skip
    _add(tx, enrollment)
    touch = Touch(
        enrollment_id=enrollment.id, sequence_id=version.sequence_id, firm_id=firm_id, step_index=0,
        kind=StepKind.EMAIL, status=TouchStatus.SENT, address_key=contact.email, due_at=tx.now,
        settled_at=tx.now, message_id=f"<{enrollment.id}@vendor.example>",
    )  # fmt: skip
    _add(tx, touch)
    reply = Reply(
        message_id=f"<re-{enrollment.id}@{firm_id}.example>", received_at=tx.now,
        from_address=contact.email, subject="Re", text="Yes.", raw="", kind=InboundKind.HUMAN,
        confidence=0.9, detail={}, touch_id=touch.id, enrollment_id=enrollment.id, firm_id=firm_id,
        recorded_at=tx.now,
    )  # fmt: skip
    _add(tx, reply)
    candidate = Candidate(
        firm_id=firm_id, status=CandidateStatus.ACCEPTED, origin=CandidateOrigin.REPLY,
        reply_id=reply.id, contact_email=contact.email, created_at=tx.now,
    )  # fmt: skip
    partner = Partner(firm_id=firm_id, company={}, accepted_at=tx.now, accepted_by="Alex Moor")
    link = CrmLink(
        object_type="firm", object_id=firm_id, external_id=f"RC-{firm_id}", crm_object="Account",
        crm_id=f"A-{firm_id}", crm_modified_at=tx.now, base={}, ours={}, base_hash="",
        status=LinkStatus.LINKED, linked_at=tx.now, synced_at=tx.now,
    )  # fmt: skip
    fact = CrmFact(firm_id=firm_id, facts={"owner": "Ann"}, read_at=tx.now)
    _add(tx, candidate, partner, link, fact)


def _version(tx: Transaction, name: str) -> SequenceVersion:
    found = tx.session.scalar(
        select(SequenceVersion)
        .join(Sequence, Sequence.id == SequenceVersion.sequence_id)
        .where(Sequence.name == name)
    )
    if found is not None:
        return found
    mailbox = Mailbox(
        address=f"{name}@vendor.example",
        from_name="Pat",
        cap_per_day=40,
        gap_s=0,
        next_free_at=None,
    )
    _add(tx, mailbox)
    sequence = Sequence(
        name=name, title=name, status=SequenceStatus.DRAFT, mailbox_id=mailbox.id, created_at=tx.now
    )
    _add(tx, sequence)
    version = SequenceVersion(
        sequence_id=sequence.id, number=1, definition={"steps": []}, definition_hash="",
        created_at=tx.now, created_by="Alex Moor",
    )  # fmt: skip
    _add(tx, version)
    return version


def _add(tx: Transaction, *rows: Any) -> None:
    tx.session.add_all(rows)
    tx.session.flush()
