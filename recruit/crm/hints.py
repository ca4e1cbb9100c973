"""Who may tell us that something changed in the CRM: HubSpot's signed webhooks. Pure.

A hint is never believed: it only makes the next pull come sooner, and the pull says what is true.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
# HubSpot signs the address with these decoded, and with all other escapes as they are
# (developers.hubspot.com, "Validate the v3 request signature").
_DECODED = {f"%{ord(sign):02X}": sign for sign in ":/?@!$'()*,;"}
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
# A moment in milliseconds, for some thousands of years.
_MOST_DIGITS = 15


class HintNotSigned(Exception):
    """A hint is not from whoever has the secret; the message says what is wrong."""


def check_hubspot(
    secret: str, headers: Mapping[str, str], *, method: str, url: str, body: bytes, now: datetime
) -> None:
    """Check HubSpot's signature of version 3; raises `HintNotSigned`.

    The signature is the Base64 of HMAC-SHA256, with the app's client secret, of method, address, body
    and timestamp (milliseconds) put together. `url` is the address that HubSpot was given, with its
    question if it has one; what a proxy made of it is not what was signed. `headers` have small names.
    """
    signature, stamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not signature or not (stamp.isascii() and stamp.isdecimal()):
        raise HintNotSigned("X-HubSpot-Signature-v3 and X-HubSpot-Request-Timestamp are needed.")
    sent_ms = int(stamp[:_MOST_DIGITS])
    if abs(now.timestamp() * 1000 - sent_ms) > TOLERANCE.total_seconds() * 1000:
        raise HintNotSigned("The timestamp is more than five minutes off.")
    expected = sign_hubspot(secret, method=method, url=url, body=body, stamp=stamp)
    # A plus sign becomes a space on its way through some proxies.
    given = signature.strip().replace(" ", "+")
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise HintNotSigned("The signature is of another secret, address or body.")


def sign_hubspot(secret: str, *, method: str, url: str, body: bytes, stamp: str) -> str:
    """Return HubSpot's signature of version 3."""
    signed = method.upper().encode() + decode_address(url).encode() + body + stamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def decode_address(url: str) -> str:
    """Return an address as HubSpot signs it: without fragment, some escapes decoded once."""
    return _ESCAPE.sub(
        lambda match: _DECODED.get(match[0].upper(), match[0]), url.partition("#")[0]
    )
