"""What keeps a browser's requests honest: headers, signed values, cookies, CSRF and safe redirects.

Who may see a page is decided in `recruit.web.request`; what a person may do, by the use cases.
"""

import base64
import binascii
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recruit.wiring import App

# Nothing inline and nothing from elsewhere: a name that slips through escaping stays text.
CONTENT_SECURITY_POLICY = "; ".join(
    f"{directive} {source}"
    for directive, source in {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }.items()
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"


class CsrfRefused(Exception):
    """A form came without the token of this visit, or from another site."""


class SecurityHeaders:
    """ASGI middleware that puts the security headers on every response; pages are never cached."""

    def __init__(self, app: ASGIApp, *, https: bool, frames: str = "'none'") -> None:
        """Wrap `app`; `https` adds the promise to be reached by https only, `frames` what pages frame."""
        self.app = app
        self.headers = dict(HEADERS)
        self.headers["Content-Security-Policy"] += f"; frame-src {frames}"
        if https:
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    # A file that is handed out says more strictly what it may do: nothing.
                    if name != "Content-Security-Policy" or name not in headers:
                        headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


def is_https(app: App) -> bool:
    """Tell whether people reach this installation by https."""
    return app.settings.base_url.startswith("https://")


def cookie_name(app: App, name: str) -> str:
    """Return a cookie's full name; under https the prefix binds it to this very host."""
    return f"__Host-{name}" if is_https(app) else name


def set_cookie(
    response: Response, app: App, name: str, value: str, *, max_age_s: int | None
) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(
        cookie_name(app, name),
        value,
        max_age=max_age_s,
        httponly=True,
        samesite="lax",
        secure=is_https(app),
        path="/",
    )


def delete_cookie(response: Response, app: App, name: str) -> None:
    """Make the browser forget a cookie."""
    response.delete_cookie(
        cookie_name(app, name), path="/", secure=is_https(app), httponly=True, samesite="lax"
    )


def get_cookie(request: Request, app: App, name: str) -> str | None:
    """Return a cookie's value, None where the browser sent none."""
    return request.cookies.get(cookie_name(app, name))


def sign(app: App, purpose: str, text: str) -> str:
    """Return `text` as a token that only this installation can make, for one purpose only."""
    payload = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{payload}.{_mac(app, purpose, payload)}"


def unsign(app: App, purpose: str, token: str) -> str | None:
    """Return what `sign` was given, None where the token is not ours or of another purpose."""
    payload, _, mac = token.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(app, purpose, payload).encode()):
        return None
    try:
        return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _mac(app: App, purpose: str, payload: str) -> str:
    digest = hmac.digest(app.secret.encode(), f"{purpose}:{payload}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def new_visitor() -> str:
    """Return a random name for a browser that is not signed in."""
    return secrets.token_urlsafe(24)


def visitor_csrf(app: App, visitor: str) -> str:
    """Return the CSRF token of a browser that is not signed in; the sign-in form carries it."""
    return _mac(app, "csrf", visitor)


def check_origin(request: Request, app: App) -> None:
    """Refuse a changing request that a browser says another site made."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise CsrfRefused(f"The request came from another site ({site}).")
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return
    ours = {urlsplit(app.settings.base_url).netloc, request.headers.get("host", "")}
    if urlsplit(origin).netloc not in ours:
        raise CsrfRefused(f"The request came from {origin}.")


def safe_next(target: str | None, default: str = "/") -> str:
    """Return `target` where it is a path on this site, else `default`: no open redirect.

    Browsers read `//host`, `/\\host` and a tab or newline between the slashes as another host.
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 0x20 or character == "\\" for character in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target
