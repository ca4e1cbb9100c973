"""The way out of every mail: a page that a person confirms, and the one-click POST of RFC 8058.

Opening the link changes nothing: link scanners open every link, and must not unsubscribe anybody.
The POST comes from mail providers as well, so it has no session, and no CSRF token; the token in the
link is all the proof that it needs.
"""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from recruit.sequences.usecases import UnknownToken, find_unsubscribe, unsubscribe
from recruit.web.pages import render
from recruit.web.request import ReadingTx, WritingTx

router = APIRouter()


@router.get("/u/{token}")
def show_unsubscribe(request: Request, tx: ReadingTx, token: str) -> Response:
    """Ask whether to stop."""
    try:
        view = find_unsubscribe(tx, token=token)
    except UnknownToken as error:
        return _unknown(request, error)
    return render(request, "unsubscribe.html", token=token, view=view)


@router.post("/u/{token}")
def post_unsubscribe(request: Request, tx: WritingTx, token: str) -> Response:
    """Stop all messages; a second time gets the same answer. Mail providers get plain text."""
    try:
        view = unsubscribe(tx, token=token)
    except UnknownToken as error:
        return _unknown(request, error)
    if _wants_page(request):
        return render(request, "unsubscribe.html", token=token, view=view)
    return PlainTextResponse("You will get no more messages from us.\n")


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _unknown(request: Request, error: UnknownToken) -> Response:
    if not _wants_page(request):
        return PlainTextResponse(f"{error}\n", status_code=404)
    return render(request, "unsubscribe.html", status=404, token="", view=None)
