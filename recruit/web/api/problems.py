"""Errors as problem details (RFC 9457), the same shape for every one of them."""

import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from recruit.hooks.targets import TargetRefused
from recruit.hooks.usecases import AlreadySubscribed, TooManyHooks, UnknownHook
from recruit.insights.api import NotThere
from recruit.logs import get_logger
from recruit.onboarding.elsewhere import AlreadyPartner, NoSuchFirm
from recruit.people.api_answers import OtherRequest
from recruit.people.usecases import InvalidEmail
from recruit.sourcing.telling import TellingRefused
from recruit.sourcing.usecases import SourceIsOther

log = get_logger("recruit.api")
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request can't be read",
    401: "No valid API key",
    403: "The key lacks a scope",
    404: "There is nothing here",
    405: "This address can't be used that way",
    409: "That is not possible now",
    413: "The body is too large",
    422: "Something in the request is missing or wrong",
    429: "Too many requests",
    500: "Something broke on our side",
}
NOTHING_HERE = "There is nothing with this id that this key may read."


class FieldProblem(BaseModel):
    """What is wrong with one value."""

    pointer: str = Field(description="Where it stands: body/name, query/limit, header/…")
    detail: str


class ProblemDetails(BaseModel):
    """What went wrong and what to do about it."""

    type: str = Field(description="A name of the problem that programs can compare.")
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(default_factory=list)


class Refused(Exception):
    """A request is refused; becomes problem details."""

    def __init__(
        self, status: int, detail: str, *, name: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Keep what the answer says."""
        super().__init__(detail)
        self.status, self.detail, self.name = status, detail, name
        self.headers = dict(headers or {})


# What use cases refuse, in their own words.
_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    AlreadyPartner: (409, "already-partner"),
    AlreadySubscribed: (409, "already-subscribed"),
    TooManyHooks: (409, "too-many-hooks"),
    SourceIsOther: (409, "source-taken"),
    NoSuchFirm: (422, "unknown-firm"),
    TargetRefused: (422, "target-refused"),
    InvalidEmail: (422, "invalid-email"),
    OtherRequest: (422, "idempotency-key-reused"),
}
_NAMES = {
    400: "unreadable",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    422: "invalid",
    429: "rate-limited",
    500: "internal",
}


def describe(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of refusals with these statuses, for a route's `responses`."""
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {
        status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted(statuses)
    }


def problem(
    status: int,
    detail: str,
    *,
    name: str = "",
    errors: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return an answer of problem details."""
    body = ProblemDetails(
        type=f"urn:recruit:problem:{name or _NAMES.get(status, 'refused')}",
        title=TITLES.get(status, TITLES[400]),
        status=status,
        detail=detail,
        errors=errors or [],
    )
    return JSONResponse(
        body.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def _refused(_request: Request, error: Refused) -> JSONResponse:
    return problem(error.status, error.detail, name=error.name, headers=error.headers)


def _http(_request: Request, error: HTTPException) -> JSONResponse:
    status = error.status_code
    detail = NOTHING_HERE if status == 404 else str(error.detail)
    return problem(status, detail, headers=error.headers)


def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    # A path that cannot be read names nothing that exists.
    if found and all(one["loc"][0] == "path" for one in found):
        return problem(404, NOTHING_HERE)
    fields = [
        FieldProblem(pointer="/".join(map(_printable, one["loc"])), detail=_printable(one["msg"]))
        for one in found
    ]
    return problem(422, "See errors for each value.", errors=fields)


def _printable(part: object) -> str:
    # A lone surrogate of a JSON escape can't be sent back.
    return str(part).encode("utf-8", "replace").decode()[:300]


def _untold(_request: Request, error: TellingRefused) -> JSONResponse:
    fields = [
        FieldProblem(pointer=f"body/{field}", detail=_printable(text))
        for field, text in error.problems.items()
    ]
    return problem(422, "See errors for each value.", errors=fields)


def _nothing(_request: Request, _error: Exception) -> JSONResponse:
    # What is another's has to look exactly like what does not exist.
    return problem(404, NOTHING_HERE)


def _known(_request: Request, error: Exception) -> JSONResponse:
    status, name = next(said for kind, said in _REFUSALS.items() if isinstance(error, kind))
    return problem(status, _printable(error), name=name)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    report = structlog.contextvars.get_contextvars().get("correlation_id") or uuid.uuid4().hex[:12]
    log.error("request failed", path=request.url.path, report=report, exc_info=error)
    return problem(500, f"Nothing was changed. Try again in a minute. Report {report}.")


def add_problems(api: FastAPI) -> None:
    """Register the handlers."""
    api.add_exception_handler(Refused, _refused)  # type: ignore[arg-type]
    api.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    api.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]
    api.add_exception_handler(TellingRefused, _untold)  # type: ignore[arg-type]
    api.add_exception_handler(NotThere, _nothing)
    api.add_exception_handler(UnknownHook, _nothing)
    for kind in _REFUSALS:
        api.add_exception_handler(kind, _known)
    api.add_exception_handler(Exception, _unexpected)
