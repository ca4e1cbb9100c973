"""Courses, quizzes and certificates as a partner's person stands in them at the moment of asking."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere, evidence_of, member_of
from recruit.onboarding.course import CourseDefinition, Lesson
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.gathering import read_course
from recruit.onboarding.grading import Grade, grade, next_cycle
from recruit.onboarding.tables import Attempt, Award, Course, Partner
from recruit.onboarding.values import Action
from recruit.people.tables import Person


@dataclass(frozen=True)
class CoursePage:
    """A course as this person stands in it. `can_take` tells whether the quiz counts now."""

    company: str
    course: CourseDefinition
    decision: Decision
    quiz_decision: Decision
    read: frozenset[str]
    passed: bool
    can_take: bool
    certificate: str

    @property
    def next_lesson(self) -> Lesson | None:
        """Return the first lesson that has not been read."""
        return next((x for x in self.course.lessons if x.key not in self.read), None)

    def after(self, key: str) -> Lesson | None:
        """Return the lesson that follows one."""
        keys = [lesson.key for lesson in self.course.lessons]
        at = keys.index(key) + 1
        return self.course.lessons[at] if at < len(keys) else None


@dataclass(frozen=True)
class Result:
    """The last quiz that a person handed in."""

    page: CoursePage
    attempt_number: int
    share_right: float
    passed: bool
    grade: Grade


@dataclass(frozen=True)
class CertificatePage:
    """A certificate; `valid` at the moment of asking."""

    serial: str
    person: str
    company: str
    course: str
    awarded_at: datetime
    valid_until: datetime
    valid: bool


def course_page(tx: Transaction, person_id: int, course_key: str) -> CoursePage:
    """Return a course as this person stands in it; raises `NothingHere`."""
    evidence = evidence_of(tx, person_id)
    member = member_of(evidence, person_id)
    course = evidence.courses.get(course_key)
    if course is None:
        raise NothingHere(f"There is no course {course_key!r}.")
    awards = [c for c in member.certificates if c.course_key == course_key]
    cycle = next_cycle([(c.cycle, c.valid_until) for c in awards], tx.now)
    passed = course_key in member.passed
    valid = [c.serial for c in awards if c.is_valid(tx.now)]
    return CoursePage(
        company=evidence.company_name,
        course=course,
        decision=decide(
            Action.TAKE_COURSE, evidence, tx.now, person_id=person_id, course=course_key
        ),
        quiz_decision=decide(
            Action.TAKE_QUIZ, evidence, tx.now, person_id=person_id, course=course_key
        ),
        read=frozenset(x.key for x in course.lessons if (course_key, x.key) in member.lessons),
        passed=passed,
        can_take=course.quiz is not None
        and (cycle is not None if course.certifies else not passed),
        certificate=valid[-1] if valid else "",
    )


def last_result(tx: Transaction, person_id: int, course_key: str) -> Result:
    """Return the last quiz that a person handed in for a course; raises `NothingHere`."""
    page = course_page(tx, person_id, course_key)
    row = tx.session.execute(
        select(Attempt, Course)
        .join(Course, Course.id == Attempt.course_id)
        .where(Attempt.person_id == person_id, Course.key == course_key)
        .order_by(Attempt.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NothingHere("No quiz was handed in.")
    attempt, course = row
    quiz = read_course(course.definition, course.definition_hash).quiz
    if quiz is None:
        raise NothingHere("The course has no quiz.")
    return Result(
        page,
        attempt.number,
        attempt.share_right,
        attempt.passed,
        grade(quiz, attempt.answers),
    )


def certificate_page(
    tx: Transaction, serial: str, *, partner_id: int | None = None
) -> CertificatePage:
    """Return a certificate by its serial; with `partner_id` only one of that partner's."""
    row = tx.session.execute(
        select(Award, Person.name, Course.title, Partner)
        .join(Person, Person.id == Award.person_id)
        .join(Course, Course.id == Award.course_id)
        .join(Partner, Partner.id == Award.partner_id)
        .where(Award.serial == serial)
    ).first()
    if row is None or (partner_id is not None and row.Award.partner_id != partner_id):
        raise NothingHere("There is no such certificate.")
    award, person, course, partner = row
    return CertificatePage(
        serial=award.serial,
        person=person,
        company=str(partner.company.get("name", "")),
        course=course,
        awarded_at=award.awarded_at,
        valid_until=award.valid_until,
        valid=award.awarded_at <= tx.now < award.valid_until and partner.left_at is None,
    )
