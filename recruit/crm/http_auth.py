"""How a CRM lets us in: a key that stays, or a token that is asked for and renewed.

Secrets never show themselves in a repr, and never stand in an address.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

import httpx
import jwt

from recruit.clock import Clock
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


class _Tokens(ABC):
    """A token that is asked for with a form, kept, and renewed when it is refused."""

    def __init__(self, token_url: str) -> None:
        self._token_url = token_url
        self._token: Secret | None = None
        self._lock = threading.Lock()

    @abstractmethod
    def _form(self) -> dict[str, str]:
        """Return what is sent to be given a token."""

    @abstractmethod
    def _remedy(self) -> str:
        """Return what to look at when none is given."""

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
        """Return the token."""
        return (str(self._token),) if self._token else ()

    def _ask(self, client: httpx.Client) -> Secret:
        try:
            response = client.post(self._token_url, data=self._form())
        except httpx.RequestError as error:
            text = f"No token could be asked for: {type(error).__name__}."
            raise CrmUnavailable(text, kind="no_connection") from None
        try:
            return Secret(response.json()["access_token"])
        except (ValueError, KeyError, TypeError):
            # The answer may quote what was sent, so only its code is told.
            text = f"The CRM gave no token: {response.status_code} {_code(response)}".rstrip()
            raise CrmUnavailable(f"{text}. {self._remedy()}", kind="auth") from None


class ClientCredentials(_Tokens):
    """OAuth 2's client credentials: a token for this program."""

    def __init__(
        self, token_url: str, client_id: str, client_secret: Secret, *, scope: str = ""
    ) -> None:
        """Remember whom to ask; nothing is asked before the first question."""
        super().__init__(token_url)
        if not client_id or not client_secret:
            raise ValueError("The CRM's client id or client secret is missing.")
        self._client_id = client_id
        self._client_secret = client_secret
        self._scope = scope

    def secrets(self) -> tuple[str, ...]:
        """Return the client's secret and the token."""
        return (str(self._client_secret), *super().secrets())

    def _form(self) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": str(self._client_secret),
        }
        return form | ({"scope": self._scope} if self._scope else {})

    def _remedy(self) -> str:
        return "Check the client id and its secret."


class JwtBearer(_Tokens):
    """OAuth 2's JWT bearer (RFC 7523): a token for a user, by a statement that our own key signs."""

    def __init__(
        self,
        token_url: str,
        client_id: str,
        user: str,
        private_key: Secret,
        *,
        audience: str,
        clock: Clock,
    ) -> None:
        """Remember whom to ask; refuses a key that can't sign."""
        super().__init__(token_url)
        if not client_id or not user:
            raise ValueError("The CRM's client id or user is missing.")
        self._key = Secret(str(private_key))
        self._claims = {"iss": client_id, "sub": user, "aud": audience}
        self._clock = clock
        try:
            self._signed()
        except (jwt.PyJWTError, ValueError, TypeError):
            # The library's own words may quote the key.
            raise ValueError(
                "The CRM's private key is no RSA key in PEM that stands open (without a passphrase)."
            ) from None

    def _signed(self) -> str:
        # Salesforce takes statements of three minutes at most.
        expires = int(self._clock.now().timestamp()) + 170
        return jwt.encode({**self._claims, "exp": expires}, str(self._key), algorithm="RS256")

    def _form(self) -> dict[str, str]:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": self._signed(),
        }

    def _remedy(self) -> str:
        return (
            "Check the client id and the user, that the app has our certificate, and that an "
            "administrator has approved the app for the user."
        )


def _code(response: httpx.Response) -> str:
    try:
        code = response.json().get("error", "")
    except (ValueError, AttributeError):
        return ""
    return code if isinstance(code, str) and code.replace("_", "").isalnum() else ""
