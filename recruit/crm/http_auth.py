"""How a CRM lets us in: a key that stays, or a token that is asked for and renewed.

Secrets never show themselves in a repr, and never stand in an address.
"""

import threading
from collections.abc import Mapping
from typing import Protocol

import httpx

from recruit.config import Secret
from recruit.crm.port import CrmUnavailable


class Authorizer(Protocol):
    """Grants access to each question."""

    def headers(self, client: httpx.Client) -> Mapping[str, str]:
        """Return the headers that grant access; `client` serves to ask for them."""
        ...

    def renew(self) -> bool:
        """Forget a token that was refused; False where there is no other."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be shown."""
        ...


class Key:
    """A key that stays the same."""

    def __init__(self, header: str, value: Secret, *, scheme: str = "") -> None:
        """Send `value` in `header`, after `scheme` (such as Bearer) if there is one."""
        if not value:
            raise ValueError(f"The CRM's key for the header {header} is missing.")
        self._header = header
        self._value = value
        self._scheme = scheme

    def headers(self, client: httpx.Client) -> Mapping[str, str]:  # noqa: ARG002
        """Return the header with the key."""
        return {self._header: f"{self._scheme} {self._value}".strip()}

    def renew(self) -> bool:
        """Return False: there is only this key."""
        return False

    def secrets(self) -> tuple[str, ...]:
        """Return the key."""
        return (str(self._value),)


class ClientCredentials:
    """OAuth 2's client credentials: a token for this program, renewed when it is refused."""

    def __init__(
        self, token_url: str, client_id: str, client_secret: Secret, *, scope: str = ""
    ) -> None:
        """Remember whom to ask; nothing is asked before the first question."""
        if not client_id or not client_secret:
            raise ValueError("The CRM's client id or client secret is missing.")
        self._token_url = token_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._scope = scope
        self._token: Secret | None = None
        self._lock = threading.Lock()

    def headers(self, client: httpx.Client) -> Mapping[str, str]:
        """Return the header with the token, which is asked for when there is none."""
        with self._lock:
            if self._token is None:
                self._token = self._ask(client)
            return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Forget the token."""
        with self._lock:
            self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        """Return the client's secret and the token."""
        return (str(self._client_secret), *([str(self._token)] if self._token else []))

    def _ask(self, client: httpx.Client) -> Secret:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": str(self._client_secret),
        }
        if self._scope:
            form["scope"] = self._scope
        try:
            response = client.post(self._token_url, data=form)
        except httpx.RequestError as error:
            text = f"No token could be asked for: {type(error).__name__}."
            raise CrmUnavailable(text, kind="no_connection") from None
        try:
            return Secret(response.json()["access_token"])
        except (ValueError, KeyError, TypeError):
            # The answer may quote what was sent, so only its code is told.
            text = f"The CRM gave no token: {response.status_code} {_code(response)}".rstrip()
            raise CrmUnavailable(
                f"{text}. Check the client id and its secret.", kind="auth"
            ) from None


def _code(response: httpx.Response) -> str:
    try:
        code = response.json().get("error", "")
    except (ValueError, AttributeError):
        return ""
    return code if isinstance(code, str) and code.replace("_", "").isalnum() else ""
