"""Mailboxes: how much each may send today, how receivers see it, and why one has stopped."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.mailboxes import list_mailbox_cards
from recruit.sequences.usecases import (
    BadMailbox,
    UnknownMailbox,
    Warmup,
    add_mailbox,
    check_mailboxes,
    pause_mailbox,
    resume_mailbox,
)
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx
from recruit.wiring import make_outgoing

router = APIRouter(prefix="/mailboxes")


@router.get("")
def show_mailboxes(request: Request, tx: ReadingTx) -> Response:
    """Show every address that sends."""
    return render(request, "desk/mailboxes.html", cards=list_mailbox_cards(tx))


@router.post("")
def save(
    request: Request,
    tx: WritingTx,
    address: Annotated[str, Form(max_length=254)],
    from_name: Annotated[str, Form(max_length=200)],
    cap_per_day: Annotated[int, Form()] = 50,
    gap_s: Annotated[int, Form()] = 60,
    domain_cap_per_day: Annotated[int, Form()] = 0,
    warmup_days: Annotated[str, Form()] = "",
    warmup_first_cap: Annotated[int, Form()] = 5,
) -> Response:
    """Add an address, or change the limits of one that is there."""
    warmup = None
    if warmup_days.strip().isdecimal():
        warmup = Warmup(warmup_first_cap, int(warmup_days))
    try:
        box = add_mailbox(
            tx,
            address=address,
            from_name=from_name,
            cap_per_day=cap_per_day,
            gap_s=gap_s,
            domain_cap_per_day=domain_cap_per_day,
            warmup=warmup,
        )
    except BadMailbox as error:
        tx.session.rollback()
        return show_error(request, 422, text=str(error))
    return redirect(request, "/mailboxes", f"{box.address} sends within its new limits.")


@router.post("/check")
def check(request: Request, app: AppDep) -> Response:
    """Ask DNS how receivers see the addresses."""
    report = check_mailboxes(app.transaction, app.lookup, make_outgoing(app.settings))
    words = "Looked at DNS: nothing is wrong." if not report.bad else "Looked at DNS: see below."
    return redirect(request, "/mailboxes", words, kind="wait" if report.bad else "good")


@router.post("/pause")
def pause(
    request: Request, tx: WritingTx, person: StaffPerson, address: Annotated[str, Form()]
) -> Response:
    """Stop an address until somebody resumes it."""
    try:
        pause_mailbox(tx, address=address, reason=f"Paused by {person.name}.")
    except UnknownMailbox as error:
        return show_error(request, 404, text=str(error))
    return redirect(request, "/mailboxes", f"{address} is paused; what is due waits.", kind="wait")


@router.post("/resume")
def resume(request: Request, tx: WritingTx, address: Annotated[str, Form()]) -> Response:
    """Let a paused address send again."""
    try:
        resume_mailbox(tx, address=address)
    except UnknownMailbox as error:
        return show_error(request, 404, text=str(error))
    return redirect(request, "/mailboxes", f"{address} sends again; what came due is due now.")
