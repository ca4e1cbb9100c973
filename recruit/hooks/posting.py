"""One attempt at a delivery: sign, connect to the checked address, read no more than the status."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from recruit.hooks.targets import TargetRefused, find_target

# All of an attempt, however slowly the other side drips.
_DEADLINE_S = 15.0
_MOST_WORDS = 300
_LONGEST_WAIT_S = 6 * 3600


@dataclass(frozen=True)
class Message:
    """What is delivered, and the secrets that it is signed with: the present one first."""

    target_url: str
    message_id: str
    payload: dict[str, Any]
    secrets: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Answer:
    """What came back. `status` is None where nobody answered; `words` say why, or quote."""

    status: int | None
    words: str
    retry_after_s: float | None = None


def post_message(message: Message, *, allow_private: bool) -> Answer:
    """Post a message; redirects are not followed, proxies of the environment are not used."""
    try:
        target = find_target(message.target_url, allow_private=allow_private)
    except TargetRefused as error:
        return Answer(None, str(error))
    except OSError as error:
        return Answer(None, f"The host can't be found: {error}.")
    body = json.dumps(message.payload, separators=(",", ":"), sort_keys=True)
    headers = _headers(message, body) | {"Host": target.host}
    try:
        return asyncio.run(_post(target.url, target.name, headers, body))
    except TimeoutError:
        return Answer(None, f"No answer within {_DEADLINE_S:.0f} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(None, f"{type(error).__name__}: {error}"[:_MOST_WORDS])


def _headers(message: Message, body: str) -> dict[str, str]:
    signatures = [
        Webhook(secret).sign(message.message_id, message.at, body) for secret in message.secrets
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Recruit-Webhooks/1",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(message.at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _post(url: str, name: str, headers: dict[str, str], body: str) -> Answer:
    async with (
        asyncio.timeout(_DEADLINE_S),
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=_DEADLINE_S) as client,
        client.stream(
            "POST",
            url,
            content=body.encode(),
            headers=headers,
            # The certificate has to be for the name, though the connection goes to the address.
            extensions={"sni_hostname": name},
        ) as response,
    ):
        words = ""
        if not response.is_success:
            # Raw, so that nothing is unpacked.
            async for chunk in response.aiter_raw():
                words = _readable(chunk)
                break
        return Answer(response.status_code, words, _retry_after(response))


def _readable(chunk: bytes) -> str:
    text = chunk[: _MOST_WORDS * 4].decode(errors="replace")
    return "".join(c if c.isprintable() else " " for c in text)[:_MOST_WORDS].strip()


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    if not (text.isascii() and text.isdecimal()):
        return None
    return float(min(int(text[:9]), _LONGEST_WAIT_S))
