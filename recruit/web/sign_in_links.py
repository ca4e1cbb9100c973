"""Signing in by a link that comes by mail: for whoever forgot the password, or never wants one.

A partner's colleague who has never been here gets an invitation instead, to the same address.

Opening the link uses nothing up, since link scanners open every link; the button on the page does.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.notices.usecases import mail_sign_in_link
from recruit.onboarding.usecases import register_colleague
from recruit.people.usecases import (
    InvalidEmail,
    SignInLinkInvalid,
    find_sign_in_link,
    use_sign_in_link,
)
from recruit.web.auth import enter
from recruit.web.pages import render
from recruit.web.request import AppDep, ReadingTx, WritingTx, client_ip, user_agent
from recruit.web.security import safe_next

router = APIRouter(prefix="/sign-in/link")


@router.get("")
def show_request(request: Request, email: str = "", next: str = "") -> Response:  # noqa: A002
    """Ask for the address."""
    return render(
        request,
        "sign_in_link.html",
        asked=False,
        email=email[:254],
        next=safe_next(next, ""),
        problem="",
    )


@router.post("")
def request_link(
    request: Request,
    app: AppDep,
    tx: WritingTx,
    email: Annotated[str, Form(max_length=254)],
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Mail a link, and say the same whether somebody has this address or not."""
    problem = ""
    try:
        if not register_colleague(tx, email=email):
            mail_sign_in_link(tx, email=email)
        app.wake("notices.send_due_notices")
    except InvalidEmail as error:
        problem = str(error)
    return render(
        request,
        "sign_in_link.html",
        status=422 if problem else 200,
        asked=not problem,
        email=email,
        next=safe_next(next, ""),
        problem=problem,
    )


@router.get("/{token}")
def show_link(request: Request, tx: ReadingTx, token: str) -> Response:
    """Show the button that signs in."""
    try:
        email = find_sign_in_link(tx, token=token)
    except SignInLinkInvalid as error:
        return _used_up(request, error)
    return render(request, "sign_in_by_link.html", token=token, email=email)


@router.post("/{token}")
def use_link(request: Request, app: AppDep, token: str) -> Response:
    """Sign the person in."""
    try:
        with app.transaction() as tx:
            signed_in = use_sign_in_link(
                tx, token=token, ip=client_ip(request), user_agent=user_agent(request)
            )
    except SignInLinkInvalid as error:
        return _used_up(request, error)
    return enter(request, app, signed_in, "")


def _used_up(request: Request, error: SignInLinkInvalid) -> Response:
    return render(
        request,
        "sign_in_link.html",
        status=404,
        asked=False,
        email="",
        next="",
        problem=str(error),
    )
