"""Sequences, firms to write to, raw mails that come back, and an SMTP server that fails on purpose."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from aiosmtpd.controller import Controller

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.mail.port import IncomingMail
from recruit.sequences.sending import SendReport, send_due_touches
from recruit.sequences.tables import Enrollment
from recruit.sequences.usecases import add_mailbox, enroll_firm, save_sequence, start_sequence
from recruit.wiring import App

SEQUENCE = "first-contact"
MAILBOX = "partners@vendor.example"
POSTAL_ADDRESS = "1 Harbour Street, Hamburg, Germany"


# What the strictest of the laws ask for.
COMPLIANCE = {
    "consent": "Each of them asked for partner news at the spring fair; list of 2026-02-20.",
    "privacy_url": "https://vendor.example/privacy",
}


def sequence_data(**over: Any) -> dict[str, Any]:
    """Return a definition: two e-mails around a task, two working days apart, always at the full hour."""
    return {
        "name": SEQUENCE,
        "title": "First contact",
        "window": {"opens": "09:00", "closes": "17:00", "spread_minutes": 0},
        "compliance": COMPLIANCE,
        "steps": [
            {
                "kind": "email",
                "subject": "Partnering with {{ firm.name }}",
                "body": "Hello {{ contact.first_name or 'there' }},\n\nshall we talk?",
            },
            {
                "kind": "task",
                "channel": "linkedin",
                "delay_working_days": 2,
                "subject": "Connect with {{ firm.name }}",
                "body": "Hello from {{ sender.name }}.",
                "link": "https://social.example/?q={{ firm.name | urlencode }}",
                "give_up_after_working_days": 0,
            },
            {"kind": "email", "delay_working_days": 2, "body": "Did you see my mail?"},
        ],
    } | over


def mails_only(count: int = 3, **over: Any) -> dict[str, Any]:
    """Return a definition of e-mails only, two working days apart."""
    first = sequence_data()["steps"][0]
    follow_up = {"kind": "email", "delay_working_days": 2, "body": "One more word."}
    return sequence_data(steps=[first, *([follow_up] * (count - 1))], **over)


def make_firm(tx: Transaction, name: str = "Northlight", **over: Any) -> Firm:
    """Return a stored firm in Hamburg."""
    values: dict[str, Any] = {
        "name": name,
        "name_key": name.lower(),
        "domain": f"{name.lower().replace(' ', '-')}.example",
        "city": "Hamburg",
        "country": "DE",
        "latitude": 53.55,
        "longitude": 10.0,
        "specialties": ["kubernetes"],
        "certifications": [],
        "partnerships": [],
        "provenance": {},
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    firm = Firm(**(values | over))
    tx.session.add(firm)
    tx.session.flush()
    return firm


def make_contact(tx: Transaction, firm: Firm, **over: Any) -> Contact:
    """Return a stored contact of a firm."""
    values: dict[str, Any] = {
        "firm_id": firm.id,
        "email": f"ann@{firm.domain}",
        "name": "Ann Archer",
        "is_role_address": False,
        "origin": "the partner directory at https://directory.example",
        "created_at": tx.now,
    }
    contact = Contact(**(values | over))
    tx.session.add(contact)
    tx.session.flush()
    return contact


def make_sequence(tx: Transaction, *, gap_s: int = 0, cap_per_day: int = 500, **over: Any) -> None:
    """Save and start a sequence, with its mailbox."""
    add_mailbox(tx, address=MAILBOX, from_name="Pat Vendor", cap_per_day=cap_per_day, gap_s=gap_s)
    definition = sequence_data() | over
    save_sequence(tx, definition=definition, actor="test")
    start_sequence(tx, name=definition["name"])


def enroll_new_firm(tx: Transaction, name: str = "Northlight", **over: Any) -> Enrollment:
    """Make a firm with a contact, and enroll it."""
    firm = make_firm(tx, name, **over)
    make_contact(tx, firm)
    return enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")


def sweep(app: App, **over: Any) -> SendReport:
    """Run one sending sweep of an app."""
    values: dict[str, Any] = {
        "holder": "test",
        "secret": app.secret,
        "base_url": "https://recruit.example",
        "postal_address": POSTAL_ADDRESS,
    }
    return send_due_touches(app.transaction, app.mailer, **(values | over))


def reply_mail(
    text: str,
    *,
    sender: str = "ann@northlight.example",
    references: str = "",
    subject: str = "Re: Partnering with Northlight",
    message_id: str = "<answer-1@northlight.example>",
    at: datetime | None = None,
    **headers: str,
) -> IncomingMail:
    """Return a mail that a person (or, by its headers, a machine) sent us."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = MAILBOX
    message["Subject"] = subject
    message["Message-ID"] = message_id
    if at is not None:
        message["Date"] = format_datetime(at)
    if references:
        message["In-Reply-To"] = references
        message["References"] = references
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return IncomingMail(message_id, message.as_bytes())


def bounce_mail(
    recipient: str,
    *,
    status: str = "5.1.1",
    words: str = "550 5.1.1 User unknown",
    original: str = "",
    action: str = "failed",
) -> IncomingMail:
    """Return a delivery status notification."""
    returned = f"Message-ID: {original}\r\n" if original else ""
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nTo: partners@vendor.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <dsn-{status}-{recipient}>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}To: {recipient}\r\n\r\n--b--\r\n"
    )
    return IncomingMail("dsn", raw.encode())


@dataclass
class Sink:
    """What an SMTP server does with each message, and what it took.

    `script` is asked at the end of DATA with the number of the message (from 0) and returns the reply, or
    "drop-before" / "drop-after" to hang up, the latter after having taken the message. `on_rcpt` answers
    RCPT.
    """

    script: Callable[[int], str] = lambda _number: "250 OK"
    on_rcpt: Callable[[str], str] = lambda _address: "250 OK"
    before_reply: Callable[[], None] | None = None
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    asked: int = 0

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Answer RCPT."""
        reply = self.on_rcpt(address)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        """Answer the final dot."""
        reply = self.script(self.asked)
        self.asked += 1
        if reply.startswith("250") or reply == "drop-after":
            self.taken.extend((address, bytes(envelope.content)) for address in envelope.rcpt_tos)
        if reply.startswith("drop"):
            server.transport.abort()
            return "250 never heard"
        return reply


@contextmanager
def smtp_sink(sink: Sink) -> Iterator[int]:
    """Serve a sink on loopback; gives its port."""
    # The controller connects to its own port to see whether it is up, so it has to know the number.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port, ready_timeout=10)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
