"""Statuses as the pages say them: a word, and a tone that also has a shape."""

from typing import NamedTuple

from recruit.onboarding.values import CandidateOrigin, CandidateStatus, PartnerState
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    SequenceStatus,
    TouchStatus,
)
from recruit.sourcing.values import JobStatus


class Label(NamedTuple):
    """A word and its tone: good, wait, stop, new or none."""

    word: str
    tone: str = ""


TOUCH = {
    TouchStatus.PENDING: Label("planned", "new"),
    TouchStatus.CLAIMED: Label("going out", "wait"),
    TouchStatus.SENDING: Label("going out", "wait"),
    TouchStatus.SENT: Label("sent", "good"),
    TouchStatus.FAILED: Label("failed", "stop"),
    TouchStatus.UNKNOWN: Label("unknown", "stop"),
    TouchStatus.HELD: Label("held", "wait"),
    TouchStatus.CANCELLED: Label("cancelled", "stop"),
    TouchStatus.OPEN: Label("to do", "wait"),
    TouchStatus.DONE: Label("done", "good"),
    TouchStatus.SKIPPED: Label("skipped"),
}
ENROLLMENT = {
    EnrollmentStatus.ACTIVE: Label("active", "wait"),
    EnrollmentStatus.PAUSED: Label("paused", "wait"),
    EnrollmentStatus.FINISHED: Label("finished"),
}
EXIT = {
    ExitReason.REPLIED: Label("replied", "good"),
    ExitReason.NO_REPLY: Label("no reply"),
    ExitReason.OPTED_OUT: Label("opted out", "stop"),
    ExitReason.BOUNCED: Label("bounced", "stop"),
    ExitReason.SUPPRESSED: Label("suppressed", "stop"),
    ExitReason.FAILED: Label("failed", "stop"),
    ExitReason.REMOVED: Label("removed", "stop"),
    ExitReason.RULE: Label("left by rule"),
    ExitReason.MERGED: Label("merged"),
}
SEQUENCE = {
    SequenceStatus.DRAFT: Label("draft", "new"),
    SequenceStatus.ACTIVE: Label("active", "good"),
    SequenceStatus.PAUSED: Label("paused", "wait"),
}
INBOUND = {
    InboundKind.HUMAN: Label("reply", "good"),
    InboundKind.AUTO_REPLY: Label("out of office", "wait"),
    InboundKind.BOUNCE: Label("bounce", "stop"),
    InboundKind.COMPLAINT: Label("complaint", "stop"),
    InboundKind.UNSUBSCRIBE: Label("opt-out", "stop"),
    InboundKind.OWN: Label("our own"),
}
MOOD = {
    Mood.POSITIVE: Label("interested", "good"),
    Mood.NEGATIVE: Label("not interested", "stop"),
    Mood.LATER: Label("later", "wait"),
    Mood.REFERRAL: Label("someone else", "new"),
    Mood.UNCLEAR: Label("unclear"),
}
JOB = {
    JobStatus.QUEUED: Label("queued", "new"),
    JobStatus.RUNNING: Label("running", "wait"),
    JobStatus.PAUSED: Label("paused", "wait"),
    JobStatus.DONE: Label("done", "good"),
    JobStatus.FAILED: Label("failed", "stop"),
    JobStatus.CANCELLED: Label("cancelled", "stop"),
}
PARTNER = {
    PartnerState.INVITED: Label("invited", "new"),
    PartnerState.SIGNING: Label("signing", "wait"),
    PartnerState.TRAINING: Label("training", "wait"),
    PartnerState.FULL_ACCESS: Label("full access", "good"),
    PartnerState.LAPSED: Label("lapsed", "stop"),
    PartnerState.LEFT: Label("left", "stop"),
}
CANDIDATE = {
    CandidateStatus.WAITING: Label("waits for a decision", "wait"),
    CandidateStatus.ASKED: Label("asked for more", "wait"),
    CandidateStatus.ACCEPTED: Label("accepted", "good"),
    CandidateStatus.DECLINED: Label("declined", "stop"),
}
ORIGIN = {
    CandidateOrigin.REPLY: "replied to a sequence",
    CandidateOrigin.APPLICATION: "applied",
    CandidateOrigin.RECRUITER: "put up by a recruiter",
}
