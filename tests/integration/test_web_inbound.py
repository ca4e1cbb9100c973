"""The webhook for raw mail: signed, limited, and idempotent."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from standardwebhooks import Webhook

from recruit.config import MailTransport, Secret, Settings
from recruit.sequences.tables import Enrollment, Reply
from recruit.sequences.values import EnrollmentStatus, InboundKind
from recruit.web.app import create_app
from recruit.web.inbound import MOST_BYTES
from recruit.wiring import App, build_app
from tests.conftest import NOW
from tests.factories.sequences import enroll_new_firm, mails_only, make_sequence, reply_mail, sweep

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
# What no text encoding can hold, as old mail programs send it.
RAW = reply_mail("Yes, gladly.").raw.replace(b"gladly", b"gl\xe4dly")


@pytest.fixture
def hooked(make_app: Any, database_url: str, tmp_path: Any) -> App:
    settings = Settings(
        var_dir=tmp_path / "var",
        database_url=database_url,
        mail_transport=MailTransport.MEMORY,
        inbound_webhook_secret=Secret(SECRET),
        postal_address="1 Harbour Street, Hamburg, Germany",
    )
    other = make_app()
    app = build_app(settings, clock=other.clock, mailer=other.mailer)
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(2))
        enroll_new_firm(tx)
    sweep(app)
    return app


def signed(body: bytes, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    """Return headers as the reference implementation signs; it takes text, so bytes go as Latin-1."""
    import hashlib
    import hmac

    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"msg_1.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
        "content-type": "message/rfc822",
    }


def count_replies(app: App) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(Reply)) or 0


def test_a_signed_mail_stops_the_firm_and_the_same_mail_again_changes_nothing(hooked: App) -> None:
    with TestClient(create_app(hooked)) as provider:
        first = provider.post("/hooks/inbound", content=RAW, headers=signed(RAW))
        second = provider.post("/hooks/inbound", content=RAW, headers=signed(RAW))
    assert (first.status_code, first.json()) == (202, {"recorded": "human"})
    assert (second.status_code, second.json()) == (202, {"recorded": "known"})
    with hooked.reading() as tx:
        reply = tx.session.scalars(select(Reply)).one()
        assert (reply.kind, reply.matched_by) == (InboundKind.HUMAN, "sender")
        assert tx.session.scalars(select(Enrollment.status)).all() == [EnrollmentStatus.FINISHED]


def test_the_reference_implementation_signs_what_is_taken(hooked: App) -> None:
    text = reply_mail("Yes.").raw.decode()
    signature = Webhook(SECRET).sign("msg_2", NOW.astimezone(UTC), text)
    headers = {
        "webhook-id": "msg_2",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1,bm9uZQ== {signature}",
    }
    with TestClient(create_app(hooked)) as provider:
        assert provider.post("/hooks/inbound", content=text.encode(), headers=headers).is_success


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, RAW, 401),
        (signed(RAW) | {"webhook-signature": "v1,AAAA"}, RAW, 401),
        (signed(RAW), RAW + b"!", 401),
        (signed(RAW, secret="whsec_" + base64.b64encode(b"another").decode()), RAW, 401),
        (signed(RAW, at=datetime(2026, 3, 3, 9, 0, tzinfo=UTC)), RAW, 401),
        (signed(RAW) | {"webhook-timestamp": "9" * 400}, RAW, 401),
        (signed(b""), b"", 422),
        (signed(RAW), b"x" * (MOST_BYTES + 1), 413),
    ],
    ids=[
        "unsigned",
        "wrong",
        "changed",
        "other secret",
        "old",
        "absurd time",
        "empty",
        "too large",
    ],
)
def test_what_is_not_signed_or_too_large_is_refused_and_recorded_nowhere(
    hooked: App, headers: dict[str, str], body: bytes, status: int
) -> None:
    with TestClient(create_app(hooked)) as provider:
        answer = provider.post("/hooks/inbound", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert count_replies(hooked) == 0


def test_without_a_secret_nobody_may_post(app: App) -> None:
    with TestClient(create_app(app)) as provider:
        answer = provider.post("/hooks/inbound", content=RAW, headers=signed(RAW))
    assert answer.status_code == 404
    assert "RECRUIT_INBOUND_WEBHOOK_SECRET" in answer.json()["error"]
