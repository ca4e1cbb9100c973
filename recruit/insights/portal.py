"""What a partner's person sees: the track, what is open and what opens later, courses and certificates.

Every page asks the gates at the moment of asking; nothing here remembers what was open before.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.onboarding import store
from recruit.onboarding.course import CourseDefinition, Lesson
from recruit.onboarding.evidence import Evidence, Member
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.gathering import gather_evidence_of_person, read_course
from recruit.onboarding.grading import Grade, grade, next_cycle
from recruit.onboarding.progress import (
    StepView,
    list_steps,
    next_step,
    state_of,
    unread_lessons,
)
from recruit.onboarding.store import NotAMember, UnknownCourse
from recruit.onboarding.tables import (
    AgreementAcceptance,
    AgreementVersion,
    Attempt,
    Award,
    Course,
    Partner,
    Resource,
)
from recruit.onboarding.values import Action, PartnerState, TrackStepKind
from recruit.people.tables import Person


class NothingHere(LookupError):
    """There is no such thing, or it belongs to another partner: both look the same from outside."""


@dataclass(frozen=True)
class ResourceLine:
    """Something that partners get, and whether it is open to this person now."""

    key: str
    title: str
    summary: str
    decision: Decision


@dataclass(frozen=True)
class CourseLine:
    """A course in a list: how far this person has come."""

    key: str
    title: str
    summary: str
    lessons: int
    read: int
    passed: bool
    decision: Decision


@dataclass(frozen=True)
class Home:
    """The portal's one page."""

    company: str
    member: Member
    state: PartnerState
    steps: tuple[StepView, ...]
    next: StepView | None
    minutes_left: int
    resources: tuple[ResourceLine, ...]
    courses: tuple[CourseLine, ...]


@dataclass(frozen=True)
class AgreementPage:
    """The text to sign, or what was signed."""

    company: str
    title: str
    number: int
    text: str
    sha256: str
    decision: Decision
    signed_by: str
    signed_at: datetime | None


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


def evidence_of(tx: Transaction, person_id: int) -> Evidence:
    """Return the evidence of the partner that a person belongs to; raises `NothingHere`."""
    try:
        return gather_evidence_of_person(tx, person_id=person_id)
    except NotAMember as error:
        raise NothingHere(str(error)) from None


def _member(evidence: Evidence, person_id: int) -> Member:
    member = evidence.find_member(person_id)
    if member is None:
        raise NothingHere(f"Person {person_id} belongs to no partner.")
    return member


def portal_home(tx: Transaction, person_id: int) -> Home:
    """Return what the portal's home shows to this person."""
    evidence = evidence_of(tx, person_id)
    member = _member(evidence, person_id)
    steps = list_steps(evidence, tx.now, person_id=person_id)
    return Home(
        company=evidence.company_name,
        member=member,
        state=state_of(evidence, tx.now),
        steps=steps,
        next=next_step(steps),
        minutes_left=sum(step.minutes for step in steps),
        resources=tuple(
            ResourceLine(
                r.key,
                r.title,
                r.summary,
                decide(r.action, evidence, tx.now, person_id=person_id),
            )
            for r in store.list_resources(tx)
        ),
        courses=tuple(
            CourseLine(
                key=key,
                title=course.title,
                summary=course.summary,
                lessons=len(course.lessons),
                read=len(course.lessons) - len(unread_lessons(course, member)),
                passed=key in member.passed,
                decision=decide(
                    Action.TAKE_COURSE, evidence, tx.now, person_id=person_id, course=key
                ),
            )
            for key, course in evidence.courses.items()
        ),
    )


def agreement_page(tx: Transaction, person_id: int) -> AgreementPage:
    """Return the agreement of the person's track, signed or to sign."""
    evidence = evidence_of(tx, person_id)
    step = next((s for s in evidence.track.steps if s.kind is TrackStepKind.AGREEMENT), None)
    version = store.find_agreement(tx, step.agreement) if step else None
    if step is None or version is None:
        raise NothingHere("There is no agreement to sign.")
    signature = evidence.signatures.get(step.agreement)
    if signature is not None:
        # What was signed is shown as it was signed, whatever was published since.
        signed = tx.session.scalar(
            select(AgreementVersion)
            .join(
                AgreementAcceptance,
                AgreementAcceptance.agreement_version_id == AgreementVersion.id,
            )
            .where(
                AgreementAcceptance.partner_id == evidence.partner_id,
                AgreementVersion.name == step.agreement,
                AgreementVersion.number == signature.number,
            )
        )
        version = signed or version
    return AgreementPage(
        company=evidence.company_name,
        title=version.title,
        number=version.number,
        text=version.text,
        sha256=version.sha256,
        decision=decide(Action.SIGN_AGREEMENT, evidence, tx.now, person_id=person_id),
        signed_by=signature.signer if signature else "",
        signed_at=signature.at if signature else None,
    )


def company_form(tx: Transaction, person_id: int) -> tuple[str, dict[str, str], Decision]:
    """Return the company's name, what it says of itself, and whether this person may edit it."""
    evidence = evidence_of(tx, person_id)
    partner = tx.session.get_one(Partner, evidence.partner_id)
    decision = decide(Action.EDIT_COMPANY, evidence, tx.now, person_id=person_id)
    return evidence.company_name, {k: str(v) for k, v in partner.company.items()}, decision


def course_page(tx: Transaction, person_id: int, course_key: str) -> CoursePage:
    """Return a course as this person stands in it; raises `NothingHere`."""
    evidence = evidence_of(tx, person_id)
    member = _member(evidence, person_id)
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


def find_resource(tx: Transaction, person_id: int, key: str) -> tuple[Evidence, Resource, Decision]:
    """Return a resource and whether it is open to this person now; raises `NothingHere`."""
    evidence = evidence_of(tx, person_id)
    resource = store.find_resource(tx, key)
    if resource is None:
        raise NothingHere(f"There is no resource {key!r}.")
    return evidence, resource, decide(resource.action, evidence, tx.now, person_id=person_id)


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


__all__ = [
    "AgreementPage",
    "CertificatePage",
    "CourseLine",
    "CoursePage",
    "Home",
    "NothingHere",
    "ResourceLine",
    "Result",
    "UnknownCourse",
    "agreement_page",
    "certificate_page",
    "company_form",
    "course_page",
    "evidence_of",
    "find_resource",
    "last_result",
    "portal_home",
]
