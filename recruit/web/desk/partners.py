"""What a channel manager decides for one partner: let it skip a step, part with it, take either back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response

from recruit.insights.onboarding import partner_page
from recruit.onboarding.usecases import (
    NothingToNudge,
    ReasonMissing,
    UnknownStep,
    leave_partner,
    nudge_partner,
    take_back_waiver,
    take_partner_back,
    waive_step,
)
from recruit.people.usecases import SessionView
from recruit.people.values import Role
from recruit.web.errors import show_error
from recruit.web.pages import redirect
from recruit.web.request import AppDep, StaffPerson, WritingTx
from recruit.web.security import safe_next

router = APIRouter()

MANAGERS = frozenset({Role.ADMIN, Role.CHANNEL_MANAGER})


def require_manager(person: StaffPerson) -> SessionView:
    """Return the person who is signed in, if they may decide against a track's rules."""
    if person.role not in MANAGERS:
        raise HTTPException(403, "Ask a channel manager or an administrator to do this.")
    return person


Manager = Annotated[SessionView, Depends(require_manager)]
Reason = Annotated[str, Form(max_length=2000)]


@router.post("/partners/{partner_id}/steps/{step_key}/waive")
def waive(
    request: Request,
    app: AppDep,
    person: Manager,
    partner_id: int,
    step_key: str,
    reason: Reason = "",
) -> Response:
    """Let a partner skip a step, with the reason."""
    try:
        with app.transaction() as tx:
            waive_step(
                tx, partner_id=partner_id, step_key=step_key, reason=reason, actor=person.name
            )
            firm_id = partner_page(tx, partner_id).firm_id
    except ReasonMissing as error:
        return show_error(request, 422, text=str(error))
    except UnknownStep as error:
        return show_error(request, 404, text=str(error))
    return redirect(request, _back(firm_id), "Waived. What waited for this step is open now.")


@router.post("/partners/{partner_id}/steps/{step_key}/ask-again")
def ask_again(
    request: Request, app: AppDep, _person: Manager, partner_id: int, step_key: str
) -> Response:
    """Take a waiver back."""
    try:
        with app.transaction() as tx:
            take_back_waiver(tx, partner_id=partner_id, step_key=step_key)
            firm_id = partner_page(tx, partner_id).firm_id
    except UnknownStep as error:
        return show_error(request, 404, text=str(error))
    return redirect(request, _back(firm_id), "The step is asked for again.")


@router.post("/partners/{partner_id}/nudge")
def nudge(
    request: Request,
    app: AppDep,
    _person: Manager,
    partner_id: int,
    back: Annotated[str, Form(max_length=200)] = "/onboarding",
) -> Response:
    """Tell a partner's people what comes next, at most once a day."""
    there = safe_next(back, "/onboarding")
    try:
        with app.transaction() as tx:
            told = nudge_partner(tx, partner_id=partner_id)
    except NothingToNudge as error:
        return redirect(request, there, str(error), kind="wait")
    app.wake("notices.send_due_notices")
    return redirect(request, there, f"We write to {', '.join(told)}.")


@router.post("/partners/{partner_id}/leave")
def part(
    request: Request, app: AppDep, _person: Manager, partner_id: int, reason: Reason = ""
) -> Response:
    """Part with a partner: its people are out with this request."""
    if not reason.strip():
        return show_error(request, 422, text="Say why you part; the reason stays on record.")
    with app.transaction() as tx:
        firm_id = leave_partner(tx, partner_id=partner_id, reason=reason).firm_id
    return redirect(request, _back(firm_id), "Their access has ended. What they earned is kept.")


@router.post("/partners/{partner_id}/take-back")
def take_back(request: Request, tx: WritingTx, _person: Manager, partner_id: int) -> Response:
    """Undo a parting."""
    firm_id = take_partner_back(tx, partner_id=partner_id).firm_id
    return redirect(request, _back(firm_id), "They are back where they stood.")


def _back(firm_id: int) -> str:
    return f"/firms/{firm_id}/onboarding"
