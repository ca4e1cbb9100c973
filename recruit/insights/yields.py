"""Yield: which source and which step bring partners who are certified and sell, counted by firms."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import FirmMember
from recruit.learning.tables import ReportedOutcome
from recruit.onboarding.tables import Award, Partner
from recruit.sequences.tables import Reply, Sequence, Touch
from recruit.sequences.values import InboundKind, StepKind, TouchStatus
from recruit.sourcing.tables import Source, SourceRecord


@dataclass(frozen=True)
class SourceYield:
    """What became of the firms of one source that were written to or spoken to.

    A firm of several sources counts with each. `certified_share` is of those contacted.
    """

    title: str
    contacted: int
    replied: int
    accepted: int
    certified: int
    selling: int

    @property
    def certified_share(self) -> float:
        """Return the certified share of the contacted firms."""
        return self.certified / self.contacted if self.contacted else 0.0


@dataclass(frozen=True)
class StepYield:
    """What one step of a sequence brought: firms it reached, first answers to it, and what came of those."""

    sequence: str
    step: int
    kind: StepKind
    reached: int
    answered: int
    accepted: int
    certified: int


@dataclass(frozen=True)
class Yields:
    """What sources and steps brought, the most certified first."""

    sources: tuple[SourceYield, ...]
    steps: tuple[StepYield, ...]


def read_yields(tx: Transaction) -> Yields:
    """Return the yield of every source and step; the number of queries is always the same."""
    reached = _reached(tx)
    contacted = {firm_id for firms in reached.values() for firm_id in firms}
    answered = _first_answers(tx)
    replied = set(
        tx.session.scalars(
            select(Reply.firm_id).where(Reply.kind == InboundKind.HUMAN, Reply.firm_id.is_not(None))
        )
    )
    partners = dict(tx.session.execute(select(Partner.id, Partner.firm_id)).all())
    accepted = set(partners.values())
    certified = {partners[p] for p in tx.session.scalars(select(Award.partner_id).distinct())}
    selling = set(tx.session.scalars(select(ReportedOutcome.firm_id).distinct()))
    sources = [
        SourceYield(
            title,
            contacted=len(firms),
            replied=len(firms & replied),
            accepted=len(firms & accepted),
            certified=len(firms & certified),
            selling=len(firms & selling),
        )
        for title, firms in _firms_of_sources(tx, contacted).items()
    ]
    steps = [
        StepYield(
            sequence=title,
            step=step + 1,
            kind=kind,
            reached=len(firms),
            answered=len(answered.get((sequence_id, step), ())),
            accepted=len(answered.get((sequence_id, step), set()) & accepted),
            certified=len(answered.get((sequence_id, step), set()) & certified),
        )
        for (sequence_id, title, step, kind), firms in reached.items()
    ]
    return Yields(
        sources=tuple(sorted(sources, key=lambda s: (-s.certified, -s.accepted, s.title))),
        steps=tuple(sorted(steps, key=lambda s: (-s.certified, -s.answered, s.sequence, s.step))),
    )


def _reached(tx: Transaction) -> dict[tuple[int, str, int, StepKind], set[int]]:
    rows = tx.session.execute(
        select(Touch.sequence_id, Sequence.title, Touch.step_index, Touch.kind, Touch.firm_id)
        .join(Sequence, Sequence.id == Touch.sequence_id)
        .where(
            or_(
                Touch.status == TouchStatus.SENT,
                and_(Touch.status == TouchStatus.DONE, Touch.kind == StepKind.TASK),
            )
        )
    )
    found: dict[tuple[int, str, int, StepKind], set[int]] = defaultdict(set)
    for sequence_id, title, step, kind, firm_id in rows:
        found[sequence_id, title, step, kind].add(firm_id)
    return found


def _first_answers(tx: Transaction) -> Mapping[tuple[int, int], set[int]]:
    """Return whose first answer in person was to which step, by (sequence, step)."""
    first = (
        select(func.min(Reply.id).label("id"))
        .where(Reply.kind == InboundKind.HUMAN, Reply.touch_id.is_not(None))
        .group_by(Reply.firm_id)
        .subquery()
    )
    rows = tx.session.execute(
        select(Touch.sequence_id, Touch.step_index, Touch.firm_id)
        .join(Reply, Reply.touch_id == Touch.id)
        .join(first, first.c.id == Reply.id)
    )
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for sequence_id, step, firm_id in rows:
        found[sequence_id, step].add(firm_id)
    return found


def _firms_of_sources(tx: Transaction, contacted: Iterable[int]) -> dict[str, set[int]]:
    wanted = set(contacted)
    rows = tx.session.execute(
        select(Source.title, FirmMember.firm_id)
        .join(SourceRecord, SourceRecord.source_id == Source.id)
        .join(FirmMember, FirmMember.source_record_id == SourceRecord.id)
        .where(FirmMember.firm_id.in_(select(Touch.firm_id)))
        .distinct()
    )
    found: dict[str, set[int]] = defaultdict(set)
    for title, firm_id in rows:
        if firm_id in wanted:
            found[title].add(firm_id)
    return found
