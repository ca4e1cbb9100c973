"""Pages: Jinja templates with what every page needs, redirects that carry a notice, static files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from recruit.insights.menu import Menu, read_menu
from recruit.learning import saying
from recruit.web import labels, words
from recruit.web.request import VISITOR_COOKIE, csrf_token, find_current, get_app, is_htmx
from recruit.web.security import (
    delete_cookie,
    get_cookie,
    new_visitor,
    set_cookie,
    sign,
    unsign,
)
from recruit.wiring import App

FOLDER = Path(__file__).parent
NOTICE_COOKIE = "recruit_notice"
_VISIT_S = 24 * 3600


@dataclass(frozen=True)
class Notice:
    """One sentence for the next page. `kind` is good, wait or stop."""

    text: str
    kind: str = "good"


@cache
def static_url(path: str) -> str:
    """Return a static file's address with a hash of its content, so that browsers keep it for good."""
    content = (FOLDER / "static" / path).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:12]}"


class CachedStatic(StaticFiles):
    """Static files; those asked for by their hash never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file with the time that a browser may keep it."""
        response = await super().get_response(path, scope)
        hashed = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if hashed else "public, max-age=3600"
        )
        return response


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"static": static_url, "plural": words.plural, "labels": labels}
    for name in (
        "number", "points", "share", "interval", "exact", "ago", "country", "place",
        "in_words", "linked", "paragraphs", "said", "web_address", "zone",
    ):  # fmt: skip
        environment.filters[name] = getattr(words, name)
    environment.filters |= {"about": saying.about, "percent": saying.percent}
    return environment


def fill(template: str, **context: Any) -> str:
    """Return a template filled in, for a page that is none of the portal's or the desk's own."""
    return _environment().get_template(template).render(**context)


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    notice: Notice | None = None,
    **context: Any,
) -> HTMLResponse:
    """Return a page. Every template also gets:

    `person` (the SessionView or None), `csrf_token`, `now`, `when(moment)`, `notice`, `path`, `menu()`
    (what waits, for the desk's menu), `htmx` (whether a part of a page is asked for).
    """
    app = get_app(request)
    person = find_current(request)
    fresh_visitor = None
    if person is None and get_cookie(request, app, VISITOR_COOKIE) is None:
        fresh_visitor = request.state.visitor = new_visitor()
    htmx = is_htmx(request)
    carried = get_cookie(request, app, NOTICE_COOKIE)
    if notice is None and carried and not htmx:
        notice = _read_notice(unsign(app, NOTICE_COOKIE, carried))
    now = app.clock.now()
    html = (
        _environment()
        .get_template(template)
        .render(
            request=request,
            person=person,
            csrf_token=csrf_token(request),
            now=now,
            when=lambda moment, focus=False: words.when(moment, now, focus=focus),
            notice=notice,
            path=request.url.path,
            menu=lambda: _read_menu(app),
            htmx=htmx,
            **context,
        )
    )
    response = HTMLResponse(html, status_code=status, headers={"Vary": "HX-Request"})
    if fresh_visitor:
        set_cookie(response, app, VISITOR_COOKIE, fresh_visitor, max_age_s=_VISIT_S)
    if carried and not htmx:
        delete_cookie(response, app, NOTICE_COOKIE)
    return response


def _read_menu(app: App) -> Menu:
    with app.reading() as tx:
        return read_menu(tx)


def redirect(
    request: Request, url: str, notice: str | None = None, *, kind: str = "good"
) -> Response:
    """Send the browser to `url` (a path of ours) with a GET; `notice` stands on the next page."""
    app = get_app(request)
    response: Response
    if is_htmx(request):
        response = Response(status_code=200, headers={"HX-Redirect": url})
    else:
        response = RedirectResponse(url, status_code=303)
    if notice:
        # A cookie holds 4 KB; a longer list belongs on a page of its own.
        text = json.dumps([notice[:1000], kind])
        set_cookie(response, app, NOTICE_COOKIE, sign(app, NOTICE_COOKIE, text), max_age_s=120)
    return response


def _read_notice(text: str | None) -> Notice | None:
    if text is None:
        return None
    words_, kind = json.loads(text)
    return Notice(words_, kind)


def query_string(params: Mapping[str, Any]) -> str:
    """Return a query string of the parameters that say something, in a stable order."""
    pairs = [
        (key, item)
        for key, value in params.items()
        for item in (value if isinstance(value, list | tuple) else [value])
        if item not in (None, "")
    ]
    return "?" + urlencode(pairs) if pairs else ""
