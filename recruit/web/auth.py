"""The doors: signing in and out, and choosing a password after an invitation."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.people.usecases import (
    SignedIn,
    TooManyAttempts,
    WrongCredentials,
    accept_invitation,
    sign_in,
    sign_out,
)
from recruit.people.values import STAFF, Role
from recruit.web.pages import redirect, render
from recruit.web.request import SESSION_COOKIE, AppDep, client_ip, find_current, user_agent
from recruit.web.security import delete_cookie, get_cookie, safe_next, set_cookie

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
    return render(request, "sign_in.html", next=safe_next(next, ""), email="", problem="")


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
        signed_in = _sign_in(request, app, email, password)
    except WrongCredentials as error:
        problem, status = str(error), 401
    except TooManyAttempts as error:
        problem, status = str(error), 429
    else:
        response = redirect(request, target or home_of(signed_in.person.role))
        set_cookie(response, app, SESSION_COOKIE, signed_in.token, max_age_s=None)
        return response
    return render(request, "sign_in.html", status=status, next=target, email=email, problem=problem)


def _sign_in(request: Request, app: AppDep, email: str, password: str) -> SignedIn:
    # The failure itself is a row that slows down guessing, so it has to outlive the refusal.
    refused: Exception | None = None
    with app.transaction() as tx:
        try:
            return sign_in(
                tx,
                email=email,
                password=password,
                ip=client_ip(request),
                user_agent=user_agent(request),
            )
        except (WrongCredentials, TooManyAttempts) as error:
            refused = error
    raise refused


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
