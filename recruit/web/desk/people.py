"""People: who of the team can sign in, what they may do, and where they are signed in. For administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from recruit.audit.usecases import Wanted, list_entries
from recruit.people.administering import (
    RoleRefused,
    UnknownPerson,
    change_role,
    get_person,
    let_in,
    list_staff,
    shut_out,
)
from recruit.people.sessions import UnknownSession, list_sessions, revoke_session, revoke_sessions
from recruit.people.usecases import EmailTaken, InvalidEmail, add_person, invite_person
from recruit.people.values import STAFF, Role
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AdminPerson, AppDep, ReadingTx, WritingTx, require_admin
from recruit.web.words import plural
from recruit.wiring import App

router = APIRouter(prefix="/people", dependencies=[Depends(require_admin)])
_LOG_LINES = 20


@router.get("")
def show_people(request: Request, app: AppDep) -> Response:
    """Show everybody of the team, and the form that adds somebody."""
    return _show(request, app)


@router.post("")
def add(
    request: Request,
    app: AppDep,
    email: Annotated[str, Form(max_length=254)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    role: Annotated[Role, Form()] = Role.RECRUITER,
) -> Response:
    """Add somebody and show the link to hand over."""
    form = {"email": email, "name": name, "role": role.value}
    if role not in STAFF:
        problem = "Partners are invited when their firm is accepted. Choose another role."
        return _show(request, app, form=form, problem=problem)
    try:
        with app.transaction() as tx:
            person = add_person(tx, email=email, name=name, role=role)
            token = invite_person(tx, person_id=person.id)
    except (EmailTaken, InvalidEmail) as error:
        return _show(request, app, form=form, problem=str(error))
    return _show(request, app, invited=person.name, token=token)


@router.get("/{person_id}")
def show_person(request: Request, tx: ReadingTx, person_id: int) -> Response:
    """Show one person: role, sessions, and what the log says of them."""
    try:
        person = get_person(tx, person_id=person_id)
    except UnknownPerson:
        return show_error(request, 404)
    return render(
        request,
        "desk/person.html",
        someone=person,
        roles=sorted(STAFF),
        is_staff=person.role in STAFF,
        sessions=list_sessions(tx, person_id=person_id),
        rows=list_entries(
            tx, Wanted(object_type="person", object_id=str(person_id)), limit=_LOG_LINES
        ),
    )


@router.post("/{person_id}/role")
def set_role(
    request: Request,
    tx: WritingTx,
    admin: AdminPerson,
    person_id: int,
    role: Annotated[Role, Form()],
) -> Response:
    """Give somebody another role."""
    try:
        change_role(tx, person_id=person_id, role=role, actor=admin.name)
    except UnknownPerson:
        return show_error(request, 404)
    except RoleRefused as error:
        return redirect(request, f"/people/{person_id}", str(error), kind="stop")
    return redirect(request, f"/people/{person_id}", "It holds from their next click on.")


@router.post("/{person_id}/door")
def set_door(
    request: Request,
    tx: WritingTx,
    person_id: int,
    is_open: Annotated[bool, Form()] = False,
) -> Response:
    """Shut somebody out, or let them in again."""
    try:
        (let_in if is_open else shut_out)(tx, person_id=person_id)
    except UnknownPerson:
        return show_error(request, 404)
    except RoleRefused as error:
        return redirect(request, f"/people/{person_id}", str(error), kind="stop")
    words = "They can sign in again." if is_open else "They are signed out everywhere and shut out."
    return redirect(request, f"/people/{person_id}", words, kind="good" if is_open else "wait")


@router.post("/{person_id}/sessions/end")
def end_sessions(
    request: Request,
    tx: WritingTx,
    person_id: int,
    session_id: Annotated[int | None, Form()] = None,
) -> Response:
    """Sign somebody out at one place, or everywhere."""
    try:
        get_person(tx, person_id=person_id)
        if session_id is not None:
            revoke_session(tx, person_id=person_id, session_id=session_id)
            words = "They are signed out there."
        else:
            ended = revoke_sessions(tx, person_id=person_id)
            words = f"They are signed out at {plural(ended, 'place')}."
    except (UnknownPerson, UnknownSession):
        return show_error(request, 404)
    return redirect(request, f"/people/{person_id}", words)


def _show(
    request: Request,
    app: App,
    *,
    form: dict[str, str] | None = None,
    problem: str = "",
    invited: str = "",
    token: str = "",
) -> Response:
    with app.reading() as tx:
        people = list_staff(tx)
    base = app.settings.base_url.rstrip("/")
    return render(
        request,
        "desk/people.html",
        status=422 if problem else 200,
        people=people,
        roles=sorted(STAFF),
        form=form or {},
        problem=problem,
        invited=invited,
        link=f"{base}/invitation/{token}" if token else "",
    )
