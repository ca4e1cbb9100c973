"""The CRM connection: what is fresh, what waits, and what was refused in the CRM's own words."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.crm import crm_health, list_dead_letters
from recruit.web.pages import render
from recruit.web.request import AppDep, ReadingTx

router = APIRouter()


@router.get("/crm")
def show_crm(request: Request, app: AppDep, tx: ReadingTx) -> Response:
    """Show how the conversation with the CRM stands."""
    return render(
        request,
        "desk/crm.html",
        health=crm_health(tx),
        letters=list_dead_letters(tx),
        crm=app.crm.name if app.crm else None,
    )
