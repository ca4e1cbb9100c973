"""The API's own words: a field's name here is its name on the wire."""

from dataclasses import dataclass
from datetime import datetime

from recruit.insights.standing import ProspectState
from recruit.onboarding.values import CandidateOrigin, CandidateStatus, PartnerState
from recruit.sequences.values import InboundKind, Mood


@dataclass(frozen=True)
class ApiRange:
    """A whole number between `low` and `high`, both included; null is open or unknown."""

    low: int | None
    high: int | None


@dataclass(frozen=True)
class ApiPlace:
    """Where a firm is; `country` is ISO 3166-1 alpha-2."""

    city: str | None
    region: str | None
    country: str | None


@dataclass(frozen=True)
class ApiScore:
    """Points against the current profile, the interval that they may lie in, and the place in its ranking."""

    points: float
    low: float
    high: float
    rank: int | None


@dataclass(frozen=True)
class ApiFirm:
    """A firm in a list. `size` counts employees, `stage` is where it stands on its way."""

    id: int
    name: str
    domain: str | None
    place: ApiPlace
    size: ApiRange
    score: ApiScore | None
    stage: ProspectState
    tags: list[str]
    updated_at: datetime


@dataclass(frozen=True)
class ApiReason:
    """One reason of a score: its points of the most that it could give, in a sentence."""

    points: float
    most: float
    sentence: str


@dataclass(frozen=True)
class ApiContact:
    """Whom to write to at a firm, and where the address comes from."""

    email: str
    name: str | None
    job_title: str | None
    is_role_address: bool
    origin: str


@dataclass(frozen=True)
class ApiFirmDetail(ApiFirm):
    """A firm with the reasons of its score, which add up to its points, and its contacts."""

    website: str | None
    founded: ApiRange
    specialties: list[str]
    reasons: list[ApiReason]
    contacts: list[ApiContact]
    candidate_id: int | None
    partner_id: int | None


@dataclass(frozen=True)
class ApiCertificate:
    """A certificate that is valid now."""

    serial: str
    course: str
    person: str
    valid_until: datetime


@dataclass(frozen=True)
class ApiPartner:
    """A partner. `missing` are the steps that can be done now, in words."""

    id: int
    firm_id: int
    name: str
    state: PartnerState
    since: datetime
    accepted_at: datetime
    missing: list[str]
    certified_people: int
    certificates: list[ApiCertificate]


@dataclass(frozen=True)
class ApiReply:
    """A mail that came in. A `mood` is a guess until `mood_confirmed`."""

    id: int
    firm_id: int | None
    received_at: datetime
    from_address: str
    subject: str
    text: str
    kind: InboundKind
    mood: Mood | None
    mood_confirmed: bool


@dataclass(frozen=True)
class ApiCandidate:
    """A firm that may become a partner, and what was decided."""

    id: int
    firm_id: int
    firm_name: str
    status: CandidateStatus
    origin: CandidateOrigin
    contact_name: str
    contact_email: str
    created_at: datetime
    decided_at: datetime | None
    decision_reason: str


@dataclass(frozen=True)
class ApiSighting:
    """What a program told of a firm. `firm_id` is null until resolution has said which firm it is."""

    id: int
    reference: str
    firm_id: int | None
    last_seen_at: datetime
