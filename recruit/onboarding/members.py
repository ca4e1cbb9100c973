"""The people of a partner: who belongs to it, and what happens when somebody, or all of them, leave."""

from recruit.db.transaction import Transaction
from recruit.onboarding import store
from recruit.onboarding.tables import Partner, PartnerMember
from recruit.onboarding.values import MemberRole
from recruit.people.usecases import EmailTaken, add_person, disable_person, invite_person
from recruit.people.values import Role


def add_member(
    tx: Transaction, *, partner_id: int, email: str, name: str, role: MemberRole
) -> PartnerMember:
    """Add a person to a partner. Raises `EmailTaken`, also where they belong to another partner."""
    person = add_person(tx, email=email, name=name, role=Role.PARTNER)
    member = PartnerMember(
        partner_id=partner_id, person_id=person.id, role=role, joined_at=tx.now, left_at=None
    )
    if not store.add_once(tx, member):
        raise EmailTaken(f"{email} belongs to a partner already.")
    return member


def invite_member(
    tx: Transaction, *, partner_id: int, email: str, name: str, role: MemberRole
) -> str:
    """Add a colleague and return the token of the link that lets them in. Raises `EmailTaken`."""
    store.get_partner(tx, partner_id)
    member = add_member(tx, partner_id=partner_id, email=email, name=name, role=role)
    return invite_person(tx, person_id=member.person_id)


def invite_signatory(tx: Transaction, *, partner_id: int) -> str:
    """Return a new invitation link's token for the partner's first signatory."""
    signatory = next(
        (m for m in store.list_members(tx, partner_id) if m.role is MemberRole.SIGNATORY), None
    )
    if signatory is None:
        raise store.NotAMember(f"Partner {partner_id} has nobody who may sign. Invite somebody.")
    return invite_person(tx, person_id=signatory.person_id)


def leave_member(tx: Transaction, *, partner_id: int, person_id: int) -> None:
    """A person leaves: their access ends now, what they earned stays on record."""
    member = store.get_member(tx, person_id, lock=True)
    if member.partner_id != partner_id:
        raise store.NotAMember(f"Person {person_id} does not belong to partner {partner_id}.")
    member.left_at = tx.now
    disable_person(tx, person_id=person_id)
    tx.announce("firm", store.get_partner(tx, partner_id).firm_id)


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
    tx.announce("firm", partner.firm_id)
    return partner
