"""Sources, their jobs, the sightings that the jobs recorded and the problems that they met."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, BigInt, Id, status_type
from recruit.sourcing.values import JobKind, JobStatus, SourceKind


class Source(Base):
    """A place that firms are found at. `definition` is its TOML file as data."""

    __tablename__ = "source"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[SourceKind] = mapped_column(status_type(SourceKind))
    definition: Mapped[dict[str, Any]]
    # How much this source is believed against others, in [0, 1].
    trust: Mapped[float]
    licence_note: Mapped[str] = mapped_column(Text, default="")
    lawful_basis: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SourcingJob(Base):
    """One run over a source, with its progress in numbers."""

    __tablename__ = "sourcing_job"

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    kind: Mapped[JobKind] = mapped_column(status_type(JobKind))
    status: Mapped[JobStatus] = mapped_column(status_type(JobStatus))
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # Pages for a crawl, rows for an import; `expected` is None while nobody knows.
    read: Mapped[int] = mapped_column(default=0)
    expected: Mapped[int | None]
    records_new: Mapped[int] = mapped_column(default=0)
    records_changed: Mapped[int] = mapped_column(default=0)
    records_same: Mapped[int] = mapped_column(default=0)
    problems: Mapped[int] = mapped_column(default=0)
    # What a crawl has spent of its budget; the time is that of its processes, not of its pauses.
    bytes_read: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    worked_s: Mapped[float] = mapped_column(default=0.0, server_default="0")
    message: Mapped[str] = mapped_column(Text, default="")
    # What an import needs to go on after its process died; see `recruit.sourcing.plans`.
    plan: Mapped[dict[str, Any] | None]
    # The process that works on the job, and until when it counts as alive; it renews as it works.
    claimed_by: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None]

    __table_args__ = (Index("ix_sourcing_job_status", "status", "lease_until"),)


class SourceRecord(Base):
    """A sighting: what one source says about one firm. `facts` is a list of `Fact.to_json`."""

    __tablename__ = "source_record"

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    record_id: Mapped[str] = mapped_column(String(300))
    url: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[list[Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    # Counts up with each change of content, so that resolution sees what is new to it.
    version: Mapped[int] = mapped_column(default=1)
    first_job_id: Mapped[int] = mapped_column(ForeignKey("sourcing_job.id"))
    last_job_id: Mapped[int] = mapped_column(ForeignKey("sourcing_job.id"), index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    vanished_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("source_id", "record_id"),
        Index(
            "ix_source_record_vanished_at",
            "vanished_at",
            sqlite_where=text("vanished_at IS NOT NULL"),
            postgresql_where=text("vanished_at IS NOT NULL"),
        ),
    )


class JobProblem(Base):
    """One line of a job's report: what could not be used, why, and the remedy."""

    __tablename__ = "job_problem"

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(ForeignKey("sourcing_job.id"))
    place: Mapped[str] = mapped_column(Text)
    field: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    remedy: Mapped[str] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text, default="")
    # Of a file: the row's number, and whether all of it was left out.
    row: Mapped[int | None]
    refused: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_job_problem_job_id", "job_id", "id"),)


class Frontier(Base):
    """A page that a crawl has yet to fetch or has fetched; it outlives a killed crawler."""

    __tablename__ = "frontier"

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(ForeignKey("sourcing_job.id"))
    url: Mapped[str] = mapped_column(Text)
    url_hash: Mapped[str] = mapped_column(String(64))
    # "listing" pages lead to others; "item" pages describe a firm, and "part" pages tell more of it.
    role: Mapped[str] = mapped_column(String(16))
    # What is fetched first: the pages of a site that was begun come before the next site.
    rank: Mapped[int] = mapped_column(default=1, server_default="1")
    depth: Mapped[int] = mapped_column(default=0)
    # How many listings in a row, up to this one, showed no firm that was not known.
    barren: Mapped[int] = mapped_column(default=0, server_default="0")
    parent_id: Mapped[int | None] = mapped_column(BigInt)
    # For a page of a firm's own site: the page that the site begins with.
    site_id: Mapped[int | None] = mapped_column(BigInt)
    fetched_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("job_id", "url_hash"),
        Index("ix_frontier_job_id_fetched_at", "job_id", "fetched_at"),
        Index("ix_frontier_site_id", "site_id"),
        Index(
            "ix_frontier_waiting",
            "job_id",
            "rank",
            "id",
            sqlite_where=text("fetched_at IS NULL"),
            postgresql_where=text("fetched_at IS NULL"),
        ),
    )


class KnownPage(Base):
    """What a source's page said when it was last read, so that it is read again only when it has changed.

    `facts` are those of a page of a firm's own site, where several pages make one sighting; `record_ids`
    name the sightings of every other page, which stand in SourceRecord.
    """

    __tablename__ = "known_page"

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    url_hash: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(Text)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    body_hash: Mapped[str] = mapped_column(String(64))
    # The way in which it was read: another definition, or another release, reads it anew.
    reading: Mapped[str] = mapped_column(String(64))
    links: Mapped[list[Any]]
    facts: Mapped[list[Any]]
    record_ids: Mapped[list[Any]]
    read_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("source_id", "url_hash"),)


class SourceTrial(Base):
    """A source that was tried before it was kept. `found` is a list of {"url", "facts"}."""

    __tablename__ = "source_trial"

    id: Mapped[Id]
    definition: Mapped[dict[str, Any]]
    status: Mapped[JobStatus] = mapped_column(status_type(JobStatus))
    read: Mapped[int] = mapped_column(default=0)
    found: Mapped[list[Any]]
    problems: Mapped[list[Any]]
    message: Mapped[str] = mapped_column(Text, default="")
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
