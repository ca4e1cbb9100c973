"""Certificates as their holder, staff and anybody who checks one see them."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere
from recruit.onboarding.badges import Badge
from recruit.onboarding.documents import CertificateDocument
from recruit.onboarding.joining_tables import AwardRevocation
from recruit.onboarding.tables import Award, Course, Partner
from recruit.people.tables import Person


@dataclass(frozen=True)
class CertificatePage:
    """A certificate; `valid` at the moment of asking. `revoked_at` is when it was taken back."""

    serial: str
    person: str
    company: str
    course: str
    awarded_at: datetime
    valid_until: datetime
    revoked_at: datetime | None
    valid: bool


def certificate_page(
    tx: Transaction, serial: str, *, partner_id: int | None = None
) -> CertificatePage:
    """Return a certificate by its serial; with `partner_id` only one of that partner's."""
    row = _find(tx, serial, partner_id)
    award, partner = row.Award, row.Partner
    return CertificatePage(
        serial=award.serial,
        person=row.Person.name,
        company=str(partner.company.get("name", "")),
        course=row.Course.title,
        awarded_at=award.awarded_at,
        valid_until=award.valid_until,
        revoked_at=row.revoked_at,
        valid=award.awarded_at <= tx.now < award.valid_until
        and partner.left_at is None
        and row.revoked_at is None,
    )


def certificate_document(
    tx: Transaction, serial: str, *, program: str, base_url: str, partner_id: int | None = None
) -> CertificateDocument:
    """Return what the certificate says on paper; raises `NothingHere`."""
    page = certificate_page(tx, serial, partner_id=partner_id)
    return CertificateDocument(
        person=page.person,
        company=page.company,
        course=page.course,
        program=program,
        serial=page.serial,
        awarded_at=page.awarded_at,
        valid_until=page.valid_until,
        verify_url=f"{base_url.rstrip('/')}/verify/{page.serial}",
    )


def badge_of(tx: Transaction, serial: str, *, secret: str) -> Badge:
    """Return the badge of a certificate; raises `NothingHere`."""
    row = _find(tx, serial, None)
    award, course = row.Award, row.Course
    salt = hmac.new(secret.encode(), f"badge:{serial}".encode(), hashlib.sha256).hexdigest()[:32]
    return Badge(
        serial=award.serial,
        course_key=course.key,
        course_number=course.number,
        course=course.title,
        summary=str(course.definition.get("summary") or ""),
        email=row.Person.email,
        salt=salt,
        awarded_at=award.awarded_at,
        valid_until=award.valid_until,
    )


def find_badge_course(tx: Transaction, key: str, number: int) -> Course:
    """Return a course version that badges are for; raises `NothingHere`."""
    course = tx.session.scalar(select(Course).where(Course.key == key, Course.number == number))
    if course is None:
        raise NothingHere("There is no such achievement.")
    return course


def list_revoked(tx: Transaction) -> list[tuple[str, str]]:
    """Return (serial, why) of all certificates that were taken back, or whose partner has left."""
    taken = tx.session.execute(
        select(Award.serial, AwardRevocation.reason)
        .join(AwardRevocation, AwardRevocation.award_id == Award.id)
        .order_by(Award.id)
    ).all()
    left = tx.session.execute(
        select(Award.serial)
        .join(Partner, Partner.id == Award.partner_id)
        .where(Partner.left_at.is_not(None), Award.valid_until > tx.now)
        .order_by(Award.id)
    ).all()
    found = {serial: "The company has left the partner program." for (serial,) in left}
    return list((found | {row.serial: row.reason for row in taken}).items())


def _find(tx: Transaction, serial: str, partner_id: int | None) -> Any:
    row = tx.session.execute(
        select(Award, Person, Course, Partner, AwardRevocation.at.label("revoked_at"))
        .join(Person, Person.id == Award.person_id)
        .join(Course, Course.id == Award.course_id)
        .join(Partner, Partner.id == Award.partner_id)
        .outerjoin(AwardRevocation, AwardRevocation.award_id == Award.id)
        .where(Award.serial == serial)
    ).first()
    if row is None or (partner_id is not None and row.Award.partner_id != partner_id):
        raise NothingHere("There is no such certificate.")
    return row
