"""The pages under the packages' host name: a player, a package's files, and what it wants to keep.

    /packages/{ticket}/player, /packages/{ticket}/files/…, /packages/{ticket}/cmi

A package brings scripts of its own, inline and from text. It may run them, in a frame without a way out: nothing is
loaded, sent or opened beyond its own address.
"""

import json
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from markupsafe import Markup
from starlette.types import ASGIApp, Receive, Scope, Send

from recruit.config import Settings
from recruit.db.transaction import Origin, act_for
from recruit.insights.packages import find_learner, find_package_file, open_package
from recruit.insights.portal import NothingHere
from recruit.onboarding.gates import GateNotMet
from recruit.onboarding.scorm_manifest import ScormVersion
from recruit.onboarding.usecases import CmiRefused, save_progress
from recruit.web.packages.origin import ROOT, Ticket, is_packages_host, read_ticket
from recruit.web.pages import FOLDER, CachedStatic, fill, static_url
from recruit.web.request import AppDep, ReadingTx, client_ip
from recruit.web.security import SAFE_METHODS
from recruit.wiring import App

_MOST_BODY = 2 * 1024**2
_LIBRARIES = {
    ScormVersion.V12: "vendor/scorm-again/scorm12-3.4.3.min.js",
    ScormVersion.V2004: "vendor/scorm-again/scorm2004-3.4.3.min.js",
}
_DONE = {"result": True, "errorCode": 0}
# 101: a general fault, in both versions of the standard.
_FAILED = {"result": False, "errorCode": 101}


class PackagesApart:
    """ASGI middleware that keeps the two apart: packages under their host name, all else elsewhere."""

    def __init__(self, app: ASGIApp, *, packages: ASGIApp, settings: Settings) -> None:
        """Put `packages` beside the portal, which is `app`."""
        self.portal, self.packages, self.settings = app, packages, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the one that it is for."""
        chosen: ASGIApp = self.portal
        if scope["type"] == "http":
            host = Request(scope).url.hostname or ""
            if scope["path"].startswith(f"{ROOT}/"):
                chosen = self.packages
            elif is_packages_host(self.settings, host):
                chosen = PlainTextResponse("Here are course packages only.", status_code=404)
        await chosen(scope, receive, send)


def create_packages(app: App) -> FastAPI:
    """Return the pages of packages."""
    web = FastAPI(title="Packages", docs_url=None, redoc_url=None, openapi_url=None)
    web.state.recruit = app
    web.mount(f"{ROOT}/static", CachedStatic(directory=FOLDER / "static"))
    web.add_api_route(ROOT + "/{token}/player", show_player, methods=["GET"])
    web.add_api_route(ROOT + "/{token}/files/{path:path}", show_file, methods=["GET"])
    web.add_api_route(ROOT + "/{token}/cmi", keep_cmi, methods=["POST"])
    for error in (NothingHere, GateNotMet):
        web.add_exception_handler(error, _refuse)
    return web


def _refuse(request: Request, error: Exception) -> Response:
    status = 403 if isinstance(error, GateNotMet) else 404
    if request.method in SAFE_METHODS:
        text = "This lesson isn't open now. Go back to the portal and open it anew."
        return PlainTextResponse(text, status_code=status)
    return JSONResponse(_FAILED, status_code=status)


def _ticket(request: Request, app: AppDep, token: str) -> Ticket:
    ticket = read_ticket(app, token, request.url.hostname or "")
    if ticket is None:
        raise NothingHere("This address is not one of ours.")
    if request.headers.get("service-worker") is not None:
        # One would outlive the visit, and answer in our name.
        raise NothingHere("Packages have no service workers.")
    return ticket


TicketDep = Annotated[Ticket, Depends(_ticket)]


def show_player(
    request: Request, app: AppDep, tx: ReadingTx, ticket: TicketDep, token: str
) -> Response:
    """Show the frame that a package runs in, with the interface that it looks for."""
    opened = open_package(
        tx, session_id=ticket.session_id, course=ticket.course, lesson=ticket.lesson
    )
    here = f"{ROOT}/{token}"
    query = f"?{opened.sco.query}" if opened.sco.query else ""
    given = {
        "version": opened.version.value,
        "cmi": opened.cmi,
        "commit": f"{here}/cmi",
        "launch": f"{here}/files/{quote(opened.sco.path)}{query}",
    }
    html = fill(
        "packages/player.html",
        title=opened.title,
        given=Markup(json.dumps(given).replace("<", "\\u003c")),  # noqa: S704  (JSON, and no tag in it)
        scripts=[
            ROOT + static_url(_LIBRARIES[opened.version]),
            ROOT + static_url("packages/player.js"),
        ],
        style=ROOT + static_url("packages/player.css"),
    )
    origin = str(request.base_url).rstrip("/")
    portal = _portals(app)
    return Response(
        html,
        media_type="text/html",
        headers=_headers(
            f"default-src 'none'; script-src {origin}{ROOT}/static/; style-src {origin}{ROOT}/static/; "
            f"frame-src {origin}{here}/files/; connect-src {origin}{here}/cmi; frame-ancestors {portal}"
        ),
    )


def _portals(app: App) -> str:
    if app.settings.packages_url:
        return app.settings.base_url.rstrip("/")
    return "http://127.0.0.1:* http://localhost:*"


def show_file(
    request: Request, app: AppDep, tx: ReadingTx, ticket: TicketDep, token: str, path: str
) -> Response:
    """Show a file of a package."""
    file = find_package_file(
        tx, session_id=ticket.session_id, course=ticket.course, lesson=ticket.lesson, path=path
    )
    own = f"{str(request.base_url).rstrip('/')}{ROOT}/{token}/files/"
    policy = (
        f"default-src {own} 'unsafe-inline' 'unsafe-eval' data: blob:; form-action {own}; "
        f"base-uri {own}; frame-ancestors 'self' {_portals(app)}"
    )
    return Response(file.content, media_type=file.content_type, headers=_headers(policy))


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": f"{policy}; sandbox allow-scripts allow-same-origin allow-forms allow-modals",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }


async def _body(request: Request) -> Any:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _MOST_BODY:
        raise HTTPException(413)
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(422) from None


def keep_cmi(
    request: Request,
    app: AppDep,
    ticket: TicketDep,
    body: Annotated[Any, Depends(_body)],
    last: bool = False,
) -> Response:
    """Keep what a package says of a person's work."""
    cmi = body.get("cmi") if isinstance(body, dict) else None
    if not isinstance(cmi, dict):
        return JSONResponse(_FAILED, status_code=422)
    with app.reading() as tx:
        learner = find_learner(
            tx, session_id=ticket.session_id, course=ticket.course, lesson=ticket.lesson
        )
    ip = client_ip(request)
    act_for(Origin(learner.name, learner.person_id, ip, fence=learner.partner_id))
    try:
        with app.transaction() as tx:
            save_progress(
                tx,
                person_id=learner.person_id,
                course_key=ticket.course,
                lesson_key=ticket.lesson,
                cmi=cmi,
                is_last=last,
            )
    except CmiRefused:
        return JSONResponse(_FAILED, status_code=422)
    return JSONResponse(_DONE)
