"""A letter as a MIME message: plain text and HTML of the same words."""

import html
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from recruit.notices.values import Wording

# Headers stay on one line: folding would encode List-Unsubscribe, and break it.
_UNFOLDED = SMTP.clone(max_line_length=998)


class LetterUnsendable(ValueError):
    """No message can be made of this; the message says why."""


@dataclass(frozen=True)
class Letter:
    """Everything that a message says. `choice_url` is where its reader chooses when to hear."""

    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    wording: Wording
    base_url: str
    choice_url: str
    message_id: str
    sent_at: datetime
    is_account_mail: bool = False

    @property
    def action_url(self) -> str:
        """Return the address of the one thing to do, blank where there is none."""
        path = self.wording.path
        return f"{self.base_url.rstrip('/')}{path}" if path else ""


def compose(letter: Letter) -> bytes:
    """Return the message as it goes over the wire (CRLF); raises `LetterUnsendable`."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(letter.sender_name, addr_spec=letter.sender)
        message["To"] = Address(letter.recipient_name, addr_spec=letter.recipient)
        message["Subject"] = letter.wording.subject
        message["Date"] = format_datetime(letter.sent_at)
        message["Message-ID"] = letter.message_id
        # So that nobody's vacation answers.
        message["Auto-Submitted"] = "auto-generated"
        if not letter.is_account_mail:
            message["List-Unsubscribe"] = f"<{letter.choice_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(_plain(letter), cte="quoted-printable")
        message.add_alternative(_html(letter), subtype="html", cte="quoted-printable")
        return message.as_bytes(policy=_UNFOLDED)
    except (MessageError, ValueError, IndexError, AttributeError) as error:
        raise LetterUnsendable(f"No letter to {letter.recipient!r} can be made: {error}") from error


def _plain(letter: Letter) -> str:
    parts = [f"Hello {letter.recipient_name},".replace(" ,", ","), *letter.wording.paragraphs]
    if letter.action_url:
        parts.insert(2, f"{letter.wording.action}:\n{letter.action_url}")
    parts.append(f"-- \n{letter.sender_name}")
    if not letter.is_account_mail:
        parts.append(f"Choose when you hear from us: {letter.choice_url}")
    return "\n\n".join(parts) + "\n"


def _html(letter: Letter) -> str:
    def safe(text: str) -> str:
        return html.escape(text, quote=True)

    first, *rest = letter.wording.paragraphs or ("",)
    button = (
        f'<p style="margin: 24px 0"><a href="{safe(letter.action_url)}" style="background: #1d4ed8; '
        "color: #ffffff; padding: 12px 20px; border-radius: 8px; text-decoration: none; "
        f'display: inline-block">{safe(letter.wording.action)}</a></p>\n'
        if letter.action_url
        else ""
    )
    choice = (
        ""
        if letter.is_account_mail
        else f'<br><a href="{safe(letter.choice_url)}" style="color: #555555">Choose when you hear from us</a>'
    )
    return (
        '<!doctype html>\n<html lang="en"><body style="font-family: sans-serif; font-size: 16px; '
        'line-height: 1.5; color: #111111; max-width: 36em">\n'
        f"<p>Hello {safe(letter.recipient_name)},</p>\n<p>{safe(first)}</p>\n{button}"
        + "".join(f"<p>{safe(part)}</p>\n" for part in rest)
        + f'<p style="color: #555555; font-size: 13px">{safe(letter.sender_name)}{choice}</p>\n'
        "</body></html>\n"
    )
