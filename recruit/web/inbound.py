"""Raw mail that a provider, or a mail server's pipe, posts: the inbox of those who have no IMAP.

    POST /hooks/inbound        Content-Type: message/rfc822, the mail as it came

Signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`), over the bytes of
the body. The same mail again is no second reply, however often it is posted.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from recruit.config import Secret
from recruit.mail.port import IncomingMail
from recruit.sequences.receiving import record_mail
from recruit.web.request import get_app
from recruit.wiring import App

router = APIRouter()
MOST_BYTES = 10_000_000
_TOLERANCE = timedelta(minutes=5)


class NotSigned(Exception):
    """A post is not signed by whoever has the secret; the message says what is wrong."""


def check_signature(secret: Secret, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Check a post by Standard Webhooks, version v1; raises NotSigned."""
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split()
    if not message_id or not stamp.isdecimal() or not signatures:
        raise NotSigned("webhook-id, webhook-timestamp and webhook-signature are needed.")
    if abs(now.timestamp() - int(stamp[:15])) > _TOLERANCE.total_seconds():
        raise NotSigned("The timestamp is more than five minutes off; sign again.")
    signed = f"{message_id}.{stamp}.".encode() + body
    mac = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(mac)
    if not any(hmac.compare_digest(expected, s.encode()) for s in signatures):
        raise NotSigned("The signature is of another secret or another body.")


def _key(secret: Secret) -> bytes:
    text = secret.removeprefix("whsec_")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return text.encode()


@router.post("/hooks/inbound")
async def take_mail(request: Request) -> Response:
    """Record a raw mail: 202 when it is known now, 401 unsigned, 413 too large."""
    app = get_app(request)
    secret = app.settings.inbound_webhook_secret
    if not secret:
        return _refusal(
            404, "No one may post mail here: RECRUIT_INBOUND_WEBHOOK_SECRET is not set."
        )
    body = await _body(request)
    if body is None:
        return _refusal(
            413, f"A mail of more than {MOST_BYTES:,} bytes is not read; leave out attachments."
        )
    try:
        check_signature(secret, request.headers, body, app.clock.now())
    except NotSigned as error:
        return _refusal(401, str(error))
    if not body.strip():
        return _refusal(422, "The body is empty; post the raw mail.")
    return await run_in_threadpool(_record, app, request.headers["webhook-id"], body)


async def _body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is too large."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _record(app: App, uid: str, body: bytes) -> Response:
    kind = record_mail(app.transaction, IncomingMail(uid, body, app.clock.now()))
    said = kind.value if kind is not None else "known"
    return JSONResponse({"recorded": said}, status_code=202)


def _refusal(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)
