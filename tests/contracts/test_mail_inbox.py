"""One suite against every inbox: memory, Maildir, and IMAP spoken by a server that others wrote."""

import imaplib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from mailbox import Maildir
from pathlib import Path

import pytest

from recruit.config import Secret
from recruit.mail.adapters.imap import ImapInbox
from recruit.mail.adapters.maildir import MaildirInbox
from recruit.mail.adapters.memory import MemoryInbox
from recruit.mail.port import Inbox, InboxUnavailable, IncomingMail

USER, PASSWORD = "partners", "secret"


@dataclass
class Post:
    """An inbox, and a way to put mails into it as a server would."""

    inbox: Inbox
    deliver: Callable[[bytes], None]


@pytest.fixture
def imap_port(request: pytest.FixtureRequest) -> Iterator[int]:
    options = getattr(request, "param", [])
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.factories.imap_server", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    yield int(server.stdout.readline())
    server.kill()
    server.wait()


def append(port: int, raw: bytes) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as imap:
        imap.login(USER, PASSWORD)
        imap.append("INBOX", r"(\Answered)", '" 3-Mar-2026 09:30:00 +0100"', raw)


def imap_inbox(port: int, password: str = PASSWORD) -> ImapInbox:
    return ImapInbox(host="127.0.0.1", port=port, user=USER, password=Secret(password), tls=False)


@pytest.fixture(params=["memory", "maildir", "imap"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    """Every inbox in turn."""
    if request.param == "memory":
        memory = MemoryInbox()
        yield Post(
            memory, lambda raw: memory.mails.append(IncomingMail(str(len(memory.mails)), raw))
        )
        return
    if request.param == "maildir":
        folder = Maildir(tmp_path / "inbox", create=True)
        yield Post(MaildirInbox(tmp_path / "inbox"), lambda raw: str(folder.add(raw)) and None)
        return
    port = request.getfixturevalue("imap_port")
    inbox = imap_inbox(port)
    yield Post(inbox, lambda raw: append(port, raw))
    inbox.close()


MAIL = b"From: ann@firm.example\r\nSubject: Re: Hi\r\n\r\nYes, tell me more.\r\n"


def test_an_empty_inbox_yields_nothing(post: Post) -> None:
    assert list(post.inbox.fetch()) == []


def test_a_mail_stays_until_it_is_acknowledged(post: Post) -> None:
    post.deliver(MAIL)
    first = list(post.inbox.fetch())
    again = list(post.inbox.fetch())
    assert [m.uid for m in first] == [m.uid for m in again]
    assert first[0].raw.replace(b"\r\n", b"\n") == MAIL.replace(b"\r\n", b"\n")
    post.inbox.acknowledge(first[0].uid)
    assert list(post.inbox.fetch()) == []


def test_acknowledging_one_leaves_the_others(post: Post) -> None:
    for number in range(3):
        post.deliver(MAIL.replace(b"Hi", str(number).encode()))
    mails = list(post.inbox.fetch())
    assert len(mails) == 3
    post.inbox.acknowledge(mails[1].uid)
    post.inbox.acknowledge(mails[1].uid)
    assert [m.uid for m in post.inbox.fetch()] == [mails[0].uid, mails[2].uid]


def test_a_mail_can_be_acknowledged_while_fetching(post: Post) -> None:
    post.deliver(MAIL)
    post.deliver(MAIL.replace(b"Hi", b"Ho"))
    for mail in post.inbox.fetch():
        post.inbox.acknowledge(mail.uid)
    assert list(post.inbox.fetch()) == []


def test_an_inbox_can_be_used_again_after_it_was_closed(post: Post) -> None:
    post.deliver(MAIL)
    post.inbox.close()
    assert len(list(post.inbox.fetch())) == 1


def test_imap_reads_what_a_colleague_has_opened_already(imap_port: int) -> None:
    append(imap_port, MAIL)
    with imaplib.IMAP4("127.0.0.1", imap_port) as colleague:
        colleague.login(USER, PASSWORD)
        colleague.select("INBOX")
        colleague.store("1", "+FLAGS", r"(\Seen)")
    inbox = imap_inbox(imap_port)
    mails = list(inbox.fetch())
    assert len(mails) == 1
    assert mails[0].received_at is not None
    assert f"{mails[0].received_at:%Y-%m-%d %H:%M}" == "2026-03-03 08:30"
    inbox.acknowledge(mails[0].uid)
    inbox.close()
    assert list(imap_inbox(imap_port).fetch()) == []


@pytest.mark.parametrize("imap_port", [["--no-keywords"]], indirect=True)
def test_imap_falls_back_to_seen_where_a_server_keeps_no_keywords(imap_port: int) -> None:
    append(imap_port, MAIL)
    inbox = imap_inbox(imap_port)
    for mail in list(inbox.fetch()):
        inbox.acknowledge(mail.uid)
    assert list(inbox.fetch()) == []
    with imaplib.IMAP4("127.0.0.1", imap_port) as colleague:
        colleague.login(USER, PASSWORD)
        colleague.select("INBOX")
        _, flags = colleague.fetch("1", "(FLAGS)")
    assert rb"\Seen" in flags[0]  # type: ignore[operator]
    inbox.close()


def test_imap_says_where_and_what_when_it_cannot_read(imap_port: int) -> None:
    with pytest.raises(InboxUnavailable, match=f"partners at 127.0.0.1:{imap_port} cannot be read"):
        list(imap_inbox(imap_port, "wrong").fetch())


def test_imap_connects_again_after_the_server_was_away(imap_port: int) -> None:
    inbox = imap_inbox(imap_port)
    append(imap_port, MAIL)
    assert len(list(inbox.fetch())) == 1
    assert inbox._client is not None
    inbox._client.shutdown()
    assert len(list(inbox.fetch())) == 1
    inbox.close()


def test_waiting_ends_when_a_mail_is_there_or_when_nobody_waits_any_more(post: Post) -> None:
    list(post.inbox.fetch())
    assert not post.inbox.wait(lambda: False)
    post.deliver(MAIL)
    assert post.inbox.wait(lambda: True)
    assert len(list(post.inbox.fetch())) == 1
