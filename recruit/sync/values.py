"""The words of the CRM conversation."""

from enum import StrEnum


class LinkStatus(StrEnum):
    """How one of our objects stands to its twin in the CRM."""

    LINKED = "linked"
    DELETED_THERE = "deleted_there"  # deleted in the CRM stays deleted


class SyncDirection(StrEnum):
    """Which way something went."""

    PUSH = "push"
    PULL = "pull"


class SyncWhat(StrEnum):
    """What happened to one record in the conversation."""

    CREATED = "created"
    LINKED = "linked"  # an existing record was recognised
    UPDATED = "updated"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # the answer was lost
    CHANGED_THERE = "changed_there"
    DELETED_THERE = "deleted_there"
    RESTORED_THERE = "restored_there"
    MOVED = "moved"  # the firm was merged; its record follows the one that stays


class RecruitmentStage(StrEnum):
    """Where a firm stands on its way to a partner, in one word for the CRM."""

    PROSPECT = "prospect"
    CONTACTED = "contacted"
    REPLIED = "replied"
    CANDIDATE = "candidate"
    DECLINED = "declined"
    INVITED = "invited"
    SIGNING = "signing"
    TRAINING = "training"
    FULL_ACCESS = "full_access"
    LAPSED = "lapsed"
    LEFT = "left"
