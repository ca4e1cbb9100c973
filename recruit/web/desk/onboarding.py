"""Onboarding: candidates to decide on, and the board of partners by the state that they are in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.onboarding import PartnerPage, onboarding_board, partner_page
from recruit.insights.today import list_candidates_to_decide
from recruit.onboarding.usecases import (
    accept_candidate,
    decline_candidate,
    invite_signatory,
    reopen_candidate,
)
from recruit.onboarding.values import MemberRole
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx
from recruit.web.security import safe_next
from recruit.wiring import App

router = APIRouter()
# A column shows who has stood there longest; nobody reads on beyond these.
MOST_CARDS = 50


@router.get("/onboarding")
def show_board(request: Request, tx: ReadingTx) -> Response:
    """Show who waits for a decision, and the board."""
    return render(
        request,
        "desk/onboarding.html",
        candidates=list_candidates_to_decide(tx),
        columns=onboarding_board(tx),
        most_cards=MOST_CARDS,
    )


@router.post("/candidates/{candidate_id}/accept")
def accept(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    candidate_id: int,
    contact: Annotated[str, Form(max_length=254)] = "",
    program: Annotated[str, Form(max_length=100)] = "",
    partner_type: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Make a partner of a candidate, and show the link that lets its signatory in."""
    with app.transaction() as tx:
        partner = accept_candidate(
            tx,
            candidate_id=candidate_id,
            actor=person.name,
            contact_email=contact or None,
            program=program or None,
            partner_type=partner_type,
        )
        page, token = partner_page(tx, partner.id), invite_signatory(tx, partner_id=partner.id)
    return _show_invitation(request, app, page, token)


@router.post("/partners/{partner_id}/invite")
def invite(request: Request, app: AppDep, partner_id: int) -> Response:
    """Make a new invitation link for the partner's signatory; earlier ones stop working."""
    with app.transaction() as tx:
        page, token = partner_page(tx, partner_id), invite_signatory(tx, partner_id=partner_id)
    return _show_invitation(request, app, page, token)


def _show_invitation(request: Request, app: App, page: PartnerPage, token: str) -> Response:
    # The link is a secret that stands nowhere but on this one page, so there is no redirect to it.
    return render(
        request,
        "desk/accepted.html",
        partner=page,
        signatory=next((m.email for m in page.members if m.role is MemberRole.SIGNATORY), ""),
        link=f"{app.settings.base_url.rstrip('/')}/invitation/{token}",
    )


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
    decline_candidate(tx, candidate_id=candidate_id, reason=reason.strip(), actor=person.name)
    return redirect(request, safe_next(back, "/onboarding"), "Declined. The reason is kept.")


@router.post("/candidates/{candidate_id}/reopen")
def reopen(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    candidate_id: int,
    back: Annotated[str, Form()] = "/onboarding",
) -> Response:
    """Take a decline back."""
    reopen_candidate(tx, candidate_id=candidate_id, actor=person.name)
    return redirect(request, safe_next(back, "/onboarding"), "It waits for a decision again.")
