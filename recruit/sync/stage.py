"""Decide in one word where a firm stands, and whether it may enter the CRM."""

from recruit.crm.values import Inclusion
from recruit.onboarding.values import CandidateStatus, PartnerState
from recruit.sync.values import Milestones, RecruitmentStage

_OF_PARTNER = {
    PartnerState.INVITED: RecruitmentStage.INVITED,
    PartnerState.SIGNING: RecruitmentStage.SIGNING,
    PartnerState.TRAINING: RecruitmentStage.TRAINING,
    PartnerState.FULL_ACCESS: RecruitmentStage.FULL_ACCESS,
    PartnerState.LAPSED: RecruitmentStage.LAPSED,
    PartnerState.LEFT: RecruitmentStage.LEFT,
}


def stage_of(reached: Milestones) -> RecruitmentStage:
    """Return the furthest stage that a firm has reached."""
    if reached.partner is not None:
        return _OF_PARTNER[reached.partner]
    if reached.candidate is CandidateStatus.DECLINED:
        return RecruitmentStage.DECLINED
    if reached.candidate is not None:
        return RecruitmentStage.CANDIDATE
    if reached.replied:
        return RecruitmentStage.REPLIED
    return RecruitmentStage.CONTACTED if reached.touched else RecruitmentStage.PROSPECT


def may_enter(reached: Milestones, include: Inclusion) -> bool:
    """Tell whether the inclusion rule lets a firm into the CRM."""
    if reached.partner is not None:
        return True
    match include:
        case Inclusion.PARTNER:
            return False
        case Inclusion.REPLIED:
            return reached.replied_positively or reached.candidate is not None
        case Inclusion.ENROLLED:
            return reached.enrolled or reached.candidate is not None
