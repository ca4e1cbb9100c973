"""Profiles, their versions, and the scores that firms have against a version."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id, status_type
from recruit.firms.relations import firm_stays
from recruit.firms.tables import Firm
from recruit.scoring.values import Standing


class Profile(Base):
    """An ideal partner profile by its name; what it asks for stands in its versions."""

    __tablename__ = "profile"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class ProfileVersion(Base):
    """One immutable state of a profile. `definition` is its TOML file as data."""

    __tablename__ = "profile_version"

    id: Mapped[Id]
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]]
    definition_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    ranked_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("profile_id", "number"),)


class Score(Base):
    """A firm's place against one profile version. `reasons` is a list of `Reason.to_json`."""

    __tablename__ = "score"

    profile_version_id: Mapped[int] = mapped_column(
        ForeignKey("profile_version.id"), primary_key=True, autoincrement=False
    )
    # After a merge a score says nothing any more; ranking makes new ones.
    firm_id: Mapped[int] = mapped_column(
        ForeignKey(Firm.id), primary_key=True, autoincrement=False, info=firm_stays()
    )
    firm_version: Mapped[int]
    standing: Mapped[Standing] = mapped_column(status_type(Standing))
    standing_reason: Mapped[str] = mapped_column(Text, default="")
    # 1 is best; None where the firm does not take part. Ties are broken by low end, name and id.
    rank: Mapped[int | None]
    total: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    reasons: Mapped[list[Any]]
    scored_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_score_profile_version_id_rank", "profile_version_id", "rank"),
        Index("ix_score_firm_id", "firm_id"),
    )
