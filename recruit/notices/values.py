"""The words of notices."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about. Each has a letter of its name."""

    INVITATION = "invitation"
    SIGN_IN_LINK = "sign_in_link"
    STEP_WAITING = "step_waiting"
    AGREEMENT_CHANGED = "agreement_changed"
    ANSWERS_READ = "answers_read"
    PROOF_DECIDED = "proof_decided"
    CALL_BOOKED = "call_booked"
    CERTIFICATE_AWARDED = "certificate_awarded"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    CERTIFICATE_EXPIRED = "certificate_expired"
    FULL_ACCESS = "full_access"
    RESOURCE_ADDED = "resource_added"
    CANDIDATE_WAITING = "candidate_waiting"
    PARTNER_STUCK = "partner_stuck"
    RESOURCE_STALE = "resource_stale"


# People can't do without these, so they go out at once whatever somebody prefers.
ACCOUNT_KINDS = frozenset({NoticeKind.INVITATION, NoticeKind.SIGN_IN_LINK})


class Preference(StrEnum):
    """When a person wants to hear."""

    INSTANT = "instant"
    DAILY = "daily"
    OFF = "off"


class NoticeStatus(StrEnum):
    """How far a notice has come."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # the server refused it for good
    UNKNOWN = "unknown"  # let go, and the answer was lost: never sent again by itself
    WITHHELD = "withheld"  # the person wants none, or is gone


NOTICE_TRANSITIONS: dict[NoticeStatus, frozenset[NoticeStatus]] = {
    NoticeStatus.PENDING: frozenset({NoticeStatus.CLAIMED, NoticeStatus.WITHHELD}),
    NoticeStatus.CLAIMED: frozenset(
        {NoticeStatus.PENDING, NoticeStatus.SENDING, NoticeStatus.FAILED}
    ),
    NoticeStatus.SENDING: frozenset(
        {NoticeStatus.SENT, NoticeStatus.PENDING, NoticeStatus.FAILED, NoticeStatus.UNKNOWN}
    ),
    NoticeStatus.SENT: frozenset(),
    NoticeStatus.FAILED: frozenset(),
    NoticeStatus.UNKNOWN: frozenset(),
    NoticeStatus.WITHHELD: frozenset(),
}


@dataclass(frozen=True)
class Wording:
    """A notice in words: its subject, its paragraphs, and the one thing to do, with its path."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str = ""
    path: str = ""
