"""The people of a partner: who belongs to it, and what happens when somebody, or all of them, leave.

Staff act for any partner; a person of the partner acts within what their role allows: see `_check_may`.
"""

from datetime import datetime

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding import store
from recruit.onboarding.gates import Decision, GateNotMet, demand
from recruit.onboarding.gathering import gather_evidence
from recruit.onboarding.tables import Partner, PartnerMember
from recruit.onboarding.training_tables import Absence
from recruit.onboarding.values import Action, MemberRole
from recruit.people.usecases import (
    EmailTaken,
    add_person,
    disable_person,
    enable_person,
    find_person_id,
    has_signed_in,
    invite_person,
)
from recruit.people.values import Role


class AlreadySignedIn(ValueError):
    """The person has chosen a password, so a new invitation link would take their account over."""


def find_partner_id(tx: Transaction, *, person_id: int) -> int | None:
    """Return the partner that a person belongs to now."""
    member = store.find_member(tx, person_id)
    return None if member is None else member.partner_id


def add_member(
    tx: Transaction, *, partner_id: int, email: str, name: str, role: MemberRole
) -> PartnerMember:
    """Add a person to a partner; one who had left it comes back with all that they had earned.

    Raises `EmailTaken`, also where they belong to another partner, and `InvalidEmail`.
    """
    known = find_person_id(tx, email=email)
    back = store.find_former_member(tx, known, partner_id) if known is not None else None
    if back is not None and back.left_at is not None:
        _record_absence(tx, partner_id, back.person_id, back.left_at)
        back.role, back.left_at = role, None
        enable_person(tx, person_id=back.person_id)
        record(tx, Deed.MEMBER_RETURNED, "partner", partner_id, member=back.person_id)
        return back
    person = add_person(tx, email=email, name=name, role=Role.PARTNER)
    member = PartnerMember(
        partner_id=partner_id, person_id=person.id, role=role, joined_at=tx.now, left_at=None
    )
    if not store.add_once(tx, member):
        raise EmailTaken(f"{email} belongs to a partner already.")
    record(tx, Deed.MEMBER_ADDED, "partner", partner_id, member=person.id, role=role.value)
    return member


def invite_member(
    tx: Transaction,
    *,
    partner_id: int,
    email: str,
    name: str,
    role: MemberRole,
    by_person_id: int | None = None,
) -> str:
    """Add a colleague and mail them the link that lets them in; returns the token of one to hand over.

    `by_person_id` is who of the partner invites; None is staff. Raises `GateNotMet`, `EmailTaken`
    or `InvalidEmail`.
    """
    partner = store.lock_partner(tx, partner_id)
    _check_may(tx, partner_id, by_person_id, role)
    member = add_member(tx, partner_id=partner_id, email=email, name=name, role=role)
    tx.announce("firm", partner.firm_id)
    return mail_invitation(tx, partner, member.person_id)


def mail_invitation(tx: Transaction, partner: Partner, person_id: int) -> str:
    """Mail a person the link that lets them in; returns the token of one to hand over as well."""
    token = invite_person(tx, person_id=person_id)
    notify(
        tx,
        person_id=person_id,
        kind=NoticeKind.INVITATION,
        key=tx.now.isoformat(),
        facts={"firm": str(partner.company.get("name") or "")},
    )
    return token


def renew_invitation(
    tx: Transaction, *, partner_id: int, person_id: int, by_person_id: int | None = None
) -> str:
    """Mail a new link to a colleague who has not come in yet; earlier links stop working.

    Returns the token of one to hand over as well.

    Raises `GateNotMet`, `NotAMember` or `AlreadySignedIn`.
    """
    member = store.get_member_of(tx, partner_id, person_id)
    _check_may(tx, partner_id, by_person_id, member.role)
    if has_signed_in(tx, person_id=person_id):
        raise AlreadySignedIn("This person has a password already and can simply sign in.")
    return mail_invitation(tx, store.get_partner(tx, partner_id), person_id)


def invite_signatory(tx: Transaction, *, partner_id: int) -> str:
    """Mail the partner's first signatory a new invitation link; returns the token of one to hand over."""
    signatory = next(
        (m for m in store.list_members(tx, partner_id) if m.role is MemberRole.SIGNATORY), None
    )
    if signatory is None:
        raise store.NotAMember(f"Partner {partner_id} has nobody who may sign. Invite somebody.")
    return mail_invitation(tx, store.get_partner(tx, partner_id), signatory.person_id)


def leave_member(
    tx: Transaction, *, partner_id: int, person_id: int, by_person_id: int | None = None
) -> None:
    """A person leaves: their access ends now, what they earned stays on record.

    Raises `GateNotMet` or `NotAMember`.
    """
    partner = store.lock_partner(tx, partner_id)
    member = store.get_member_of(tx, partner_id, person_id)
    _check_may(tx, partner_id, by_person_id, member.role)
    if by_person_id == person_id:
        raise GateNotMet(Decision(False, reason="Ask a colleague to do this for you."))
    member.left_at = tx.now
    disable_person(tx, person_id=person_id)
    record(tx, Deed.MEMBER_LEFT, "partner", partner_id, member=person_id)
    tx.announce("firm", partner.firm_id)


def leave_partner(tx: Transaction, *, partner_id: int, reason: str) -> Partner:
    """Off-board a partner: all access and sessions end in this transaction, the history stays."""
    partner = store.lock_partner(tx, partner_id)
    if partner.left_at is not None:
        return partner
    partner.left_at = tx.now
    partner.left_reason = reason.strip()
    for member in store.list_members(tx, partner_id):
        member.left_at = tx.now
        disable_person(tx, person_id=member.person_id)
    tx.session.flush()
    record(tx, Deed.PARTNER_LEFT, "partner", partner_id, reason=partner.left_reason)
    tx.announce("firm", partner.firm_id)
    return partner


def take_partner_back(tx: Transaction, *, partner_id: int) -> Partner:
    """Undo an off-boarding: the partner and the people who left with it stand where they stood."""
    partner = store.lock_partner(tx, partner_id)
    if partner.left_at is None:
        return partner
    _record_absence(tx, partner_id, None, partner.left_at)
    for member in store.list_members_left_at(tx, partner_id, partner.left_at):
        _record_absence(tx, partner_id, member.person_id, partner.left_at)
        member.left_at = None
        enable_person(tx, person_id=member.person_id)
    partner.left_at, partner.left_reason = None, ""
    tx.session.flush()
    record(tx, Deed.PARTNER_RETURNED, "partner", partner_id)
    tx.announce("firm", partner.firm_id)
    return partner


def _record_absence(
    tx: Transaction, partner_id: int, person_id: int | None, left_at: datetime
) -> None:
    # Who could see what on a day in between has to stay answerable.
    tx.session.add(
        Absence(partner_id=partner_id, person_id=person_id, left_at=left_at, back_at=tx.now)
    )


def _check_may(
    tx: Transaction, partner_id: int, by_person_id: int | None, role: MemberRole
) -> None:
    if by_person_id is None:
        return
    evidence = gather_evidence(tx, partner_id=partner_id)
    demand(Action.INVITE_COLLEAGUE, evidence, tx.now, person_id=by_person_id)
    # Otherwise an administrator could make a signatory of an address of their own, and sign.
    if role is MemberRole.SIGNATORY:
        by = evidence.find_member(by_person_id)
        if by is None or by.role is not MemberRole.SIGNATORY:
            reason = f"Only a person who may sign for {evidence.company_name} can do this."
            raise GateNotMet(Decision(False, reason=reason))
