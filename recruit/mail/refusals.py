"""What a mail server's refusal means: for good or for now, about the recipient or about us.

Pure. The same judgement serves a refusal in the conversation (`adapters.smtp`) and one that comes back
later as a bounce (`recruit.sequences.bounces`). Words weigh more than numbers, since servers are careful
with what they tell people and careless with codes; where there are no words, RFC 3463's status decides.
"""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from recruit.mail.phrases import phrase_pattern, plain_words

# RFC 3463: class.subject.detail
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,2})\.(\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.\-/:])([45]\d\d)(?=[ \-#]\D|[ \-]\d\.\d\.\d)")


class Stage(StrEnum):
    """How far the conversation was when the server refused."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    # No command is told, but the reply names the address, which the reply to a text does not know.
    ADDRESS = "address"
    TEXT = "text"
    UNTOLD = "untold"


class Reason(StrEnum):
    """Why a server refused; `refusal_words.toml` has the words of each."""

    MAILBOX_FULL = "mailbox_full"
    MESSAGE_TOO_BIG = "message_too_big"
    SENDER_BLOCKED = "sender_blocked"
    SENDER_SETUP = "sender_setup"
    TOO_FAST = "too_fast"
    SENDER_REFUSED = "sender_refused"
    MESSAGE_REFUSED = "message_refused"
    SUSPENDED = "suspended"
    FILTERED = "filtered"
    PASSING = "passing"
    MOVED = "moved"
    TAKES_NO_MAIL = "takes_no_mail"
    HOST_UNKNOWN = "host_unknown"
    NO_ACCOUNT = "no_account"
    USER_UNKNOWN = "user_unknown"
    RECIPIENT_REFUSED = "recipient_refused"
    UNTOLD = "untold"


# (subject, detail) of RFC 3463 and of its registry, for refusals without telling words.
_BY_STATUS = {
    (1, 0): Reason.RECIPIENT_REFUSED,
    (1, 1): Reason.USER_UNKNOWN,
    (1, 2): Reason.HOST_UNKNOWN,
    (1, 3): Reason.USER_UNKNOWN,
    (1, 4): Reason.RECIPIENT_REFUSED,
    (1, 6): Reason.MOVED,
    (1, 7): Reason.SENDER_REFUSED,
    (1, 8): Reason.SENDER_REFUSED,
    (1, 10): Reason.TAKES_NO_MAIL,
    (2, 1): Reason.SUSPENDED,
    (2, 2): Reason.MAILBOX_FULL,
    (2, 3): Reason.MESSAGE_TOO_BIG,
    (2, 4): Reason.PASSING,
    (3, 1): Reason.MAILBOX_FULL,
    (3, 4): Reason.MESSAGE_TOO_BIG,
    (7, 13): Reason.SUSPENDED,
    (7, 16): Reason.MESSAGE_TOO_BIG,
    (7, 17): Reason.MOVED,
    (7, 18): Reason.MOVED,
}
_BY_CODE = {551: Reason.MOVED, 552: Reason.MAILBOX_FULL, 556: Reason.TAKES_NO_MAIL}
# Statuses that speak of the address itself: with one of these, words are believed at any stage.
_OF_ADDRESS = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (7, 17), (7, 18)}
# Details of each subject that servers use for "no such user" as well, whatever RFC 3463 says they mean; any
# other of these subjects is about the mailbox, the system, the way, the talk, the message or our rights, so that
# words like "unknown" and "invalid" beside it are not about the recipient.
_LOOSE_DETAILS = {2: {0, 1}, 3: {0}, 4: {0, 1, 4}, 5: {0, 1}, 6: set[int](), 7: {0, 1}}


@dataclass(frozen=True)
class Refusal:
    """`permanent`: the same message will not be taken later. `about_us`: any recipient there would refuse it.

    `recipient_gone`: the address, or its domain, takes no mail from anybody.
    """

    permanent: bool
    about_us: bool
    recipient_gone: bool
    mailbox_full: bool
    reason: Reason = Reason.UNTOLD


@dataclass(frozen=True)
class _Words:
    reason: Reason
    pattern: re.Pattern[str]
    about_us: bool
    gone: bool


def find_enhanced_status(text: str) -> str | None:
    """Return the first RFC 3463 status ("5.1.1") in a server's words."""
    found = _ENHANCED.search(text)
    return found.group(0) if found else None


def find_reply_code(text: str) -> int | None:
    """Return the first SMTP reply code (550) in a server's words."""
    found = _CODE.search(text)
    return int(found.group(1)) if found else None


def judge_refusal(
    code: int | None, status: str | None, text: str, stage: Stage | None = None
) -> Refusal:
    """Judge a reply by its code (550), its enhanced status (5.1.1) and its words; any may be missing.

    `stage` is None in a conversation of our own, where the server answers for this recipient.
    """
    status = status or find_enhanced_status(text)
    code = code or find_reply_code(text)
    kind = _kind(status)
    permanent = (code // 100 == 5) if code else bool(status and status[0] == "5")
    words = _said(text)
    reason = words.reason if words else _BY_STATUS.get(kind) or _BY_CODE.get(code or 0)
    reason = reason or (Reason.SENDER_SETUP if kind[0] == 7 and kind[1] >= 20 else Reason.UNTOLD)
    if stage is Stage.SENDER and reason in _gone():
        reason = Reason.SENDER_REFUSED
    full = reason is Reason.MAILBOX_FULL
    return Refusal(
        permanent=permanent and not full,
        about_us=reason in _about_us(),
        recipient_gone=permanent and _is_gone(reason, status, stage),
        mailbox_full=full,
        reason=reason,
    )


def _is_gone(reason: Reason, status: str | None, stage: Stage | None) -> bool:
    kind = subject, detail = _kind(status)
    if reason in {Reason.TAKES_NO_MAIL, Reason.NO_ACCOUNT}:
        return True
    if detail not in _LOOSE_DETAILS.get(subject, {detail}) and kind not in _OF_ADDRESS:
        return False
    if reason is Reason.HOST_UNKNOWN:
        # Among our rights (x.7), the host that nobody knows is ours.
        return subject != 7
    if kind in _OF_ADDRESS:
        return reason in _gone()
    match reason:
        case Reason.MOVED | Reason.USER_UNKNOWN:
            # "User unknown" after the whole message was read is what carriers say for a filter.
            return stage in {None, Stage.RECIPIENT} or (
                stage is Stage.ADDRESS and status is not None and kind == (0, 0)
            )
        case Reason.RECIPIENT_REFUSED:
            return stage is None
        case _:
            return False


def _kind(status: str | None) -> tuple[int, int]:
    if not status:
        return (0, 0)
    _, subject, detail = (int(part) for part in status.split("."))
    return (subject, detail)


def _said(text: str) -> _Words | None:
    # What Exchange Online says of a recipient that it does not know.
    text = re.sub(r"(?i)(recipient address rejected: )access denied", r"\1user unknown", text)
    plain = plain_words(text)
    return next((words for words in _tables() if words.pattern.search(plain)), None)


@cache
def _tables() -> tuple[_Words, ...]:
    raw = tomllib.loads(
        files("recruit.mail").joinpath("refusal_words.toml").read_text(encoding="utf-8")
    )
    return tuple(
        _Words(
            reason=Reason(entry["name"]),
            pattern=phrase_pattern(entry["phrases"]),
            about_us=entry.get("about_us", False),
            gone=entry.get("gone", False),
        )
        for entry in raw["reason"]
    )


@cache
def _about_us() -> frozenset[Reason]:
    return frozenset(words.reason for words in _tables() if words.about_us)


@cache
def _gone() -> frozenset[Reason]:
    return frozenset(words.reason for words in _tables() if words.gone)
