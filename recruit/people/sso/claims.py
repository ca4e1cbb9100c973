"""What an ID token has to say before anybody is signed in by it: OpenID Connect Core 1.0, section 3.1.3.7. Pure.

The signature is checked before, by `recruit.people.sso.exchange`.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from recruit.people.sso.values import Identity, Provider, SsoRefused

# Clocks of two companies differ by seconds, seldom by more.
LEEWAY = timedelta(seconds=60)
_LONGEST = 255


class TokenRefused(SsoRefused):
    """An ID token is not for us, not for this sign-in or not for now; `why` is for the log."""

    def __init__(self, why: str) -> None:
        """Keep the reason; the person is told only what they can do."""
        super().__init__(
            "Your company's sign-in gave an answer that can't be trusted. Try once more; "
            "if it stays, tell your administrator."
        )
        self.why = why


def read_identity(
    claims: Mapping[str, Any], *, provider: Provider, nonce: str, now: datetime
) -> Identity:
    """Return who signed in; raises `TokenRefused`, or `SsoRefused` for an address that is not verified."""
    if claims.get("iss") != provider.issuer:
        raise TokenRefused("issuer")
    _check_audience(claims, provider.client_id)
    _check_times(claims, now)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise TokenRefused("nonce")
    subject = _text(claims, "sub")
    if not subject:
        raise TokenRefused("subject")
    email = _text(claims, "email")
    if not email:
        raise SsoRefused(
            f"{provider.name} did not tell your e-mail address. Ask its administrator to share it."
        )
    # Absent means no. Some providers write the word.
    is_verified = claims.get("email_verified") in (True, "true")
    if not is_verified and not provider.vouches_for_email:
        raise SsoRefused(
            f"{provider.name} has not verified your address {email}. Verify it there and try again."
        )
    return Identity(provider.issuer, subject, email, _text(claims, "name")[:200])


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or client_id not in audiences:
        raise TokenRefused("audience")
    party = claims.get("azp")
    if (party is not None or len(audiences) > 1) and party != client_id:
        raise TokenRefused("authorized party")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    moment = now.timestamp()
    leeway = LEEWAY.total_seconds()
    expires, issued = _number(claims, "exp"), _number(claims, "iat")
    if expires is None or expires + leeway <= moment:
        raise TokenRefused("expired")
    if issued is None or issued - leeway > moment:
        raise TokenRefused("issued in the future")
    begins = _number(claims, "nbf")
    if begins is not None and begins - leeway > moment:
        raise TokenRefused("not valid yet")


def _number(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or "\0" in value:
        return ""
    return value.strip() if len(value) <= _LONGEST else ""
