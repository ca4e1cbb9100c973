"""The queries of candidates, partners, agreements, tracks, courses, attempts and awards."""

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from recruit.db.base import Base
from recruit.db.transaction import Transaction
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
    Resource,
    Track,
)


class UnknownCandidate(LookupError):
    """No candidate has this id."""


class UnknownPartner(LookupError):
    """No partner has this id."""


class NotAMember(LookupError):
    """A person belongs to no partner (any more)."""


class UnknownCourse(LookupError):
    """No course has this key."""


class NothingPublished(LookupError):
    """A track, agreement or course that is needed has not been published yet."""


def add_once(tx: Transaction, row: Base) -> bool:
    """Add a row; False, and nothing changed, where a constraint says that it is there already."""
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        return False
    return True


def get_candidate(tx: Transaction, candidate_id: int) -> Candidate:
    """Return a candidate, locked until the transaction ends; raises `UnknownCandidate`."""
    found = tx.session.scalar(
        select(Candidate).where(Candidate.id == candidate_id).with_for_update()
    )
    if found is None:
        raise UnknownCandidate(f"There is no candidate {candidate_id}.")
    return found


def find_candidate_of_firm(tx: Transaction, firm_id: int) -> Candidate | None:
    """Return the candidate that a firm is, locked until the transaction ends."""
    return tx.session.scalar(
        select(Candidate).where(Candidate.firm_id == firm_id).with_for_update()
    )


def get_partner(tx: Transaction, partner_id: int) -> Partner:
    """Return a partner; raises `UnknownPartner`."""
    partner = tx.session.get(Partner, partner_id)
    if partner is None:
        raise UnknownPartner(f"There is no partner {partner_id}.")
    return partner


def lock_partner(tx: Transaction, partner_id: int) -> Partner:
    """Return a partner, locked until the transaction ends; raises `UnknownPartner`."""
    partner = tx.session.scalar(select(Partner).where(Partner.id == partner_id).with_for_update())
    if partner is None:
        raise UnknownPartner(f"There is no partner {partner_id}.")
    return partner


def find_partner_of_firm(tx: Transaction, firm_id: int) -> Partner | None:
    """Return the partner that a firm has become."""
    return tx.session.scalar(select(Partner).where(Partner.firm_id == firm_id))


def get_firm_row(tx: Transaction, firm_id: int) -> Firm:
    """Return the firm that an id stands for, following merges; raises `LookupError`."""
    firm = tx.session.get(Firm, firm_id)
    while firm is not None and firm.merged_into_id is not None:
        firm = tx.session.get(Firm, firm.merged_into_id)
    if firm is None:
        raise LookupError(f"There is no firm {firm_id}.")
    return firm


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
    member = tx.session.scalar(query.with_for_update() if lock else query)
    if member is None:
        raise NotAMember(f"Person {person_id} belongs to no partner.")
    return member


def list_members(tx: Transaction, partner_id: int) -> list[PartnerMember]:
    """Return the people who are with a partner now."""
    return list(
        tx.session.scalars(
            select(PartnerMember)
            .where(PartnerMember.partner_id == partner_id, PartnerMember.left_at.is_(None))
            .order_by(PartnerMember.id)
        )
    )


def find_agreement(tx: Transaction, name: str) -> AgreementVersion | None:
    """Return the newest version of an agreement."""
    return tx.session.scalar(
        select(AgreementVersion)
        .where(AgreementVersion.name == name)
        .order_by(AgreementVersion.number.desc())
        .limit(1)
    )


def find_track(tx: Transaction, name: str) -> Track | None:
    """Return the newest version of a track."""
    return tx.session.scalar(
        select(Track).where(Track.name == name).order_by(Track.number.desc()).limit(1)
    )


def find_course(tx: Transaction, key: str) -> Course | None:
    """Return the newest version of a course."""
    return tx.session.scalar(
        select(Course).where(Course.key == key).order_by(Course.number.desc()).limit(1)
    )


def get_course(tx: Transaction, key: str) -> Course:
    """Return the newest version of a course; raises `UnknownCourse`."""
    course = find_course(tx, key)
    if course is None:
        raise UnknownCourse(f"There is no course {key!r}.")
    return course


def list_courses(tx: Transaction) -> list[Course]:
    """Return the newest version of each course."""
    newest = (
        select(Course.key, func.max(Course.number).label("number")).group_by(Course.key).subquery()
    )
    return list(
        tx.session.scalars(
            select(Course)
            .join(newest, (newest.c.key == Course.key) & (newest.c.number == Course.number))
            .order_by(Course.key)
        )
    )


def find_resource(tx: Transaction, key: str) -> Resource | None:
    """Return a resource by its key."""
    return tx.session.scalar(select(Resource).where(Resource.key == key))


def list_resources(tx: Transaction) -> list[Resource]:
    """Return all resources in the order in which they are shown."""
    return list(tx.session.scalars(select(Resource).order_by(Resource.position, Resource.id)))


def list_awards(tx: Transaction, *, person_id: int, course_key: str) -> list[Award]:
    """Return a person's certificates for a course, oldest first."""
    return list(
        tx.session.scalars(
            select(Award)
            .where(Award.person_id == person_id, Award.course_key == course_key)
            .order_by(Award.cycle)
        )
    )


def count_attempts(tx: Transaction, *, person_id: int, course_id: int, cycle: int) -> int:
    """Return how often a person has handed in a course version's quiz in a cycle."""
    return (
        tx.session.scalar(
            select(func.count())
            .select_from(Attempt)
            .where(
                Attempt.person_id == person_id,
                Attempt.course_id == course_id,
                Attempt.cycle == cycle,
            )
        )
        or 0
    )


def has_passed(tx: Transaction, *, person_id: int, course_key: str) -> bool:
    """Tell whether a person has passed any version of a course."""
    found = tx.session.scalar(
        select(Attempt.id)
        .join(Course, Course.id == Attempt.course_id)
        .where(Attempt.person_id == person_id, Course.key == course_key, Attempt.passed)
        .limit(1)
    )
    return found is not None


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
