"""Open Badges 3.0: a certificate as a credential that others verify by themselves.

A badge is a JSON Web Token (RFC 7519, RS256) whose payload is the credential, as section 8.2 of the
specification has it; its header carries the public key, which is served at `/badges/keys` as well.
Pure: values in, JSON or a token out.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from recruit.onboarding.sealing import Seal

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
MEDIA_TYPE = "application/vc+jwt"


@dataclass(frozen=True)
class Issuer:
    """Who awards badges, and where its pages are."""

    name: str
    email: str
    base_url: str

    @property
    def base(self) -> str:
        """Return the address without a slash at its end."""
        return self.base_url.rstrip("/")

    @property
    def id(self) -> str:
        """Return the address of the issuer's profile."""
        return f"{self.base}/badges/issuer"


@dataclass(frozen=True)
class Badge:
    """A certificate to make a badge of. `salt` keeps the holder's address from being guessed."""

    serial: str
    course_key: str
    course_number: int
    course: str
    summary: str
    email: str
    salt: str
    awarded_at: datetime
    valid_until: datetime


def issuer_profile(issuer: Issuer) -> dict[str, Any]:
    """Return the issuer as an Open Badges profile."""
    profile = {"id": issuer.id, "type": ["Profile"], "name": issuer.name, "url": issuer.base}
    return profile | {"email": issuer.email}


def achievement(
    issuer: Issuer, course_key: str, number: int, title: str, summary: str
) -> dict[str, Any]:
    """Return what a badge is for: a course in one version."""
    return {
        "id": f"{issuer.base}/badges/achievements/{course_key}/{number}",
        "type": ["Achievement"],
        "achievementType": "Certification",
        "name": title,
        "description": summary or title,
        "criteria": {"narrative": f"Passed the quiz of “{title}”, graded by {issuer.name}."},
    }


def credential(issuer: Issuer, badge: Badge) -> dict[str, Any]:
    """Return the credential, unsigned. The holder is known by the salted hash of their address."""
    digest = hashlib.sha256(f"{badge.email}{badge.salt}".encode()).hexdigest()
    return {
        "@context": CONTEXT,
        "id": f"{issuer.base}/badges/{badge.serial}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": badge.course,
        "issuer": issuer_profile(issuer),
        "validFrom": _moment(badge.awarded_at),
        "validUntil": _moment(badge.valid_until),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityType": "emailAddress",
                    "hashed": True,
                    "identityHash": f"sha256${digest}",
                    "salt": badge.salt,
                }
            ],
            "achievement": achievement(
                issuer, badge.course_key, badge.course_number, badge.course, badge.summary
            ),
        },
        "credentialStatus": {
            "id": f"{issuer.base}/badges/revocations",
            "type": "1EdTechRevocationList",
        },
    }


def sign_badge(seal: Seal, issuer: Issuer, badge: Badge) -> str:
    """Return the badge as a token that anybody can verify with our public key."""
    payload = credential(issuer, badge)
    payload |= {
        "iss": issuer.id,
        "jti": payload["id"],
        "nbf": int(badge.awarded_at.timestamp()),
        "exp": int(badge.valid_until.timestamp()),
    }
    key = public_jwk(seal.certificate)
    headers = {"typ": "vc+jwt", "kid": key["kid"], "jwk": key}
    return jwt.encode(payload, seal.key, algorithm="RS256", headers=headers)


def key_set(seal: Seal) -> dict[str, Any]:
    """Return our public keys, those of earlier seals too, as a JSON Web Key Set."""
    return {"keys": [public_jwk(certificate) for certificate in seal.trusted]}


def revocation_list(issuer: Issuer, revoked: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the list of badges that count no more: (serial, why)."""
    return {
        "id": f"{issuer.base}/badges/revocations",
        "issuer": issuer.id,
        "revokedCredential": [
            {
                "id": f"{issuer.base}/badges/{serial}",
                "revoked": True,
                "revocationReason": reason,
            }
            for serial, reason in revoked
        ],
    }


def public_jwk(certificate: x509.Certificate) -> dict[str, str]:
    """Return a certificate's RSA key as a JSON Web Key; `kid` is its thumbprint (RFC 7638)."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("Badges are signed with RSA keys.")
    numbers = key.public_numbers()
    required = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    canonical = json.dumps(required, sort_keys=True, separators=(",", ":")).encode()
    kid = _encode(hashlib.sha256(canonical).digest())
    return required | {"kid": kid, "alg": "RS256", "use": "sig"}


def _number(number: int) -> str:
    return _encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
