"""Who may become a partner: firms that said yes wait for a decision, and a decision is made once."""

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.firms.store import list_contacts
from recruit.firms.values import FirmTag
from recruit.onboarding import store
from recruit.onboarding.applying import mark_applied, place_applications, tell_staff
from recruit.onboarding.joining import choose_program, choose_track, find_application
from recruit.onboarding.members import add_member
from recruit.onboarding.tables import Candidate, Partner, PartnerTrack
from recruit.onboarding.values import (
    CANDIDATE_TRANSITIONS,
    UNDECIDED,
    CandidateOrigin,
    CandidateStatus,
    MemberRole,
)
from recruit.people.usecases import InvalidEmail, normalize_email
from recruit.sequences.tables import Reply
from recruit.sequences.values import InboundKind, Mood

# Below this an unconfirmed guess waits for a person on the replies page.
SURE_ENOUGH = 0.7


class AlreadyDecided(ValueError):
    """The candidate was decided upon, and that decision cannot be turned in this way."""


def collect_candidates(tx: Transaction) -> list[int]:
    """Make candidates of the firms that applied, and of those that answered yes and are none yet.

    A mood counts when a person confirmed it, or when it is a sure enough guess. Returns the new ids.
    """
    return [*place_applications(tx), *_collect_replies(tx)]


def _collect_replies(tx: Transaction) -> list[int]:
    rows = tx.session.scalars(
        select(Reply)
        .outerjoin(Candidate, Candidate.firm_id == Reply.firm_id)
        .outerjoin(Partner, Partner.firm_id == Reply.firm_id)
        .where(
            Reply.kind == InboundKind.HUMAN,
            Reply.mood == Mood.POSITIVE,
            Reply.firm_id.is_not(None),
            Reply.mood_confirmed_by.is_not(None) | (Reply.confidence >= SURE_ENOUGH),
            Candidate.id.is_(None),
            Partner.id.is_(None),
        )
        .order_by(Reply.received_at, Reply.id)
    ).all()
    made = []
    for reply in rows:
        if reply.firm_id is None:
            continue
        # Two firms that were merged after both had answered are one company: one candidate.
        firm_id = store.get_firm_row(tx, reply.firm_id).id
        if store.find_candidate_of_firm(tx, firm_id) or store.find_partner_of_firm(tx, firm_id):
            continue
        candidate = _candidate(
            tx,
            firm_id=firm_id,
            origin=CandidateOrigin.REPLY,
            contact_email=_address(tx, firm_id, reply.from_address),
            contact_name="",
            reply_id=reply.id,
        )
        if candidate is not None:
            made.append(candidate.id)
            firm = store.get_firm_row(tx, firm_id)
            how, key = "answered that it is interested", f"candidate:{candidate.id}"
            tell_staff(tx, candidate, firm.name, how=how, key=key)
    return made


def _address(tx: Transaction, firm_id: int, email: str) -> str:
    # A mail with a broken sender is a yes all the same; it must neither be lost nor hold up the others.
    for address in (email, *(contact.email for contact in list_contacts(tx, firm_id))):
        try:
            return normalize_email(address)
        except InvalidEmail:
            continue
    return ""


def add_candidate(
    tx: Transaction,
    *,
    firm_id: int,
    origin: CandidateOrigin,
    contact_email: str = "",
    contact_name: str = "",
    reply_id: int | None = None,
) -> Candidate:
    """Make a firm a candidate; one that is a candidate already stays as it is.

    Without an address the firm's first contact is invited; raises `InvalidEmail` where it has none.
    """
    firm = store.get_firm_row(tx, firm_id)
    known = store.find_candidate_of_firm(tx, firm.id)
    if known is not None:
        return known
    if not contact_email:
        contacts = list_contacts(tx, firm.id)
        contact_email = contacts[0].email if contacts else ""
        contact_name = contact_name or ((contacts[0].name or "") if contacts else "")
    made = _candidate(
        tx,
        firm_id=firm.id,
        origin=origin,
        contact_email=normalize_email(contact_email),
        contact_name=contact_name,
        reply_id=reply_id,
    )
    if made is not None:
        return made
    found = store.find_candidate_of_firm(tx, firm.id)
    if found is None:
        raise LookupError(f"Firm {firm.id} could not be made a candidate.")
    return found


def _candidate(
    tx: Transaction,
    *,
    firm_id: int,
    origin: CandidateOrigin,
    contact_email: str,
    contact_name: str,
    reply_id: int | None,
) -> Candidate | None:
    candidate = Candidate(
        firm_id=firm_id,
        status=CandidateStatus.WAITING,
        origin=origin,
        reply_id=reply_id,
        contact_name=contact_name,
        contact_email=contact_email,
        created_at=tx.now,
    )
    if not store.add_once(tx, candidate):
        return None
    tx.announce("firm", firm_id)
    return candidate


def accept_candidate(
    tx: Transaction,
    *,
    candidate_id: int,
    actor: str,
    track_name: str | None = None,
    contact_email: str | None = None,
    program: str | None = None,
    partner_type: str = "",
) -> Partner:
    """Make a candidate a partner, with its track and its signatory; accepting twice makes one partner.

    `contact_email` invites somebody else than who answered. Without `program` it joins the one that it
    applied to, or the first that is published; its type and its firm's country choose the agreement.

    Raises `AlreadyDecided` for a declined candidate, `NothingPublished` where there is no track,
    `UnknownProgram`, `InvalidEmail` where nobody can be invited, `EmailTaken` where who answered belongs
    to another partner.
    """
    candidate = store.get_candidate(tx, candidate_id)
    known = store.find_partner_of_firm(tx, candidate.firm_id)
    if candidate.status is CandidateStatus.ACCEPTED and known is not None:
        return known
    decide_on(tx, candidate, CandidateStatus.ACCEPTED, actor, "")
    firm = store.get_firm_row(tx, candidate.firm_id)
    if find_application(tx, candidate) is not None:
        mark_applied(tx, firm, FirmTag.PARTNER)
    if known is not None:
        return known
    joined = choose_program(tx, candidate, firm, program, partner_type)
    track = choose_track(tx, track_name or (joined.track if joined else None))
    email = normalize_email(contact_email or candidate.contact_email)
    partner = Partner(
        firm_id=firm.id,
        company={"name": firm.name, "website": firm.website or "", "country": firm.country or ""},
        accepted_at=tx.now,
        accepted_by=actor,
        program=joined.program if joined else "",
        partner_type=joined.partner_type if joined else "",
        agreement=joined.agreement if joined else "",
    )
    if not store.add_once(tx, partner):
        found = store.find_partner_of_firm(tx, firm.id)
        if found is None:
            raise LookupError(f"Firm {firm.id} could not be made a partner.")
        return found
    tx.session.add(PartnerTrack(partner_id=partner.id, track_id=track.id, started_at=tx.now))
    add_member(
        tx,
        partner_id=partner.id,
        email=email,
        name=candidate.contact_name,
        role=MemberRole.SIGNATORY,
    )
    tx.announce("firm", firm.id)
    return partner


def decline_candidate(tx: Transaction, *, candidate_id: int, reason: str, actor: str) -> Candidate:
    """Decline a candidate; the reason is kept and told to the CRM. Raises `AlreadyDecided`."""
    candidate = store.get_candidate(tx, candidate_id)
    if candidate.status is CandidateStatus.DECLINED:
        return candidate
    if find_application(tx, candidate) is not None:
        mark_applied(tx, store.get_firm_row(tx, candidate.firm_id), None)
    return decide_on(tx, candidate, CandidateStatus.DECLINED, actor, reason.strip())


def reopen_candidate(tx: Transaction, *, candidate_id: int, actor: str) -> Candidate:
    """Take a decline back: the candidate waits again. Raises `AlreadyDecided` for an accepted one."""
    candidate = store.get_candidate(tx, candidate_id)
    if candidate.status is CandidateStatus.WAITING:
        return candidate
    if find_application(tx, candidate) is not None:
        firm = store.get_firm_row(tx, candidate.firm_id)
        mark_applied(tx, firm, FirmTag.OPEN_APPLICATION)
    return decide_on(tx, candidate, CandidateStatus.WAITING, actor, "")


def decide_on(
    tx: Transaction, candidate: Candidate, status: CandidateStatus, actor: str, reason: str
) -> Candidate:
    """Move a candidate; raises `AlreadyDecided` where that can't be."""
    if status not in CANDIDATE_TRANSITIONS[candidate.status]:
        remedy = (
            "Reopen it first."
            if candidate.status is CandidateStatus.DECLINED
            else "Off-board the partner instead."
        )
        raise AlreadyDecided(
            f"This candidate was {candidate.status.value} by {candidate.decided_by}. {remedy}"
        )
    candidate.status = status
    candidate.decided_at = None if status in UNDECIDED else tx.now
    candidate.decided_by = actor
    candidate.decision_reason = reason
    tx.session.flush()
    record(
        tx,
        Deed.CANDIDATE_DECIDED,
        "candidate",
        candidate.id,
        actor=actor,
        status=status.value,
        reason=reason,
    )
    tx.announce("firm", candidate.firm_id)
    return candidate
