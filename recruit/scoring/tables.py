"""Profiles, their versions, rankings, the scores of firms, what people decided, and views of the list."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.firms.relations import firm_stays
from recruit.firms.tables import Firm
from recruit.scoring.values import OverrideKind, Standing


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


class Ranking(Base):
    """One run of ranking all firms against a profile version, and what it takes to compare it with others.

    `model_version` names what was learned and took part in the points, None where nothing did. `digest` is the same for
    rankings that are the same to the last byte. `corpus` is what all firms said on the words of queries, and the tables of likeness that were used;
    `facets` are counts for filters: {"countries": [[code, firms]], "tags": [[tag, firms]],
    "left_out": [[because, firms]]}, what even the best hardly meet ("shortfall", a sentence), how steady the best are and which look-ups would change them
    (`whatif.Steadiness`, `whatif.LookUp`, as dicts). `snapshot` is `snapshots.pack` of it, None once it is let go.
    """

    __tablename__ = "ranking"

    id: Mapped[Id]
    profile_version_id: Mapped[int] = mapped_column(ForeignKey("profile_version.id"), index=True)
    model_version: Mapped[str | None] = mapped_column(String(100))
    ranked_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    ranked: Mapped[int]
    gated: Mapped[int]
    excluded: Mapped[int]
    vetoed: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    corpus: Mapped[dict[str, Any]]
    facets: Mapped[dict[str, Any]]
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary)


class FirmOverride(Base):
    """What a person decided of a firm against a profile's arithmetic: who, why, until when.

    Undone or expired it stays here: a label of its own, kept apart from every outcome.
    """

    __tablename__ = "firm_override"

    id: Mapped[Id]
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id"))
    firm_id: Mapped[int] = mapped_column(ForeignKey(Firm.id), index=True)
    kind: Mapped[OverrideKind] = mapped_column(status_type(OverrideKind))
    hundredths: Mapped[int]
    because: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (Index("ix_firm_override_profile_id_firm_id", "profile_id", "firm_id"),)


class LookAlikeTables(Base):
    """What the best partners have that other firms have not, as learning last found it; the newest counts.

    `tables` is `criteria.look_alike.LikenessTables` as a dict; `version` names it where it took part in a
    ranking. `looked_at` is when learning last came to the same.
    """

    __tablename__ = "look_alike"

    id: Mapped[Id]
    version: Mapped[str] = mapped_column(String(100))
    partners: Mapped[int]
    tables: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    looked_at: Mapped[datetime]


class SavedView(Base):
    """A person's name for a state of the prospects page; `query` is its query string, `owner` their name."""

    __tablename__ = "saved_view"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    query: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Score(Base):
    """A firm's place against one profile version, as the last ranking of that version left it.

    `reasons` is a list of `Reason.to_json` for the firms that people look at first, None for the others,
    of which `cards.card_of` works it out when somebody asks.

    No foreign keys: rows are written by the million, and each would be looked up twice. All of them are
    derived, and a ranking replaces those of its version at once.
    """

    __tablename__ = "score"

    profile_version_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    firm_id: Mapped[int] = mapped_column(
        BigInt, primary_key=True, autoincrement=False, info=firm_stays()
    )
    firm_version: Mapped[int]
    standing: Mapped[Standing] = mapped_column(status_type(Standing))
    # The must-have or exclusion that decided, in its owner's words.
    standing_reason: Mapped[str] = mapped_column(Text, default="")
    # 1 is best; None where the firm does not take part. Ties are broken by low end, name and id.
    rank: Mapped[int | None]
    total: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    reasons: Mapped[list[Any] | None]
    # The sentence of the weightiest reason, written with the reasons: lists read it without them.
    why: Mapped[str | None] = mapped_column(Text)
    scored_at: Mapped[datetime]

    __table_args__ = (Index("ix_score_profile_version_id_rank", "profile_version_id", "rank"),)
