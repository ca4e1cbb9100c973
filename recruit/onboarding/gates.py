"""What is open to whom, decided at the moment of asking from the evidence alone.

Nothing is stored, so a certificate that runs out closes the next request, and no job has to run.
"""

from dataclasses import dataclass
from datetime import datetime

from recruit.onboarding.evidence import Evidence, Member
from recruit.onboarding.progress import StepState, list_steps, state_of, unread_lessons
from recruit.onboarding.track import TrackStep
from recruit.onboarding.values import Action, MemberRole, TrackStepKind

__all__ = ["Decision", "GateNotMet", "MissingStep", "decide", "demand", "state_of"]

# Who of a partner may do what; an action that is not here is for every member.
_ROLES: dict[Action, frozenset[MemberRole]] = {
    Action.SIGN_AGREEMENT: frozenset({MemberRole.SIGNATORY}),
    Action.EDIT_COMPANY: frozenset({MemberRole.SIGNATORY, MemberRole.ADMIN}),
    Action.INVITE_COLLEAGUE: frozenset({MemberRole.SIGNATORY, MemberRole.ADMIN}),
}
_ROLE_WORDS = {
    Action.SIGN_AGREEMENT: "Only a person who may sign for {company} can do this{people}.",
    Action.EDIT_COMPANY: "Only an administrator of {company} can do this{people}.",
    Action.INVITE_COLLEAGUE: "Only an administrator of {company} can do this{people}.",
}


@dataclass(frozen=True)
class MissingStep:
    """Something that has to be done first. `key` names a step, or a lesson where `lesson` is set."""

    key: str
    number: int
    title: str
    sentence: str
    kind: TrackStepKind
    course: str = ""
    lesson: str = ""
    lapsed: bool = False


@dataclass(frozen=True)
class Decision:
    """Whether an action is open; if not, why, and the steps that would open it, in order."""

    allowed: bool
    missing: tuple[MissingStep, ...] = ()
    reason: str = ""


class GateNotMet(PermissionError):
    """The gate is closed; `decision` says what is missing."""

    def __init__(self, decision: Decision) -> None:
        """Keep the decision."""
        super().__init__(decision.reason)
        self.decision = decision


def demand(
    action: Action,
    evidence: Evidence,
    now: datetime,
    *,
    person_id: int | None = None,
    course: str | None = None,
    step: str | None = None,
) -> None:
    """Raise `GateNotMet` where `decide` says that an action is closed."""
    decision = decide(action, evidence, now, person_id=person_id, course=course, step=step)
    if not decision.allowed:
        raise GateNotMet(decision)


def decide(
    action: Action,
    evidence: Evidence,
    now: datetime,
    *,
    person_id: int | None = None,
    course: str | None = None,
    step: str | None = None,
) -> Decision:
    """Decide whether an action is open at `now`.

    Without `person_id` it is decided for the partner as a whole, whoever asks. `course` names the
    course that TAKE_COURSE and TAKE_QUIZ are about, `step` the step that HAND_IN_TASK is about.
    """
    if evidence.left_at is not None and evidence.left_at <= now:
        return Decision(False, reason=f"{evidence.company_name} has left the partner program.")
    member = None
    if person_id is not None:
        member = evidence.find_member(person_id)
        if member is None:
            return Decision(False, reason=f"You do not belong to {evidence.company_name}.")
        allowed_roles = _ROLES.get(action)
        if allowed_roles is not None and member.role not in allowed_roles:
            return Decision(False, reason=_role_reason(action, allowed_roles, evidence))
    missing = _missing_steps(_needed(action, evidence, course, step), evidence, now)
    if not missing and action is Action.TAKE_QUIZ and member is not None and course is not None:
        missing = _missing_lessons(evidence, member, course)
    if missing:
        opens = " and ".join(m.sentence for m in missing[-1:])
        return Decision(False, missing, f"This opens when {opens}.")
    return Decision(True)


def _needed(
    action: Action, evidence: Evidence, course: str | None, step_key: str | None
) -> tuple[TrackStep, ...]:
    track = evidence.track
    match action:
        case Action.SEE_PORTAL | Action.INVITE_COLLEAGUE | Action.SEE_CERTIFICATE:
            return ()
        case Action.SIGN_AGREEMENT:
            return _before_kind(evidence, TrackStepKind.AGREEMENT)
        case Action.EDIT_COMPANY:
            return _before_kind(evidence, TrackStepKind.PROFILE)
        case Action.HAND_IN_TASK:
            # A step that the track does not have waits for all of it, and nothing opens it.
            known = step_key is not None and track.find_step(step_key) is not None
            return track.before(step_key) if known and step_key else track.steps
        case Action.TAKE_COURSE | Action.TAKE_QUIZ:
            step = track.step_of_course(course) if course else None
            if step is not None:
                return track.before(step.key)
            # A course beside the track is for everybody who has signed.
            return tuple(s for s in track.steps if s.kind is TrackStepKind.AGREEMENT)
        case Action.SEE_PRICES | Action.SEE_RESOURCES | Action.REGISTER_DEAL:
            return track.needs(action)


def _before_kind(evidence: Evidence, kind: TrackStepKind) -> tuple[TrackStep, ...]:
    first = evidence.track.step_of_kind(kind)
    return evidence.track.before(first.key) if first else ()


def _missing_steps(
    needed: tuple[TrackStep, ...], evidence: Evidence, now: datetime
) -> tuple[MissingStep, ...]:
    if not needed:
        return ()
    keys = {step.key for step in needed}
    return tuple(
        MissingStep(
            key=view.step.key,
            number=view.number,
            title=view.step.title,
            sentence=view.sentence,
            kind=view.step.kind,
            course=view.step.course,
            lapsed=view.state is StepState.LAPSED,
        )
        for view in list_steps(evidence, now)
        if view.step.key in keys and not view.finished
    )


def _missing_lessons(evidence: Evidence, member: Member, course: str) -> tuple[MissingStep, ...]:
    definition = evidence.courses.get(course)
    if definition is None:
        return ()
    return tuple(
        MissingStep(
            key=lesson.key,
            number=definition.lessons.index(lesson) + 1,
            title=lesson.title,
            sentence=f"you finish reading “{lesson.title}”",
            kind=TrackStepKind.COURSE,
            course=course,
            lesson=lesson.key,
        )
        for lesson in unread_lessons(definition, member)
    )


def _role_reason(action: Action, roles: frozenset[MemberRole], evidence: Evidence) -> str:
    names = [m.name for m in evidence.members if m.role in roles]
    people = f": {' or '.join(names)}" if names else ""
    return _ROLE_WORDS[action].format(company=evidence.company_name, people=people)
