"""A touch as a MIME message: plain text and HTML, one-click unsubscribe, thread, footer."""

import hashlib
import html
import re
from base64 import b64encode
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from recruit.sequences.addresses import ascii_address, domain_of, is_sendable
from recruit.sequences.values import SequencesError

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
# RFC 5322 ends a line at 998 characters; the beginning and the newest of a thread are enough to find it.
_MOST_REFERENCES = 900
# 60 characters of base64, and "Subject: =?utf-8?B?…?=" still fits a line.
_MOST_IN_A_WORD = 42


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
    """Return the message as it goes over the wire (CRLF); raises UnsendableMessage.

    It is put together by hand: the library's policies fold List-Unsubscribe and References into encoded
    words, which breaks one-click and threading, and take longer than all the rest of a mail's way.
    """
    boundary = f"=_{hashlib.sha256(letter.message_id.encode()).hexdigest()[:32]}"
    lines = [
        f"From: {_mailbox(letter.sender_name, letter.sender)}",
        f"To: {_mailbox(letter.recipient_name, letter.recipient)}",
        f"Subject: {_encoded(' '.join(letter.subject.split()))}",
        f"Date: {format_datetime(letter.sent_at)}",
        f"Message-ID: {letter.message_id}",
    ]
    if letter.references:
        lines += [
            f"In-Reply-To: {letter.references[-1]}",
            f"References: {_references(letter.references)}",
        ]
    lines += [
        f"List-Unsubscribe: <{letter.unsubscribe_url}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        f"--{boundary}",
        *_part("plain", _plain(letter)),
        f"--{boundary}",
        *_part("html", _html(letter)),
        f"--{boundary}--",
        "",
    ]
    try:
        return "\r\n".join(lines).encode("ascii")
    except UnicodeEncodeError as error:
        raise UnsendableMessage(
            f"A header of the message to {letter.recipient!r} is not ASCII: {error}."
        ) from error


def _part(subtype: str, text: str) -> list[str]:
    # "=_" of the boundary can never stand in quoted-printable text.
    try:
        body = b2a_qp("\n".join(text.splitlines()).encode() + b"\n", istext=True)
    except UnicodeEncodeError as error:
        raise UnsendableMessage(f"The text cannot be encoded: {error}.") from error
    return [
        f'Content-Type: text/{subtype}; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        body.decode("ascii").replace("\n", "\r\n"),
    ]


def _mailbox(name: str, address: str) -> str:
    try:
        plain = ascii_address(address)
    except ValueError:
        plain = ""
    if not is_sendable(plain):
        raise UnsendableMessage(
            f"No message can be made for {address!r}: it is no address. Correct the contact's address."
        )
    if _CONTROL.search(name):
        raise UnsendableMessage(
            f"No message can be made for {address!r}: the name {name!r} has control characters. "
            "Correct the contact's name."
        )
    return f"{_phrase(name.strip())} <{plain}>" if name.strip() else plain


@lru_cache(maxsize=4096)
def _phrase(name: str) -> str:
    """Return a display name: bare, quoted or as encoded words (RFC 5322 3.2.5, RFC 2047)."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return _encoded(name)


def _encoded(text: str) -> str:
    if text.isascii() and not _CONTROL.search(text) and "=?" not in text:
        return text
    # RFC 2047: words of at most 75 characters, none of which splits a character.
    words, chunk = [], b""
    for character in _CONTROL.sub(" ", text):
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _MOST_IN_A_WORD:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?B?{b64encode(word).decode()}?=" for word in words)


def _references(message_ids: tuple[str, ...]) -> str:
    kept = list(message_ids)
    while len(kept) > 2 and len(" ".join(kept)) > _MOST_REFERENCES:
        del kept[1]
    return " ".join(kept)


def sender_domain(address: str) -> str:
    """Return the domain that Message-IDs of this sender end with."""
    return domain_of(address) or "localhost"


def _why(letter: Letter) -> str:
    return (
        f"You get this message because we look for partners in your field. {letter.origin}".strip()
    )


# The footer's words are none that `moods` reads as a wish, since people quote them back to us.
def _plain(letter: Letter) -> str:
    notice = f"\nWhat we do with your data: {letter.privacy_url}" if letter.privacy_url else ""
    return (
        f"{letter.body.rstrip()}\n\n-- \n{letter.sender_name}\n{letter.postal_address}\n\n"
        f"{_why(letter)}{notice}\nTo hear no more from us: {letter.unsubscribe_url}\n"
    )


def _html(letter: Letter) -> str:
    paragraphs = "".join(
        f"<p>{_inline(part)}</p>\n" for part in re.split(r"\n\s*\n", letter.body.strip()) if part
    )
    url = html.escape(letter.unsubscribe_url, quote=True)
    privacy = html.escape(letter.privacy_url, quote=True)
    notice = f'<a href="{privacy}">What we do with your data</a><br>' if privacy else ""
    return (
        f'<!doctype html>\n<html><body style="font-family: sans-serif; font-size: 15px">\n{paragraphs}'
        f'<p style="color: #666; font-size: 12px">{html.escape(letter.sender_name)}<br>'
        f"{_inline(letter.postal_address)}<br><br>{_inline(_why(letter))}<br>{notice}"
        f'<a href="{url}">Hear no more from us</a></p>\n</body></html>\n'
    )


def _inline(text: str) -> str:
    escaped = html.escape(text.strip(), quote=False)
    linked = _LINK.sub(lambda found: f'<a href="{found.group(0)}">{found.group(0)}</a>', escaped)
    return linked.replace("\n", "<br>\n")
