"""The sub-application under /api/v1, and its OpenAPI description."""

from typing import Any

from fastapi import FastAPI, HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recruit.web.api import hooks, reading, writing
from recruit.web.api.caller import Allowance
from recruit.web.api.problems import ProblemDetails, add_problems
from recruit.wiring import App

MOST_BODY_BYTES = 64 * 1024
_ABOUT = """
Ask with `Authorization: Bearer rk_…`. A key has scopes: `read` opens every GET of the pipeline,
`write:candidates` and `write:firms` their POST, `hooks` the subscriptions.

Lists are pages of `data` and `next_cursor`. Errors are problem details (RFC 9457). A key may ask 300 times
at once and 5 times a second after that; 429 says in `Retry-After` when to come again.
"""


class SmallBodies:
    """ASGI middleware that refuses a body as soon as it is larger than the API's longest."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count its body while it is read."""
        size = 0

        async def counting() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BODY_BYTES:
                raise HTTPException(413, f"Send at most {MOST_BODY_BYTES:,} bytes.")
            return message

        await self.app(scope, counting, send)


def create_api(app: App) -> FastAPI:
    """Return the API over `app`."""
    api = FastAPI(
        title="Recruit",
        version="1",
        description=_ABOUT.strip(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    api.state.recruit = app
    api.state.allowance = Allowance()
    api.add_middleware(SmallBodies)
    add_problems(api)
    for part in (reading, writing, hooks):
        api.include_router(part.router)
    _add_problem_schema(api)
    return api


def _add_problem_schema(api: FastAPI) -> None:
    describe = api.openapi

    def with_problems() -> dict[str, Any]:
        schema = describe()
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemDetails" not in schemas:
            own = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(own.pop("$defs", {}))
            schemas["ProblemDetails"] = own
        return schema

    api.openapi = with_problems  # type: ignore[method-assign]
