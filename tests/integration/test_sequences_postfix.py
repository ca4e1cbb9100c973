"""A real Postfix: what we hand over arrives once as we wrote it, and what it returns ends the sequence."""

import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recruit.config import SmtpSecurity
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.mail.port import IncomingMail
from recruit.sequences.tables import Enrollment, Suppression, Touch
from recruit.sequences.usecases import enroll_firm, record_inbound
from recruit.sequences.values import ExitReason, TouchStatus
from tests.factories.postfix import postfix
from tests.factories.sequences import (
    MAILBOX,
    SEQUENCE,
    Sink,
    make_contact,
    make_firm,
    make_sequence,
    smtp_sink,
    sweep,
)


def arrived(folder: Path, patience_s: float = 20) -> list[bytes]:
    """Return the mails in a Maildir, once there is one."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        files = sorted((folder / "new").glob("*")) if (folder / "new").is_dir() else []
        if files:
            return [file.read_bytes() for file in files]
        time.sleep(0.05)
    return []


def test_postfix_delivers_once_and_its_own_bounce_ends_the_sequence(
    make_app: Callable[..., Any],
) -> None:
    refuse = "550 5.1.1 No such user here"
    with (
        smtp_sink(Sink(on_rcpt=lambda _: refuse)) as nowhere,
        postfix(
            mailboxes=("ann@firm.example", MAILBOX), relays={"gone.example": nowhere}
        ) as server,
    ):
        app = make_app(
            mailer=SmtpMailer(host="127.0.0.1", port=server.port, security=SmtpSecurity.NONE)
        )
        with app.transaction() as tx:
            make_sequence(tx)
            for name in ("firm", "gone"):
                firm = make_firm(tx, name.capitalize(), domain=f"{name}.example")
                make_contact(tx, firm, email=f"ann@{name}.example", name="Änn Archer")
                enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
        assert sweep(app, ahead=True).sent == 2
        (raw,) = arrived(server.mailbox("ann@firm.example"))
        (bounce,) = arrived(server.mailbox(MAILBOX))
        with app.transaction() as tx:
            assert record_inbound(tx, mail=IncomingMail("1", bounce)) is not None
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "Partnering with Firm"
    assert mail["To"].addresses[0].display_name == "Änn Archer"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_body(("html",)) is not None
    with app.reading() as tx:
        sent = tx.session.scalars(select(Touch).where(Touch.address_key == "ann@firm.example"))
        assert sent.first().message_id == mail["Message-ID"]
        gone = tx.session.scalars(
            select(Enrollment).where(Enrollment.address_domain == "gone.example")
        ).one()
        assert gone.exit_reason is ExitReason.BOUNCED
        assert tx.session.scalars(select(Suppression.key_text)).all() == ["ann@gone.example"]


def test_a_recipient_that_the_server_refuses_in_one_breath_gets_nothing(
    make_app: Callable[..., Any],
) -> None:
    with postfix(mailboxes=("ann@firm.example",)) as server:
        mailer = SmtpMailer(host="127.0.0.1", port=server.port, security=SmtpSecurity.NONE)
        app = make_app(mailer=mailer)
        with app.transaction() as tx:
            make_sequence(tx)
            for email in ("nobody@firm.example", "ann@firm.example"):
                firm = make_firm(tx, email.partition("@")[0])
                make_contact(tx, firm, email=email)
                enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
        report = sweep(app)
        assert (report.sent, report.failed) == (1, 1)
        assert len(arrived(server.mailbox("ann@firm.example"))) == 1
    with app.reading() as tx:
        failed = tx.session.scalars(select(Touch).where(Touch.status == TouchStatus.FAILED)).one()
    assert failed.address_key == "nobody@firm.example"
    assert "550" in failed.outcome


@pytest.mark.parametrize("ahead", [False, True])
def test_a_server_that_goes_away_in_the_middle_loses_nothing(
    make_app: Callable[..., Any], ahead: bool
) -> None:
    with postfix() as server:
        mailer = SmtpMailer(host="127.0.0.1", port=server.port, security=SmtpSecurity.NONE)
        app = make_app(mailer=mailer)
        with app.transaction() as tx:
            make_sequence(tx)
            for number in range(6):
                firm = make_firm(tx, f"Firm {number}")
                make_contact(tx, firm)
                enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
        assert sweep(app, limit=3, ahead=ahead).sent == 3
    report = sweep(app, ahead=ahead)
    assert (report.sent, report.postponed) == (0, 3)
    with app.reading() as tx:
        waiting = tx.session.scalars(
            select(Touch).where(Touch.step_index == 0, Touch.status == TouchStatus.PENDING)
        ).all()
    assert len(waiting) == 3
    assert all("cannot take mail now" in touch.blocked_by for touch in waiting)
