"""Sources as cards show them: what each has brought, down to certified partners. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import FirmMember
from recruit.onboarding.tables import Award, Partner
from recruit.sequences.tables import Reply, Touch
from recruit.sequences.values import InboundKind, StepKind, TouchStatus
from recruit.sourcing.schedule import BadSchedule, read_schedule
from recruit.sourcing.tables import Source, SourceRecord, SourcingJob
from recruit.sourcing.values import JobStatus, SourceKind


@dataclass(frozen=True)
class SourceLine:
    """A source and its yield.

    `records` it shows now, `firms` these were resolved into; of them `contacted` were written to,
    `replied` answered, `partners` were accepted and `certified` have a certified person. `next_run_at` is
    when it is due again, None without a schedule.
    """

    source_id: int
    name: str
    title: str
    kind: SourceKind
    trust: float
    licence_note: str
    lawful_basis: str
    records: int
    firms: int
    last_job_id: int | None
    last_job_at: datetime | None
    last_job_status: JobStatus | None
    contacted: int = 0
    replied: int = 0
    partners: int = 0
    certified: int = 0
    vanished: int = 0
    next_run_at: datetime | None = None
    is_complete: bool = False
    # Whether it can be crawled at the press of a button.
    can_crawl: bool = False

    @property
    def stages(self) -> tuple[tuple[str, int], ...]:
        """Return the stages of the yield, each with its number of firms."""
        return (
            ("Sightings", self.records),
            ("Firms", self.firms),
            ("Written to", self.contacted),
            ("Answered", self.replied),
            ("Partners", self.partners),
            ("Certified", self.certified),
        )


def list_sources(tx: Transaction) -> list[SourceLine]:
    """Return all sources by title; the number of queries does not depend on how many there are."""
    shown = SourceRecord.vanished_at.is_(None)
    counted = select(SourceRecord.source_id, func.count()).group_by(SourceRecord.source_id)
    records = _counts(tx, counted.where(shown))
    vanished = _counts(tx, counted.where(SourceRecord.vanished_at.is_not(None)))
    firms = _counts(tx, _firms())
    contacted = _counts(
        tx,
        _firms()
        .join(Touch, Touch.firm_id == FirmMember.firm_id)
        .where(Touch.kind == StepKind.EMAIL, Touch.status == TouchStatus.SENT),
    )
    replied = _counts(
        tx,
        _firms()
        .join(Reply, Reply.firm_id == FirmMember.firm_id)
        .where(Reply.kind == InboundKind.HUMAN),
    )
    of_partners = _firms().join(Partner, Partner.firm_id == FirmMember.firm_id)
    partners = _counts(tx, of_partners)
    certified = _counts(tx, of_partners.join(Award, Award.partner_id == Partner.id))
    latest = select(func.max(SourcingJob.id)).group_by(SourcingJob.source_id)
    jobs = {
        job.source_id: job
        for job in tx.session.scalars(select(SourcingJob).where(SourcingJob.id.in_(latest)))
    }
    lines: list[SourceLine] = []
    for source in tx.session.scalars(select(Source).order_by(Source.title, Source.id)):
        job = jobs.get(source.id)
        lines.append(
            SourceLine(
                source_id=source.id,
                name=source.name,
                title=source.title,
                kind=source.kind,
                trust=source.trust,
                licence_note=source.licence_note,
                lawful_basis=source.lawful_basis,
                records=records.get(source.id, 0),
                firms=firms.get(source.id, 0),
                last_job_id=job.id if job else None,
                last_job_at=(job.started_at or job.queued_at) if job else None,
                last_job_status=job.status if job else None,
                contacted=contacted.get(source.id, 0),
                replied=replied.get(source.id, 0),
                partners=partners.get(source.id, 0),
                certified=certified.get(source.id, 0),
                vanished=vanished.get(source.id, 0),
                next_run_at=_next_run(source, tx.now),
                is_complete=bool(source.definition.get("complete")),
                can_crawl=source.kind is not SourceKind.FILE
                and bool(source.definition.get("start_urls")),
            )
        )
    return lines


def _firms() -> Select[int, int]:
    return (
        select(SourceRecord.source_id, func.count(FirmMember.firm_id.distinct()))
        .join(FirmMember, FirmMember.source_record_id == SourceRecord.id)
        .group_by(SourceRecord.source_id)
    )


def _counts(tx: Transaction, query: Select[int, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in tx.session.execute(query)}


def _next_run(source: Source, now: datetime) -> datetime | None:
    text = source.definition.get("schedule")
    if not isinstance(text, str) or not text:
        return None
    try:
        return read_schedule(text).next_after(now)
    except BadSchedule:
        return None
