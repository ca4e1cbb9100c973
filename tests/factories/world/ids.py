"""What tests ask a world for."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

SEQUENCE = "cloud-partners-first-contact"


@dataclass
class World:
    """Ids of rows, by what is the matter with them."""

    firm_ids: list[int] = field(default_factory=list)
    new_firm_ids: list[int] = field(default_factory=list)
    without_contact_ids: list[int] = field(default_factory=list)
    # by fate: active, task, paused, positive, negative, bounced, unknown, held …
    firms_by_fate: dict[str, list[int]] = field(default_factory=dict)
    replies_by_fate: dict[str, int] = field(default_factory=dict)
    touches_by_fate: dict[str, int] = field(default_factory=dict)
    enrollment_ids: list[int] = field(default_factory=list)
    candidate_ids: list[int] = field(default_factory=list)
    partner_ids: list[int] = field(default_factory=list)
    job_ids: list[int] = field(default_factory=list)
    profile_version_id: int = 0


def add_all(session: Session, *rows: Any) -> None:
    """Add rows and give them their ids."""
    session.add_all(rows)
    session.flush()
