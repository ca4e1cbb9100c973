"""The words of the CRM conversation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recruit.crm.merge import Agreement
from recruit.crm.values import Value
from recruit.onboarding.values import CandidateStatus, PartnerState

# CRMs limit long texts (Salesforce 32,768 characters); the mail itself stays in Recruit.
LONGEST_TEXT = 10_000


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
    MERGED_THERE = "merged_there"  # people merged the record into another, and we follow
    MOVED = "moved"  # the firm was merged; its record follows the one that stays
    DECIDED = "decided"  # a person said which of several records is the twin


class QuestionStatus(StrEnum):
    """How the question stands which of several records in the CRM is the twin of ours."""

    WAITING = "waiting"
    LINK = "link"  # one of them was chosen
    NEW = "new"  # none of them is it
    SETTLED = "settled"  # a later look found one alone: people had tidied up there


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


@dataclass(frozen=True)
class Milestones:
    """What a firm has reached. `partner` is None for a firm that was never accepted."""

    enrolled: bool = False
    touched: bool = False
    replied: bool = False
    replied_positively: bool = False
    candidate: CandidateStatus | None = None
    partner: PartnerState | None = None


@dataclass(frozen=True)
class DesiredRecord:
    """One record as it should stand in the CRM: a company, a contact or an activity.

    `values` are by our field names and canonical; `references` name other records of ours by
    (object type, id). `facts` is what was taken from the CRM earlier. `changed_at` is when our
    side was last edited, for the policy `latest`; `edited_at` when single fields were, where it is
    known.
    """

    object_type: str
    object_id: int
    kind: str
    external_id: str
    values: Mapping[str, Value]
    changed_at: datetime
    references: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    facts: Mapping[str, Value] = field(default_factory=dict)
    edited_at: Mapping[str, datetime] = field(default_factory=dict)

    def edited(self, ours: str) -> datetime:
        """Return when one of our fields was edited last, as far as it is known."""
        return self.edited_at.get(ours, self.changed_at)

    @property
    def key(self) -> tuple[str, int]:
        """Return what tells this record from every other of ours."""
        return self.object_type, self.object_id


@dataclass(frozen=True)
class DesiredFirm:
    """A firm and all that is to be told of it: its company first, then contacts, then activities."""

    firm_id: int
    name: str
    reached: Milestones
    records: tuple[DesiredRecord, ...]


@dataclass(frozen=True)
class Choice:
    """What people said so far about a record's twin; `not_these` are ids in the CRM."""

    status: QuestionStatus
    link_to: str | None = None
    not_these: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Link:
    """What is known of a record's twin in the CRM. `version` is blank when it has moved on."""

    external_id: str
    crm_id: str
    version: str
    agreement: Agreement
    deleted_there: bool
