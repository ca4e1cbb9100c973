"""The conversation with a provider: where it is, where to send a person, and what their code is worth.

Discovery, the code's exchange and the keys are asked by https only, without following redirects. Whom a
token's claims sign in is decided by `recruit.people.sso.claims`.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt

from recruit.people.sso.claims import TokenRefused, read_identity
from recruit.people.sso.providers import ProvidersInvalid, check_address
from recruit.people.sso.values import Identity, Provider, SsoRefused

# Only what a public key verifies: with HMAC whoever knows the public key could sign.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_KEPT = timedelta(hours=1)
# A provider changes keys seldom; a forged key id must not make us ask all the time.
_KEYS_AGAIN = timedelta(minutes=1)
_MOST_BYTES = 512 * 1024
_TIMEOUT_S = 10.0


class ProviderSilent(SsoRefused):
    """A provider does not answer, or not as OpenID Connect says; `why` is for the log."""

    def __init__(self, provider: Provider, why: str) -> None:
        """Keep the reason."""
        super().__init__(
            f"{provider.name} can't be reached at the moment. Try again in a minute, or sign in by mail."
        )
        self.why = why


@dataclass
class _Known:
    metadata: dict[str, Any]
    keys: list[dict[str, Any]]
    asked_at: datetime
    keys_asked_at: datetime


class SingleSignOn:
    """The providers of this installation, and the conversation with each."""

    def __init__(self, providers: tuple[Provider, ...], client: httpx.Client | None = None) -> None:
        """Keep the providers; nothing is asked before somebody signs in."""
        self.providers = providers
        self._client = client or httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False)
        self._known: dict[str, _Known] = {}
        self._lock = Lock()

    def find(self, key: str) -> Provider | None:
        """Return the provider with a key."""
        return next((provider for provider in self.providers if provider.key == key), None)

    def find_for(self, email: str) -> Provider | None:
        """Return the provider that speaks for an address's domain."""
        domain = email.strip().lower().rpartition("@")[2]
        return next((one for one in self.providers if domain in one.domains), None)

    def address_to_sign_in(
        self, provider: Provider, *, state: str, nonce: str, verifier: str, back: str, now: datetime
    ) -> str:
        """Return where to send the person; raises `ProviderSilent`."""
        endpoint = self._ask(provider, now).metadata["authorization_endpoint"]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = urlencode(
            {
                "response_type": "code",
                "client_id": provider.client_id,
                "redirect_uri": back,
                "scope": "openid email profile",
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge.decode().rstrip("="),
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def redeem(
        self, provider: Provider, *, code: str, nonce: str, verifier: str, back: str, now: datetime
    ) -> Identity:
        """Return who a code stands for; raises `SsoRefused`, also where nothing answers."""
        known = self._ask(provider, now)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        auth: httpx.BasicAuth | None = None
        methods = known.metadata.get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        else:
            # RFC 6749, 2.3.1: both are encoded before they are joined.
            pair = (quote(text, safe="") for text in (provider.client_id, provider.client_secret))
            auth = httpx.BasicAuth(*pair)
        answer = self._json(
            provider, "POST", known.metadata["token_endpoint"], data=form, auth=auth
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderSilent(provider, f"no ID token: {answer.get('error', 'none given')!r}")
        claims = self._verify(provider, token, now)
        return read_identity(claims, provider=provider, nonce=nonce, now=now)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _verify(self, provider: Provider, token: str, now: datetime) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise TokenRefused("malformed") from error
        if header.get("alg") not in ALGORITHMS:
            raise TokenRefused(f"algorithm {header.get('alg')!r:.20}")
        key = self._find_key(provider, header, now)
        try:
            # Times, issuer and audience are checked against our own clock, by `claims`.
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                options={
                    "verify_signature": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                    "verify_iss": False,
                },
            )
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise TokenRefused("signature") from error
        return claims

    def _find_key(self, provider: Provider, header: dict[str, Any], now: datetime) -> jwt.PyJWK:
        known = self._ask(provider, now)
        found = _pick(known.keys, header)
        if found is None and now - known.keys_asked_at >= _KEYS_AGAIN:
            known.keys, known.keys_asked_at = self._keys(provider, known.metadata), now
            found = _pick(known.keys, header)
        if found is None:
            raise TokenRefused("unknown key")
        return found

    def _ask(self, provider: Provider, now: datetime) -> _Known:
        with self._lock:
            known = self._known.get(provider.key)
            if known is None or not timedelta(0) <= now - known.asked_at < _KEPT:
                metadata = self._discover(provider)
                known = _Known(metadata, self._keys(provider, metadata), now, now)
                self._known[provider.key] = known
            return known

    def _discover(self, provider: Provider) -> dict[str, Any]:
        url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = self._json(provider, "GET", url)
        if metadata.get("issuer") != provider.issuer:
            raise ProviderSilent(provider, f"calls itself {metadata.get('issuer')!r:.200}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            try:
                check_address(str(metadata.get(name, "")), name)
            except ProvidersInvalid as error:
                raise ProviderSilent(provider, str(error)) from error
        return metadata

    def _keys(self, provider: Provider, metadata: dict[str, Any]) -> list[dict[str, Any]]:
        keys = self._json(provider, "GET", metadata["jwks_uri"]).get("keys")
        if not isinstance(keys, list):
            raise ProviderSilent(provider, "no keys")
        return [key for key in keys if isinstance(key, dict) and key.get("use", "sig") == "sig"]

    def _json(
        self,
        provider: Provider,
        method: str,
        url: str,
        *,
        data: dict[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
    ) -> dict[str, Any]:
        try:
            request = self._client.build_request(
                method, url, data=data, headers={"Accept": "application/json"}
            )
            response = self._client.send(request, auth=auth, stream=True, follow_redirects=False)
            try:
                content = b""
                for part in response.iter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:
                        raise ProviderSilent(provider, f"{url} answers without an end")
            finally:
                response.close()
            answer = json.loads(content)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderSilent(provider, f"{url}: {type(error).__name__}") from error
        # A refused code is told by 400 and an error in JSON.
        if response.status_code not in {200, 400, 401} or not isinstance(answer, dict):
            raise ProviderSilent(provider, f"{url} answers {response.status_code}")
        return answer


def _pick(keys: list[dict[str, Any]], header: dict[str, Any]) -> jwt.PyJWK | None:
    """Return the key that a token's header names; without a name, the only one of its kind."""
    algorithm, kid = header["alg"], header.get("kid")
    kind = {"R": "RSA", "P": "RSA", "E": "OKP" if algorithm == "EdDSA" else "EC"}[algorithm[0]]
    fitting = [
        key
        for key in keys
        if key.get("kty") == kind
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]
    if len(fitting) != 1:
        return None
    try:
        return jwt.PyJWK(fitting[0], algorithm=algorithm)
    except jwt.PyJWTError:
        return None
