"""Today: what waits for a person, grouped by what they do about it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.models import list_watched
from recruit.insights.today import read_today
from recruit.sequences.usecases import release_held, settle_unknown
from recruit.web.pages import redirect, render
from recruit.web.request import ReadingTx, StaffPerson, WritingTx
from recruit.web.security import safe_next

router = APIRouter()


@router.get("/")
def show_today(request: Request, tx: ReadingTx, person: StaffPerson) -> Response:
    """Show the page."""
    first_name = person.name.split()[0] if person.name.split() else person.name
    hour = tx.now.hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    return render(
        request,
        "desk/today.html",
        today=read_today(tx),
        watched=[w for w in list_watched(tx) if w.warnings],
        greeting=f"Good {part}, {first_name}",
    )


@router.post("/touches/{touch_id}/settle")
def settle(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    touch_id: int,
    sent: Annotated[str, Form(pattern="^(yes|no)$")],
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Say whether a mail of which nobody knew went out; the sequence goes on from there."""
    settle_unknown(tx, touch_id=touch_id, sent=sent == "yes", actor=person.name)
    text = (
        "Noted: it arrived. The sequence goes on."
        if sent == "yes"
        else "Noted: it did not arrive. It is not sent again by itself."
    )
    return redirect(request, safe_next(back), text)


@router.post("/touches/{touch_id}/release")
def release(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    touch_id: int,
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Let a held mail go out at the next moment that its window allows."""
    release_held(tx, touch_id=touch_id, actor=person.name)
    return redirect(request, safe_next(back), "It goes out as soon as its window is open.")
