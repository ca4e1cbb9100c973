"""How likely each firm is by the model in use, what other systems report, and how batches were drawn."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id, status_type
from recruit.firms.tables import Firm
from recruit.learning.values import Stage
from recruit.scoring.tables import Profile, ProfileVersion


class Chance(Base):
    """What the model in use for a profile says of a firm, computed from its facts of `scored_at`."""

    __tablename__ = "chance"

    profile_id: Mapped[int] = mapped_column(
        ForeignKey(Profile.id), primary_key=True, autoincrement=False
    )
    firm_id: Mapped[int] = mapped_column(ForeignKey(Firm.id), primary_key=True, autoincrement=False)
    model: Mapped[str] = mapped_column(String(20))
    logit: Mapped[float]
    probability: Mapped[float]
    scored_at: Mapped[datetime]

    __table_args__ = (Index("ix_chance_firm_id", "firm_id"),)


class ModelWatch(Base):
    """The model in use for a profile, as lists tell of it, and what has moved since it was trained.

    `outcome` is what it foretells in words, on so many `outcomes` of which `good` were good. `drift` is
    `Drift.to_json`, empty where the model cannot be used: then there are no chances either.
    """

    __tablename__ = "model_watch"

    profile_id: Mapped[int] = mapped_column(
        ForeignKey(Profile.id), primary_key=True, autoincrement=False
    )
    model: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(200), default="", server_default="")
    outcomes: Mapped[int] = mapped_column(default=0, server_default="0")
    good: Mapped[int] = mapped_column(default=0, server_default="0")
    drift: Mapped[dict[str, Any]]
    warnings: Mapped[list[Any]]
    measured_at: Mapped[datetime]


class ReportedOutcome(Base):
    """A deal or revenue of a firm that another system knows of; told once, however often it is loaded."""

    __tablename__ = "reported_outcome"

    id: Mapped[Id]
    firm_id: Mapped[int] = mapped_column(ForeignKey(Firm.id))
    stage: Mapped[Stage] = mapped_column(status_type(Stage))
    at: Mapped[datetime]
    amount: Mapped[float | None]
    source: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(String(200))

    __table_args__ = (UniqueConstraint("firm_id", "stage", "at"),)


class Draw(Base):
    """A firm drawn into a batch: with which probability, and whether to explore. Never changed."""

    __tablename__ = "draw"

    id: Mapped[Id]
    batch: Mapped[str] = mapped_column(String(40))
    profile_version_id: Mapped[int] = mapped_column(ForeignKey(ProfileVersion.id))
    firm_id: Mapped[int] = mapped_column(ForeignKey(Firm.id))
    propensity: Mapped[float]
    explored: Mapped[bool]
    share: Mapped[float]
    seed: Mapped[int]
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[str] = mapped_column(String(200))

    __table_args__ = (
        UniqueConstraint("batch", "firm_id"),
        Index("ix_draw_firm_id", "firm_id"),
    )
