"""Sequences: what each step brought, pause and start, and the preview of who gets what and when."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from recruit.insights.prospects import ProspectQuery, list_prospects
from recruit.insights.sequences import find_sequence_page, list_sequences
from recruit.insights.standing import ProspectState
from recruit.sequences.usecases import (
    NotLawful,
    pause_sequence,
    preview,
    remove_enrollment,
    start_sequence,
)
from recruit.web.desk.previews import group_by_day, window_sentence
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx
from recruit.web.security import safe_next

router = APIRouter()
# A preview renders every mail of every firm; this many fill a screen and take well under a second.
MOST_PREVIEWED = 50
TOP = 12


@router.get("/sequences")
def show_sequences(request: Request, tx: ReadingTx) -> Response:
    """List the sequences."""
    return render(request, "desk/sequences.html", cards=list_sequences(tx))


@router.get("/sequences/{name}")
def show_sequence(request: Request, tx: ReadingTx, name: str) -> Response:
    """Show a sequence's steps as a line, with what each of them brought."""
    page = find_sequence_page(tx, name)
    if page is None:
        return show_error(request, 404, text=f"There is no sequence “{name}”.")
    return render(
        request, "desk/sequence.html", page=page, window=window_sentence(page.definition.window)
    )


@router.get("/sequences/{name}/preview")
def show_preview(
    request: Request,
    tx: ReadingTx,
    name: str,
    firm: Annotated[list[int] | None, Query()] = None,
    back: str = "",
) -> Response:
    """Show what would go to these firms and when; the best that nobody has written to, if none are named."""
    page = find_sequence_page(tx, name)
    if page is None:
        return show_error(request, 404, text=f"There is no sequence “{name}”.")
    firm_ids = list(dict.fromkeys(firm or []))[:MOST_PREVIEWED]
    if not firm_ids:
        best = list_prospects(tx, ProspectQuery(states=(ProspectState.NEW,)))
        firm_ids = [row.firm_id for row in best.rows if row.has_contact][:TOP]
    planned = preview(tx, sequence_name=name, firm_ids=firm_ids)
    return render(
        request,
        "desk/preview.html",
        page=page,
        planned=planned,
        days=group_by_day(planned),
        firm_ids=firm_ids,
        asked=len(firm or []),
        back=safe_next(back, f"/sequences/{name}"),
    )


@router.post("/sequences/{name}/pause")
def pause(request: Request, tx: WritingTx, name: str) -> Response:
    """Stop a sequence for now; nothing is lost."""
    pause_sequence(tx, name=name)
    return redirect(
        request,
        f"/sequences/{name}",
        "Paused. Nothing goes out until you start it again.",
        kind="wait",
    )


@router.post("/sequences/{name}/start")
def start(request: Request, tx: WritingTx, app: AppDep, name: str) -> Response:
    """Start a sequence, for the first time or again; one that the law forbids says why."""
    try:
        start_sequence(tx, name=name, postal_address=app.settings.postal_address)
    except NotLawful as error:
        return redirect(request, f"/sequences/{name}", str(error), kind="stop")
    return redirect(request, f"/sequences/{name}", "Started. What is due goes out in its window.")


@router.post("/enrollments/{enrollment_id}/remove")
def remove(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    enrollment_id: int,
    back: Annotated[str, Form()] = "/prospects",
) -> Response:
    """Take a firm out of a sequence."""
    remove_enrollment(tx, enrollment_id=enrollment_id, actor=person.name)
    return redirect(
        request, safe_next(back, "/prospects"), "Stopped. Nothing more goes out to this firm."
    )
