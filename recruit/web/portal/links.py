"""Where a step of the track is done, and where courses and resources stand."""

from recruit.insights.portal import CourseLine, NextStep, ResourceLine
from recruit.onboarding.gates import MissingStep
from recruit.onboarding.progress import StepView
from recruit.onboarding.values import TrackStepKind


def step_link(step: StepView | MissingStep) -> str:
    """Return the address of the page on which a step, or a missing lesson, is done."""
    if isinstance(step, StepView):
        return _page(step.step.kind, step.step.course, step.step.key)
    page = _page(step.kind, step.course, step.key)
    return f"{page}/lessons/{step.lesson}" if step.lesson else page


def on_link(following: NextStep | None) -> str:
    """Return the address of what a person does next: the lesson itself, not the way to it."""
    if following is None or not following.is_mine:
        return "/portal"
    page = step_link(following.view)
    return f"{page}/lessons/{following.lesson}" if following.lesson else page


def line_link(line: CourseLine | ResourceLine) -> str:
    """Return the address of a course or a resource."""
    kind = "courses" if isinstance(line, CourseLine) else "resources"
    return f"/portal/{kind}/{line.key}"


def _page(kind: TrackStepKind, course: str, key: str) -> str:
    match kind:
        case TrackStepKind.AGREEMENT:
            return "/portal/agreement"
        case TrackStepKind.PROFILE:
            return "/portal/company"
        case TrackStepKind.COURSE | TrackStepKind.CERTIFICATION:
            return f"/portal/courses/{course}"
        case TrackStepKind.TASK | TrackStepKind.CALL | TrackStepKind.APPROVAL:
            return f"/portal/steps/{key}"
