"""`recruit inbound` as an operator uses it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from recruit.cli.main import cli
from recruit.sequences.tables import Touch
from recruit.sequences.values import TouchStatus
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.sequences import (
    bounce_mail,
    enroll_new_firm,
    mails_only,
    make_sequence,
    reply_mail,
)


@pytest.fixture
def run(app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(2))
        enroll_new_firm(tx)
    monkeypatch.setenv("RECRUIT_DATABASE_URL", app.settings.database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("RECRUIT_INBOX", "maildir")
    monkeypatch.setenv("RECRUIT_MAILDIR_PATH", str(tmp_path / "inbox"))
    return lambda *words: CliRunner().invoke(cli, ["inbound", *map(str, words)])


def test_raw_mails_are_classified_one_object_a_line(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "b.eml").write_bytes(bounce_mail("a@b.example").raw)
    (tmp_path / "empty.eml").write_bytes(b"")
    result = run("classify", tmp_path / "b.eml", tmp_path / "empty.eml", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["kind"] for row in rows] == ["bounce", "human"]
    assert list(rows[0]) == ["file", "kind", "hard", "status", "recipient", "until", "text"]
    assert (rows[0]["hard"], rows[0]["status"], rows[0]["recipient"]) == (
        True,
        "5.1.1",
        "a@b.example",
    )
    missing = run("classify", tmp_path / "none.eml")
    assert (missing.exit_code, "cannot be read" in missing.output) == (1, True)


def test_a_mail_is_recorded_once_from_a_file_or_from_the_inbox(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    mail = tmp_path / "answer.eml"
    mail.write_bytes(reply_mail("Yes, gladly.").raw)
    assert run("add", mail).stdout.strip().endswith("human")
    assert "known already" in run("add", mail).stdout
    assert "Nothing new" in run("read").stdout
    (tmp_path / "inbox" / "new" / "1.host").write_bytes(mail.read_bytes())
    assert "1 known" in run("read").stdout


def test_a_parked_message_is_listed_and_settled_by_a_person(app: App, run) -> None:  # type: ignore[no-untyped-def]
    with app.transaction() as tx:
        touch = tx.session.scalars(select(Touch)).one()
        touch.status, touch.settled_at, touch.outcome = TouchStatus.UNKNOWN, NOW, "the line broke."
    listed = json.loads(run("unknown", "--format", "json").stdout)
    assert (listed[0]["touch_id"], listed[0]["firm"]) == (touch.id, "Northlight")
    assert "is sent now" in run("settle", touch.id, "--sent").stdout
    again = run("settle", touch.id, "--sent")
    assert (again.exit_code, "cannot become" in again.output) == (1, True)
    assert run("settle", 999, "--sent").exit_code == 1
