"""What people and edges can do with sequences: one function an action, gathered from its modules."""

from recruit.sequences.answering import (
    UnknownToken,
    UnsubscribeView,
    complete_task,
    confirm_mood,
    find_unsubscribe,
    handle_reply,
    release_held,
    skip_task,
    unsubscribe,
)
from recruit.sequences.enrolling import (
    AlreadyEnrolled,
    EnrollmentRefused,
    LawForbids,
    NoContact,
    NotExclusive,
    SequenceNotActive,
    Suppressed,
    enroll_firm,
)
from recruit.sequences.erasing import erase_address
from recruit.sequences.following_up import DayIsOver, NotAContact, add_referred, answer_later
from recruit.sequences.health import check_mailboxes
from recruit.sequences.inbound import record_inbound
from recruit.sequences.mailboxes import (
    BadMailbox,
    Warmup,
    add_mailbox,
    list_mailboxes,
    pause_mailbox,
    resume_mailbox,
)
from recruit.sequences.previewing import PlannedTouch, preview, preview_definition
from recruit.sequences.sequences import (
    NotLawful,
    pause_sequence,
    save_sequence,
    start_sequence,
)
from recruit.sequences.settling import settle_unknown
from recruit.sequences.stopping import remove_enrollment
from recruit.sequences.store import (
    IllegalTransition,
    UnknownMailbox,
    UnknownRow,
    UnknownSequence,
)
from recruit.sequences.suppression import lift_suppression, list_suppressions, suppress

__all__ = [
    "AlreadyEnrolled",
    "BadMailbox",
    "DayIsOver",
    "EnrollmentRefused",
    "IllegalTransition",
    "LawForbids",
    "NoContact",
    "NotAContact",
    "NotExclusive",
    "NotLawful",
    "PlannedTouch",
    "SequenceNotActive",
    "Suppressed",
    "UnknownMailbox",
    "UnknownRow",
    "UnknownSequence",
    "UnknownToken",
    "UnsubscribeView",
    "Warmup",
    "add_mailbox",
    "add_referred",
    "answer_later",
    "check_mailboxes",
    "complete_task",
    "confirm_mood",
    "enroll_firm",
    "erase_address",
    "find_unsubscribe",
    "handle_reply",
    "lift_suppression",
    "list_mailboxes",
    "list_suppressions",
    "pause_mailbox",
    "pause_sequence",
    "preview",
    "preview_definition",
    "record_inbound",
    "release_held",
    "remove_enrollment",
    "resume_mailbox",
    "save_sequence",
    "settle_unknown",
    "skip_task",
    "start_sequence",
    "suppress",
    "unsubscribe",
]
