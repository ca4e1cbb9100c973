"""Errors as a page in words: what happened, and what to do next.

Where htmx asked for a part of a page, the answer goes to the page's notice area instead, so that
nothing that a person was looking at is replaced by an error.
"""

import uuid
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from recruit.insights.portal import NothingHere
from recruit.logs import get_logger
from recruit.onboarding.gates import GateNotMet
from recruit.onboarding.usecases import (
    AlreadyDecided,
    AlreadyDecidedProof,
    NotAMember,
    NothingPublished,
    NothingToReview,
    NothingToTake,
    NotNow,
    ReasonNeeded,
    ReturnReasonMissing,
    StepNotOpen,
    UnknownAttempt,
    UnknownCandidate,
    UnknownCourse,
    UnknownPartner,
    UnknownPath,
    UnknownProgram,
    UnknownProof,
    UnknownStep,
)
from recruit.people.usecases import EmailTaken, InvalidEmail
from recruit.people.values import STAFF
from recruit.sequences.usecases import UnknownRow, UnknownSequence
from recruit.sequences.values import SequencesError
from recruit.web.pages import query_string, redirect, render
from recruit.web.portal.locked import show_refused
from recruit.web.request import NotSignedIn, RoleRefused, find_current, is_htmx
from recruit.web.security import HEADERS, CsrfRefused

log = get_logger("recruit.web")

WORDS = {
    400: ("This request could not be read", "Go back, reload the page and try again."),
    403: ("This page is not open to you", "Ask an administrator if you think it should be."),
    404: ("There is nothing here", "It may have been moved or merged, or the address has a typo."),
    405: ("This address cannot be used that way", "Go back, reload the page and try again."),
    409: ("That is not possible now", "Reload the page to see how things stand."),
    422: ("Something in the form is missing or wrong", "Go back, mend it and send it again."),
    429: ("Too many attempts", "Wait a few minutes and try again."),
    500: ("Something broke on our side", "Nothing was changed. Try again in a minute."),
}


# What use cases refuse, in their own words; the most special class is found first.
REFUSALS: dict[type[Exception], int] = {
    SequencesError: 409,
    UnknownRow: 404,
    UnknownSequence: 404,
    AlreadyDecided: 409,
    NothingPublished: 409,
    NotAMember: 409,
    EmailTaken: 409,
    InvalidEmail: 422,
    UnknownCandidate: 404,
    UnknownPartner: 404,
    UnknownProgram: 404,
    UnknownCourse: 404,
    NothingToTake: 409,
    NotNow: 409,
    NothingToReview: 409,
    AlreadyDecidedProof: 409,
    StepNotOpen: 409,
    ReasonNeeded: 422,
    ReturnReasonMissing: 422,
    UnknownAttempt: 404,
    UnknownPath: 404,
    UnknownProof: 404,
    UnknownStep: 404,
}


def show_error(
    request: Request, status: int, *, title: str = "", text: str = "", report: str = ""
) -> Response:
    """Return an error as a page, or as a notice where htmx asks. `report` names the log's entry."""
    known_title, known_text = WORDS.get(status, WORDS[400])
    context: dict[str, Any] = {
        "title": title or known_title,
        "text": text or known_text,
        "report": report,
    }
    if is_htmx(request):
        response = render(request, "error_notice.html", status=status, **context)
        response.headers["HX-Retarget"] = "#notices"
        response.headers["HX-Reswap"] = "innerHTML"
        response.headers["HX-Push-Url"] = "false"
        return response
    person = find_current(request)
    home = "/" if person is None or person.role in STAFF else "/portal"
    # Where something broke, the menu's own questions may break as well.
    frame = "door_base.html"
    if person is not None and status < 500:
        frame = "desk_base.html" if person.role in STAFF else "portal_base.html"
    return render(
        request, "error.html", status=status, frame=frame, home=home, code=status, **context
    )


def refusal(status: int = 409) -> Callable[[Request, Exception], Response]:
    """Return a handler that shows a use case's refusal in its own words."""

    def show(request: Request, error: Exception) -> Response:
        return show_error(request, status, text=str(error))

    return show


def _http(request: Request, error: HTTPException) -> Response:
    detail = error.detail if error.detail and error.status_code not in {404, 405} else ""
    plain = detail in {"Not Found", "Method Not Allowed", "Forbidden", "Unprocessable Content"}
    response = show_error(request, error.status_code, text="" if plain else detail)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _not_signed_in(request: Request, _error: NotSignedIn) -> Response:
    if request.method != "GET":
        words = "Sign in again, please. What you sent was not saved."
        return redirect(request, "/sign-in", words, kind="wait")
    # A part of a page is nothing to come back to.
    target = "" if is_htmx(request) else request.url.path
    if target and request.url.query:
        target += f"?{request.url.query}"
    return redirect(request, "/sign-in" + query_string({"next": target if target != "/" else ""}))


def _role(request: Request, _error: RoleRefused) -> Response:
    person = find_current(request)
    if person is not None and person.role not in STAFF:
        return show_error(
            request,
            403,
            text="It belongs to the team that runs the program. Everything for you is in your portal.",
        )
    return show_error(
        request, 403, text="It is part of the partners' portal. Your pages are in the menu."
    )


def _csrf(request: Request, error: CsrfRefused) -> Response:
    log.warning("csrf refused", path=request.url.path, reason=str(error))
    return show_error(
        request,
        403,
        title="This form is out of date",
        text="You may have signed in or out in another window. Go back, reload the page and try again.",
    )


def _invalid(request: Request, error: RequestValidationError) -> Response:
    parts = []
    for problem in error.errors():
        field = str(problem["loc"][-1]).replace("_", " ")
        parts.append(f"{field}: {problem['msg'][0].lower()}{problem['msg'][1:]}")
    # A path that cannot be read names nothing that exists.
    if all(problem["loc"][0] == "path" for problem in error.errors()):
        return show_error(request, 404)
    return show_error(request, 422, text=". ".join(parts) + ".")


def _nothing_here(request: Request, _error: Exception) -> Response:
    # What belongs to another partner has to look exactly like what does not exist.
    return show_error(request, 404)


def _unexpected(request: Request, error: Exception) -> Response:
    report = structlog.contextvars.get_contextvars().get("correlation_id") or uuid.uuid4().hex[:12]
    log.error("page failed", path=request.url.path, report=report, exc_info=error)
    response = show_error(request, 500, report=report)
    # This answer is given outside of all middleware.
    response.headers.update(HEADERS | {"Cache-Control": "no-store"})
    return response


def add_error_pages(web: FastAPI) -> None:
    """Register the handlers."""
    web.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    web.add_exception_handler(NotSignedIn, _not_signed_in)  # type: ignore[arg-type]
    web.add_exception_handler(RoleRefused, _role)  # type: ignore[arg-type]
    web.add_exception_handler(CsrfRefused, _csrf)  # type: ignore[arg-type]
    web.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]
    web.add_exception_handler(NothingHere, _nothing_here)
    web.add_exception_handler(GateNotMet, show_refused)
    for kind, status in REFUSALS.items():
        web.add_exception_handler(kind, refusal(status))
    web.add_exception_handler(Exception, _unexpected)
