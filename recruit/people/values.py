"""Who acts: roles, and the actor that every change is attributed to."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do. Partner users see the portal and nothing else."""

    ADMIN = "admin"
    CHANNEL_MANAGER = "channel_manager"
    RECRUITER = "recruiter"
    PARTNER = "partner"


STAFF = frozenset({Role.ADMIN, Role.CHANNEL_MANAGER, Role.RECRUITER})


@dataclass(frozen=True)
class Actor:
    """A person, or the system itself (`person_id` None), as the author of a change."""

    person_id: int | None
    name: str
    role: Role | None = None


SYSTEM = Actor(None, "Recruit")
