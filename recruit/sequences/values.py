"""The words of sequences: steps, enrollments, touches, replies, and which status may follow which."""

from enum import StrEnum


class SequencesError(Exception):
    """Something that sequences refuse; the message says what, why and what to do."""


class StepKind(StrEnum):
    """What a step does."""

    EMAIL = "email"
    TASK = "task"
    WAIT = "wait"
    BRANCH = "branch"


class SequenceStatus(StrEnum):
    """Whether a sequence sends."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"


class EnrollmentStatus(StrEnum):
    """Where a firm stands in a sequence."""

    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"


class ExitReason(StrEnum):
    """Why an enrollment is finished."""

    REPLIED = "replied"
    NO_REPLY = "no_reply"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    FAILED = "failed"
    REMOVED = "removed"
    RULE = "rule"
    MERGED = "merged"


ENROLLMENT_TRANSITIONS: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    EnrollmentStatus.ACTIVE: frozenset({EnrollmentStatus.PAUSED, EnrollmentStatus.FINISHED}),
    EnrollmentStatus.PAUSED: frozenset({EnrollmentStatus.ACTIVE, EnrollmentStatus.FINISHED}),
    EnrollmentStatus.FINISHED: frozenset(),
}


class TouchStatus(StrEnum):
    """Where one touch stands. `sending` means that the message may be on its way: never send again."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    CANCELLED = "cancelled"
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


TOUCH_TRANSITIONS: dict[TouchStatus, frozenset[TouchStatus]] = {
    TouchStatus.PENDING: frozenset(
        {
            TouchStatus.CLAIMED,
            TouchStatus.HELD,
            TouchStatus.CANCELLED,
            TouchStatus.OPEN,
            # A wait is over, a branch is taken.
            TouchStatus.DONE,
        }
    ),
    # An expired claim goes back: nothing was said to the mail server yet that could not be unsaid.
    TouchStatus.CLAIMED: frozenset(
        {
            TouchStatus.PENDING,
            TouchStatus.SENDING,
            TouchStatus.FAILED,
            TouchStatus.HELD,
            TouchStatus.CANCELLED,
        }
    ),
    # Back to pending only by the server's own 4xx, which says that it did not take the message.
    TouchStatus.SENDING: frozenset(
        {TouchStatus.SENT, TouchStatus.FAILED, TouchStatus.UNKNOWN, TouchStatus.PENDING}
    ),
    # Only evidence (the Sent folder, a DSN, the server's log) or a person settles an unknown; back to
    # pending only by a person who has seen that it never arrived.
    TouchStatus.UNKNOWN: frozenset({TouchStatus.SENT, TouchStatus.FAILED, TouchStatus.PENDING}),
    TouchStatus.HELD: frozenset({TouchStatus.PENDING, TouchStatus.CANCELLED}),
    TouchStatus.OPEN: frozenset({TouchStatus.DONE, TouchStatus.SKIPPED, TouchStatus.CANCELLED}),
    TouchStatus.SENT: frozenset(),
    TouchStatus.FAILED: frozenset(),
    TouchStatus.CANCELLED: frozenset(),
    TouchStatus.DONE: frozenset(),
    TouchStatus.SKIPPED: frozenset(),
}


class InboundKind(StrEnum):
    """What an incoming mail is."""

    HUMAN = "human"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    OWN = "own"


class Mood(StrEnum):
    """What a human reply says; a guess until a person confirms it."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    LATER = "later"
    REFERRAL = "referral"
    UNCLEAR = "unclear"


class SuppressionScope(StrEnum):
    """What is never to be written to again."""

    ADDRESS = "address"
    DOMAIN = "domain"
    FIRM = "firm"
