"""Read the history of partners: a fixed number of queries, however many partners are asked for."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import select, true

from recruit.db.transaction import Transaction
from recruit.onboarding.evidence import Declared
from recruit.onboarding.gathering import gather_many, gather_members, read_course
from recruit.onboarding.history import History, Span, Stay, StepSpan
from recruit.onboarding.tables import Course, PartnerMember, StepEvidence
from recruit.onboarding.training_tables import Absence, EndedStep


def gather_history(
    tx: Transaction, *, partner_ids: Collection[int] | None = None
) -> dict[int, History]:
    """Return all that was ever known of these partners, or of all where no ids are given."""

    def only(column: Any) -> Any:
        return column.in_(partner_ids) if partner_ids is not None else true()

    absences: dict[tuple[int, int | None], list[Absence]] = defaultdict(list)
    for absence in tx.session.scalars(
        select(Absence).where(only(Absence.partner_id)).order_by(Absence.left_at)
    ):
        absences[absence.partner_id, absence.person_id].append(absence)
    people = gather_members(tx, only(PartnerMember.partner_id))
    stays: dict[int, list[Stay]] = defaultdict(list)
    for row in tx.session.scalars(
        select(PartnerMember).where(only(PartnerMember.partner_id)).order_by(PartnerMember.id)
    ):
        member = next(m for m in people[row.partner_id] if m.person_id == row.person_id)
        away = absences[row.partner_id, row.person_id]
        stays[row.partner_id].append(Stay(member, _spans(row.joined_at, away, row.left_at)))
    courses = tuple(
        (course.published_at, read_course(course.definition, course.definition_hash))
        for course in tx.session.scalars(select(Course).order_by(Course.key, Course.number))
    )
    steps = _steps(tx, only)
    return {
        partner_id: History(
            now=evidence,
            with_us=_spans(evidence.accepted_at, absences[partner_id, None], evidence.left_at),
            stays=tuple(stays[partner_id]),
            steps=tuple(steps[partner_id]),
            courses=courses,
        )
        for partner_id, evidence in gather_many(tx, partner_ids=partner_ids).items()
    }


def _spans(since: Any, away: list[Absence], left_at: Any) -> tuple[Span, ...]:
    spans = []
    for absence in away:
        spans.append(Span(since, absence.left_at))
        since = absence.back_at
    return (*spans, Span(since, left_at))


def _steps(tx: Transaction, only: Any) -> dict[int, list[StepSpan]]:
    found: dict[int, list[StepSpan]] = defaultdict(list)
    for row in tx.session.scalars(select(StepEvidence).where(only(StepEvidence.partner_id))):
        found[row.partner_id].append(StepSpan(_declared(row), Span(row.at)))
    for ended in tx.session.scalars(select(EndedStep).where(only(EndedStep.partner_id))):
        found[ended.partner_id].append(StepSpan(_declared(ended), Span(ended.at, ended.ended_at)))
    return found


def _declared(row: StepEvidence | EndedStep) -> Declared:
    return Declared(row.step_key, row.waived, row.note, row.actor, row.at)
