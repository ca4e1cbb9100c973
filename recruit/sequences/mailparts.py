"""A raw mail taken apart, whatever is broken in it: headers, texts, the reports that servers attach.

Never raises: what cannot be read is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from recruit.sequences.htmltext import plain_text

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_MOST_TEXT = 200_000
_KNOWN_HEADERS = frozenset(
    {"from", "to", "cc", "subject", "date", "received", "return-path", "message-id", "mime-version"}
    | {"content-type", "sender", "reply-to", "delivered-to", "in-reply-to", "references"}
    | {"auto-submitted", "x-mailer", "envelope-to", "x-original-to"}
)
_PLAIN_HEADERS = (
    b"From:",
    b"To:",
    b"Subject:",
    b"Date:",
    b"Message-ID:",
    b"Message-Id:",
    b"In-Reply-To:",
)
# A soft line break, or a byte, of quoted-printable.
_ENCODED = re.compile(r"=(?:\r?\n|[0-9A-F]{2})")
_BOUNDARY = re.compile(r"(?m)^--([^\s\"]{1,200})[ \t\r]*$")


@dataclass(frozen=True)
class MailParts:
    """What classification reads. `headers` has lower-case names; `text` is the readable part.

    `reports` are the field groups of message/delivery-status, `feedback` those of an ARF report, and
    `returned` the headers of the mail that came back. `references` are the Message-IDs that it answers.
    """

    headers: dict[str, str]
    sender: str
    subject: str
    message_id: str | None
    sent_at: datetime | None
    references: tuple[str, ...]
    content_type: str
    report_type: str
    text: str
    reports: tuple[dict[str, str], ...]
    feedback: dict[str, str]
    returned: dict[str, str]
    returned_text: str


def take_apart(raw: bytes) -> MailParts:
    """Return the parts of a raw mail; of one that the standard library stumbles over, its text."""
    try:
        return _take_apart(raw)
    except Exception:
        # Broken mails raise whatever they like there (KeyError, RecursionError, HeaderParseError …), and
        # one mail that cannot be read must not hide that somebody answered.
        head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        plain = b"".join(
            line + b"\n" for line in head.split(b"\n") if line.startswith(_PLAIN_HEADERS)
        )
        return _take_apart(plain + b"\n" + body)


def _take_apart(raw: bytes) -> MailParts:
    # An mbox's "From " line in front is not a header.
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    message = message_from_bytes(raw)
    if _KNOWN_HEADERS.isdisjoint(name.lower() for name in message.keys()):  # noqa: SIM118
        # A text without headers, whose first line only looks like one ("Hello: …").
        message = _bare(raw)
    headers = _headers(message)
    plain: list[str] = []
    rich: list[str] = []
    reports: list[dict[str, str]] = []
    feedback: dict[str, str] = {}
    returned: dict[str, str] = {}
    returned_text: list[str] = []
    for part, inside in _walk(message):
        kind = part.get_content_type()
        if inside:
            if kind.startswith("text/"):
                returned_text.append(_body(part))
            continue
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            reports += [group for group in _groups(part) if group]
        elif kind == "message/feedback-report":
            feedback |= next(iter(_groups(part)), {})
        elif kind in {
            "message/rfc822",
            "message/global",
            "text/rfc822-headers",
            "message/rfc822-headers",
        }:
            returned = returned or _returned_headers(part)
        elif kind == "text/html":
            rich.append(_body(part))
        elif kind.startswith("text/") and part.get_filename() is None:
            plain.append(_body(part))
    text = (
        "\n".join(plain)
        if any(t.strip() for t in plain)
        else plain_text("\n".join(rich)[:_MOST_TEXT])
    )
    return MailParts(
        headers=headers,
        sender=_address(headers.get("from", "")),
        subject=headers.get("subject", ""),
        message_id=next(iter(_MESSAGE_ID.findall(headers.get("message-id", ""))), None),
        sent_at=_date(headers.get("date", "")),
        references=_references(headers),
        content_type=message.get_content_type(),
        report_type=str(message.get_param("report-type") or "").lower(),
        text=text.replace("\r\n", "\n")[:_MOST_TEXT],
        reports=tuple(reports),
        feedback=feedback,
        returned=returned,
        returned_text="\n".join(returned_text)[:_MOST_TEXT],
    )


def _bare(raw: bytes) -> Message:
    message = Message()
    text = raw.decode("ascii", "surrogateescape")
    message.set_payload(text)
    if len(_ENCODED.findall(text)) > 2:
        message["Content-Transfer-Encoding"] = "quoted-printable"
    return message


def _walk(message: Message, inside: bool = False, depth: int = 0) -> Iterator[tuple[Message, bool]]:
    """Yield the leaves; `inside` tells those that belong to a mail that came back."""
    message = _mended(message)
    yield message, inside
    payload = message.get_payload()
    if not isinstance(payload, list) or depth > 20:
        return
    if message.get_content_type() in {"message/delivery-status", "message/feedback-report"}:
        return
    within = inside or message.get_content_maintype() == "message"
    for part in payload:
        if isinstance(part, Message):
            yield from _walk(part, within, depth + 1)


def _mended(message: Message) -> Message:
    """Return a multipart message that lost its boundary, parsed by the one that its body has."""
    payload = message.get_payload()
    if message.get_content_maintype() != "multipart" or not isinstance(payload, str):
        return message
    found = _BOUNDARY.search(payload)
    if found is None:
        message.set_type("text/plain")
        return message
    kind = message.get_content_subtype()
    head = f'Content-Type: multipart/{kind}; boundary="{found.group(1)}"\n\n'
    mended = message_from_bytes((head + payload).encode("utf-8", "surrogateescape"))
    return mended if isinstance(mended.get_payload(), list) else message


def _headers(message: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in message.items():
        found.setdefault(name.lower(), _decode(str(value)))
    return found


def _decode(value: str) -> str:
    try:
        pieces = decode_header(value)
    except (ValueError, LookupError, MessageError):
        return _clean(value)
    text = "".join(
        piece if isinstance(piece, str) else _to_text(piece, charset) for piece, charset in pieces
    )
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """Return the text without what no database stores: NUL, and bytes that are no character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _to_text(data: bytes, charset: str | None) -> str:
    for name in (charset or "utf-8", "utf-8"):
        try:
            return _clean(data.decode(name))
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return _clean(data.decode("latin-1"))


def _body(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError):
        return ""
    if not isinstance(data, bytes):
        return ""
    charset = part.get_param("charset")
    return _to_text(data[: 4 * _MOST_TEXT], charset if isinstance(charset, str) else None)


def _groups(part: Message) -> Iterator[dict[str, str]]:
    payload = part.get_payload()
    if isinstance(payload, list):
        for group in payload:
            if isinstance(group, Message):
                yield _headers(group)
                # Broken servers leave out the empty line, or put two.
                rest = group.get_payload()
                if isinstance(rest, str) and ":" in rest:
                    yield _headers(message_from_bytes(rest.encode("utf-8", "replace")))
        return
    text = _body(part) if not isinstance(payload, str) else str(payload)
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        yield _headers(message_from_bytes(block.encode("utf-8", "replace")))


def _returned_headers(part: Message) -> dict[str, str]:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return _headers(payload[0])
    return _headers(message_from_bytes(_body(part).encode("utf-8", "replace")))


def _references(headers: dict[str, str]) -> tuple[str, ...]:
    found = _MESSAGE_ID.findall(headers.get("in-reply-to", ""))
    found += reversed(_MESSAGE_ID.findall(headers.get("references", "")))
    return tuple(dict.fromkeys(found))


def find_message_ids(text: str) -> tuple[str, ...]:
    """Return everything in a text that has the form of a Message-ID."""
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(text)))


def _address(value: str) -> str:
    try:
        return getaddresses([value])[0][1].lower()
    except (IndexError, ValueError):
        return ""


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
