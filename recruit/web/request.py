"""What a route asks for: the App, a transaction, the person who is signed in, their role.

    @router.post("/things")
    def add_thing(request: Request, tx: WritingTx, person: StaffPerson, name: Annotated[str, Form()]): ...

A transaction is committed when the route's function has returned and before the answer leaves, so
that a person never reads "saved" of something that was not.
"""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from recruit.db.transaction import Origin, Transaction, act_for
from recruit.onboarding.usecases import find_partner_id
from recruit.people.sessions import SessionView, find_session, needs_note, note_seen
from recruit.people.values import STAFF, Role
from recruit.web.security import (
    CSRF_FIELD,
    CSRF_HEADER,
    SAFE_METHODS,
    CsrfRefused,
    check_origin,
    get_cookie,
    visitor_csrf,
)
from recruit.wiring import App

SESSION_COOKIE = "recruit_session"
VISITOR_COOKIE = "recruit_visitor"


class NotSignedIn(Exception):
    """The page is for people who are signed in."""


class RoleRefused(Exception):
    """The person is signed in, and this page is not for their role."""


def get_app(request: Request) -> App:
    """Return the App that this server was made with."""
    app: App = request.app.state.recruit
    return app


AppDep = Annotated[App, Depends(get_app)]


def reading_tx(app: AppDep) -> Iterator[Transaction]:
    """Give a transaction that only reads."""
    with app.reading() as tx:
        yield tx


def writing_tx(app: AppDep) -> Iterator[Transaction]:
    """Give a transaction that is committed when the route returns and rolled back when it raises."""
    with app.transaction() as tx:
        yield tx


ReadingTx = Annotated[Transaction, Depends(reading_tx, scope="function")]
WritingTx = Annotated[Transaction, Depends(writing_tx, scope="function")]


def find_current(request: Request) -> SessionView | None:
    """Return the session that the browser's cookie names; asked once a request."""
    if not hasattr(request.state, "session"):
        app = get_app(request)
        token = get_cookie(request, app, SESSION_COOKIE)
        request.state.session, request.state.origin = (
            None,
            Origin("Somebody", ip=client_ip(request)),
        )
        if token:
            _recognise(request, app, token)
    session: SessionView | None = request.state.session
    return session


def _recognise(request: Request, app: App, token: str) -> None:
    ip = client_ip(request)
    with app.reading() as tx:
        session = find_session(tx, token=token)
        is_due = session is not None and needs_note(session, tx.now)
    if session is None:
        return
    if is_due:
        with app.transaction() as tx:
            note_seen(tx, session_id=session.session_id, ip=ip)
    request.state.session = session
    request.state.origin = Origin(session.name, session.person_id, ip)


def find_fence(app: AppDep, session: Annotated[SessionView | None, Depends(find_current)]) -> int:
    """Return the partner within whose rows this request stays; 0 is none."""
    if session is None or session.role is not Role.PARTNER:
        return 0
    with app.reading() as tx:
        return find_partner_id(tx, person_id=session.person_id) or 0


async def stay_within_partner(
    request: Request, partner_id: Annotated[int, Depends(find_fence)]
) -> None:
    """Let the database show this request no other partner's rows: see `recruit.db.fence`."""
    act_for(replace(request.state.origin, fence=partner_id))


def current_person(request: Request) -> SessionView:
    """Return who is signed in; raises NotSignedIn."""
    session = find_current(request)
    if session is None:
        raise NotSignedIn
    return session


def require_role(*roles: Role) -> Callable[[Request], SessionView]:
    """Return a dependency that gives the person who is signed in, if they have one of `roles`."""
    allowed = frozenset(roles)

    def require(request: Request) -> SessionView:
        session = current_person(request)
        if session.role not in allowed:
            raise RoleRefused
        return session

    return require


def require_admin(request: Request) -> SessionView:
    """Return the administrator who is signed in; tells others of the team whom to ask."""
    session = current_person(request)
    if session.role is not Role.ADMIN:
        raise HTTPException(403, "It is for administrators. Ask one of them to do it for you.")
    return session


require_staff = require_role(*STAFF)
require_partner = require_role(Role.PARTNER)

StaffPerson = Annotated[SessionView, Depends(require_staff)]
AdminPerson = Annotated[SessionView, Depends(require_admin)]
PartnerPerson = Annotated[SessionView, Depends(require_partner)]


def client_ip(request: Request) -> str:
    """Return the address that the request came from; proxies are the server's concern, not ours."""
    return request.client.host if request.client else ""


def user_agent(request: Request) -> str:
    """Return what the browser calls itself, cut to what a row holds."""
    return request.headers.get("user-agent", "")[:300]


def csrf_token(request: Request) -> str:
    """Return the token that this browser's forms must carry."""
    session = find_current(request)
    if session is not None:
        return session.csrf_token
    visitor = getattr(request.state, "visitor", None) or get_cookie(
        request, get_app(request), VISITOR_COOKIE
    )
    return visitor_csrf(get_app(request), visitor) if visitor else ""


# A form with a file is written to the disk as it comes in; this much and no more.
MOST_BODY_BYTES = 544 * 1024**2


def check_length(request: Request) -> None:
    """Refuse a body that is too long, or does not say how long it is, before it is read."""
    if "transfer-encoding" in request.headers:
        raise HTTPException(411, "Send the form with its length.")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
        most = MOST_BODY_BYTES // 1024**2
        raise HTTPException(413, f"That is more than the {most} MB that can be sent at once.")


async def check_csrf(
    request: Request, _session: Annotated[SessionView | None, Depends(find_current)]
) -> None:
    """Refuse a changing request without the token of this browser's visit.

    From here on the request acts for whoever is signed in. That is said here and not where the session
    is found, since what a function in a thread says of its context is lost with it.
    """
    act_for(request.state.origin)
    if request.method in SAFE_METHODS:
        return
    check_origin(request, get_app(request))
    check_length(request)
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else ""
    expected = csrf_token(request)
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise CsrfRefused("The form's token does not belong to this visit.")


def is_htmx(request: Request) -> bool:
    """Tell whether htmx asks for a part of a page; going back in history asks for a whole one."""
    return (
        request.headers.get("hx-request") == "true"
        and request.headers.get("hx-history-restore-request") != "true"
    )
