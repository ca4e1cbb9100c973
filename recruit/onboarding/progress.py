"""How far a partner has come: each step's state at a moment, what comes next and how long it takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from recruit.onboarding.course import CourseDefinition, Lesson
from recruit.onboarding.evidence import Certificate, Evidence, Member, Underway
from recruit.onboarding.track import TrackStep
from recruit.onboarding.values import MemberRole, PartnerState, TrackStepKind


class StepState(StrEnum):
    """Where a step stands."""

    DONE = "done"
    WAIVED = "waived"
    LAPSED = "lapsed"  # was done; a certificate has run out
    NEXT = "next"  # can be done now
    LATER = "later"  # waits for steps before it


FINISHED = frozenset({StepState.DONE, StepState.WAIVED})


@dataclass(frozen=True)
class StepView:
    """A step at a moment. `number` counts from 1; `since` is when it was done or ran out.

    `sentence` says in the partner's words what was done by whom, or what it needs, so that it goes on
    after "opens when". `due_at` is when it should be done, None where no day was set.
    """

    step: TrackStep
    number: int
    state: StepState
    since: datetime | None
    minutes: int
    sentence: str
    due_at: datetime | None = None
    underway: Underway | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it is open past the day that was set for it."""
        return self.due_at is not None and now > self.due_at and not self.finished

    @property
    def finished(self) -> bool:
        """Tell whether it counts as done."""
        return self.state in FINISHED


@dataclass(frozen=True)
class _Standing:
    """When a step was done, or ran out."""

    done_at: datetime | None = None
    lapsed_at: datetime | None = None
    by: str = ""


def list_steps(
    evidence: Evidence, now: datetime, *, person_id: int | None = None
) -> tuple[StepView, ...]:
    """Return the track's steps as they stand at `now`; minutes are those of `person_id`, if given."""
    member = evidence.find_member(person_id) if person_id is not None else None
    standings = {step.key: _standing(step, evidence, now) for step in evidence.track.steps}
    finished = {
        key for key, s in standings.items() if s.done_at is not None or _waived(evidence, key)
    }
    views = []
    for number, step in enumerate(evidence.track.steps, start=1):
        standing = standings[step.key]
        since: datetime | None
        if standing.done_at is not None:
            state, since = StepState.DONE, standing.done_at
        elif step.key in finished:
            state, since = StepState.WAIVED, evidence.declared[step.key].at
        elif standing.lapsed_at is not None:
            state, since = StepState.LAPSED, standing.lapsed_at
        else:
            ready = all(before.key in finished for before in evidence.track.before(step.key))
            state, since = StepState.NEXT if ready else StepState.LATER, None
        minutes = 0 if state in FINISHED else _minutes(step, evidence, member)
        sentence = _sentence(step, state, standing, evidence)
        due = evidence.accepted_at + timedelta(days=step.due_days) if step.due_days else None
        underway = None if state in FINISHED else evidence.underway.get(step.key)
        views.append(StepView(step, number, state, since, minutes, sentence, due, underway))
    return tuple(views)


def next_step(steps: Iterable[StepView]) -> StepView | None:
    """Return the step to do now; None when nothing is left."""
    return next((s for s in steps if s.state in {StepState.NEXT, StepState.LAPSED}), None)


def state_of(evidence: Evidence, now: datetime) -> PartnerState:
    """Return where the partner stands at `now`."""
    return state_and_since(evidence, now)[0]


def state_and_since(evidence: Evidence, now: datetime) -> tuple[PartnerState, datetime]:
    """Return where the partner stands at `now`, and since when."""
    if evidence.left_at is not None:
        return PartnerState.LEFT, evidence.left_at
    steps = list_steps(evidence, now)
    done = [s.since for s in steps if s.finished and s.since is not None]
    if len(done) == len(steps):
        return PartnerState.FULL_ACCESS, max(done)
    lapsed = [s.since for s in steps if s.state is StepState.LAPSED and s.since is not None]
    if lapsed:
        return PartnerState.LAPSED, max(lapsed)
    agreements = [s for s in steps if s.step.kind is TrackStepKind.AGREEMENT]
    if all(s.finished for s in agreements):
        signed = [s.since for s in agreements if s.since is not None]
        return PartnerState.TRAINING, max(signed, default=evidence.accepted_at)
    seen = [m.signed_in_at for m in evidence.members if m.signed_in_at is not None]
    if seen:
        return PartnerState.SIGNING, min(seen)
    return PartnerState.INVITED, evidence.accepted_at


def unread_lessons(course: CourseDefinition, member: Member) -> tuple[Lesson, ...]:
    """Return the lessons that a person has yet to read.

    A lesson is known by its key in all versions of its course: mending a typo sends nobody back.
    """
    return tuple(x for x in course.lessons if (course.key, x.key) not in member.lessons)


def _waived(evidence: Evidence, key: str) -> bool:
    declared = evidence.declared.get(key)
    return declared is not None and declared.waived


def _standing(step: TrackStep, evidence: Evidence, now: datetime) -> _Standing:
    match step.kind:
        case TrackStepKind.AGREEMENT:
            return _agreement_standing(step, evidence, now)
        case (
            TrackStepKind.PROFILE | TrackStepKind.TASK | TrackStepKind.CALL | TrackStepKind.APPROVAL
        ):
            declared = evidence.declared.get(step.key)
            if declared is None or declared.waived:
                return _Standing()
            return _Standing(declared.at, by=declared.actor)
        case TrackStepKind.COURSE:
            return _course_standing(step, evidence)
        case TrackStepKind.CERTIFICATION:
            return _certification_standing(step, evidence, now)


def _agreement_standing(step: TrackStep, evidence: Evidence, now: datetime) -> _Standing:
    signature = evidence.signatures.get(step.agreement)
    if signature is None:
        return _Standing()
    change = evidence.change_to_accept(step.agreement, now)
    if change is not None and change.accept_by <= now:
        return _Standing(lapsed_at=change.accept_by)
    return _Standing(signature.at, by=signature.signer)


def _course_standing(step: TrackStep, evidence: Evidence) -> _Standing:
    course = evidence.courses.get(step.course)
    finished = []
    for member in evidence.members:
        at = member.passed.get(step.course)
        if at is None and course and course.quiz is None and not unread_lessons(course, member):
            at = max(member.lessons[course.key, lesson.key] for lesson in course.lessons)
        if at is not None:
            finished.append((at, member.name))
    finished.sort()
    if len(finished) < step.people:
        return _Standing()
    at, name = finished[step.people - 1]
    return _Standing(at, by=name)


def _certification_standing(step: TrackStep, evidence: Evidence, now: datetime) -> _Standing:
    held, ended = [], []
    for member in evidence.members:
        own = [c for c in member.certificates if c.course_key == step.course]
        since = _held_since(own, now)
        if since is not None:
            held.append((since, member.name))
        elif own:
            ended.append(max(c.valid_until for c in own))
    if len(held) >= step.people:
        at, name = sorted(held)[step.people - 1]
        return _Standing(at, by=name)
    past = sorted(end for end in ended if end <= now)
    if past and len(held) + len(past) >= step.people:
        return _Standing(lapsed_at=past[-1])
    return _Standing()


def _held_since(certificates: list[Certificate], now: datetime) -> datetime | None:
    # A renewal before the end goes on from the certificate before it.
    since: datetime | None = None
    until: datetime | None = None
    for certificate in sorted(certificates, key=lambda c: c.awarded_at):
        if certificate.awarded_at > now:
            break
        if until is None or certificate.awarded_at > until:
            since = certificate.awarded_at
        # Whatever a renewal says, the certificate before it lasts to its own end.
        until = max(until or certificate.valid_until, certificate.valid_until)
    return since if until is not None and now < until else None


def _minutes(step: TrackStep, evidence: Evidence, member: Member | None) -> int:
    course = evidence.courses.get(step.course)
    if course is None:
        return step.minutes
    lessons = course.lessons if member is None else unread_lessons(course, member)
    return sum(x.minutes for x in lessons) + (course.quiz.minutes if course.quiz else 0)


def _sentence(step: TrackStep, state: StepState, standing: _Standing, evidence: Evidence) -> str:
    if state is StepState.DONE:
        return f"Done by {standing.by}" if standing.by else "Done"
    if state is StepState.WAIVED:
        return "Your partner manager lets you skip this"
    course = evidence.courses.get(step.course)
    title = course.title if course else step.title
    one = step.people == 1
    who = "one of you" if one else f"{step.people} of you"
    match step.kind:
        case TrackStepKind.AGREEMENT:
            signers = [m.name for m in evidence.members if m.role is MemberRole.SIGNATORY]
            who = " or ".join(signers) or "your signatory"
            if standing.lapsed_at is not None:
                return f"{who} accepts the new version of the agreement"
            return f"{who} signs the agreement"
        case TrackStepKind.PROFILE:
            return "you tell us about your company"
        case TrackStepKind.COURSE:
            return f"{who} {'finishes' if one else 'finish'} “{title}”"
        case TrackStepKind.CERTIFICATION:
            if standing.lapsed_at is not None:
                ended = f"{standing.lapsed_at.day} {standing.lapsed_at:%B %Y}"
                renews = "renews" if one else "renew"
                return f"{who} {renews} the certificate “{title}”, which ran out on {ended}"
            return f"{who} {'gets' if one else 'get'} certified in “{title}”"
        case TrackStepKind.TASK:
            return f"you hand in “{step.title}” and we have looked at it"
        case TrackStepKind.CALL:
            return f"we have held the call “{step.title}”"
        case TrackStepKind.APPROVAL:
            return f"{step.owner or 'your partner manager'} approves"
