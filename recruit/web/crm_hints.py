"""Hints from the CRM that something changed there: signed, never believed, answered with a pull.

    POST /hooks/crm        HubSpot's webhooks (signature v3), or anything signed by Standard Webhooks

Point HubSpot's webhooks at the public address of this path (RECRUIT_BASE_URL and /hooks/crm).
"""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from recruit.crm.hints import SIGNATURE, HintNotSigned, check_hubspot
from recruit.web.inbound import NotSigned, check_signature
from recruit.web.request import get_app
from recruit.wiring import App

router = APIRouter()
# HubSpot sends up to a hundred events at once, some 300 bytes each.
MOST_BYTES = 1_000_000


@router.post("/hooks/crm")
async def take_hint(request: Request) -> Response:
    """Let the next pull come at once: 202 heard, 401 unsigned, 404 not set up, 413 too large."""
    app = get_app(request)
    if not app.settings.crm_webhook_secret:
        return _refusal(404, "Nobody may post hints here: RECRUIT_CRM_WEBHOOK_SECRET is not set.")
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            return _refusal(413, f"A hint of more than {MOST_BYTES:,} bytes is not read.")
        pieces.append(piece)
    try:
        _check(app, request.headers, _given_address(app, request), b"".join(pieces))
    except (HintNotSigned, NotSigned) as error:
        return _refusal(401, str(error))
    # What it says is not read: whatever changed, the pull finds it, and finds it only once.
    app.wake("sync.pull")
    return JSONResponse({"heard": True}, status_code=202)


def _check(app: App, headers: Mapping[str, str], url: str, body: bytes) -> None:
    secret, now = app.settings.crm_webhook_secret, app.clock.now()
    if SIGNATURE in headers:
        check_hubspot(secret, headers, method="POST", url=url, body=body, now=now)
    else:
        check_signature(secret, headers, body, now)


def _given_address(app: App, request: Request) -> str:
    """Return the address that was given to the CRM: a proxy changes host and scheme, not what is signed."""
    path = request.scope.get("raw_path", b"").decode("ascii", "replace") or request.url.path
    query = request.scope.get("query_string", b"").decode("ascii", "replace")
    path = path.partition("?")[0]
    return app.settings.base_url.rstrip("/") + path + (f"?{query}" if query else "")


def _refusal(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)
