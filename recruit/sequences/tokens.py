"""Names that are derived from a row and the installation's secret: nobody outside can guess them."""

import hashlib
import hmac
from base64 import b32encode, urlsafe_b64encode


def message_id(secret: str, touch_id: int, domain: str) -> str:
    """Return the Message-ID of a touch: the same at every attempt, so that a copy can be recognised."""
    digest = b32encode(_digest(secret, f"message:{touch_id}")[:10]).decode().lower()
    return f"<{digest}.{touch_id}@{domain}>"


def unsubscribe_token(secret: str, enrollment_id: int) -> str:
    """Return the token in the unsubscribe link of an enrollment: 22 letters, the same in every mail."""
    digest = _digest(secret, f"unsubscribe:{enrollment_id}")[:16]
    return urlsafe_b64encode(digest).decode().rstrip("=")


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _digest(secret: str, text: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), "sha256")
