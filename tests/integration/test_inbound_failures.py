"""What others shipped about mail that comes in, each as the test that keeps it from happening here.

The numbers are those of the list that these tests answer; each names the thread in which it was told.
"""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from recruit.firms.families import set_parent
from recruit.firms.tables import Contact, Firm
from recruit.mail.port import IncomingMail
from recruit.sequences.sending import send_due_touches
from recruit.sequences.tables import Enrollment, Mailbox, Reply, Suppression, Touch
from recruit.sequences.usecases import (
    DayIsOver,
    NotAContact,
    add_referred,
    answer_later,
    enroll_firm,
    record_inbound,
)
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    TouchStatus,
)
from recruit.web.app import create_app
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.sequences import (
    MAILBOX,
    POSTAL_ADDRESS,
    bounce_mail,
    enroll_new_firm,
    mails_only,
    make_contact,
    make_firm,
    make_sequence,
    reply_mail,
    sequence_data,
    sweep,
)


@pytest.fixture
def sent(app: App) -> str:
    """A firm that got the first mail of two; yields its Message-ID."""
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(2))
        enroll_new_firm(tx)
    assert sweep(app).sent == 1
    with app.reading() as tx:
        return str(tx.session.scalars(select(Touch.message_id).where(Touch.step_index == 0)).one())


def record(app: App, mail: IncomingMail) -> Reply | None:
    with app.transaction() as tx:
        return record_inbound(tx, mail=mail)


def advance(app: App, **delta: float) -> None:
    app.clock.move_to(app.clock.now() + timedelta(**delta))  # type: ignore[attr-defined]


def follow_ups(app: App) -> int:
    """Return how many go out on the day on which the second mail is due."""
    advance(app, days=2)
    return sweep(app).sent


@pytest.mark.parametrize(
    ("text", "sender", "with_reference"),
    [
        ("Yes, gladly.", "ann@northlight.example", True),
        ("Yes, gladly.", "ANN+sales@Northlight.example", False),
        ("Yes, gladly.", "her.boss@mail.northlight.example", False),
        ("Yes, gladly.", "ann.private@gmail.com", True),
        ("", "ann@northlight.example", True),
        ("😀", "ann@northlight.example", True),
    ],
)
def test_08_no_follow_up_goes_out_after_a_reply_of_any_kind(
    app: App, sent: str, text: str, sender: str, with_reference: bool
) -> None:
    """mautic #6724, #9058."""
    reply = record(app, reply_mail(text, sender=sender, references=sent if with_reference else ""))
    assert reply is not None
    assert reply.kind is InboundKind.HUMAN
    assert follow_ups(app) == 0


def test_08_a_reply_to_a_firm_stops_its_owner_and_its_subsidiaries(app: App, sent: str) -> None:
    """mautic #6724, for the whole family of the resolved firm."""
    with app.transaction() as tx:
        firm = tx.session.scalars(select(Firm)).one()
        for name in ("Daughter", "Mother"):
            relative = make_firm(tx, name)
            make_contact(tx, relative, email=f"info@{name.lower()}.example")
            enroll_firm(tx, sequence_name="first-contact", firm_id=relative.id, actor="test")
            if name == "Daughter":
                set_parent(tx, firm_id=relative.id, parent_id=firm.id, actor="test")
            else:
                set_parent(tx, firm_id=firm.id, parent_id=relative.id, actor="test")
    record(app, reply_mail("No, thank you.", references=sent))
    with app.reading() as tx:
        rows = tx.session.execute(select(Enrollment.status, Enrollment.exit_reason)).all()
    assert [tuple(row) for row in rows] == [(EnrollmentStatus.FINISHED, ExitReason.REPLIED)] * 3


def test_08_nothing_is_sent_after_a_reply_that_was_committed_before_the_final_dot(
    make_app: object, app: App
) -> None:
    """A reply and a sending sweep at the same moment: 0 messages begin after the reply's commit."""
    firms = 12
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(1))
        for number in range(firms):
            enroll_new_firm(tx, f"Firm {number}")
    committed: dict[str, int] = {}
    begun = threading.Barrier(2)

    def answer() -> None:
        begun.wait()
        for number in range(0, firms, 2):
            sender = f"ann@firm-{number}.example"
            mail = reply_mail("Yes.", sender=sender, message_id=f"<{number}@x>")
            record(app, mail)
            committed[sender] = len(app.mailer.sent)  # type: ignore[attr-defined]

    def send() -> None:
        begun.wait()
        send_due_touches(
            app.transaction,
            app.mailer,
            holder="test",
            secret=app.secret,
            base_url="https://recruit.example",
            postal_address=POSTAL_ADDRESS,
        )

    threads = [threading.Thread(target=answer), threading.Thread(target=send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    order = [envelope.recipient for envelope, _ in app.mailer.sent]  # type: ignore[attr-defined]
    # One message may be past its point of no return when the reply is committed; none begins afterwards.
    late = [a for a, before in committed.items() if a in order and order.index(a) > before]
    assert late == []
    assert len(set(order)) == len(order)
    with app.reading() as tx:
        open_ = tx.session.scalar(
            select(func.count())
            .select_from(Touch)
            .join(Enrollment)
            .where(
                Enrollment.exit_reason == ExitReason.REPLIED,
                Touch.status.in_((TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.OPEN)),
            )
        )
    assert open_ == 0


def test_09_our_own_mail_in_an_inbox_or_in_copy_is_no_reply(app: App, sent: str) -> None:
    """warmbly #549."""
    copy = reply_mail("Hello Ann, shall we talk?", sender=MAILBOX, message_id=sent)
    to_ourselves = reply_mail(
        "Did you see my mail?", sender=f"Pat Vendor <{MAILBOX.upper()}>", message_id="<2@v>"
    )
    assert record(app, copy) is None
    assert record(app, to_ourselves) is None
    with app.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(Reply)) == 0
    assert follow_ups(app) == 1


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"}, {"Precedence": "auto_reply"}, {}],
)
def test_10_a_vacation_reply_is_neither_a_bounce_nor_a_wish_for_silence(
    app: App, sent: str, headers: dict[str, str]
) -> None:
    """mautic #2761."""
    text = "I am out of the office until 20 March 2026. Delivery of your mail has not failed."
    at = datetime(2026, 3, 3, tzinfo=UTC)
    reply = record(app, reply_mail(text, references=sent, at=at, **headers))
    assert reply is not None
    assert reply.kind is InboundKind.AUTO_REPLY
    with app.reading() as tx:
        enrollment = tx.session.scalars(select(Enrollment)).one()
        assert tx.session.scalars(select(Suppression)).all() == []
    assert enrollment.status is EnrollmentStatus.PAUSED
    advance(app, days=13)
    assert sweep(app).sent == 0
    advance(app, days=7)  # the Monday after the Friday of the return
    assert sweep(app).sent == 1


@pytest.mark.parametrize(
    ("status", "words", "pauses_us"),
    [
        ("5.2.2", "552 5.2.2 Mailbox full", False),
        ("5.2.2", "550 5.2.2 user is over quota", False),
        (
            "5.7.1",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            True,
        ),
        (
            "5.7.26",
            "550 5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy",
            True,
        ),
        (
            "5.7.25",
            "550 5.7.25 The IP address sending this message does not have a PTR record",
            True,
        ),
    ],
)
def test_11_a_full_mailbox_or_our_own_bad_name_suppresses_nobody(
    app: App, sent: str, status: str, words: str, pauses_us: bool
) -> None:
    """mautic #9190."""
    record(app, bounce_mail("ann@northlight.example", status=status, words=words, original=sent))
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression)).all() == []
        mailbox = tx.session.scalars(select(Mailbox)).one()
        enrollment = tx.session.scalars(select(Enrollment)).one()
    assert (mailbox.paused_at is not None) is pauses_us
    assert enrollment.exit_reason is not ExitReason.BOUNCED


def test_13_a_scanner_that_opens_every_link_unsubscribes_nobody(app: App, sent: str) -> None:
    """useSend #412."""
    message = app.mailer.sent[0][1].decode()  # type: ignore[attr-defined]
    link = message.partition("List-Unsubscribe: <")[2].partition(">")[0]
    path = link.removeprefix("https://recruit.example")
    with TestClient(create_app(app)) as scanner:
        assert scanner.get(path).status_code == 200
        assert scanner.head(path).status_code in {200, 405}
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression)).all() == []
    with TestClient(create_app(app)) as provider:
        posted = provider.post(path, data={"List-Unsubscribe": "One-Click"})
    assert posted.status_code == 200
    with app.reading() as tx:
        assert len(tx.session.scalars(select(Suppression)).all()) == 1
    assert follow_ups(app) == 0


def test_14_nothing_in_a_mail_counts_opens_or_clicks(app: App, sent: str) -> None:
    """mautic #16263: gateways open and click everything, so there is nothing here that they could inflate."""
    message = message_from_bytes(app.mailer.sent[0][1], policy=default)  # type: ignore[attr-defined]
    bodies = [
        part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
    ]
    assert bodies
    assert not any("<img" in body for body in bodies)
    links = {link for body in bodies for link in re.findall(r"https?://[^\s<>\"]+", body)}
    # The way out is the only link that is ours, and a GET of it changes nothing.
    ours = {link for link in links if link.startswith("https://recruit.example")}
    assert all("/u/" in link for link in ours)


def test_an_answer_that_names_a_colleague_proposes_a_contact(app: App, sent: str) -> None:
    text = (
        "Please contact my colleague Bob Lee <bob@northlight.example>, he looks after partnerships."
    )
    reply = record(app, reply_mail(text, references=sent))
    assert reply is not None
    assert (reply.mood, reply.detail["referred_to"]) == (Mood.REFERRAL, ["bob@northlight.example"])
    for _ in range(2):
        with app.transaction() as tx:
            add_referred(
                tx,
                reply_id=reply.id,
                email="bob@northlight.example",
                name="Bob Lee",
                actor="Kim",
            )
    with app.reading() as tx:
        bob = tx.session.scalars(select(Contact).where(Contact.name == "Bob Lee")).one()
    assert "ann@northlight.example" in bob.origin
    with app.transaction() as tx, pytest.raises(NotAContact, match="does not name"):
        add_referred(tx, reply_id=reply.id, email="eve@northlight.example", actor="Kim")


def test_an_answer_that_asks_for_later_waits_again_on_that_day(app: App, sent: str) -> None:
    from recruit.insights.replies import ReplyView, list_replies

    reply = record(
        app, reply_mail("Not right now, please come back in three months.", references=sent)
    )
    assert reply is not None
    assert reply.detail["again_on"] == "2026-06-03"
    with app.transaction() as tx, pytest.raises(DayIsOver):
        answer_later(tx, reply_id=reply.id, again_on=NOW.date(), actor="Kim")
    with app.transaction() as tx:
        answer_later(tx, reply_id=reply.id, again_on=date(2026, 6, 3), actor="Kim")
    with app.reading() as tx:
        assert list_replies(tx, ReplyView.WAITING).lines == ()
        assert len(list_replies(tx, ReplyView.LATER).lines) == 1
    advance(app, days=92)
    with app.reading() as tx:
        assert len(list_replies(tx, ReplyView.WAITING).lines) == 1


def test_open_tasks_and_other_sequences_stop_with_the_reply(app: App, sent: str) -> None:
    with app.transaction() as tx:
        firm_id = tx.session.scalars(select(Enrollment.firm_id)).one()
        task = {"kind": "task", "channel": "call", "subject": "Call", "body": ""}
        make_sequence(tx, **sequence_data(name="calls", steps=[task]))
        enroll_firm(tx, sequence_name="calls", firm_id=firm_id, actor="test")
    sweep(app)
    record(app, reply_mail("Yes.", references=sent))
    with app.reading() as tx:
        statuses = set(tx.session.scalars(select(Touch.status)))
    assert statuses == {TouchStatus.SENT, TouchStatus.CANCELLED}
