"""Who asks: the API key, its scopes and how often it may ask."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from recruit.clock import stopwatch
from recruit.people.api_keys import KeyInvalid, KeyView, Scope, find_api_key, needs_note, note_use
from recruit.web.api.problems import Refused
from recruit.web.request import AppDep

_bearer = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", description="An API key: `recruit api key add`."
)
_MOST_KEYS = 10_000


@dataclass
class Allowance:
    """A bucket of requests for each key, kept by one server process: `burst` at once, `per_s` after.

    A restart fills the buckets, and each process has its own: it protects the server, and counts for no bill.
    """

    burst: int = 300
    per_s: float = 5.0
    ticks: Callable[[], float] = stopwatch
    _buckets: dict[int, tuple[float, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, key_id: int) -> tuple[int, float]:
        """Take one request; returns how many are left, and the seconds to wait where none was."""
        with self._lock:
            now = self.ticks()
            left, at = self._buckets.get(key_id, (float(self.burst), now))
            left = min(self.burst, left + (now - at) * self.per_s)
            wait = 0.0 if left >= 1 else (1 - left) / self.per_s
            if not wait:
                left -= 1
            if len(self._buckets) >= _MOST_KEYS:
                self._buckets.clear()
            self._buckets[key_id] = (left, now)
            return int(left), wait


def find_caller(
    request: Request,
    response: Response,
    app: AppDep,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> KeyView:
    """Return the key of a request; refuses with 401, or 429 where it asks too often."""
    challenge = {"WWW-Authenticate": "Bearer"}
    if given is None:
        raise Refused(401, "Send an API key: Authorization: Bearer rk_…", headers=challenge)
    try:
        with app.reading() as tx:
            key, now = find_api_key(tx, token=given.credentials), tx.now
    except KeyInvalid:
        raise Refused(
            401,
            "This API key is unknown, revoked or expired.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        ) from None
    allowance: Allowance = request.app.state.allowance
    left, wait_s = allowance.take(key.key_id)
    limits = {"RateLimit-Limit": str(allowance.burst), "RateLimit-Remaining": str(left)}
    if wait_s:
        raise Refused(
            429,
            f"Ask again in {math.ceil(wait_s)} seconds.",
            headers=limits | {"Retry-After": str(math.ceil(wait_s))},
        )
    response.headers.update(limits)
    if needs_note(key, now):
        with app.transaction() as tx:
            note_use(tx, key_id=key.key_id)
    return key


def require_scope(scope: Scope) -> Callable[[KeyView], KeyView]:
    """Return a dependency that gives the key of a request, if it has `scope`."""

    def require(key: Annotated[KeyView, Depends(find_caller)]) -> KeyView:
        if scope not in key.scopes:
            raise Refused(403, f"This needs a key with the scope {scope.value}.")
        return key

    return require


Reader = Annotated[KeyView, Depends(require_scope(Scope.READ))]
CandidateWriter = Annotated[KeyView, Depends(require_scope(Scope.WRITE_CANDIDATES))]
FirmWriter = Annotated[KeyView, Depends(require_scope(Scope.WRITE_FIRMS))]
Listener = Annotated[KeyView, Depends(require_scope(Scope.HOOKS))]
