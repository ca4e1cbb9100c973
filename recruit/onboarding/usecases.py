"""What people and edges can do with onboarding: one function an action, gathered from its modules."""

from recruit.onboarding.agreements import NotSignedProperly, sign_agreement
from recruit.onboarding.applying import (
    ApplicationForm,
    FormRefused,
    TooManyApplications,
    apply_to_program,
)
from recruit.onboarding.asking import (
    QuestionRefused,
    UnknownQuestion,
    answer_question,
    ask_candidate,
    find_question,
    mail_questions,
)
from recruit.onboarding.candidates import (
    AlreadyDecided,
    accept_candidate,
    add_candidate,
    collect_candidates,
    decline_candidate,
    reopen_candidate,
)
from recruit.onboarding.gates import GateNotMet
from recruit.onboarding.gathering import (
    check_gate,
    gather_evidence,
    gather_evidence_of_person,
    gather_many,
)
from recruit.onboarding.members import (
    AlreadySignedIn,
    invite_member,
    invite_signatory,
    leave_member,
    leave_partner,
    renew_invitation,
    take_partner_back,
)
from recruit.onboarding.programs import UnknownProgram, get_program, publish_program
from recruit.onboarding.published import NothingPublished, UnknownCourse
from recruit.onboarding.publishing import (
    publish_agreement,
    publish_course,
    publish_resource,
    publish_track,
)
from recruit.onboarding.records import MOST_BYTES as MOST_DOCUMENT_BYTES
from recruit.onboarding.records import (
    UnknownRecord,
    check_record,
    check_upload,
    list_unsealed,
    seal_acceptance,
)
from recruit.onboarding.steps import (
    CompanyIncomplete,
    ReasonMissing,
    save_company,
    take_back_waiver,
    view_lesson,
    waive_step,
)
from recruit.onboarding.store import NotAMember, UnknownCandidate, UnknownPartner, UnknownStep
from recruit.onboarding.taking import (
    NothingToReview,
    NothingToTake,
    NotNow,
    NotStarted,
    ReasonNeeded,
    find_turn,
    grant_attempt,
    hand_in_quiz,
    review_attempt,
    start_quiz,
)
from recruit.onboarding.training_store import UnknownAttempt

__all__ = [
    "MOST_DOCUMENT_BYTES",
    "AlreadyDecided",
    "AlreadySignedIn",
    "ApplicationForm",
    "CompanyIncomplete",
    "FormRefused",
    "GateNotMet",
    "NotAMember",
    "NotNow",
    "NotSignedProperly",
    "NotStarted",
    "NothingPublished",
    "NothingToReview",
    "NothingToTake",
    "QuestionRefused",
    "ReasonMissing",
    "ReasonNeeded",
    "TooManyApplications",
    "UnknownAttempt",
    "UnknownCandidate",
    "UnknownCourse",
    "UnknownPartner",
    "UnknownProgram",
    "UnknownQuestion",
    "UnknownRecord",
    "UnknownStep",
    "accept_candidate",
    "add_candidate",
    "answer_question",
    "apply_to_program",
    "ask_candidate",
    "check_gate",
    "check_record",
    "check_upload",
    "collect_candidates",
    "decline_candidate",
    "find_question",
    "find_turn",
    "gather_evidence",
    "gather_evidence_of_person",
    "gather_many",
    "get_program",
    "grant_attempt",
    "hand_in_quiz",
    "invite_member",
    "invite_signatory",
    "leave_member",
    "leave_partner",
    "list_unsealed",
    "mail_questions",
    "publish_agreement",
    "publish_course",
    "publish_program",
    "publish_resource",
    "publish_track",
    "renew_invitation",
    "reopen_candidate",
    "review_attempt",
    "save_company",
    "seal_acceptance",
    "sign_agreement",
    "start_quiz",
    "take_back_waiver",
    "take_partner_back",
    "view_lesson",
    "waive_step",
]
