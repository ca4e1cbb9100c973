"""Colleagues who let themselves in: whoever can read mail at the partner's own domain belongs to it.

Nobody learns from the answer whether a domain is a partner's. Addresses of mail providers never count,
nor does the address of somebody who was removed.
"""

from datetime import timedelta

from sqlalchemy import func, select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.firms.domains import identifying_mail_domain
from recruit.firms.tables import Firm
from recruit.onboarding import store
from recruit.onboarding.gates import demand
from recruit.onboarding.gathering import gather_evidence
from recruit.onboarding.members import add_member, mail_invitation
from recruit.onboarding.tables import Partner, PartnerMember
from recruit.onboarding.values import Action, MemberRole
from recruit.people.tables import Person
from recruit.people.usecases import EmailTaken, find_person_id, normalize_email

# Somebody who types in addresses at random fills no team, and mails no whole company.
MOST_WAITING_A_DAY = 10


def register_colleague(tx: Transaction, *, email: str) -> bool:
    """Invite an unknown address at a partner's domain by mail, as a member; tell whether it was.

    The mail's link proves the address. Raises `InvalidEmail`.
    """
    email = normalize_email(email)
    partner = _find_door(tx, email)
    if partner is None or _is_full(tx, partner.id):
        return False
    person_id = _join(tx, partner, email, "")
    if person_id is None:
        return False
    mail_invitation(tx, partner, person_id)
    return True


def join_as_colleague(tx: Transaction, email: str, name: str) -> int | None:
    """Make a member of a person whose address their company's sign-in has proved; returns who it is.

    None where nobody's partner is open to colleagues at that domain, or somebody has the address.
    """
    partner = _find_door(tx, email)
    return None if partner is None else _join(tx, partner, email, name)


def _find_door(tx: Transaction, email: str) -> Partner | None:
    if find_person_id(tx, email=email) is not None:
        return None
    found = _partner_at(tx, identifying_mail_domain(email))
    if found is None:
        return None
    partner = store.lock_partner(tx, found)
    return partner if partner.left_at is None and partner.open_to_colleagues else None


def _join(tx: Transaction, partner: Partner, email: str, name: str) -> int | None:
    try:
        member = add_member(
            tx, partner_id=partner.id, email=email, name=name, role=MemberRole.MEMBER
        )
    except EmailTaken:
        return None
    tx.announce("firm", partner.firm_id)
    return member.person_id


def _partner_at(tx: Transaction, domain: str | None) -> int | None:
    if domain is None:
        return None
    ids = tx.session.scalars(
        select(Partner.id)
        .join(Firm, Firm.id == Partner.firm_id)
        .where(Firm.domain == domain, Partner.left_at.is_(None))
        .limit(2)
    ).all()
    # Two partners at one domain can't be told apart: somebody there has to invite.
    return ids[0] if len(ids) == 1 else None


def _is_full(tx: Transaction, partner_id: int) -> bool:
    waiting = tx.session.scalar(
        select(func.count())
        .select_from(PartnerMember)
        .join(Person, Person.id == PartnerMember.person_id)
        .where(
            PartnerMember.partner_id == partner_id,
            PartnerMember.joined_at > tx.now - timedelta(days=1),
            Person.password_hash.is_(None),
        )
    )
    return (waiting or 0) >= MOST_WAITING_A_DAY


def open_to_colleagues(
    tx: Transaction, *, partner_id: int, by_person_id: int, is_open: bool
) -> None:
    """Let colleagues at the partner's domain in, or no more. Raises `GateNotMet`."""
    partner = store.lock_partner(tx, partner_id)
    evidence = gather_evidence(tx, partner_id=partner_id)
    demand(Action.INVITE_COLLEAGUE, evidence, tx.now, person_id=by_person_id)
    partner.open_to_colleagues = is_open
    record(
        tx,
        Deed.SELF_REGISTRATION_SET,
        "partner",
        partner_id,
        person_id=by_person_id,
        is_open=is_open,
    )


def find_open_domain(tx: Transaction, *, partner_id: int) -> tuple[str, bool]:
    """Return the domain whose people belong to a partner, blank where there is none, and if they may enter."""
    partner = store.get_partner(tx, partner_id)
    domain = store.get_firm_row(tx, partner.firm_id).domain or ""
    is_own = bool(domain) and identifying_mail_domain(f"anybody@{domain}") is not None
    return (domain if is_own else ""), partner.open_to_colleagues
