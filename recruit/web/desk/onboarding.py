"""Onboarding: candidates to decide on, and the board of partners by the state that they are in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.onboarding import onboarding_board
from recruit.insights.today import list_candidates_to_decide
from recruit.onboarding.usecases import accept_candidate, decline_candidate
from recruit.web.pages import redirect, render
from recruit.web.request import ReadingTx, StaffPerson, WritingTx, actor_of
from recruit.web.security import safe_next

router = APIRouter()


@router.get("/onboarding")
def show_board(request: Request, tx: ReadingTx) -> Response:
    """Show who waits for a decision, and the board."""
    return render(
        request,
        "desk/onboarding.html",
        candidates=list_candidates_to_decide(tx),
        columns=onboarding_board(tx),
    )


@router.post("/candidates/{candidate_id}/accept")
def accept(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    candidate_id: int,
    back: Annotated[str, Form()] = "/onboarding",
) -> Response:
    """Make a partner of a candidate."""
    accept_candidate(tx, candidate_id=candidate_id, actor=actor_of(person))
    return redirect(request, safe_next(back, "/onboarding"), "Accepted.")


@router.post("/candidates/{candidate_id}/decline")
def decline(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    candidate_id: int,
    reason: Annotated[str, Form(max_length=2000)],
    back: Annotated[str, Form()] = "/onboarding",
) -> Response:
    """Turn a candidate down, with the reason."""
    decline_candidate(tx, candidate_id=candidate_id, reason=reason.strip(), actor=actor_of(person))
    return redirect(request, safe_next(back, "/onboarding"), "Declined. The reason is kept.")
