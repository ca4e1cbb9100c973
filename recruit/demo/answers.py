"""Mails as the simulated recipients, and their servers, would write them: raw and complete."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from recruit.demo.temper import Temper

_POLICY = SMTP.clone(max_line_length=998)

_TEXTS: dict[Temper, tuple[str, ...]] = {
    Temper.POSITIVE: (
        (
            "Hi,\n\nthanks for getting in touch. This sounds interesting, and we have been looking for a "
            "partner in this area. Could we talk next week?\n\nBest regards"
        ),
        (
            "Hello,\n\nyes, we would like to know more about the program. Please send me the details.\n\n"
            "Kind regards"
        ),
        (
            "Guten Tag,\n\ndas klingt interessant, gerne würden wir mehr erfahren. Wann hätten Sie Zeit für "
            "ein Gespräch?\n\nViele Grüße"
        ),
        (
            "Bonjour,\n\noui, cela nous intéresse. Pouvez-vous nous envoyer plus d'informations ?\n\n"
            "Cordialement"
        ),
    ),
    Temper.NEGATIVE: (
        "Hi,\n\nthank you, but this is not a fit for us. We are not interested.\n\nRegards",
        "Hello,\n\nwe don't take on further vendors. No thanks.\n\nBest",
    ),
    Temper.LATER: (
        (
            "Hi,\n\nnot right now, we are in the middle of a merger. Please come back to me next quarter.\n\n"
            "Regards"
        ),
    ),
    Temper.WRITES_UNSUBSCRIBE: (
        "Please remove me from your list.\n",
        "Unsubscribe\n",
    ),
}


def _reply_to(original: EmailMessage, at: datetime) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = original["To"]
    message["To"] = original["Reply-To"] or original["From"]
    subject = str(original["Subject"])
    message["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = _message_id(original, at)
    message["In-Reply-To"] = original["Message-ID"]
    message["References"] = original["Message-ID"]
    return message


def _message_id(original: EmailMessage, at: datetime) -> str:
    recipient = parseaddr(str(original["To"]))[1]
    return f"<{at:%Y%m%d%H%M%S}.{recipient.replace('@', '.at.')}@mail.example>"


def _quoted(original: EmailMessage) -> str:
    body = original.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    return f"\n\nOn {original['Date']}, {original['From']} wrote:\n{quoted}\n"


def write_answer(original: EmailMessage, temper: Temper, variant: int, at: datetime) -> bytes:
    """Return a person's answer to `original`, our text quoted below."""
    texts = _TEXTS[temper]
    message = _reply_to(original, at)
    message.set_content(texts[variant % len(texts)] + _quoted(original))
    return message.as_bytes()


def write_out_of_office(original: EmailMessage, at: datetime, until: datetime) -> bytes:
    """Return an automatic answer that names the day of return."""
    message = _reply_to(original, at)
    message.replace_header("Subject", f"Automatic reply: {original['Subject']}")
    message["Auto-Submitted"] = "auto-replied"
    message["Precedence"] = "bulk"
    message.set_content(
        f"Thank you for your message. I am out of the office until {until:%d %B %Y} and will answer "
        "when I am back.\n"
    )
    return message.as_bytes()


def write_bounce(original: EmailMessage, at: datetime) -> bytes:
    """Return a delivery status notification (RFC 3464) of a mailbox that does not exist."""
    recipient = parseaddr(str(original["To"]))[1]
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mail.example>",
        f"To: {parseaddr(str(original['From']))[1]}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(at)}",
        f"Message-ID: {_message_id(original, at)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_dsn"',
        "",
        "--=_dsn",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"Your message could not be delivered to {recipient}: the mailbox does not exist.",
        "",
        "--=_dsn",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.example",
        f"Arrival-Date: {format_datetime(at - timedelta(minutes=5))}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 user unknown",
        "",
        "--=_dsn",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {original['Message-ID']}",
        f"From: {original['From']}",
        f"To: {original['To']}",
        f"Subject: {original['Subject']}",
        "",
        "--=_dsn--",
        "",
    ]
    return "\r\n".join(lines).encode()
