"""The simulated recipients: a real SMTP server on loopback, whose mailboxes answer into a Maildir.

They know nothing of Recruit but the mails that arrive. What they do is planned when a mail comes in and
done when the clock has come so far (`act_until`).
"""

import heapq
import itertools
import mailbox
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from socket import socket
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller

from recruit.clock import Clock
from recruit.demo.answers import write_answer, write_bounce, write_out_of_office
from recruit.demo.temper import Temper, behavior_of

Unsubscribe = Callable[[str], None]


def _free_port() -> int:
    # The controller greets its own server on the port that it was given, so 0 will not do.
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(order=True)
class _Plan:
    at: datetime
    number: int
    act: Callable[[], None] = field(compare=False)


class MailboxSimulator:
    """Accepts mail on loopback and answers as real people would, in every way that stops a sequence."""

    def __init__(
        self, clock: Clock, inbox: Path, *, seed: int, unsubscribe: Unsubscribe | None = None
    ) -> None:
        """Answer into the Maildir `inbox`; `unsubscribe` is called with a List-Unsubscribe address."""
        self._clock = clock
        inbox.parent.mkdir(parents=True, exist_ok=True)
        self._inbox = mailbox.Maildir(inbox, create=True)
        self._seed = seed
        self._unsubscribe = unsubscribe
        self._plans: list[_Plan] = []
        self._numbers = itertools.count()
        self._mails: Counter[str] = Counter()
        self._lock = Lock()
        self._port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port, ready_timeout=10)

    def start(self) -> int:
        """Start the SMTP server on a free port of loopback and return the port."""
        self._controller.start()
        return self._port

    def follow(self, clock: Clock) -> None:
        """Live by another clock from now on."""
        self._clock = clock

    def stop(self) -> None:
        """Stop the SMTP server."""
        self._controller.stop()

    def next_at(self) -> datetime | None:
        """Return when the next answer is due."""
        with self._lock:
            return self._plans[0].at if self._plans else None

    def act_until(self, now: datetime) -> int:
        """Do what has come due by `now`; return how many mailboxes acted."""
        acted = 0
        while True:
            with self._lock:
                if not self._plans or self._plans[0].at > now:
                    return acted
                plan = heapq.heappop(self._plans)
            plan.act()
            acted += 1

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Refuse the mailboxes that do not exist."""
        if behavior_of(address, self._seed).temper is Temper.REFUSED:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail and plan what its recipient does."""
        message = message_from_bytes(envelope.content, EmailMessage, policy=SMTP)
        for address in envelope.rcpt_tos:
            self._plan(message, address)
        return "250 Kept"

    def _plan(self, message: EmailMessage, address: str) -> None:
        behavior = behavior_of(address, self._seed)
        self._mails[address] += 1
        number = self._mails[address]
        at = self._clock.now() + behavior.delay
        temper = behavior.temper
        if temper is Temper.AWAY:
            if number == 1:
                soon = self._clock.now() + timedelta(seconds=20)
                back = self._clock.now() + timedelta(days=6 + behavior.variant % 6)
                self._later(
                    soon, lambda: self._deliver(write_out_of_office(message, soon, back), soon)
                )
            elif number == 2:
                self._later(
                    at,
                    lambda: self._deliver(
                        write_answer(message, Temper.POSITIVE, behavior.variant, at), at
                    ),
                )
            return
        if number != behavior.at_mail:
            return
        if temper is Temper.BOUNCES:
            soon = self._clock.now() + timedelta(minutes=5)
            self._later(soon, lambda: self._deliver(write_bounce(message, soon), soon))
        elif temper is Temper.CLICKS_UNSUBSCRIBE:
            self._later(at, lambda: self._click_unsubscribe(message))
        elif temper is not Temper.IGNORES:
            self._later(
                at, lambda: self._deliver(write_answer(message, temper, behavior.variant, at), at)
            )

    def _later(self, at: datetime, act: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._plans, _Plan(at, next(self._numbers), act))

    def _deliver(self, raw: bytes, at: datetime) -> None:
        mail = mailbox.MaildirMessage(raw)
        mail.set_date(at.timestamp())
        self._inbox.add(mail)

    def _click_unsubscribe(self, message: EmailMessage) -> None:
        address = str(message["List-Unsubscribe"] or "").strip().strip("<>")
        if self._unsubscribe is not None and address.startswith("http"):
            self._unsubscribe(address)
