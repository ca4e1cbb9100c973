"""Firms, their contacts, which sightings they are made of, and what changed when."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id, status_type
from recruit.firms.values import ChangeKind
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
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id"), index=True)
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
    specialties: Mapped[list[str]]
    certifications: Mapped[list[str]]
    partnerships: Mapped[list[str]]
    provenance: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    vanished_at: Mapped[datetime | None]


class FirmMember(Base):
    """A sighting belongs to exactly one firm.

    `evidence` says why: {"because": sentence, "score": bits above the threshold, "with": the id of the
    sighting that it was matched with}.
    """

    __tablename__ = "firm_member"

    source_record_id: Mapped[int] = mapped_column(
        ForeignKey(SourceRecord.id), primary_key=True, autoincrement=False
    )
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id"), index=True)
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
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id"))
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
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id"))
    kind: Mapped[ChangeKind] = mapped_column(status_type(ChangeKind))
    # {"fields": {name: [old, new]}} for updates. For merges {"from": id, "members": [ids of sightings],
    # "because"} at the firm that stays and {"into": id} at the other; for splits {"members", "because"}.
    detail: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_firm_change_firm_id_at", "firm_id", "at"),)
