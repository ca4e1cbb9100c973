"""Your account: where you are signed in, and your password. The same page for the team and for partners."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from recruit.people.passwords import WeakPassword
from recruit.people.sessions import (
    SessionView,
    UnknownSession,
    list_sessions,
    revoke_session,
    revoke_sessions,
)
from recruit.people.usecases import (
    TooManyAttempts,
    WrongCredentials,
    change_password,
    has_signed_in,
)
from recruit.people.values import STAFF, SignInMethod
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, WritingTx, client_ip, current_person
from recruit.web.words import plural

router = APIRouter(prefix="/account")
Person = Annotated[SessionView, Depends(current_person)]


@router.get("")
def show_account(request: Request, app: AppDep, person: Person) -> Response:
    """Show where the person is signed in, and the form for a new password."""
    return _show(request, app, person)


@router.post("/sessions/{session_id}/end")
def end_one(request: Request, tx: WritingTx, person: Person, session_id: int) -> Response:
    """Sign out at one place."""
    try:
        revoke_session(tx, person_id=person.person_id, session_id=session_id)
    except UnknownSession:
        return show_error(request, 404)
    if session_id == person.session_id:
        return redirect(request, "/sign-in", "You are signed out.")
    return redirect(request, "/account", "You are signed out there.")


@router.post("/sessions/end-others")
def end_others(request: Request, tx: WritingTx, person: Person) -> Response:
    """Sign out everywhere but here."""
    ended = revoke_sessions(tx, person_id=person.person_id, but=person.session_id)
    words = f"You are signed out at {plural(ended, 'other place')}." if ended else "Only here."
    return redirect(request, "/account", words)


@router.post("/password")
def set_new_password(
    request: Request,
    app: AppDep,
    person: Person,
    new: Annotated[str, Form(max_length=1000)],
    current: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Change the password, and sign out everywhere but here."""
    refused: Exception | None = None
    with app.transaction() as tx:
        try:
            ended = change_password(
                tx,
                person_id=person.person_id,
                session_id=person.session_id,
                current=current,
                new=new,
                ip=client_ip(request),
            )
        except (WeakPassword, WrongCredentials, TooManyAttempts) as error:
            refused = error
    if refused is not None:
        return _show(request, app, person, problem=str(refused))
    elsewhere = f" You are signed out at {plural(ended, 'other place')}." if ended else ""
    return redirect(request, "/account", f"Your password is changed.{elsewhere}")


def _show(request: Request, app: AppDep, person: SessionView, problem: str = "") -> Response:
    with app.reading() as tx:
        sessions = list_sessions(tx, person_id=person.person_id)
        has_password = has_signed_in(tx, person_id=person.person_id)
    return render(
        request,
        "account.html",
        status=422 if problem else 200,
        frame="desk_base.html" if person.role in STAFF else "portal_base.html",
        home="/" if person.role in STAFF else "/portal",
        sessions=sessions,
        needs_current=person.method is not SignInMethod.MAIL_LINK,
        has_password=has_password,
        problem=problem,
    )
