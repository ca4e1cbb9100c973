"""The words of onboarding: candidates, partners, tracks, and what may be opened."""

from enum import StrEnum


class CandidateStatus(StrEnum):
    """What was decided of a firm that wants to become a partner."""

    WAITING = "waiting"
    ASKED = "asked"  # we asked for more, and wait for the answer
    ACCEPTED = "accepted"
    DECLINED = "declined"


UNDECIDED = frozenset({CandidateStatus.WAITING, CandidateStatus.ASKED})

CANDIDATE_TRANSITIONS: dict[CandidateStatus, frozenset[CandidateStatus]] = {
    CandidateStatus.WAITING: frozenset(
        {CandidateStatus.ASKED, CandidateStatus.ACCEPTED, CandidateStatus.DECLINED}
    ),
    CandidateStatus.ASKED: frozenset(
        {CandidateStatus.WAITING, CandidateStatus.ACCEPTED, CandidateStatus.DECLINED}
    ),
    CandidateStatus.DECLINED: frozenset({CandidateStatus.WAITING}),
    CandidateStatus.ACCEPTED: frozenset(),
}


class CandidateOrigin(StrEnum):
    """How a firm became a candidate."""

    REPLY = "reply"
    APPLICATION = "application"
    RECRUITER = "recruiter"


class MemberRole(StrEnum):
    """What a person may do for their partner firm."""

    SIGNATORY = "signatory"
    ADMIN = "admin"
    MEMBER = "member"


class QuestionMail(StrEnum):
    """How far the mail with a question to a candidate has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"  # let go, and the answer was lost: never sent again by itself


class CommitmentKind(StrEnum):
    """What a partner commits itself to."""

    CERTIFIED_PEOPLE = "certified_people"
    REVENUE = "revenue"
    REFERRALS = "referrals"


class TrackStepKind(StrEnum):
    """What a step of the track asks for."""

    AGREEMENT = "agreement"
    PROFILE = "profile"
    COURSE = "course"
    CERTIFICATION = "certification"
    TASK = "task"  # the partner hands in a proof, staff check it
    CALL = "call"  # staff book it and say that it was held
    APPROVAL = "approval"  # staff approve


class PartnerState(StrEnum):
    """Where a partner stands; computed from evidence at the moment of asking, never stored."""

    INVITED = "invited"  # accepted by us; nobody of theirs has signed in
    SIGNING = "signing"  # the agreement is not signed
    TRAINING = "training"  # signed; the track is not complete
    FULL_ACCESS = "full_access"
    LAPSED = "lapsed"  # was complete; a certificate has run out
    LEFT = "left"  # off-boarded


class Action(StrEnum):
    """What a gate decides on."""

    SEE_PORTAL = "see_portal"
    SIGN_AGREEMENT = "sign_agreement"
    EDIT_COMPANY = "edit_company"
    INVITE_COLLEAGUE = "invite_colleague"
    TAKE_COURSE = "take_course"
    TAKE_QUIZ = "take_quiz"
    HAND_IN_TASK = "hand_in_task"
    SEE_CERTIFICATE = "see_certificate"
    SEE_PRICES = "see_prices"
    SEE_RESOURCES = "see_resources"
    REGISTER_DEAL = "register_deal"
