"""Which partner is stuck, at what, for how long, whose turn it is, and what helps. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.onboarding.evidence import Evidence, UnderwayKind
from recruit.onboarding.gates import decide
from recruit.onboarding.progress import StepState, StepView, list_steps
from recruit.onboarding.values import Action, MemberRole, TrackStepKind

# Partners hear after one week and after three; the channel managers after two, since a call helps more
# than a third mail. What waits for us is told to them after one.
NUDGE_AT_DAYS = (7, 21)
TELL_AT_DAYS = 14
OURS_AT_DAYS = 7

_ADVICE = {
    TrackStepKind.AGREEMENT: "Ask what speaks against signing; offer to go through the text.",
    TrackStepKind.PROFILE: "Ask for city and country by phone, or waive the step.",
    TrackStepKind.COURSE: "Offer to look at the first lesson together.",
    TrackStepKind.CERTIFICATION: "Ask where the quiz is hard, or give another attempt.",
    TrackStepKind.TASK: "Ask what is missing for it; an example helps.",
    TrackStepKind.CALL: "Agree a time and book the call.",
    TrackStepKind.APPROVAL: "Approve it, or tell them what is missing.",
}


@dataclass(frozen=True)
class Stuck:
    """The step that a partner stands at. `since` is the last time that something moved towards it.

    `is_ours`: the partner has done its part, and waits for us. `people` are those who can go on.
    """

    view: StepView
    since: datetime
    days: int
    is_ours: bool
    advice: str
    people: tuple[int, ...]
    nobody_came: bool = False

    @property
    def spell(self) -> str:
        """Return what tells this standstill from any other of the partner."""
        return f"{self.view.step.key}:{self.since:%Y-%m-%d}"

    @property
    def nudge(self) -> int | None:
        """Return which of the nudges is due, by its days; None where none is."""
        if self.is_ours:
            return None
        return max((days for days in NUDGE_AT_DAYS if self.days >= days), default=None)

    @property
    def is_long(self) -> bool:
        """Tell whether the channel managers should hear of it."""
        return self.days >= (OURS_AT_DAYS if self.is_ours else TELL_AT_DAYS)


def find_stuck(evidence: Evidence, now: datetime) -> Stuck | None:
    """Return where a partner stands still at `now`; None when it has left, or has done everything."""
    if evidence.left_at is not None:
        return None
    steps = list_steps(evidence, now)
    turns = [view for view in steps if view.state in {StepState.NEXT, StepState.LAPSED}]
    if not turns:
        return None
    # What the partner can do comes before what it waits for.
    view = next((turn for turn in turns if not _is_ours(turn)), turns[0])
    nobody_came = not any(member.signed_in_at for member in evidence.members)
    ours = _is_ours(view)
    since = max((at for at in _moves(evidence, steps, view) if at <= now), default=now)
    return Stuck(
        view=view,
        since=since,
        days=(now - since) // timedelta(days=1),
        is_ours=ours,
        advice=_advice(view, ours=ours, nobody_came=nobody_came),
        people=_people(view, evidence, now),
        nobody_came=nobody_came,
    )


def _is_ours(view: StepView) -> bool:
    if view.step.kind is TrackStepKind.TASK:
        return view.underway is not None and view.underway.kind is UnderwayKind.HANDED_IN
    return view.step.kind in {TrackStepKind.CALL, TrackStepKind.APPROVAL}


def _moves(evidence: Evidence, steps: tuple[StepView, ...], view: StepView) -> Iterator[datetime]:
    yield evidence.accepted_at
    yield from (step.since for step in steps if step.since is not None)
    if view.underway is not None:
        yield view.underway.at
    for member in evidence.members:
        yield member.joined_at
        if member.signed_in_at is not None:
            yield member.signed_in_at
        yield from member.lessons.values()
        yield from member.passed.values()


def _advice(view: StepView, *, ours: bool, nobody_came: bool) -> str:
    if nobody_came:
        return "Nobody has come in yet. Call, or invite somebody else."
    if view.state is StepState.LAPSED:
        return "Remind them of what they lose, and for how little it comes back."
    if ours and view.step.kind is TrackStepKind.TASK:
        return "Look at what they handed in."
    return _ADVICE[view.step.kind]


def _people(view: StepView, evidence: Evidence, now: datetime) -> tuple[int, ...]:
    asked = {
        TrackStepKind.AGREEMENT: Action.SIGN_AGREEMENT,
        TrackStepKind.PROFILE: Action.EDIT_COMPANY,
    }.get(view.step.kind)
    if asked is not None:
        return tuple(
            m.person_id
            for m in evidence.members
            if decide(asked, evidence, now, person_id=m.person_id).allowed
        )
    if view.step.kind in {TrackStepKind.COURSE, TrackStepKind.CERTIFICATION}:
        # Who passed has done their part, unless the certificate has run out.
        again = view.state is StepState.LAPSED
        return tuple(
            m.person_id for m in evidence.members if again or view.step.course not in m.passed
        )
    return tuple(m.person_id for m in evidence.members if m.role is not MemberRole.MEMBER)
