"""The doors: signing in and out, and choosing a password after an invitation."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.db.transaction import Transaction
from recruit.people.passwords import WeakPassword
from recruit.people.sso.values import Audience
from recruit.people.usecases import (
    InvitationInvalid,
    SignedIn,
    TooManyAttempts,
    WrongCredentials,
    accept_invitation,
    find_invitation,
    sign_in,
    sign_out,
)
from recruit.people.values import STAFF, Role
from recruit.web.pages import redirect, render
from recruit.web.request import (
    SESSION_COOKIE,
    AppDep,
    ReadingTx,
    client_ip,
    find_current,
    get_app,
    user_agent,
)
from recruit.web.security import delete_cookie, get_cookie, safe_next, set_cookie
from recruit.wiring import App

router = APIRouter()


def home_of(role: Role) -> str:
    """Return where a person of this role starts."""
    return "/" if role in STAFF else "/portal"


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "") -> Response:  # noqa: A002
    """Show the form, or send a person who is signed in to where they were going."""
    person = find_current(request)
    if person is not None:
        return redirect(request, safe_next(next, home_of(person.role)))
    return show_door(request, get_app(request), target=safe_next(next, ""))


def show_door(
    request: Request,
    app: App,
    *,
    target: str,
    email: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    """Return the page to sign in at, with what was wrong; `target` is the path to go on to."""
    return render(
        request,
        "sign_in.html",
        status=status,
        next=target,
        email=email,
        problem=problem,
        # Partners' companies are found by an address: who they are is told to nobody.
        providers=[one for one in app.sso.providers if one.audience is Audience.DESK],
        has_companies=any(one.audience is Audience.PARTNERS for one in app.sso.providers),
    )


@router.post("/sign-in")
def post_sign_in(
    request: Request,
    app: AppDep,
    email: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Sign a person in, or show the form again with what was wrong."""
    target = safe_next(next, "")
    try:
        signed_in = _attempt(
            app,
            lambda tx: sign_in(
                tx,
                email=email,
                password=password,
                ip=client_ip(request),
                user_agent=user_agent(request),
            ),
        )
    except (WrongCredentials, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 401
        return show_door(
            request, app, target=target, email=email, problem=str(error), status=status
        )
    return enter(request, app, signed_in, target)


def _attempt(app: App, act: Callable[[Transaction], SignedIn]) -> SignedIn:
    # A failed attempt is itself a row that slows down guessing: it has to outlive the refusal.
    refused: Exception
    with app.transaction() as tx:
        try:
            return act(tx)
        except (WrongCredentials, TooManyAttempts) as error:
            refused = error
    raise refused


def enter(request: Request, app: App, signed_in: SignedIn, target: str) -> Response:
    """Give the browser the session, and send the person on."""
    response = redirect(request, target or home_of(signed_in.person.role))
    set_cookie(response, app, SESSION_COOKIE, signed_in.token, max_age_s=None)
    return response


@router.post("/sign-out")
def post_sign_out(request: Request, app: AppDep) -> Response:
    """End the session on the server, and make the browser forget it."""
    token = get_cookie(request, app, SESSION_COOKIE)
    if token:
        with app.transaction() as tx:
            sign_out(tx, token=token)
    response = redirect(request, "/sign-in", "You are signed out.")
    delete_cookie(response, app, SESSION_COOKIE)
    return response


@router.get("/invitation/{token}")
def show_invitation(request: Request, tx: ReadingTx, token: str) -> Response:
    """Show the form that lets an invited person choose a password. Opening it uses nothing up."""
    try:
        invited = find_invitation(tx, token=token)
    except InvitationInvalid as error:
        return _used_up(request, error)
    return render(request, "invitation.html", invited=invited, token=token, name="", problem="")


@router.post("/invitation/{token}")
def post_invitation(
    request: Request,
    app: AppDep,
    token: str,
    password: Annotated[str, Form(max_length=1000)],
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Set the password and the name, use the link up, sign the person in and take them to their work.

    The password is typed once: whoever mistypes it signs in by mail.
    """
    try:
        with app.transaction() as tx:
            invited = find_invitation(tx, token=token)
            signed_in = accept_invitation(
                tx,
                token=token,
                password=password,
                name=name,
                ip=client_ip(request),
                user_agent=user_agent(request),
            )
            is_partner = signed_in.person.role is Role.PARTNER
            return enter(request, app, signed_in, "/portal/next" if is_partner else "")
    except WeakPassword as error:
        problem = str(error)
    except InvitationInvalid as error:
        return _used_up(request, error)
    return render(
        request,
        "invitation.html",
        status=422,
        invited=invited,
        token=token,
        name=name,
        problem=problem,
    )


def _used_up(request: Request, error: InvitationInvalid) -> Response:
    return render(
        request,
        "error.html",
        status=404,
        frame="door_base.html",
        home="/sign-in",
        code=404,
        title="This invitation is no longer open",
        text=str(error),
        report="",
    )
