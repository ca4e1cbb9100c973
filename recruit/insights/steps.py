"""One step of a partner's track that staff have a part in, as the partner sees it."""

from dataclasses import dataclass

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere, evidence_of
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.progress import StepView, list_steps
from recruit.onboarding.values import Action, TrackStepKind

_OURS_TOO = frozenset({TrackStepKind.TASK, TrackStepKind.CALL, TrackStepKind.APPROVAL})


@dataclass(frozen=True)
class StepPage:
    """A task, call or approval, and whether its turn has come."""

    company: str
    view: StepView
    decision: Decision


def step_page(tx: Transaction, person_id: int, step_key: str) -> StepPage:
    """Return a step of the person's track; raises `NothingHere`."""
    evidence = evidence_of(tx, person_id)
    for view in list_steps(evidence, tx.now, person_id=person_id):
        if view.step.key == step_key and view.step.kind in _OURS_TOO:
            decision = decide(
                Action.HAND_IN_TASK, evidence, tx.now, person_id=person_id, step=step_key
            )
            return StepPage(evidence.company_name, view, decision)
    raise NothingHere(f"There is no step {step_key!r}.")
