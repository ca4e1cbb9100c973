"""Who acts: roles, and the actor that every change is attributed to."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do. Partner users see the portal and nothing else."""

    ADMIN = "admin"
    CHANNEL_MANAGER = "channel_manager"
    RECRUITER = "recruiter"
    PARTNER = "partner"


class SignInMethod(StrEnum):
    """How somebody proved who they are. A second factor or a passkey would be one more."""

    PASSWORD = "password"  # noqa: S105
    INVITATION = "invitation"
    MAIL_LINK = "mail_link"
    SSO = "sso"


STAFF = frozenset({Role.ADMIN, Role.CHANNEL_MANAGER, Role.RECRUITER})


@dataclass(frozen=True)
class Actor:
    """A person, or the system itself (`person_id` None), as the author of a change."""

    person_id: int | None
    name: str
    role: Role | None = None


SYSTEM = Actor(None, "Recruit")
