"""A touch as a MIME message: plain text and HTML, one-click unsubscribe, thread, footer."""

import html
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from recruit.sequences.addresses import ascii_address, domain_of
from recruit.sequences.values import SequencesError

# Headers stay on one line: the default folds long ones into encoded words, which breaks
# List-Unsubscribe and References. Bodies keep the default's short lines.
_UNFOLDED = SMTP.clone(max_line_length=998)
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


class UnsendableMessage(SequencesError):
    """No message can be made of this; the message says why."""


@dataclass(frozen=True)
class Letter:
    """Everything that a message says. `references` are the Message-IDs of its thread, oldest first.

    `origin` tells where the recipient's address comes from.
    """

    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    subject: str
    body: str
    message_id: str
    references: tuple[str, ...]
    sent_at: datetime
    unsubscribe_url: str
    postal_address: str
    origin: str
    privacy_url: str = ""


def compose(letter: Letter) -> bytes:
    """Return the message as it goes over the wire (CRLF); raises UnsendableMessage."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(letter.sender_name, addr_spec=letter.sender)
        message["To"] = Address(letter.recipient_name, addr_spec=ascii_address(letter.recipient))
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(letter.sent_at)
        message["Message-ID"] = letter.message_id
        if letter.references:
            message["In-Reply-To"] = letter.references[-1]
            message["References"] = " ".join(letter.references)
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(_plain(letter), cte="quoted-printable")
        message.add_alternative(_html(letter), subtype="html", cte="quoted-printable")
        return message.as_bytes(policy=_UNFOLDED)
    except (MessageError, ValueError, IndexError, AttributeError) as error:
        raise UnsendableMessage(
            f"No message can be made for {letter.recipient!r}: {error}. Correct the contact's address or name."
        ) from error


def sender_domain(address: str) -> str:
    """Return the domain that Message-IDs of this sender end with."""
    return domain_of(address) or "localhost"


def _why(letter: Letter) -> str:
    return (
        f"You get this message because we look for partners in your field. {letter.origin}".strip()
    )


# The footer's words are none that `moods` reads as a wish, since people quote them back to us.
def _plain(letter: Letter) -> str:
    return (
        f"{letter.body.rstrip()}\n\n-- \n{letter.sender_name}\n{letter.postal_address}\n\n"
        f"{_why(letter)}\nTo hear no more from us: {letter.unsubscribe_url}\n"
    )


def _html(letter: Letter) -> str:
    paragraphs = "".join(
        f"<p>{_inline(part)}</p>\n" for part in re.split(r"\n\s*\n", letter.body.strip()) if part
    )
    url = html.escape(letter.unsubscribe_url, quote=True)
    return (
        f'<!doctype html>\n<html><body style="font-family: sans-serif; font-size: 15px">\n{paragraphs}'
        f'<p style="color: #666; font-size: 12px">{html.escape(letter.sender_name)}<br>'
        f"{_inline(letter.postal_address)}<br><br>{_inline(_why(letter))}<br>"
        f'<a href="{url}">Hear no more from us</a></p>\n</body></html>\n'
    )


def _inline(text: str) -> str:
    escaped = html.escape(text.strip(), quote=False)
    linked = _LINK.sub(lambda found: f'<a href="{found.group(0)}">{found.group(0)}</a>', escaped)
    return linked.replace("\n", "<br>\n")
