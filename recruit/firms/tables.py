"""Firms, their contacts, which sightings they are made of, what people said of them, and what changed when."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.firms.relations import firm_relation, firm_stays
from recruit.firms.values import ChangeKind, FirmTag, ListedState, Verdict
from recruit.sourcing.tables import SourceRecord


class Firm(Base):
    """A resolved firm. The id is durable: after a merge the other id stays as an alias.

    `provenance` tells for each field which sighting it was taken from:
    {field: {"source_record_id", "source", "source_title", "url", "method", "text", "confidence",
    "inferred", "rule"}}, `employees` and `founded` for both ends of an interval, and a list of such, in
    the values' order, for specialties, certifications and partnerships.
    """

    __tablename__ = "firm"

    id: Mapped[Id]
    # Counts up with each change, so that a score can name the version that it judged.
    version: Mapped[int] = mapped_column(default=1)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id"), info=firm_stays())
    # The firm that owns this one.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id"), index=True)
    # `FirmTag`s, sorted: what the lists that name it say of it, see `recruit.firms.tags`.
    tags: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    name: Mapped[str] = mapped_column(String(300))
    name_key: Mapped[str] = mapped_column(String(300), index=True)
    legal_form: Mapped[str | None] = mapped_column(String(60))
    website: Mapped[str | None] = mapped_column(Text)
    domain: Mapped[str | None] = mapped_column(String(253), index=True)
    street: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str | None] = mapped_column(String(20))
    city: Mapped[str | None] = mapped_column(String(120))
    region: Mapped[str | None] = mapped_column(String(120))
    country: Mapped[str | None] = mapped_column(String(2))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    phone: Mapped[str | None] = mapped_column(String(32))
    employees_low: Mapped[int | None]
    employees_high: Mapped[int | None]
    founded_low: Mapped[int | None]
    founded_high: Mapped[int | None]
    # A year's, in whole units of the currency that it was stated in.
    revenue_low: Mapped[int | None] = mapped_column(BigInt)
    revenue_high: Mapped[int | None] = mapped_column(BigInt)
    specialties: Mapped[list[str]]
    certifications: Mapped[list[str]]
    partnerships: Mapped[list[str]]
    provenance: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    vanished_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_firm_vanished_at",
            "vanished_at",
            sqlite_where=text("vanished_at IS NOT NULL"),
            postgresql_where=text("vanished_at IS NOT NULL"),
        ),
        Index(
            "ix_firm_survivor",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
    )


class ResolutionMark(Base):
    """When the last run of resolution began: what jobs brought later is new to it. There is one row."""

    __tablename__ = "resolution_mark"

    id: Mapped[Id]
    begun_at: Mapped[datetime]


class FirmMember(Base):
    """A sighting belongs to exactly one firm.

    `evidence` says why: {"because": sentence, "score": bits above the threshold, "with": the id of the
    sighting that it was matched with}.
    """

    __tablename__ = "firm_member"

    source_record_id: Mapped[int] = mapped_column(
        ForeignKey(SourceRecord.id), primary_key=True, autoincrement=False
    )
    firm_id: Mapped[int] = mapped_column(
        ForeignKey("firm.id"), index=True, info=firm_relation(splits_with="source_record_id")
    )
    # The version of the sighting that resolution has seen.
    record_version: Mapped[int]
    evidence: Mapped[dict[str, Any]]
    joined_at: Mapped[datetime]


class BlockKey(Base):
    """A key under which a sighting is looked up when another may show the same firm."""

    __tablename__ = "block_key"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    source_record_id: Mapped[int] = mapped_column(
        ForeignKey(SourceRecord.id), primary_key=True, autoincrement=False, index=True
    )


class NameWord(Base):
    """A word that stands in a firm's name; in how many different names tells how rare it is."""

    __tablename__ = "name_word"

    name_key: Mapped[str] = mapped_column(String(300), primary_key=True)
    word: Mapped[str] = mapped_column(String(100), primary_key=True, index=True)


class Contact(Base):
    """A person or a role address at a firm. `email` is lower case."""

    __tablename__ = "contact"

    id: Mapped[Id]
    firm_id: Mapped[int] = mapped_column(
        ForeignKey("firm.id"), info=firm_relation(splits_with="source_record_id")
    )
    email: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[str | None] = mapped_column(String(200))
    job_title: Mapped[str | None] = mapped_column(String(200))
    is_role_address: Mapped[bool]
    source_record_id: Mapped[int | None] = mapped_column(ForeignKey(SourceRecord.id))
    # "Your data comes from …", shown in every message to this contact.
    origin: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("firm_id", "email"),)


class FirmChange(Base):
    """What happened to a firm's record: for its history page."""

    __tablename__ = "firm_change"

    id: Mapped[Id]
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id"), info=firm_stays())
    kind: Mapped[ChangeKind] = mapped_column(status_type(ChangeKind))
    # {"fields": {name: [old, new]}} for updates. For merges {"from": id, "members": [ids of sightings],
    # "because", "names": [keys of the names that it left behind], "stages": what each stage needs to undo
    # it} at the firm that stays, and {"into": id} at the other. For splits {"members", "because"}, with {"to": id} where they became a firm of
    # their own and {"of": id} at that firm. Where a person did it, "verdict" binds later runs, and
    # "withdrew" are the verdicts that it overruled. {"undone": id of the change, "what", "other": id}.
    detail: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(200), default="", server_default="")

    __table_args__ = (Index("ix_firm_change_firm_id_at", "firm_id", "at"),)


class FirmMove(Base):
    """A row of any table that a merge or a split gave to another firm, so that undoing can give it back.

    `key` holds the row's primary key but for the column that names the firm.
    """

    __tablename__ = "firm_move"

    id: Mapped[Id]
    change_id: Mapped[int] = mapped_column(ForeignKey(FirmChange.id), index=True)
    table_name: Mapped[str] = mapped_column(String(64))
    key: Mapped[dict[str, Any]]
    from_id: Mapped[int] = mapped_column(BigInt)
    to_id: Mapped[int] = mapped_column(BigInt)


class FormerName(Base):
    """A name that a firm had before, or under which it was kept twice; it is still found by it."""

    __tablename__ = "former_name"

    firm_id: Mapped[int] = mapped_column(
        ForeignKey("firm.id"), primary_key=True, autoincrement=False
    )
    name_key: Mapped[str] = mapped_column(String(300), primary_key=True, index=True)
    name: Mapped[str] = mapped_column(String(300))
    until: Mapped[datetime]


class PersonsVerdict(Base):
    """What a person said of sightings: that they show one firm, or that they do not. It binds later runs."""

    __tablename__ = "persons_verdict"

    id: Mapped[Id]
    is_same: Mapped[bool]
    actor: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text, default="")
    said_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(String(200), default="")


class VerdictPair(Base):
    """A pair of sightings (ids of records, the lower first) that a verdict is about."""

    __tablename__ = "verdict_pair"

    verdict_id: Mapped[int] = mapped_column(
        ForeignKey(PersonsVerdict.id), primary_key=True, autoincrement=False
    )
    record_a: Mapped[int] = mapped_column(
        ForeignKey(SourceRecord.id), primary_key=True, autoincrement=False, index=True
    )
    record_b: Mapped[int] = mapped_column(
        ForeignKey(SourceRecord.id), primary_key=True, autoincrement=False, index=True
    )


class DoubtfulPair(Base):
    """Two sightings (ids of records, the lower first) that a run left apart for a person to look at.

    `evidence` is a list of {"field", "points", "reason"}; `verdict` is `same` where the two look like
    one firm and something else (a rival, another sighting) speaks against it.
    """

    __tablename__ = "doubtful_pair"

    record_a: Mapped[int] = mapped_column(
        ForeignKey(SourceRecord.id), primary_key=True, autoincrement=False
    )
    record_b: Mapped[int] = mapped_column(
        ForeignKey(SourceRecord.id), primary_key=True, autoincrement=False, index=True
    )
    score: Mapped[float]
    verdict: Mapped[Verdict] = mapped_column(status_type(Verdict))
    evidence: Mapped[list[Any]]
    found_at: Mapped[datetime]

    __table_args__ = (Index("ix_doubtful_pair_score", "score"),)


class ListedFirm(Base):
    """An entry of a list of customers, competitors and the like, and the firm that it means.

    One that means no firm yet is kept: it tags the firm when a source finds it.
    """

    __tablename__ = "listed_firm"

    id: Mapped[Id]
    list_name: Mapped[str] = mapped_column(String(100))
    # What tells the entry from the list's others: the CRM's id, or a hash of what it says.
    entry_key: Mapped[str] = mapped_column(String(100))
    tag: Mapped[FirmTag] = mapped_column(status_type(FirmTag))
    name: Mapped[str] = mapped_column(String(300), default="")
    name_key: Mapped[str] = mapped_column(String(300), default="", index=True)
    # Registrable, and the firm's own.
    domain: Mapped[str] = mapped_column(String(253), default="", index=True)
    postcode: Mapped[str] = mapped_column(String(20), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    registry_id: Mapped[str] = mapped_column(String(200), default="")
    # The row of its file, counted as a spreadsheet counts.
    position: Mapped[int | None]
    state: Mapped[ListedState] = mapped_column(status_type(ListedState))
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id"), index=True)
    # The firms that it may mean, where it could be several.
    candidates: Mapped[list[Any]]
    because: Mapped[str] = mapped_column(Text, default="")
    # Set where a person chose the firm: then no run chooses another.
    chosen_by: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(200))
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("list_name", "entry_key"),
        Index("ix_listed_firm_state", "state", "removed_at"),
    )
