"""A Maildir as an inbox."""

import os
from mailbox import Maildir
from pathlib import Path

from recruit.mail.adapters.maildir import MaildirInbox


def deliver(path: Path, name: str, text: str, at: float, part: str = "new") -> None:
    file = path / part / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (at, at))


def test_a_missing_folder_is_an_empty_inbox_that_others_can_deliver_into(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "inbox"
    assert list(MaildirInbox(path).fetch()) == []
    Maildir(path, create=False).add(b"From: a@b.example\n\nHello")
    assert [mail.raw for mail in MaildirInbox(path).fetch()] == [b"From: a@b.example\n\nHello"]


def test_mails_come_oldest_first_with_their_time(tmp_path: Path) -> None:
    deliver(tmp_path, "b", "second", 2_000_000_000)
    deliver(tmp_path, "a", "third", 2_000_000_001)
    deliver(tmp_path, "c:2,F", "first", 1_999_999_999, part="cur")
    mails = list(MaildirInbox(tmp_path).fetch())
    assert [mail.raw for mail in mails] == [b"first", b"second", b"third"]
    assert mails[1].received_at is not None
    assert mails[1].received_at.timestamp() == 2_000_000_000


def test_an_acknowledged_mail_is_kept_and_never_read_again(tmp_path: Path) -> None:
    inbox = MaildirInbox(tmp_path)
    deliver(tmp_path, "a", "one", 1)
    deliver(tmp_path, "b:2,F", "two", 2, part="cur")
    for mail in list(inbox.fetch()):
        inbox.acknowledge(mail.uid)
        inbox.acknowledge(mail.uid)
    assert list(inbox.fetch()) == []
    assert sorted(file.name for file in (tmp_path / "cur").iterdir()) == ["a:2,S", "b:2,FS"]


def test_files_that_are_no_mail_are_left_alone(tmp_path: Path) -> None:
    deliver(tmp_path, ".index", "x", 1)
    (tmp_path / "new" / "folder").mkdir()
    assert list(MaildirInbox(tmp_path).fetch()) == []
