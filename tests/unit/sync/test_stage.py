"""A firm's stage in one word, and whether it may enter the CRM."""

import pytest

from recruit.crm.values import Inclusion
from recruit.onboarding.values import CandidateStatus, PartnerState
from recruit.sync.stage import may_enter, stage_of
from recruit.sync.values import Milestones, RecruitmentStage

ENROLLED = {"enrolled": True}
TOUCHED = ENROLLED | {"touched": True}
SAID_NO = TOUCHED | {"replied": True}
SAID_YES = SAID_NO | {"replied_positively": True}
WAITING = SAID_YES | {"candidate": CandidateStatus.WAITING}
DECLINED = SAID_YES | {"candidate": CandidateStatus.DECLINED}
ACCEPTED = SAID_YES | {"candidate": CandidateStatus.ACCEPTED}


@pytest.mark.parametrize(
    ("reached", "stage"),
    [
        ({}, RecruitmentStage.PROSPECT),
        (ENROLLED, RecruitmentStage.PROSPECT),
        (TOUCHED, RecruitmentStage.CONTACTED),
        (SAID_NO, RecruitmentStage.REPLIED),
        (SAID_YES, RecruitmentStage.REPLIED),
        (WAITING, RecruitmentStage.CANDIDATE),
        (ACCEPTED, RecruitmentStage.CANDIDATE),
        (DECLINED, RecruitmentStage.DECLINED),
    ],
)
def test_the_furthest_milestone_is_the_stage(reached, stage):
    assert stage_of(Milestones(**reached)) is stage


@pytest.mark.parametrize("state", PartnerState)
def test_a_partners_state_is_its_stage_whatever_came_before(state):
    assert stage_of(Milestones(partner=state)).value == state.value
    assert stage_of(Milestones(**ACCEPTED, partner=state)).value == state.value


@pytest.mark.parametrize(
    ("reached", "enrolled", "replied", "partner"),
    [
        ({}, False, False, False),
        (ENROLLED, True, False, False),
        (SAID_NO, True, False, False),
        (SAID_YES, True, True, False),
        ({"candidate": CandidateStatus.WAITING}, True, True, False),
        (DECLINED, True, True, False),
        ({"partner": PartnerState.INVITED}, True, True, True),
        ({"partner": PartnerState.LEFT}, True, True, True),
    ],
)
def test_a_firm_enters_by_the_inclusion_rule(reached, enrolled, replied, partner):
    milestones = Milestones(**reached)
    assert may_enter(milestones, Inclusion.ENROLLED) is enrolled
    assert may_enter(milestones, Inclusion.REPLIED) is replied
    assert may_enter(milestones, Inclusion.PARTNER) is partner
