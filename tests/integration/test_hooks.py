"""Webhooks from the change of a firm to whoever listens, on both databases."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook

from recruit.clock import SystemClock, VirtualClock
from recruit.db.outbox import OutboxEntry
from recruit.hooks.announcing import queue_deliveries
from recruit.hooks.posting import Answer, Message
from recruit.hooks.sending import MOST_ATTEMPTS, HookReport, pause_after, send_due_hooks
from recruit.hooks.tables import Hook, HookDelivery
from recruit.hooks.usecases import list_deliveries, replay_delivery, rotate_secret, subscribe
from recruit.hooks.values import DeliveryStatus, HookEvent
from recruit.insights.api import describe_changes
from recruit.onboarding.usecases import add_candidate, decline_candidate, reopen_candidate
from recruit.onboarding.values import CandidateOrigin
from recruit.people.api_keys import revoke_api_key
from recruit.wiring import App
from tests.factories.api import make_key
from tests.factories.scoring import add_firm_row


class Listener:
    """A real server that keeps what it is told and answers as it is asked to."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.heard: list[tuple[dict[str, str], str]] = []
        self.status, self.headers = 200, {}
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                listener.heard.append((dict(self.headers.items()), body))
                self.send_response(listener.status)
                for name, value in listener.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server that listens."""
    listening = Listener()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


def listen(
    app: App, event: HookEvent, url: str = "https://hooks.example.com/in"
) -> tuple[int, str]:
    key, _ = make_key(app)
    with app.transaction() as tx:
        hook, secret = subscribe(
            tx, key_id=key.key_id, target_url=url, event=event, allow_private=True
        )
    queue(app)  # sets the mark, so that what comes after is heard of
    return hook.hook_id, secret


def queue(app: App) -> int:
    return queue_deliveries(app.transaction, describe_changes)


def add_firm(app: App, name: str = "Northlight") -> int:
    with app.transaction() as tx:
        firm_id = add_firm_row(tx, name=name).id
        tx.announce("firm", firm_id)
    return firm_id


def answering(
    status: int | None, heard: list[Message] | None = None
) -> Callable[[Message], Answer]:
    def post(message: Message) -> Answer:
        if heard is not None:
            heard.append(message)
        return Answer(status, "words")

    return post


def move_on(app: App, by: timedelta) -> None:
    clock = app.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(clock.now() + by)


def test_a_change_is_heard_signed_by_the_standard_and_only_once(
    make_app: Any, listener: Listener
) -> None:
    app = make_app(clock=SystemClock())
    _, secret = listen(app, HookEvent.FIRM_CHANGED, listener.url)
    firm_id = add_firm(app)
    assert (queue(app), queue(app)) == (1, 0)
    assert send_due_hooks(app.transaction, allow_private=True) == HookReport(delivered=1)
    assert send_due_hooks(app.transaction, allow_private=True) == HookReport()
    ((headers, body),) = listener.heard
    told = Webhook(secret).verify(body, headers)
    assert told["type"] == "firm.changed"
    assert told["data"] == {
        "firm_id": firm_id,
        "state": "new",
        "link": f"/api/v1/firms/{firm_id}",
    }


def test_a_private_target_is_not_connected_to(app: App, listener: Listener) -> None:
    listen(app, HookEvent.FIRM_CHANGED, listener.url.replace("http:", "https:"))
    add_firm(app)
    queue(app)
    assert send_due_hooks(app.transaction).postponed == 1
    assert not listener.heard
    with app.reading() as tx:
        assert "no address of the public internet" in list_deliveries(tx)[0].words


def test_a_redirect_is_not_followed(app: App, listener: Listener) -> None:
    listener.status, listener.headers = 307, {"Location": listener.url}
    listen(app, HookEvent.FIRM_CHANGED, listener.url)
    add_firm(app)
    queue(app)
    assert send_due_hooks(app.transaction, allow_private=True).postponed == 1
    assert len(listener.heard) == 1


def test_an_address_that_is_gone_hears_no_more(app: App, listener: Listener) -> None:
    listener.status = 410
    hook_id, _ = listen(app, HookEvent.FIRM_CHANGED, listener.url)
    add_firm(app)
    queue(app)
    report = send_due_hooks(app.transaction, allow_private=True)
    assert (report.ended, report.dead) == (1, 1)
    add_firm(app, "Other")
    assert queue(app) == 0
    with app.reading() as tx:
        assert "410" in tx.session.get_one(Hook, hook_id).ended_because


def test_a_new_secret_and_the_old_one_both_sign_for_a_day(app: App) -> None:
    hook_id, old = listen(app, HookEvent.FIRM_CHANGED)
    with app.transaction() as tx:
        key_id = tx.session.get_one(Hook, hook_id).api_key_id
        _, new = rotate_secret(tx, key_id=key_id, hook_id=hook_id)
    heard: list[Message] = []
    for name in ("One", "Two"):
        add_firm(app, name)
        queue(app)
        send_due_hooks(app.transaction, post=answering(200, heard))
        move_on(app, timedelta(hours=25))
    assert [message.secrets for message in heard] == [(new, old), (new,)]


def test_a_delivery_is_tried_again_longer_apart_until_it_is_dead_and_can_be_replayed(
    app: App,
) -> None:
    listen(app, HookEvent.FIRM_CHANGED)
    add_firm(app)
    queue(app)
    heard: list[Message] = []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        report = send_due_hooks(app.transaction, post=answering(503, heard))
        assert report.postponed + report.dead == 1
        assert send_due_hooks(app.transaction, post=answering(200, heard)) == HookReport()
        move_on(app, pause_after(attempt))
    assert report.dead == 1
    assert len({message.message_id for message in heard}) == 1
    with app.transaction() as tx:
        (delivery,) = list_deliveries(tx, status=DeliveryStatus.DEAD)
        replay_delivery(tx, delivery_id=delivery.delivery_id)
    assert send_due_hooks(app.transaction, post=answering(204)).delivered == 1


def test_a_sender_that_dies_leaves_the_delivery_to_the_next(app: App) -> None:
    listen(app, HookEvent.FIRM_CHANGED)
    add_firm(app)
    queue(app)

    def die(_message: Message) -> Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_due_hooks(app.transaction, post=die)
    assert send_due_hooks(app.transaction, post=answering(200)) == HookReport()
    move_on(app, timedelta(minutes=3))
    assert send_due_hooks(app.transaction, post=answering(200)).delivered == 1


def test_one_that_does_not_answer_does_not_hold_up_the_others(app: App) -> None:
    listen(app, HookEvent.FIRM_CHANGED)
    listen(app, HookEvent.FIRM_CHANGED, "https://other.example.com/in")
    for name in ("One", "Two"):
        add_firm(app, name)
    queue(app)

    def post(message: Message) -> Answer:
        return Answer(None if "hooks." in message.target_url else 200, "")

    report = send_due_hooks(app.transaction, post=post)
    assert (report.delivered, report.postponed) == (2, 1)


def test_a_revoked_key_ends_its_subscriptions(app: App) -> None:
    hook_id, _ = listen(app, HookEvent.FIRM_CHANGED)
    add_firm(app)
    queue(app)
    with app.transaction() as tx:
        revoke_api_key(tx, key_id=tx.session.get_one(Hook, hook_id).api_key_id)
    report = send_due_hooks(app.transaction, post=answering(200))
    assert (report.delivered, report.ended, report.dead) == (0, 1, 1)


def test_changes_that_nobody_has_heard_of_yet_are_told_as_one(app: App) -> None:
    listen(app, HookEvent.FIRM_CHANGED)
    firm_id = add_firm(app)
    queue(app)
    with app.transaction() as tx:
        tx.announce("firm", firm_id)
    queue(app)
    with app.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(HookDelivery)) == 1


def test_a_change_that_is_committed_late_is_heard_all_the_same(app: App) -> None:
    listen(app, HookEvent.FIRM_CHANGED)
    late, early = add_firm(app, "Late"), add_firm(app, "Early")
    with app.transaction() as tx:
        row = tx.session.scalars(select(OutboxEntry).where(OutboxEntry.object_id == late)).one()
        values = {c.name: getattr(row, c.name) for c in OutboxEntry.__table__.columns}
        tx.session.delete(row)
    assert queue(app) == 1
    move_on(app, timedelta(minutes=10))
    with app.transaction() as tx:
        tx.session.add(OutboxEntry(**values))
    assert queue(app) == 1
    move_on(app, timedelta(minutes=20))
    assert (queue(app), queue(app)) == (0, 0)
    assert early != late


def test_a_candidate_is_told_of_once_each_time_that_it_begins_to_wait(app: App) -> None:
    listen(app, HookEvent.CANDIDATE_WAITING)
    firm_id = add_firm(app)
    with app.transaction() as tx:
        candidate = add_candidate(
            tx, firm_id=firm_id, origin=CandidateOrigin.RECRUITER, contact_email="a@b.example"
        )
    heard: list[Message] = []

    def tell() -> int:
        queue(app)
        return send_due_hooks(app.transaction, post=answering(200, heard)).delivered

    assert tell() == 1
    with app.transaction() as tx:
        tx.announce("firm", firm_id)
    assert tell() == 0
    with app.transaction() as tx:
        decline_candidate(tx, candidate_id=candidate.id, reason="no", actor="test")
    assert tell() == 0
    with app.transaction() as tx:
        reopen_candidate(tx, candidate_id=candidate.id, actor="test")
    assert tell() == 1
    assert json.loads(json.dumps(heard[-1].payload))["data"]["candidate_id"] == candidate.id


def test_nothing_is_queued_where_nobody_listens(app: App) -> None:
    add_firm(app)
    assert queue(app) == 0
    listen(app, HookEvent.FIRM_CHANGED)
    assert queue(app) == 0
