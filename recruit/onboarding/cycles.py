"""Certificates that run out: tell their holders in time, and once. Access never waits for any of this."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import aliased

from recruit.db.transaction import Transaction
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding.gates import decide
from recruit.onboarding.gathering import gather_many
from recruit.onboarding.joining_tables import AwardRevocation
from recruit.onboarding.level import Level
from recruit.onboarding.levels import level_at
from recruit.onboarding.progress import state_of
from recruit.onboarding.reminding import REMIND_AT_DAYS, TOLD_FOR, due_reminder
from recruit.onboarding.tables import Award, Course, Partner, PartnerMember
from recruit.onboarding.values import Action, PartnerState

OpenTx = Callable[[], AbstractContextManager[Transaction]]
_BATCH = 200
_DOORS = {
    Action.SEE_PRICES: "the price list",
    Action.SEE_RESOURCES: "sales material",
    Action.REGISTER_DEAL: "deal registration",
}


@dataclass(frozen=True)
class PartnerLevel:
    """What a recompute found of a partner."""

    partner_id: int
    state: PartnerState
    level: Level | None
    keeps_until: datetime | None


def send_reminders(open_tx: OpenTx) -> int:
    """Tell holders whose certificates run out, or have; returns how many notices were raised.

    Every reminder of a certificate is raised once, however often and by how many at once this runs: the
    notice's key says which.
    """
    told, after = 0, 0
    while True:
        with open_tx() as tx:
            ids = list(
                tx.session.scalars(
                    select(Award.id)
                    .where(Award.id > after, *_runs_out(tx.now))
                    .order_by(Award.id)
                    .limit(_BATCH)
                )
            )
            told += _remind(tx, ids)
        if len(ids) < _BATCH:
            return told
        after = ids[-1]


def _runs_out(now: datetime) -> tuple[ColumnElement[bool], ...]:
    newer = aliased(Award)
    renewed = exists().where(
        and_(
            newer.person_id == Award.person_id,
            newer.course_key == Award.course_key,
            newer.cycle > Award.cycle,
        )
    )
    revoked = exists().where(AwardRevocation.award_id == Award.id)
    return (
        Award.valid_until > now - TOLD_FOR,
        Award.valid_until < now + timedelta(days=max(REMIND_AT_DAYS) + 1),
        ~renewed,
        ~revoked,
    )


def _remind(tx: Transaction, ids: list[int]) -> int:
    rows = tx.session.execute(
        select(Award, Course.title, Partner)
        .join(Course, Course.id == Award.course_id)
        .join(PartnerMember, PartnerMember.person_id == Award.person_id)
        .join(Partner, Partner.id == PartnerMember.partner_id)
        .where(Award.id.in_(ids), PartnerMember.left_at.is_(None), Partner.left_at.is_(None))
        .order_by(Award.id)
    ).all()
    ended = {p.id for award, _, p in rows if award.valid_until <= tx.now}
    evidence = gather_many(tx, partner_ids=ended) if ended else {}
    told = 0
    for award, course, partner in rows:
        reminder = due_reminder(award.awarded_at, award.valid_until, tx.now)
        if reminder is None:
            continue
        facts: dict[str, Any] = {
            "firm": str(partner.company.get("name", "")),
            "course": course,
            "serial": award.serial,
            "until": f"{award.valid_until:%-d %B %Y}",
            "path": f"/portal/courses/{award.course_key}",
        }
        if reminder.days is None:
            kind = NoticeKind.CERTIFICATE_EXPIRED
            known = evidence.get(partner.id)
            closed = [
                words
                for action, words in _DOORS.items()
                if known and not decide(action, known, tx.now).allowed
            ]
            facts["missing"] = " and ".join(closed)
        else:
            kind = NoticeKind.CERTIFICATE_EXPIRING
            facts["days"] = (award.valid_until.date() - tx.now.date()).days
        told += notify(
            tx,
            person_id=award.person_id,
            kind=kind,
            key=f"award:{award.id}:{reminder.key}",
            facts=facts,
        )
    return told


def recompute(open_tx: OpenTx, *, batch: int = 1000) -> Iterator[PartnerLevel]:
    """Return state and level of every partner, worked out anew from the certificates of its people.

    Nothing is stored and nothing waits for it: it is what a report or a peer system asks at night.
    """
    after = 0
    while True:
        with open_tx() as tx:
            ids = list(
                tx.session.scalars(
                    select(Partner.id).where(Partner.id > after).order_by(Partner.id).limit(batch)
                )
            )
            found = gather_many(tx, partner_ids=ids)
            for evidence in found.values():
                standing = level_at(evidence, tx.now)
                yield PartnerLevel(
                    evidence.partner_id,
                    state_of(evidence, tx.now),
                    standing.level,
                    standing.keeps_until,
                )
        if len(ids) < batch:
            return
        after = ids[-1]
