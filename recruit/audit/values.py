"""What is written down: the actions, an entry, and a row of the chain."""

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What somebody did, as object and verb."""

    SIGNED_IN = "person.signed_in"
    SIGN_IN_REFUSED = "person.sign_in_refused"
    SIGNED_OUT = "person.signed_out"
    PERSON_ADDED = "person.added"
    PERSON_INVITED = "person.invited"
    PASSWORD_SET = "person.password_set"  # noqa: S105
    ROLE_CHANGED = "person.role_changed"
    PERSON_DISABLED = "person.disabled"
    PERSON_ENABLED = "person.enabled"
    IDENTITY_LINKED = "person.identity_linked"
    SESSIONS_ENDED = "person.sessions_ended"
    KEY_ADDED = "api_key.added"
    KEY_REVOKED = "api_key.revoked"
    CANDIDATE_DECIDED = "candidate.decided"
    MEMBER_ADDED = "member.added"
    MEMBER_LEFT = "member.left"
    MEMBER_RETURNED = "member.returned"
    PARTNER_LEFT = "partner.left"
    PARTNER_RETURNED = "partner.returned"
    SELF_REGISTRATION_SET = "partner.self_registration_set"
    AGREEMENT_PUBLISHED = "agreement.published"
    AGREEMENT_SIGNED = "agreement.signed"
    TRACK_PUBLISHED = "track.published"
    STEP_WAIVED = "step.waived"
    WAIVER_TAKEN_BACK = "step.waiver_taken_back"
    STEP_DECIDED = "step.decided"
    ATTEMPT_GRANTED = "attempt.granted"
    ATTEMPT_REVIEWED = "attempt.reviewed"
    CERTIFICATE_AWARDED = "certificate.awarded"
    CERTIFICATE_REVOKED = "certificate.revoked"
    SUPPRESSION_LIFTED = "suppression.lifted"
    ADDRESS_ERASED = "address.erased"
    SEQUENCE_STARTED = "sequence.started"
    SEQUENCE_PAUSED = "sequence.paused"
    MAILBOX_RESUMED = "mailbox.resumed"
    FIRMS_OVERRIDDEN = "firms.overridden"
    OVERRIDES_UNDONE = "firms.overrides_undone"
    FIRM_CHANGE_UNDONE = "firm.change_undone"
    PROFILE_SAVED = "profile.saved"
    MODEL_PROMOTED = "model.promoted"
    MODEL_TAKEN_BACK = "model.taken_back"
    CRM_DISCARDED = "crm.discarded"
    EXPORTED = "data.exported"


@dataclass(frozen=True)
class Entry:
    """One thing that somebody did, before it has its place in the chain. `details` is canonical JSON."""

    actor: str
    person_id: int | None
    ip: str
    action: str
    object_type: str
    object_id: str
    details: str


@dataclass(frozen=True)
class Row:
    """One row of the chain.

    `seq` counts from 1 without a gap; `at` is UTC to the microsecond, as `2026-03-03T09:30:00.000000Z`.
    Everything is a text or a whole number, so that what is hashed is what is stored, letter by letter.
    """

    seq: int
    at: str
    actor: str
    person_id: int | None
    ip: str
    action: str
    object_type: str
    object_id: str
    details: str
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The newest row's number and hash."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Broken:
    """The first row at which the chain doesn't hold, and why."""

    seq: int
    why: str


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found: the rows that hold, the last of them, and the first that doesn't."""

    rows: int
    head: Head
    broken: Broken | None
