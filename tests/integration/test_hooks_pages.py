"""The desk's page of other programs: keys and webhooks are made, shown once, renewed and ended."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from recruit.hooks.announcing import queue_deliveries
from recruit.hooks.posting import Answer
from recruit.hooks.pruning import KEPT, prune_deliveries
from recruit.hooks.sending import send_due_hooks
from recruit.hooks.tables import HookDelivery
from recruit.hooks.usecases import list_deliveries, list_hooks
from recruit.hooks.values import DeliveryStatus
from recruit.insights.api import describe_changes
from recruit.people.api_keys import list_api_keys
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.scoring import add_firm_row
from tests.factories.web import Visitor, open_visitor, words_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(app: App) -> Visitor:
    return open_visitor(app, Role.ADMIN)


def secret_in(html: str) -> str:
    found = re.search(r'readonly value="([^"]+)"', html)
    assert found, words_of(html)
    return found[1]


def test_a_key_is_shown_once_opens_its_scopes_and_is_revoked(app: App, admin: Visitor) -> None:
    made = admin.post("/programs/keys", name="Warehouse", scope=["read", "hooks"], days="30")
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    token = secret_in(made.text)
    page = admin.get("/programs").text
    assert token not in page
    assert "Warehouse" in page
    with app.reading() as tx:
        (key,) = list_api_keys(tx)
    assert key.expires_at == app.clock.now() + timedelta(days=30)
    with TestClient(create_app(app)) as program:
        bearer = {"Authorization": f"Bearer {token}"}
        assert program.get("/api/v1/firms", headers=bearer).status_code == 200
        admin.post(f"/programs/keys/{key.key_id}/revoke")
        assert program.get("/api/v1/firms", headers=bearer).status_code == 401
    assert "revoked" in words_of(admin.get("/programs").text)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": " ", "scope": "read"}, "Give the key a name"),
        ({"name": "Warehouse"}, "Name at least one scope"),
    ],
)
def test_a_key_that_cannot_be_made_says_why(
    app: App, admin: Visitor, form: dict[str, str], words: str
) -> None:
    assert admin.post("/programs/keys", **form).status_code == 303
    assert words in words_of(admin.get("/programs").text)
    with app.reading() as tx:
        assert list_api_keys(tx) == []


def test_a_webhook_is_added_renewed_replayed_and_ended(app: App, admin: Visitor) -> None:
    admin.post("/programs/keys", name="Warehouse", scope="hooks", days="30")
    form = {"target_url": "https://hooks.example.com/in", "event": "firm.changed", "key_id": "1"}
    first = secret_in(admin.post("/programs/hooks", **form).text)
    assert first.startswith("whsec_")
    assert first not in admin.get("/programs/hooks/1").text
    assert admin.post("/programs/hooks", **form).status_code == 303
    assert "hears of firm.changed already" in words_of(admin.get("/programs").text)
    second = secret_in(admin.post("/programs/hooks/1/secret").text)
    assert second != first
    queue_deliveries(app.transaction, describe_changes)
    with app.transaction() as tx:
        tx.announce("firm", add_firm_row(tx, name="Northlight").id)
    queue_deliveries(app.transaction, describe_changes)
    send_due_hooks(app.transaction, post=lambda _message: Answer(503, "Down for lunch."))
    assert "503 Down for lunch." in words_of(admin.get("/programs/hooks/1").text)
    with app.transaction() as tx:
        tx.session.get_one(HookDelivery, 1).status = DeliveryStatus.DEAD
    assert "Send again" in admin.get("/programs/hooks/1").text
    admin.post("/programs/deliveries/1/replay", hook_id="1")
    with app.reading() as tx:
        assert list_deliveries(tx, hook_id=1)[0].status is DeliveryStatus.PENDING
        assert list_deliveries(tx, hook_id=2) == []
    admin.post("/programs/hooks/1/end")
    assert "It was deleted." in words_of(admin.get("/programs").text)
    assert admin.post("/programs/hooks/1/secret").status_code == 404
    with app.reading() as tx:
        (hook,) = list_hooks(tx)
    assert hook.ended_at is not None


def test_an_address_inside_the_network_is_refused_in_words(app: App, admin: Visitor) -> None:
    admin.post("/programs/keys", name="Warehouse", scope="hooks", days="30")
    form = {"target_url": "http://169.254.169.254/in", "event": "firm.changed", "key_id": "1"}
    admin.post("/programs/hooks", **form)
    assert "https" in words_of(admin.get("/programs").text)
    with app.reading() as tx:
        assert list_hooks(tx) == []


def test_only_administrators_make_and_end(app: App) -> None:
    visitor = open_visitor(app, Role.RECRUITER)
    assert "Make a key" not in visitor.get("/programs").text
    for path in ("/programs/keys", "/programs/hooks", "/programs/keys/1/revoke"):
        assert visitor.post(path, name="Warehouse", scope="read").status_code == 403


def test_deliveries_are_forgotten_a_month_after_they_were_settled(app: App, admin: Visitor) -> None:
    admin.post("/programs/keys", name="Warehouse", scope="hooks", days="365")
    form = {"target_url": "https://hooks.example.com/in", "event": "firm.changed", "key_id": "1"}
    admin.post("/programs/hooks", **form)
    queue_deliveries(app.transaction, describe_changes)
    for name in ("Old", "New", "Waiting"):
        with app.transaction() as tx:
            tx.announce("firm", add_firm_row(tx, name=name).id)
        queue_deliveries(app.transaction, describe_changes)
        if name != "Waiting":
            send_due_hooks(app.transaction, post=lambda _message: Answer(200, ""))
        app.clock.move_to(app.clock.now() + KEPT * 0.4)  # type: ignore[attr-defined]
    with app.transaction() as tx:
        assert prune_deliveries(tx) == 1
    with app.reading() as tx:
        left = list_deliveries(tx)
    assert [one.status for one in left] == [DeliveryStatus.PENDING, DeliveryStatus.DELIVERED]
