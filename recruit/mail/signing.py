"""DKIM signatures, for installations whose mail server does not sign by itself.

A server that signs is five times as fast; this is for relays that do not.
"""

from dataclasses import dataclass
from pathlib import Path

import dkim  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

# Gmail and Yahoo want the one-click headers to be covered (RFC 8058, 4).
_HEADERS = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"mime-version",
    b"content-type",
)
_LEAST_BITS = 1024


class BadSigningKey(Exception):
    """The private key for DKIM cannot be used; the message says why."""


@dataclass(frozen=True)
class Signer:
    """A key and the selector under which its public half stands in DNS."""

    selector: str
    key: bytes
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the message (CRLF, ASCII headers) with a signature for the domain in its From."""
        domain = _from_domain(message)
        present = {
            line.partition(b":")[0].strip().lower()
            for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")
        }
        signature: bytes = dkim.sign(
            message,
            self.selector.encode("ascii"),
            domain,
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in _HEADERS if name in present],
        )
        return signature + message


def load_signer(selector: str, path: Path) -> Signer:
    """Read an RSA private key in PEM; raises BadSigningKey."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise BadSigningKey(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSigningKey(f"{path} holds no private key in PEM without a password.") from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise BadSigningKey(f"{path} holds no RSA key of at least {_LEAST_BITS} bits.")
    if not selector.isascii() or not selector.replace("-", "").replace(".", "").isalnum():
        raise BadSigningKey(f"RECRUIT_DKIM_SELECTOR {selector!r} is no label of a domain name.")
    return Signer(
        selector,
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


def _from_domain(message: bytes) -> bytes:
    for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if line.lower().startswith(b"from:"):
            return line.rpartition(b"@")[2].strip(b"> \t").lower()
    raise BadSigningKey("The message has no From to sign for.")
