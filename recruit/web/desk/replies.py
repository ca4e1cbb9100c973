"""Replies: the list, the conversation beside it, and what a person makes of a reply."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.firm import firm_page
from recruit.insights.replies import PER_PAGE, InboxLine, ReplyView, find_reply, list_replies
from recruit.onboarding.usecases import add_candidate
from recruit.onboarding.values import CandidateOrigin
from recruit.sequences.usecases import (
    DayIsOver,
    NotAContact,
    add_referred,
    answer_later,
    confirm_mood,
    handle_reply,
)
from recruit.sequences.values import Mood
from recruit.web.errors import show_error
from recruit.web.pages import query_string, redirect, render
from recruit.web.request import ReadingTx, StaffPerson, WritingTx, is_htmx

router = APIRouter()


def _url(view: ReplyView, page: int = 1, reply: int | None = None) -> str:
    return "/replies" + query_string(
        {
            "view": None if view is ReplyView.WAITING else view.value,
            "page": page if page > 1 else None,
            "reply": reply,
        }
    )


@router.get("/replies")
def show_replies(
    request: Request,
    tx: ReadingTx,
    view: ReplyView = ReplyView.WAITING,
    page: int = 1,
    reply: int | None = None,
) -> Response:
    """Show a list of replies with one of them open."""
    page = max(page, 1)
    inbox = list_replies(tx, view, page=page)
    line = find_reply(tx, reply) if reply else next(iter(inbox.lines), None)
    if reply and line is None:
        return show_error(request, 404, text=f"There is no reply with the id {reply}.")
    firm = firm_page(tx, line.firm_id) if line and line.firm_id else None
    context: dict[str, Any] = {
        "line": line,
        "firm": firm,
        "view": view,
        "page": page,
        "url": _url,
        "moods": list(Mood),
    }
    if is_htmx(request):
        return render(request, "desk/reply.html", **context)
    return render(
        request,
        "desk/replies.html",
        inbox=inbox,
        views=list(ReplyView),
        pages=max(1, -(-inbox.counts[view] // PER_PAGE)),
        chosen=reply is not None,
        **context,
    )


@router.post("/replies/{reply_id}/mood")
def confirm(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    reply_id: int,
    mood: Annotated[Mood, Form()],
    view: Annotated[ReplyView, Form()] = ReplyView.WAITING,
) -> Response:
    """Say what a reply means. A guess becomes a fact that scores learn from."""
    line = find_reply(tx, reply_id)
    if line is None:
        return show_error(request, 404, text=f"There is no reply with the id {reply_id}.")
    confirm_mood(tx, reply_id=reply_id, mood=mood, actor=person.name)
    return redirect(
        request, _url(view, reply=reply_id if mood is Mood.POSITIVE else None), _said(line, mood)
    )


@router.post("/replies/{reply_id}/later")
def write_later(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    reply_id: int,
    again_on: Annotated[date, Form()],
    view: Annotated[ReplyView, Form()] = ReplyView.WAITING,
) -> Response:
    """Put a reply away until a day, on which it waits here again."""
    line = find_reply(tx, reply_id)
    if line is None:
        return show_error(request, 404, text=f"There is no reply with the id {reply_id}.")
    try:
        answer_later(tx, reply_id=reply_id, again_on=again_on, actor=person.name)
    except DayIsOver as error:
        return show_error(request, 422, text=str(error))
    who = line.firm_name or line.reply.from_address
    return redirect(request, _url(view), f"{who} waits here again on {again_on:%-d %B %Y}.")


@router.post("/replies/{reply_id}/referral")
def take_referral(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    reply_id: int,
    email: Annotated[str, Form(max_length=254)],
    name: Annotated[str, Form(max_length=200)] = "",
    view: Annotated[ReplyView, Form()] = ReplyView.WAITING,
) -> Response:
    """Make the person whom a reply names a contact of its firm."""
    line = find_reply(tx, reply_id)
    if line is None:
        return show_error(request, 404, text=f"There is no reply with the id {reply_id}.")
    try:
        contact = add_referred(tx, reply_id=reply_id, email=email, name=name, actor=person.name)
    except NotAContact as error:
        return show_error(request, 422, text=str(error))
    return redirect(
        request,
        _url(view),
        f"{contact.name or contact.email} is a contact of {line.firm_name} now, and can be enrolled.",
    )


def _said(line: InboxLine, mood: Mood) -> str:
    who = line.firm_name or line.reply.from_address
    if mood is Mood.POSITIVE:
        return f"{who} is interested. Put it up as a candidate to decide on it."
    return f"Noted for {who}."


@router.post("/replies/{reply_id}/candidate")
def put_up(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    reply_id: int,
    contact_name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Put the firm of a reply up as a candidate; confirms at the same time that it is interested."""
    line = find_reply(tx, reply_id)
    if line is None or line.firm_id is None:
        return show_error(request, 404, text="This reply belongs to no firm yet.")
    confirm_mood(tx, reply_id=reply_id, mood=Mood.POSITIVE, actor=person.name)
    add_candidate(
        tx,
        firm_id=line.firm_id,
        origin=CandidateOrigin.REPLY,
        contact_email=line.reply.from_address,
        contact_name=contact_name.strip(),
        reply_id=reply_id,
    )
    return redirect(
        request, "/onboarding", f"{line.firm_name} is a candidate now. Accept or decline it here."
    )


@router.post("/replies/{reply_id}/handled")
def mark_handled(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    reply_id: int,
    view: Annotated[ReplyView, Form()] = ReplyView.WAITING,
) -> Response:
    """Put a reply away without a word on what it means."""
    handle_reply(tx, reply_id=reply_id, actor=person.name)
    return redirect(request, _url(view), "Put away. It stays under All.")
