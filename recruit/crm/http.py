"""The one way in which adapters talk HTTP: patience, quota, secrets, and what an outcome means.

It decides which of the port's errors an outcome is. A connection that was never made and an
explicit "not now" wrote nothing; an answer that was lost, or a server's own fault, after a write
leaves it unknown, and such a write is never repeated here: whoever asked has to look first.
Reads are repeated. What a vendor says in its own way is told by the adapter's `Dialect`.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any, NoReturn, Protocol
from urllib.parse import quote, urlsplit

import httpx

from recruit.clock import Clock, stopwatch
from recruit.crm.http_auth import Authorizer
from recruit.crm.port import CrmConflict, CrmError, CrmOutcomeUnknown, CrmRefused, CrmUnavailable
from recruit.logs import get_logger

# Beyond this share of a quota the rest is left to the customer's other programs.
QUOTA_STOP = 0.8
# A stopped conversation asks once in a while whether there is quota again.
QUOTA_PAUSE_S = 900.0
_LONGEST_TEXT = 500
_LONGEST_PAUSE_S = 8.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
)
_TOKENS = re.compile(r"(?i)\b(bearer|basic|session)\s+\S+|\bpat-[a-z0-9]+-[0-9a-f-]{8,}")


@dataclass(frozen=True)
class Wait:
    """The CRM said "not now" and wrote nothing; `seconds` is how long it wants to be left alone."""

    text: str
    kind: str = "rate_limit"
    seconds: float | None = None


class Dialect(Protocol):
    """What a vendor says in its own way."""

    def judge(self, response: httpx.Response) -> CrmError | Wait | None:
        """Return what an answer of 300 or above means; None leaves it to the general rules."""
        ...

    def used_share(self, response: httpx.Response) -> float | None:
        """Return the share of the quota that is used up, None where the answer doesn't tell."""
        ...


def segment(value: str) -> str:
    """Return a value as one segment of a path, whatever it contains; refuses what can be none."""
    # Dots can't be encoded: every server takes %2E%2E for "..".
    if value.strip() in {"", ".", ".."}:
        raise CrmRefused(f"{value!r} can be no part of an address.", kind="invalid_id")
    return quote(value, safe="")


def check_address(url: str) -> str:
    """Return an address without its last slash; raises ValueError for one that isn't protected."""
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
        raise ValueError(f"{url!r} must be an https:// address: a secret is sent there.")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("The CRM's address must hold no user, question or fragment.")
    return url.rstrip("/")


class CrmHttp:
    """A conversation with one CRM. Safe to share between threads.

    `attempts` and `patience_s` bound how often and how long one question is repeated.
    """

    def __init__(
        self,
        base_url: str,
        authorizer: Authorizer,
        dialect: Dialect,
        *,
        clock: Clock,
        timeout_s: float = 30.0,
        attempts: int = 5,
        patience_s: float = 60.0,
        quota_pause_s: float = QUOTA_PAUSE_S,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare a client; no connection is made before the first question."""
        self.base_url = check_address(base_url)
        self._authorizer = authorizer
        self._dialect = dialect
        self._clock = clock
        self._attempts = attempts
        self._patience_s = patience_s
        self._quota_pause_s = quota_pause_s
        self._sleep = sleep
        self._stopped_at: float | None = None
        # Proxies of the environment are for the world outside.
        outside = urlsplit(self.base_url).hostname not in _LOOPBACK
        self._client = httpx.Client(
            timeout=timeout_s, trust_env=outside, follow_redirects=False, transport=transport
        )

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
    ) -> httpx.Response:
        """Ask something that changes nothing. Statuses in `accept` are returned like a success."""
        return self._ask(method, path, params, body, headers, accept, writes=False)

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
    ) -> httpx.Response:
        """Ask for a change; raises `CrmOutcomeUnknown` when it may have happened."""
        return self._ask(method, path, params, body, headers, accept, writes=True)

    def json_of(self, response: httpx.Response, *, wrote: bool = False) -> Any:
        """Return an answer's JSON. A page of somebody else's (a proxy's) is no answer of the CRM."""
        try:
            return response.json()
        except ValueError:
            text = f"The answer to {response.request.method} is no JSON: {self.words(response)}"
            if wrote:
                raise CrmOutcomeUnknown(text, kind="not_json") from None
            raise CrmUnavailable(text, kind="not_json") from None

    def time_of(self, response: httpx.Response) -> datetime:
        """Return the CRM's own time when it answered."""
        try:
            return parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return self._clock.now()

    def words(self, response: httpx.Response) -> str:
        """Return an answer's text for people: short, and without secrets."""
        return self.redacted(" ".join(response.text.split())) or f"status {response.status_code}"

    def redacted(self, text: str) -> str:
        """Return a text, cut, with everything masked that grants access."""
        for secret in self._authorizer.secrets():
            text = text.replace(secret, "***")
        return _TOKENS.sub("***", text)[:_LONGEST_TEXT]

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        accept: tuple[int, ...],
        *,
        writes: bool,
    ) -> httpx.Response:
        began = stopwatch()
        renewed = False
        for attempt in count(1):
            self._check_quota()
            outcome: httpx.Response | CrmError | Wait
            try:
                outcome = self._client.request(
                    method,
                    self.base_url + path,
                    params=params,
                    json=body,
                    headers={**self._authorizer.headers(self._client), **(headers or {})},
                )
            except _NOTHING_SENT as error:
                # Its cause holds the request's headers, so it isn't chained.
                outcome = Wait(f"No connection: {self._named(error)}", "no_connection")
            except httpx.RequestError as error:
                text = f"The answer to {method} was lost: {self._named(error)}"
                outcome = (
                    CrmOutcomeUnknown(text, kind="answer_lost")
                    if writes
                    else Wait(text, "answer_lost")
                )
            if isinstance(outcome, httpx.Response):
                response = outcome
                self._note(response, path, stopwatch() - began)
                if response.is_success or response.status_code in accept:
                    return response
                if response.status_code == 401 and not renewed and self._authorizer.renew():
                    renewed = True
                    continue
                outcome = self._judge(response, writes=writes)
            if isinstance(outcome, CrmError):
                outcome.text = self.redacted(outcome.text)
                outcome.args = (outcome.text,)
                raise outcome
            pause = self._pause(outcome, attempt)
            if attempt >= self._attempts or stopwatch() - began + pause > self._patience_s:
                self._give_up(outcome)
            self._sleep(pause)
        raise AssertionError("count() never ends")

    def _judge(self, response: httpx.Response, *, writes: bool) -> CrmError | Wait:
        verdict = self._dialect.judge(response)
        if verdict is not None:
            return verdict
        status, words = response.status_code, self.words(response)
        after = retry_after(response, self._clock.now())
        if status == 429:
            return Wait(words, "rate_limit", after)
        if status == 401:
            return CrmUnavailable(f"The CRM doesn't accept our access: {words}", kind="auth")
        if status >= 500 or status == 408:
            if writes:
                return CrmOutcomeUnknown(f"{status}: {words}", kind="server_fault")
            return Wait(f"{status}: {words}", "server_fault", after)
        if status == 412:
            return CrmConflict(words, kind="conflict")
        if status < 400:
            return CrmUnavailable(
                f"The CRM sends us elsewhere ({status}), and we don't follow. Check its address.",
                kind="redirected",
            )
        return CrmRefused(words, kind="not_found" if status == 404 else "refused")

    def _pause(self, wait: Wait, attempt: int) -> float:
        backoff = min(0.5 * 2 ** (attempt - 1), _LONGEST_PAUSE_S)
        return backoff if wait.seconds is None else wait.seconds

    def _give_up(self, wait: Wait) -> NoReturn:
        text = self.redacted(wait.text)
        raise CrmUnavailable(text, kind=wait.kind, retry_after_s=wait.seconds) from None

    def _named(self, error: httpx.RequestError) -> str:
        return self.redacted(f"{type(error).__name__} {error}".strip())

    def _note(self, response: httpx.Response, path: str, seconds: float) -> None:
        # The address holds ids only; what is looked for stands in the question, which isn't told.
        get_logger("crm.http").debug(
            "asked",
            method=response.request.method,
            path=path.partition("?")[0],
            status=response.status_code,
            ms=round(seconds * 1000),
        )
        share = self._dialect.used_share(response)
        if share is not None:
            self._stopped_at = stopwatch() if share >= QUOTA_STOP else None

    def _check_quota(self) -> None:
        if self._stopped_at is None:
            return
        left = self._quota_pause_s - (stopwatch() - self._stopped_at)
        if left > 0:
            raise CrmUnavailable(
                f"{QUOTA_STOP:.0%} of the CRM's quota is used; the rest is left to others.",
                kind="quota",
                retry_after_s=left,
            )
        self._stopped_at = None


def retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Return how many seconds an answer asks us to wait, from seconds or from a date."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment - now).total_seconds())
