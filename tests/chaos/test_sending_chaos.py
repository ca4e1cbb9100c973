"""Senders that are killed at random, a mail server that fails in every way: nothing doubled, nothing lost.

Two senders as processes of their own share one PostgreSQL (or one sender has SQLite); each is killed with
SIGKILL at random moments and started again. `SOAK=1` runs the long version.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.clock import SystemClock
from recruit.config import SmtpSecurity
from recruit.db.transaction import Transaction
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.sequences.sending import send_due_touches
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.usecases import (
    pause_sequence,
    record_inbound,
    remove_enrollment,
    start_sequence,
    suppress,
)
from recruit.sequences.values import EnrollmentStatus, SuppressionScope, TouchStatus
from recruit.wiring import App
from tests.factories.sequences import (
    SEQUENCE,
    bounce_mail,
    enroll_new_firm,
    mails_only,
    make_sequence,
    reply_mail,
    smtp_sink,
)

pytestmark = pytest.mark.chaos

SOAK = bool(os.environ.get("SOAK"))
FIRMS = 20_000 if SOAK else 160
KILLS = 200 if SOAK else 6
ALWAYS = {"opens": "00:00", "closes": "23:59", "spread_minutes": 0, "skip_holidays": False}
OPEN_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

SENDER = """
import sys, time
from pathlib import Path
from recruit.clock import SystemClock
from recruit.config import MailTransport, Settings, SmtpSecurity
from recruit.sequences.sending import send_due_touches
from recruit.wiring import build_app
from datetime import timedelta
url, port, var = sys.argv[1], int(sys.argv[2]), sys.argv[3]
app = build_app(Settings(var_dir=Path(var), database_url=url, mail_transport=MailTransport.SMTP, smtp_port=port,
    smtp_security=SmtpSecurity.NONE, smtp_timeout_s=3, postal_address="1 Harbour Street"))
while True:
    report = send_due_touches(app.transaction, app.mailer, holder="one installation", secret="s" * 40,
        base_url="https://recruit.example", postal_address="1 Harbour Street", limit=20,
        lease=timedelta(seconds=2), ahead=True)
    if not report.more:
        time.sleep(0.2)
"""


@dataclass
class Trouble:
    """An SMTP server that does one of these at the end of a message, drawn by a seed; it keeps what it took."""

    rng: random.Random
    taken: list[str] = field(default_factory=list)
    calm: bool = False
    lock: Lock = field(default_factory=Lock)

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        """Take the message, put it off, refuse it, or hang up before or behind taking it."""
        message_id = str(message_from_bytes(envelope.content)["Message-ID"])
        with self.lock:
            dice = 1.0 if self.calm else self.rng.random()
        if dice < 0.01:
            return "451 4.3.0 Try again later"
        if dice < 0.02:
            server.transport.abort()
            return "250 never heard"
        if dice < 0.04:
            self.taken.append(message_id)
            server.transport.abort()
            return "250 never heard"
        self.taken.append(message_id)
        return "250 Kept"


@contextmanager
def senders(count: int, url: str, port: int, var: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run senders as processes; end them at the end."""
    running = [_start(url, port, var) for _ in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def _start(url: str, port: int, var: Path) -> subprocess.Popen[bytes]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("RECRUIT_")}
    with (var / "senders.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", SENDER, url, str(port), str(var)],
            env=environ,
            stdout=log,
            stderr=log,
        )


def _count(app: App) -> Counter[TouchStatus]:
    with app.reading() as tx:
        rows = tx.session.execute(select(Touch.status, func.count()).group_by(Touch.status)).all()
    return Counter({row[0]: row[1] for row in rows})


def test_senders_killed_at_random_neither_double_nor_lose_a_message(
    make_app: Any, database_url: str, tmp_path: Path
) -> None:
    app: App = make_app(clock=SystemClock())
    trouble = Trouble(random.Random(11))
    window = ALWAYS | {"days": OPEN_DAYS}
    with app.transaction() as tx:
        make_sequence(tx, cap_per_day=1_000_000, **mails_only(1, window=window))
        for number in range(FIRMS):
            enroll_new_firm(tx, f"Firm {number}", country="US")
    rng = random.Random(5)
    count = 1 if database_url.startswith("sqlite") else 4 if SOAK else 2
    with smtp_sink(trouble) as port, senders(count, database_url, port, tmp_path) as running:  # type: ignore[arg-type]
        for number in range(KILLS):
            # After so many more messages, so that each life of a sender sends something.
            enough = len(trouble.taken) + rng.randint(1, FIRMS // KILLS)
            patience = time.monotonic() + 20
            while len(trouble.taken) < enough and time.monotonic() < patience:
                time.sleep(0.01)
            index = rng.randrange(len(running))
            running[index].send_signal(signal.SIGKILL)
            running[index].wait()
            running[index] = _start(database_url, port, tmp_path)
            with app.transaction() as tx:
                key = f"ann@firm-{FIRMS - 1 - number}.example"
                suppress(tx, scope=SuppressionScope.ADDRESS, key=key, reason="x", actor="chaos")
        trouble.calm = True
        deadline = time.monotonic() + (3600 if SOAK else 120)
        # What was put off for a quarter of an hour is still planned, and so accounted for.
        while time.monotonic() < deadline:
            with app.reading() as tx:
                due = tx.session.scalar(
                    select(func.count())
                    .select_from(Touch)
                    .where(
                        Touch.status.in_(
                            (TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.SENDING)
                        ),
                        Touch.attempts == 0,
                        Touch.due_at <= tx.now,
                    )
                )
            if not due:
                break
            time.sleep(0.5)
    with app.reading() as tx:
        touches = list(tx.session.scalars(select(Touch)))
        enrollments = {e.id: e for e in tx.session.scalars(select(Enrollment))}
    taken = Counter(trouble.taken)
    sent = {t.message_id for t in touches if t.status is TouchStatus.SENT}
    parked = {t.message_id for t in touches if t.status is TouchStatus.UNKNOWN}
    assert [message for message, times in taken.items() if times > 1] == []
    assert sent <= set(taken) <= sent | parked
    counts = Counter(t.status for t in touches)
    assert counts[TouchStatus.SENT] > FIRMS // 2
    assert sum(counts.values()) == FIRMS
    assert set(counts) <= {
        TouchStatus.SENT,
        TouchStatus.UNKNOWN,
        TouchStatus.PENDING,
        TouchStatus.CANCELLED,
    }
    for touch in touches:
        if touch.status is TouchStatus.PENDING:
            assert touch.blocked_by
        if touch.status is TouchStatus.CANCELLED:
            assert touch.blocked_by
            assert enrollments[touch.enrollment_id].status is EnrollmentStatus.FINISHED
            assert touch.message_id not in taken
    # What a soak's closing note quotes.
    kept = Path(os.environ.get("TEST_ARTEFACTS", "var/artefacts"))
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "chaos.txt").open("a") as file:
        numbers = {status.value: number for status, number in counts.items()}
        file.write(
            f"{database_url.partition(':')[0]}: {KILLS} kills, {len(taken)} taken, {numbers}\n"
        )


@pytest.mark.timeout(900)
def test_senders_answers_and_people_never_wait_for_each_other(app: App) -> None:
    """A deadlock would be an error: nothing here tries again."""
    end = time.monotonic() + (300 if SOAK else 12)
    with app.transaction() as tx:
        make_sequence(tx, cap_per_day=1_000_000, **mails_only(2))
    errors: list[BaseException] = []
    acts = Counter[str]()

    def send(port: int) -> None:
        mailer = SmtpMailer(host="127.0.0.1", port=port, security=SmtpSecurity.NONE, timeout_s=5)
        while time.monotonic() < end and not errors:
            report = _sweep(app, mailer)
            acts["sent"] += report.sent
        mailer.close()

    def disturb(seed: int) -> None:
        rng = random.Random(seed)
        number = 0
        while time.monotonic() < end and not errors:
            number += 1
            with app.transaction() as tx:
                enrolled = [enroll_new_firm(tx, f"F {seed} {number} {n}") for n in range(5)]
            for one in enrolled:
                act = rng.choice(
                    ["reply", "bounce", "suppress", "remove", "domain", "pause", "none"]
                )
                acts[act] += 1
                with app.transaction() as tx:
                    _do(tx, act, one, seed)

    with smtp_sink(Trouble(random.Random(3))) as port:  # type: ignore[arg-type]
        jobs = [*[(send, port)] * 3, *[(disturb, seed) for seed in (1, 2, 3)]]
        threads = [Thread(target=_guarded, args=(errors, job, arg)) for job, arg in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert acts["sent"] > 10
    assert all(acts[act] for act in ("reply", "bounce", "suppress", "remove", "domain", "pause"))


def _guarded(errors: list[BaseException], job: Any, argument: Any) -> None:
    try:
        job(argument)
    except BaseException as error:
        errors.append(error)


def _sweep(app: App, mailer: SmtpMailer) -> Any:
    return send_due_touches(
        app.transaction,
        mailer,
        holder="test",
        secret=app.secret,
        base_url="https://recruit.example",
        postal_address="1 Harbour Street",
        limit=6,
        ahead=True,
    )


def _do(tx: Transaction, act: str, enrollment: Enrollment, seed: int) -> None:
    address = f"ann@{enrollment.address_domain}"
    match act:
        case "reply":
            message_id = f"<{seed}.{enrollment.id}@firm.example>"
            record_inbound(tx, mail=reply_mail("Yes.", sender=address, message_id=message_id))
        case "bounce":
            record_inbound(tx, mail=bounce_mail(address))
        case "suppress":
            scope = SuppressionScope.ADDRESS
            suppress(tx, scope=scope, key=address, reason="Phone.", actor="riley")
        case "domain":
            domain = enrollment.address_domain
            suppress(tx, scope=SuppressionScope.DOMAIN, key=domain, reason="x", actor="riley")
        case "remove":
            remove_enrollment(tx, enrollment_id=enrollment.id, actor="riley")
        case "pause":
            pause_sequence(tx, name=SEQUENCE)
            start_sequence(tx, name=SEQUENCE)
        case _:
            pass
