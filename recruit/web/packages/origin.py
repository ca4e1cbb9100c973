"""Under which host name packages run, and who asks for one: never the host of the portal itself.

A browser keeps a host's cookies and pages from other hosts, and not from other ports of the same.
"""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from recruit.config import Settings
from recruit.web.security import sign, unsign
from recruit.wiring import App

ROOT = "/packages"
_PURPOSE = "package"
# Each of the two is another host for a browser, and the same machine.
_BESIDE = {"127.0.0.1": "localhost", "::1": "localhost", "localhost": "127.0.0.1"}


@dataclass(frozen=True)
class Ticket:
    """What a package's address says: a lesson, for a session, under a host name."""

    session_id: int
    course: str
    lesson: str
    host: str


def origin_beside(settings: Settings, portal: str) -> str:
    """Return the origin where packages run for pages at the address `portal`; "" where they can't."""
    if settings.packages_url:
        parts = urlsplit(settings.packages_url)
        return f"{parts.scheme}://{parts.netloc}"
    here = urlsplit(portal)
    beside = _BESIDE.get(here.hostname or "")
    if beside is None:
        return ""
    return f"{here.scheme}://{beside}" + (f":{here.port}" if here.port else "")


def frame_sources(settings: Settings) -> str:
    """Return what the portal's pages may put into a frame, as the policy of content writes it."""
    if settings.packages_url:
        return origin_beside(settings, "")
    if urlsplit(settings.base_url).hostname not in _BESIDE:
        return "'none'"
    return " ".join(f"http://{host}:*" for host in ("127.0.0.1", "localhost"))


def is_packages_host(settings: Settings, host: str) -> bool:
    """Tell whether a request's host is kept for packages, so that nothing else is served there."""
    return bool(settings.packages_url) and host == urlsplit(settings.packages_url).hostname


def address_of(app: App, request: Request, session_id: int, course: str, lesson: str) -> str:
    """Return where a lesson's package is opened from this page; "" where it can't be."""
    origin = origin_beside(app.settings, str(request.base_url))
    if not origin:
        return ""
    host = urlsplit(origin).hostname or ""
    return f"{origin}{ROOT}/{_sign(app, Ticket(session_id, course, lesson, host))}/player"


def _sign(app: App, ticket: Ticket) -> str:
    return sign(app, _PURPOSE, json.dumps([*vars(ticket).values()]))


def read_ticket(app: App, token: str, host: str) -> Ticket | None:
    """Return what a token stands for, None where it is not ours or for another host than `host`."""
    text = unsign(app, _PURPOSE, token)
    if text is None:
        return None
    ticket = Ticket(*json.loads(text))
    return ticket if ticket.host == host else None
