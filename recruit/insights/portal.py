"""What a partner's person sees: the track, the next step, what is open and what opens later.

Every page asks the gates at the moment of asking; nothing here remembers what was open before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from recruit.db.transaction import Transaction
from recruit.onboarding import published
from recruit.onboarding.course import CourseDefinition
from recruit.onboarding.evidence import Evidence, Member, UnderwayKind
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.gathering import gather_evidence_of_person
from recruit.onboarding.grading import next_cycle
from recruit.onboarding.level import LearningPath
from recruit.onboarding.levels import LevelStanding, level_at
from recruit.onboarding.progress import StepState, StepView, list_steps, state_of, unread_lessons
from recruit.onboarding.shelf import Shelved, decide_resource, is_stale
from recruit.onboarding.store import NotAMember
from recruit.onboarding.tables import Resource
from recruit.onboarding.training_tables import LessonFile
from recruit.onboarding.uploads import CheckedFile
from recruit.onboarding.values import Action, PartnerState, TrackStepKind


class NothingHere(LookupError):
    """There is no such thing, or it belongs to another partner: both look the same from outside."""


@dataclass(frozen=True)
class ResourceLine:
    """Something that partners get, and whether it is open to this person now."""

    key: str
    title: str
    summary: str
    decision: Decision
    product: str = ""
    audience: str = ""


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
class NextStep:
    """The step that comes next. Where it is not for this person, `waits` says for whom or what.

    `lesson` is the first that this person has yet to read, where the step has lessons.
    """

    view: StepView
    waits: str = ""
    lesson: str = ""

    @property
    def is_mine(self) -> bool:
        """Tell whether this person can do it."""
        return not self.waits


@dataclass(frozen=True)
class HeldCertificate:
    """A valid certificate of this person. `renewable`: the quiz counts again, before it runs out."""

    serial: str
    course_key: str
    title: str
    valid_until: datetime
    renewable: bool


@dataclass(frozen=True)
class PathLine:
    """The learning path of this person: its courses in order, and how many of them are done."""

    path: LearningPath
    courses: tuple[CourseLine, ...]

    @property
    def done(self) -> int:
        """Return how many courses are passed."""
        return sum(course.passed for course in self.courses)


@dataclass(frozen=True)
class Home:
    """The portal's one page. `minutes_left` is what the open steps take this person."""

    company: str
    member: Member
    state: PartnerState
    steps: tuple[StepView, ...]
    next: NextStep | None
    minutes_left: int
    resources: tuple[ResourceLine, ...]
    courses: tuple[CourseLine, ...]
    certificates: tuple[HeldCertificate, ...]
    may_invite: bool
    level: LevelStanding = LevelStanding(None)
    paths: tuple[LearningPath, ...] = ()
    path: PathLine | None = None
    has_levels: bool = False
    # Until when a new version of the agreement has to be accepted, where one does.
    accept_by: datetime | None = None

    @property
    def closed(self) -> list[ResourceLine | CourseLine]:
        """Return what opens later, in the order in which it opens."""
        lines: list[ResourceLine | CourseLine] = [*self.courses, *self.resources]
        closed = [line for line in lines if not line.decision.allowed]
        return sorted(closed, key=lambda x: max((m.number for m in x.decision.missing), default=99))

    def title_of(self, course: str) -> str:
        """Return a course's title."""
        return next((line.title for line in self.courses if line.key == course), course)

    @property
    def steps_left(self) -> int:
        """Return how many steps are open."""
        return sum(not step.finished for step in self.steps)


def evidence_of(tx: Transaction, person_id: int) -> Evidence:
    """Return the evidence of the partner that a person belongs to; raises `NothingHere`."""
    try:
        return gather_evidence_of_person(tx, person_id=person_id)
    except NotAMember as error:
        raise NothingHere(str(error)) from None


def member_of(evidence: Evidence, person_id: int) -> Member:
    """Return a person of the partner; raises `NothingHere`."""
    member = evidence.find_member(person_id)
    if member is None:
        raise NothingHere(f"Person {person_id} belongs to no partner.")
    return member


def portal_home(tx: Transaction, person_id: int) -> Home:
    """Return what the portal's home shows to this person."""
    evidence = evidence_of(tx, person_id)
    member = member_of(evidence, person_id)
    steps = list_steps(evidence, tx.now, person_id=person_id)

    def ask(action: Action, course: str | None = None) -> Decision:
        return decide(action, evidence, tx.now, person_id=person_id, course=course)

    courses = tuple(
        CourseLine(
            key=key,
            title=course.title,
            summary=course.summary,
            lessons=len(course.lessons),
            read=len(course.lessons) - len(unread_lessons(course, member)),
            passed=key in member.passed,
            decision=ask(Action.TAKE_COURSE, key),
        )
        for key, course in _in_order(evidence)
    )
    agreement = evidence.track.step_of_kind(TrackStepKind.AGREEMENT)
    change = evidence.change_to_accept(agreement.agreement, tx.now) if agreement else None
    return Home(
        company=evidence.company_name,
        accept_by=change.accept_by if change else None,
        member=member,
        state=state_of(evidence, tx.now),
        steps=steps,
        next=_next(steps, evidence, member, tx.now),
        minutes_left=sum(step.minutes for step in steps),
        resources=_resources(tx, evidence, person_id),
        courses=courses,
        certificates=_held(evidence, member, tx.now),
        may_invite=ask(Action.INVITE_COLLEAGUE).allowed,
        level=level_at(evidence, tx.now),
        has_levels=bool(evidence.track.levels),
        paths=evidence.track.paths,
        path=_path(evidence, member, courses),
    )


def way_on(tx: Transaction, person_id: int) -> NextStep | None:
    """Return the step that comes next, for this person or for others; None where nothing is left."""
    evidence = evidence_of(tx, person_id)
    steps = list_steps(evidence, tx.now, person_id=person_id)
    return _next(steps, evidence, member_of(evidence, person_id), tx.now)


def _resources(tx: Transaction, evidence: Evidence, person_id: int) -> tuple[ResourceLine, ...]:
    return tuple(
        ResourceLine(
            resource.key,
            resource.title,
            resource.summary,
            decide_resource(
                Shelved(resource.action, resource.level), evidence, tx.now, person_id=person_id
            ),
            resource.product,
            resource.audience,
        )
        for resource in published.list_resources(tx)
        if not _is_hidden(resource, tx.now)
    )


def _is_hidden(resource: Resource, now: datetime) -> bool:
    return resource.hide_when_stale and is_stale(resource.review_on, now.date())


def list_library(tx: Transaction, person_id: int) -> tuple[Evidence, tuple[ResourceLine, ...]]:
    """Return everything that partners get, and whether it is open to this person now."""
    evidence = evidence_of(tx, person_id)
    return evidence, _resources(tx, evidence, person_id)


def _path(evidence: Evidence, member: Member, courses: tuple[CourseLine, ...]) -> PathLine | None:
    path = evidence.track.find_path(member.path)
    if path is None:
        return None
    known = {course.key: course for course in courses}
    return PathLine(path, tuple(known[key] for key in path.courses if key in known))


def _in_order(evidence: Evidence) -> list[tuple[str, CourseDefinition]]:
    # As the track has them; courses beside the track come last.
    order = {step.course: number for number, step in enumerate(evidence.track.steps)}
    return sorted(evidence.courses.items(), key=lambda pair: (order.get(pair[0], len(order)), pair))


def _next(
    steps: Iterable[StepView], evidence: Evidence, member: Member, now: datetime
) -> NextStep | None:
    found = [
        NextStep(view, _waits(view, evidence, member, now), _first_lesson(view, evidence, member))
        for view in steps
        if view.state in {StepState.NEXT, StepState.LAPSED}
    ]
    # What this person can do comes before what others have to do.
    return next((step for step in found if step.is_mine), found[0] if found else None)


def _first_lesson(view: StepView, evidence: Evidence, member: Member) -> str:
    course = evidence.courses.get(view.step.course)
    unread = unread_lessons(course, member) if course else ()
    return unread[0].key if unread else ""


def _waits(view: StepView, evidence: Evidence, member: Member, now: datetime) -> str:
    match view.step.kind:
        case TrackStepKind.AGREEMENT:
            return decide(Action.SIGN_AGREEMENT, evidence, now, person_id=member.person_id).reason
        case TrackStepKind.PROFILE:
            return decide(Action.EDIT_COMPANY, evidence, now, person_id=member.person_id).reason
        case TrackStepKind.TASK:
            handed_in = view.underway and view.underway.kind is UnderwayKind.HANDED_IN
            return "You have handed it in. We look at it and write to you." if handed_in else ""
        case TrackStepKind.CALL:
            who = view.step.owner or "Your partner manager"
            if view.underway:
                return f"Booked for {view.underway.at:%-d %B %Y, %H:%M} UTC."
            return f"{who} will agree a time with you."
        case TrackStepKind.APPROVAL:
            return f"It is the turn of {view.step.owner or 'your partner manager'}."
        case TrackStepKind.COURSE:
            mine_done = view.step.course in member.passed
        case TrackStepKind.CERTIFICATION:
            mine_done = any(
                c.course_key == view.step.course and c.is_valid(now) for c in member.certificates
            )
    return f"Your part is done. This step asks for {view.step.people} of you." if mine_done else ""


def _held(evidence: Evidence, member: Member, now: datetime) -> tuple[HeldCertificate, ...]:
    newest = {c.course_key: c for c in sorted(member.certificates, key=lambda c: c.cycle)}
    return tuple(
        HeldCertificate(
            serial=c.serial,
            course_key=key,
            title=evidence.courses[key].title,
            valid_until=c.valid_until,
            renewable=next_cycle([(c.cycle, c.valid_until)], now) is not None,
        )
        for key, c in newest.items()
        if c.is_valid(now) and key in evidence.courses
    )


def find_resource(tx: Transaction, person_id: int, key: str) -> tuple[Evidence, Resource, Decision]:
    """Return a resource and whether it is open to this person now; raises `NothingHere`."""
    evidence = evidence_of(tx, person_id)
    resource = published.find_resource(tx, key)
    if resource is None or _is_hidden(resource, tx.now):
        raise NothingHere(f"There is no resource {key!r}.")
    shelved = Shelved(resource.action, resource.level)
    decision = decide_resource(shelved, evidence, tx.now, person_id=person_id)
    return evidence, resource, decision


def resource_file(tx: Transaction, resource: Resource) -> CheckedFile:
    """Return the file of a resource; raises `NothingHere`."""
    found = tx.session.get(LessonFile, resource.file_sha256) if resource.file else None
    if found is None:
        raise NothingHere("This resource has no file.")
    return CheckedFile(resource.file, found.content_type, found.content)
