"""The whole way with real servers: Postfix takes what we send and what is answered, Dovecot shows it by IMAP."""

import smtplib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from recruit.config import InboxKind, MailTransport, Secret, Settings, SmtpSecurity
from recruit.db.migrate import upgrade
from recruit.mail.adapters.imap_sent import ImapSentMail
from recruit.mail.bookmarks import Bookmark, Bookmarks
from recruit.mail.port import InboxUnavailable, IncomingMail
from recruit.sequences.bookmarks import StoredBookmarks
from recruit.sequences.mailparts import take_apart
from recruit.sequences.receiving import read_inbox
from recruit.sequences.reconciling import reconcile_unknown
from recruit.sequences.tables import Enrollment, Reply, Suppression, Touch
from recruit.sequences.values import EnrollmentStatus, InboundKind, TouchStatus
from recruit.wiring import App, build_app
from recruit.worker.listening import InboxListener
from tests.conftest import NOW
from tests.factories.dovecot import PASSWORD, Dovecot, dovecot
from tests.factories.postfix import Postfix, postfix
from tests.factories.sequences import (
    MAILBOX,
    Sink,
    enroll_new_firm,
    mails_only,
    make_sequence,
    smtp_sink,
    sweep,
)

pytestmark = pytest.mark.xdist_group("mail_servers")


@dataclass
class Servers:
    """Postfix and Dovecot over the same mailboxes, and a sink behind Postfix that refuses everybody."""

    smtp: Postfix
    imap: Dovecot

    def deliver(self, raw: bytes, sender: str = "ann@northlight.example") -> None:
        """Send a mail to our mailbox through Postfix."""
        with smtplib.SMTP("127.0.0.1", self.smtp.port, timeout=10) as smtp:
            smtp.sendmail(sender, [MAILBOX], raw)

    def append(self, folder: str, raw: bytes) -> None:
        """Put a mail into a folder by IMAP, as a mail program does."""
        client = self.imap.account(MAILBOX).connect()
        client.append(folder, raw)
        client.logout()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    refusing = Sink(on_rcpt=lambda _address: "550 5.1.1 User unknown")
    with (
        smtp_sink(refusing) as refuses,
        postfix(mailboxes=(MAILBOX,), relays={"northlight.example": refuses}) as smtp,
        dovecot(smtp.folder / "mail") as imap,
    ):
        yield Servers(smtp, imap)


@pytest.fixture
def app(make_app, servers: Servers) -> App:  # type: ignore[no-untyped-def]
    """An App that sends through the real Postfix and reads the real Dovecot, emptied before."""
    inbox = servers.imap.inbox(MAILBOX)
    for mail in list(inbox.fetch()):
        inbox.acknowledge(mail.uid)
    from recruit.mail.adapters.smtp import SmtpMailer

    mailer = SmtpMailer(
        host="127.0.0.1",
        port=servers.smtp.port,
        user="",
        password=Secret(""),
        security=SmtpSecurity.NONE,
        timeout_s=10,
    )
    app: App = make_app(
        mailer=mailer,
        inbox=inbox,
        sent_mail=ImapSentMail(servers.imap.account(MAILBOX)),
    )
    return app


def reply_to(message_id: str, text: str, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = "ann@northlight.example"
    mail["To"] = MAILBOX
    mail["Subject"] = "Re: Partnering with Northlight"
    mail["In-Reply-To"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def first_message_id(app: App) -> str:
    with app.reading() as tx:
        found = tx.session.scalars(select(Touch.message_id).where(Touch.step_index == 0)).one()
    assert found
    return found


def eventually(app: App, wanted, patience_s: float = 10.0):  # type: ignore[no-untyped-def]
    """Read the inbox until `wanted` gives something."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        assert app.inbox is not None
        read_inbox(app.transaction, app.inbox)
        with app.reading() as tx:
            found = wanted(tx)
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def make_enrollment(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(2))
        enroll_new_firm(tx)


def test_a_refused_mail_comes_back_as_a_bounce_and_the_address_is_suppressed(
    app: App, servers: Servers
) -> None:
    make_enrollment(app)
    assert sweep(app).sent == 1
    reply = eventually(app, lambda tx: tx.session.scalars(select(Reply)).first())
    assert reply.kind is InboundKind.BOUNCE
    assert (reply.detail["hard"], reply.detail["status"]) == (True, "5.1.1")
    assert reply.matched_by == "message"
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression.key_text)).all() == ["ann@northlight.example"]


def test_an_answer_is_read_and_stops_the_firm_and_the_next_read_finds_nothing_new(
    app: App, servers: Servers
) -> None:
    make_enrollment(app)
    sweep(app)
    servers.deliver(reply_to(first_message_id(app), "Yes, tell me more."))
    eventually(
        app,
        lambda tx: tx.session.scalars(select(Reply).where(Reply.kind == InboundKind.HUMAN)).first(),
    )
    with app.reading() as tx:
        assert tx.session.scalars(select(Enrollment.status)).all() == [EnrollmentStatus.FINISHED]
    assert app.inbox is not None
    assert not read_inbox(app.transaction, app.inbox)


def test_an_answer_that_a_filter_put_into_junk_is_read_all_the_same(
    app: App, servers: Servers
) -> None:
    make_enrollment(app)
    sweep(app)
    servers.append("Junk", reply_to(first_message_id(app), "Please call me.", Message_ID="<j@x>"))
    found = eventually(
        app, lambda tx: tx.session.scalars(select(Reply).where(Reply.message_id == "<j@x>")).first()
    )
    assert (found.kind, found.matched_by) == (InboundKind.HUMAN, "message")


def test_a_listener_stops_the_firm_within_seconds_of_the_answer(app: App, servers: Servers) -> None:
    make_enrollment(app)
    sweep(app)
    listener = InboxListener(app, servers.imap.inbox(MAILBOX))
    listener.start()
    try:
        time.sleep(0.5)  # it idles by then
        servers.deliver(reply_to(first_message_id(app), "Yes, tell me more."))
        deadline = time.monotonic() + 5
        stopped = False
        while not stopped and time.monotonic() < deadline:
            with app.reading() as tx:
                statuses = tx.session.scalars(select(Enrollment.status)).all()
            stopped = statuses == [EnrollmentStatus.FINISHED]
            time.sleep(0.02)
        assert stopped
    finally:
        listener.stop()


def test_a_reader_goes_on_after_the_server_was_restarted(app: App, servers: Servers) -> None:
    inbox = servers.imap.inbox(MAILBOX)
    list(inbox.fetch())
    servers.imap.stop()
    try:
        with pytest.raises(InboxUnavailable, match="cannot be read"):
            list(servers.imap.inbox(MAILBOX).fetch())
    finally:
        servers.imap.start()
    servers.append("INBOX", reply_to("<none@x>", "Hello again."))
    found: list[IncomingMail] = list(inbox.fetch())
    assert any(b"Hello again." in mail.raw for mail in found)
    for mail in found:
        inbox.acknowledge(mail.uid)
    inbox.close()


def test_a_folder_that_was_made_anew_is_read_from_its_beginning(app: App, servers: Servers) -> None:
    client = servers.imap.account(MAILBOX).connect()
    servers.append("Junk", reply_to("<none@x>", "First.", Message_ID="<first@x>"))
    inbox = servers.imap.inbox(MAILBOX)
    for mail in list(inbox.fetch()):
        inbox.acknowledge(mail.uid)
    # The same numbers mean other mails under another UIDVALIDITY.
    client.delete_folder("Junk")
    time.sleep(1.1)
    client.create_folder("Junk")
    client.logout()
    servers.append("Junk", reply_to("<none@x>", "Second.", Message_ID="<second@x>"))
    assert [b"Second." in mail.raw for mail in inbox.fetch()] == [True]
    inbox.acknowledge(next(inbox.fetch()).uid)
    inbox.close()


def test_a_first_contact_reads_what_may_be_an_answer_and_the_next_goes_on_from_there(
    app: App, servers: Servers
) -> None:
    folder = f"History-{uuid.uuid4().hex[:8]}"
    bookmarks = StoredBookmarks(app.transaction, MAILBOX)

    def append(name: str, at: datetime, words: str = "Hello.") -> None:
        raw = reply_to("<none@x>", words, Message_ID=f"<{name}@x>")
        client.append(folder, raw, msg_time=at)

    def read(bookmarks: Bookmarks = bookmarks) -> list[tuple[str, int]]:
        """Read and acknowledge on a new connection; return what was read, with its length."""
        inbox = servers.imap.inbox(MAILBOX, folder=folder, bookmarks=bookmarks)
        found = []
        for mail in inbox.fetch():
            if mail.uid.startswith(folder):
                found.append((take_apart(mail.raw).message_id or "", len(mail.raw)))
            inbox.acknowledge(mail.uid)
        inbox.close()
        return found

    client = servers.imap.account(MAILBOX).connect()
    client.create_folder(folder)
    # What came before our first message answers nothing, wherever it lies.
    append("before", NOW - timedelta(days=20))
    append("since", NOW + timedelta(hours=1))
    append("long-before", NOW - timedelta(days=900))
    append("big", NOW + timedelta(hours=2), "Hello.\n" * 400_000)
    (since, _), (big, length) = read()
    assert (since, big) == ("<since@x>", "<big@x>")
    assert length == 256 * 1024
    # The bookmark alone is enough: what lies before it is not even looked at.
    client.select_folder(folder)
    client.remove_flags(client.search(), [b"$RecruitRead"])
    assert read() == []
    append("next", NOW - timedelta(days=20))
    assert [name for name, _ in read()] == ["<next@x>"]
    # Under another UIDVALIDITY the numbers mean nothing, and it is a first contact again.
    bookmarks.keep(folder, Bookmark(validity=1, uid=99))
    client.remove_flags(client.search(), [b"$RecruitRead"])
    assert [name for name, _ in read()] == ["<since@x>", "<big@x>"]
    client.logout()


def test_a_parked_mail_that_lies_in_the_sent_folder_was_sent(app: App, servers: Servers) -> None:
    parked = f"<{uuid.uuid4().hex}@vendor.example>"
    make_enrollment(app)
    with app.transaction() as tx:
        touch = tx.session.scalars(select(Touch)).one()
        touch.status, touch.message_id, touch.settled_at = TouchStatus.UNKNOWN, parked, NOW
    assert app.sent_mail is not None
    assert reconcile_unknown(app.transaction, app.sent_mail).still_unknown == 1
    servers.append(
        "Gesendete Objekte", f"Message-ID: {parked}\r\nSubject: x\r\n\r\nHello\r\n".encode()
    )
    assert reconcile_unknown(app.transaction, app.sent_mail).sent == 1
    with app.reading() as tx:
        assert tx.session.scalars(select(Touch.status).order_by(Touch.step_index)).all() == [
            TouchStatus.SENT,
            TouchStatus.PENDING,
        ]


def test_settings_alone_make_the_reader_and_the_look_into_sent_mail(
    servers: Servers, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    settings = Settings(
        var_dir=tmp_path / "var",
        mail_transport=MailTransport.MEMORY,
        inbox=InboxKind.IMAP,
        imap_host="127.0.0.1",
        imap_port=servers.imap.port,
        imap_user=MAILBOX,
        imap_password=Secret(PASSWORD),
        imap_tls=False,
    )
    app = build_app(settings)
    upgrade(app.engine)
    assert app.inbox is not None
    assert app.sent_mail is not None
    servers.append("INBOX", reply_to("<none@x>", "Through settings.", Message_ID="<s@x>"))
    assert read_inbox(app.transaction, app.inbox).human >= 1
    assert app.sent_mail.find_sent(["<nowhere@x>"]) == set()
    app.close()
