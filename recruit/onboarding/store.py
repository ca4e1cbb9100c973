"""The queries of candidates, partners and their people, attempts and awards."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from recruit.db.base import Base
from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.tables import Firm
from recruit.onboarding.tables import (
    AgreementAcceptance,
    AgreementVersion,
    Attempt,
    Award,
    Candidate,
    Course,
    Partner,
    PartnerMember,
    StepEvidence,
)
from recruit.onboarding.training_tables import AttemptReview, EndedStep

R = TypeVar("R", bound=Base)


class UnknownCandidate(LookupError):
    """No candidate has this id."""


class UnknownPartner(LookupError):
    """No partner has this id."""


class NotAMember(LookupError):
    """A person belongs to no partner (any more)."""


class UnknownStep(LookupError):
    """The track has no such step."""


def add_once(tx: Transaction, row: Base) -> bool:
    """Add a row; False, and nothing changed, where a constraint says that it is there already."""
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        return False
    return True


def _locked(query: Select[R]) -> Select[R]:
    # Whoever had to wait for the lock reads the row anew: what the session knew of it is out of date.
    return query.with_for_update().execution_options(populate_existing=True)


def get_candidate(tx: Transaction, candidate_id: int) -> Candidate:
    """Return a candidate, locked until the transaction ends; raises `UnknownCandidate`."""
    found = tx.session.scalar(_locked(select(Candidate).where(Candidate.id == candidate_id)))
    if found is None:
        raise UnknownCandidate(f"There is no candidate {candidate_id}.")
    return found


def find_candidate_of_firm(tx: Transaction, firm_id: int) -> Candidate | None:
    """Return the candidate that a firm, or one merged with it, is; locked until the transaction ends."""
    family = list_family(tx, firm_id)
    return tx.session.scalar(
        _locked(select(Candidate).where(Candidate.firm_id.in_(family)).order_by(Candidate.id))
    )


def get_partner(tx: Transaction, partner_id: int) -> Partner:
    """Return a partner; raises `UnknownPartner`."""
    partner = tx.session.get(Partner, partner_id)
    if partner is None:
        raise UnknownPartner(f"There is no partner {partner_id}.")
    return partner


def lock_partner(tx: Transaction, partner_id: int) -> Partner:
    """Return a partner, locked until the transaction ends; raises `UnknownPartner`."""
    partner = tx.session.scalar(_locked(select(Partner).where(Partner.id == partner_id)))
    if partner is None:
        raise UnknownPartner(f"There is no partner {partner_id}.")
    return partner


def find_partner_of_firm(tx: Transaction, firm_id: int) -> Partner | None:
    """Return the partner that a firm, or one merged with it, has become."""
    family = list_family(tx, firm_id)
    return tx.session.scalar(
        select(Partner).where(Partner.firm_id.in_(family)).order_by(Partner.id).limit(1)
    )


def get_firm_row(tx: Transaction, firm_id: int) -> Firm:
    """Return the firm that an id stands for, following merges; raises `LookupError`."""
    firm = tx.session.get(Firm, firm_id)
    while firm is not None and firm.merged_into_id is not None:
        firm = tx.session.get(Firm, firm.merged_into_id)
    if firm is None:
        raise LookupError(f"There is no firm {firm_id}.")
    return firm


def list_family(tx: Transaction, firm_id: int) -> list[int]:
    """Return the ids of a firm as it is now and of all firms that were merged into it."""
    family = list_families(tx, [firm_id]).get(firm_id)
    if family is None:
        raise LookupError(f"There is no firm {firm_id}.")
    return list(family)


def find_member(tx: Transaction, person_id: int) -> PartnerMember | None:
    """Return a person's place at a partner, unless they have left it."""
    return tx.session.scalar(
        select(PartnerMember).where(
            PartnerMember.person_id == person_id, PartnerMember.left_at.is_(None)
        )
    )


def get_member(tx: Transaction, person_id: int, *, lock: bool = False) -> PartnerMember:
    """Return a person's place at a partner, if asked locked; raises `NotAMember`."""
    query = select(PartnerMember).where(
        PartnerMember.person_id == person_id, PartnerMember.left_at.is_(None)
    )
    member = tx.session.scalar(_locked(query) if lock else query)
    if member is None:
        raise NotAMember(f"Person {person_id} belongs to no partner.")
    return member


def get_member_of(tx: Transaction, partner_id: int, person_id: int) -> PartnerMember:
    """Return a person's place at this partner, locked until the transaction ends.

    Raises `NotAMember`, the same for a person of another partner as for one who does not exist.
    """
    member = tx.session.scalar(
        _locked(
            select(PartnerMember).where(
                PartnerMember.person_id == person_id,
                PartnerMember.partner_id == partner_id,
                PartnerMember.left_at.is_(None),
            )
        )
    )
    if member is None:
        raise NotAMember(f"Person {person_id} does not belong to partner {partner_id}.")
    return member


def find_former_member(tx: Transaction, person_id: int, partner_id: int) -> PartnerMember | None:
    """Return the place that a person had at a partner and left."""
    return tx.session.scalar(
        select(PartnerMember).where(
            PartnerMember.person_id == person_id,
            PartnerMember.partner_id == partner_id,
            PartnerMember.left_at.is_not(None),
        )
    )


def list_members_left_at(
    tx: Transaction, partner_id: int, left_at: datetime
) -> list[PartnerMember]:
    """Return the people who left a partner at this very moment."""
    return list(
        tx.session.scalars(
            select(PartnerMember).where(
                PartnerMember.partner_id == partner_id, PartnerMember.left_at == left_at
            )
        )
    )


def list_members(tx: Transaction, partner_id: int) -> list[PartnerMember]:
    """Return the people who are with a partner now."""
    return list(
        tx.session.scalars(
            select(PartnerMember)
            .where(PartnerMember.partner_id == partner_id, PartnerMember.left_at.is_(None))
            .order_by(PartnerMember.id)
        )
    )


def list_awards(tx: Transaction, *, person_id: int, course_key: str) -> list[Award]:
    """Return a person's certificates for a course, oldest first."""
    return list(
        tx.session.scalars(
            select(Award)
            .where(Award.person_id == person_id, Award.course_key == course_key)
            .order_by(Award.cycle)
        )
    )


def has_passed(tx: Transaction, *, person_id: int, course_key: str) -> bool:
    """Tell whether a person has passed any version of a course."""
    found = tx.session.scalar(
        select(Attempt.id)
        .join(Course, Course.id == Attempt.course_id)
        .join(AttemptReview, AttemptReview.attempt_id == Attempt.id, isouter=True)
        .where(
            Attempt.person_id == person_id,
            Course.key == course_key,
            Attempt.passed | AttemptReview.passed,
        )
        .limit(1)
    )
    return found is not None


def end_step(
    tx: Transaction, *, partner_id: int, step_key: str, actor: str, waivers_only: bool
) -> bool:
    """Let a step count as done or waived no more, keeping that it did; tell whether it had."""
    row = tx.session.scalar(
        select(StepEvidence).where(
            StepEvidence.partner_id == partner_id, StepEvidence.step_key == step_key
        )
    )
    if row is None or (waivers_only and not row.waived):
        return False
    tx.session.add(
        EndedStep(
            partner_id=partner_id,
            step_key=step_key,
            waived=row.waived,
            note=row.note,
            actor=row.actor,
            at=row.at,
            ended_at=tx.now,
            ended_by=actor,
        )
    )
    tx.session.delete(row)
    tx.session.flush()
    return True


def find_acceptance(
    tx: Transaction, partner_id: int, agreement_version_id: int
) -> AgreementAcceptance | None:
    """Return a partner's acceptance of an agreement's version."""
    return tx.session.scalar(
        select(AgreementAcceptance).where(
            AgreementAcceptance.partner_id == partner_id,
            AgreementAcceptance.agreement_version_id == agreement_version_id,
        )
    )


def list_partners_who_accepted(tx: Transaction, agreement: str) -> list[Partner]:
    """Return the partners who are with us and have accepted any version of an agreement."""
    accepted = (
        select(AgreementAcceptance.partner_id)
        .join(AgreementVersion, AgreementVersion.id == AgreementAcceptance.agreement_version_id)
        .where(AgreementVersion.name == agreement)
    )
    return list(
        tx.session.scalars(
            select(Partner)
            .where(Partner.id.in_(accepted), Partner.left_at.is_(None))
            .order_by(Partner.id)
        )
    )
