"""A signed hint of the CRM wakes the pull; nothing else does, and nothing in it is believed."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from recruit.config import Secret
from recruit.crm.hints import sign_hubspot
from recruit.web.app import create_app
from recruit.wiring import App

HUBSPOT = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'[{"subscriptionType":"company.propertyChange","objectId":12}]'
PUBLIC = "https://recruit.example"

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def heard(app: App) -> list[str]:
    """What was woken."""
    woken: list[str] = []
    app.wake = lambda task, *_ids: woken.append(task)
    return woken


def post(
    app: App, secret: str, body: bytes = BODY, path: str = "/hooks/crm", **headers: str
) -> Any:
    app.settings = replace(app.settings, crm_webhook_secret=Secret(secret), base_url=PUBLIC)
    # The proxy in front of us talks http to an address of its own.
    with TestClient(create_app(app), base_url="http://10.0.0.7:8000") as client:
        return client.post(path, content=body, headers=headers)


def signed(app: App, url: str, body: bytes = BODY) -> dict[str, str]:
    stamp = str(int(app.clock.now().timestamp() * 1000))
    signature = sign_hubspot(HUBSPOT, method="POST", url=url, body=body, stamp=stamp)
    return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}


@sqlite_only
@pytest.mark.parametrize("path", ["/hooks/crm", "/hooks/crm?portal=1%2F2&x=%C3%BC"])
def test_hubspots_hint_wakes_the_pull_also_behind_a_proxy(
    app: App, heard: list[str], path: str
) -> None:
    assert post(app, HUBSPOT, path=path, **signed(app, PUBLIC + path)).status_code == 202
    assert heard == ["sync.pull"]


@sqlite_only
def test_a_hint_by_standard_webhooks_wakes_the_pull(app: App, heard: list[str]) -> None:
    now = app.clock.now()
    signature = Webhook(STANDARD).sign("msg_1", now, BODY.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    assert post(app, STANDARD, **headers).status_code == 202
    assert heard == ["sync.pull"]


@sqlite_only
def test_a_forged_hint_wakes_nothing(app: App, heard: list[str]) -> None:
    good = signed(app, PUBLIC + "/hooks/crm")
    for secret, body, headers, status in [
        (HUBSPOT, BODY, {}, 401),
        (HUBSPOT, BODY + b"x", good, 401),
        ("another-secret", BODY, good, 401),
        (HUBSPOT, BODY, good | {"X-HubSpot-Request-Timestamp": "1"}, 401),
        (HUBSPOT, b"x" * 1_000_001, good, 413),
        ("", BODY, good, 404),
    ]:
        assert post(app, secret, body, **headers).status_code == status
    assert heard == []
