"""Senders, answers and people at work on the same firms at the same time never wait for each other."""

import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

import pytest

from recruit.config import SmtpSecurity
from recruit.db.transaction import Transaction
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.sequences.sending import send_due_touches
from recruit.sequences.tables import Enrollment
from recruit.sequences.usecases import (
    pause_sequence,
    record_inbound,
    remove_enrollment,
    start_sequence,
    suppress,
)
from recruit.sequences.values import SuppressionScope
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


@dataclass
class Flaky:
    """An SMTP server that at the end of a message sometimes puts it off or hangs up."""

    rng: random.Random
    lock: Lock = field(default_factory=Lock)

    async def handle_DATA(self, server: Any, _session: Any, _envelope: Any) -> str:
        """Take the message, put it off, or hang up."""
        with self.lock:
            dice = self.rng.random()
        if dice < 0.01:
            return "451 4.3.0 Try again later"
        if dice < 0.04:
            server.transport.abort()
        return "250 Kept"


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

    with smtp_sink(Flaky(random.Random(3))) as port:  # type: ignore[arg-type]
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
