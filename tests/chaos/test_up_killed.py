"""`recruit up` is killed at random moments while it sends: nothing is lost, nothing is sent twice."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from recruit.clock import SystemClock
from recruit.config import MailTransport, Settings
from recruit.firms.tables import Contact
from recruit.people.values import SYSTEM
from recruit.sequences.tables import Touch
from recruit.sequences.usecases import add_mailbox, enroll_firm, save_sequence, start_sequence
from recruit.sequences.values import TouchStatus
from recruit.wiring import App, build_app
from tests.factories.firms import make_firm_row
from tests.factories.sequences import COMPLIANCE

pytestmark = pytest.mark.chaos

FIRMS = 120
KILLS = 5
SOAK_KILLS = 40

SEQUENCE = {
    "name": "always-open",
    "title": "Always open",
    "window": {"opens": "00:00", "closes": "23:59", "spread_minutes": 0, "skip_holidays": False},
    "compliance": COMPLIANCE,
    "steps": [
        {
            "kind": "email",
            "subject": "Partner with us, {{ firm.name }}",
            "body": "Hello {{ firm.name }}.",
        }
    ],
}


@dataclass
class Sink:
    """Takes every mail, a little slowly, so that a kill often falls into a conversation."""

    message_ids: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        import asyncio

        self.message_ids.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        self.recipients += envelope.rcpt_tos
        await asyncio.sleep(0.03)
        return "250 Kept"


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _enroll(app: App) -> None:
    with app.transaction() as tx:
        add_mailbox(
            tx, address="robin@vendor.example", from_name="Robin", cap_per_day=10_000, gap_s=0
        )
        save_sequence(tx, definition=SEQUENCE, actor=SYSTEM.name)
        start_sequence(tx, name="always-open")
        for number in range(FIRMS):
            firm = make_firm_row(name=f"Firm {number}", name_key=f"firm {number}", now=tx.now)
            tx.session.add(firm)
            tx.session.flush()
            tx.session.add(
                Contact(
                    firm_id=firm.id,
                    email=f"office@firm{number}.example",
                    is_role_address=True,
                    origin="a test",
                    created_at=tx.now,
                )
            )
            tx.session.flush()
            enroll_firm(tx, sequence_name="always-open", firm_id=firm.id, actor=SYSTEM.name)


def _count(app: App) -> Counter[TouchStatus]:
    with app.reading() as tx:
        rows = tx.session.execute(select(Touch.status, func.count()).group_by(Touch.status))
        return Counter(dict(rows.tuples().all()))


def _start(environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "recruit", "up"],
            env=environ,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def _kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_server_goes_on_where_it_was_and_sends_nothing_twice(
    database_url: str, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    sink = Sink()
    port = _free_port()
    smtp = Controller(sink, hostname="127.0.0.1", port=port)
    smtp.start()
    app = build_app(
        Settings(
            var_dir=tmp_path / "var", database_url=database_url, mail_transport=MailTransport.MEMORY
        ),
        clock=SystemClock(),
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("RECRUIT_")} | {
        "RECRUIT_DATABASE_URL": database_url,
        "RECRUIT_VAR_DIR": str(tmp_path / "var"),
        "RECRUIT_PORT": str(_free_port()),
        "RECRUIT_MAIL_TRANSPORT": "smtp",
        "RECRUIT_SMTP_PORT": str(port),
        "RECRUIT_SMTP_SECURITY": "none",
        "RECRUIT_POSTAL_ADDRESS": "1 Harbour Street, Hamburg",
        "RECRUIT_SWEEP_EVERY_S": "0.4",
        "RECRUIT_LEASE_S": "2",
    }
    try:
        _enroll(app)
        for _ in range(SOAK_KILLS if os.environ.get("SOAK") else KILLS):
            process = _start(environ, tmp_path / "up.log")
            before = len(sink.recipients)
            deadline = time.monotonic() + 25
            # The kill is to fall into the sending, not into the start.
            while (
                len(sink.recipients) <= before
                and time.monotonic() < deadline
                and process.poll() is None
            ):
                time.sleep(0.02)
            time.sleep(dice.uniform(0.0, 0.6))
            _kill(process)
            if not _count(app)[TouchStatus.PENDING]:
                break
        process = _start(environ, tmp_path / "up.log")
        deadline = time.monotonic() + 60
        open_states = {TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.SENDING}
        while any(_count(app)[s] for s in open_states) and time.monotonic() < deadline:
            time.sleep(0.2)
        _kill(process)
        counts = _count(app)
        with app.reading() as tx:
            sent = set(
                tx.session.scalars(select(Touch.message_id).where(Touch.status == TouchStatus.SENT))
            )
            unknown = set(
                tx.session.scalars(
                    select(Touch.message_id).where(Touch.status == TouchStatus.UNKNOWN)
                )
            )
    finally:
        smtp.stop()
        app.close()
    story = f"seed {seed}, {dict(counts)}\n{(tmp_path / 'up.log').read_text()[-2000:]}"
    twice = [address for address, times in Counter(sink.recipients).items() if times > 1]
    assert not twice, story
    assert counts[TouchStatus.SENT] + counts[TouchStatus.UNKNOWN] == FIRMS, story
    assert sent <= set(sink.message_ids), story
    assert set(sink.message_ids) <= sent | unknown, story
    # At most four messages are under way in a process when it dies.
    assert len(unknown) <= KILLS * 4 or os.environ.get("SOAK"), story
