"""Nudges: tell a partner's people what comes next when they stand still, and the channel managers when that lasts.

Every nudge is said once, however often and by how many at once this runs: the notice's key says which.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gathering import gather_evidence, gather_many
from recruit.onboarding.progress import list_steps
from recruit.onboarding.stuck import Stuck, find_stuck
from recruit.onboarding.tables import Partner
from recruit.people.tables import Person
from recruit.people.values import Role

OpenTx = Callable[[], AbstractContextManager[Transaction]]
_BATCH = 500


class NothingToNudge(Exception):
    """A nudge would help nobody now; the message says why."""


def nudge_stuck(open_tx: OpenTx) -> int:
    """Nudge whoever has stood still long enough; returns how many notices were raised."""
    told, after = 0, 0
    while True:
        with open_tx() as tx:
            ids = list(
                tx.session.scalars(
                    select(Partner.id)
                    .where(Partner.id > after, Partner.left_at.is_(None))
                    .order_by(Partner.id)
                    .limit(_BATCH)
                )
            )
            found = gather_many(tx, partner_ids=ids) if ids else {}
            managers: list[int] | None = None
            for evidence in found.values():
                stuck = find_stuck(evidence, tx.now)
                if stuck is None:
                    continue
                if stuck.nudge is not None:
                    told += len(_nudge(tx, evidence, stuck, f"{stuck.spell}:{stuck.nudge}"))
                if stuck.is_long:
                    managers = _managers(tx) if managers is None else managers
                    told += _tell(tx, evidence, stuck, managers)
        if len(ids) < _BATCH:
            return told
        after = ids[-1]


def nudge_partner(tx: Transaction, *, partner_id: int) -> tuple[str, ...]:
    """Nudge a partner now, at most once a day; returns the names of who hears.

    Raises `UnknownPartner`, or `NothingToNudge` where it is our turn, nothing is left or it was done today.
    """
    evidence = gather_evidence(tx, partner_id=partner_id)
    stuck = find_stuck(evidence, tx.now)
    if stuck is None:
        raise NothingToNudge(f"Nothing is left for {evidence.company_name} to do.")
    if stuck.is_ours:
        raise NothingToNudge(f"It is our turn: {stuck.advice}")
    if not stuck.people:
        raise NothingToNudge(
            f"Nobody of {evidence.company_name} can do this step. Invite somebody who can."
        )
    told = _nudge(tx, evidence, stuck, f"by-hand:{tx.now:%Y-%m-%d}")
    if not told:
        raise NothingToNudge(f"{evidence.company_name} was nudged today already.")
    return told


def _nudge(tx: Transaction, evidence: Evidence, stuck: Stuck, key: str) -> tuple[str, ...]:
    steps = list_steps(evidence, tx.now)
    facts: dict[str, Any] = {
        "firm": evidence.company_name,
        "step": stuck.view.step.title,
        "done": sum(step.finished for step in steps),
        "total": len(steps),
        "minutes": stuck.view.minutes,
        "path": "/portal/next",
    }
    told = []
    for person_id in stuck.people:
        member = evidence.find_member(person_id)
        if member is None:
            continue
        # Who has never come in needs the way in, which every invitation carries anew.
        came = member.signed_in_at is not None
        raised = notify(
            tx,
            person_id=person_id,
            kind=NoticeKind.STEP_WAITING if came else NoticeKind.INVITATION,
            key=f"nudge:{evidence.partner_id}:{key}",
            facts=facts,
        )
        if raised:
            told.append(member.name)
    return tuple(told)


def _tell(tx: Transaction, evidence: Evidence, stuck: Stuck, managers: list[int]) -> int:
    facts: dict[str, Any] = {
        "firm": evidence.company_name,
        "step": stuck.view.step.title,
        "days": stuck.days,
        "since": f"{stuck.since:%-d %B %Y}",
        "path": f"/firms/{evidence.firm_id}/onboarding",
    }
    key = f"stuck:{evidence.partner_id}:{stuck.spell}"
    return sum(
        notify(tx, person_id=one, kind=NoticeKind.PARTNER_STUCK, key=key, facts=facts)
        for one in managers
    )


def _managers(tx: Transaction) -> list[int]:
    return list(
        tx.session.scalars(
            select(Person.id)
            .where(Person.role == Role.CHANNEL_MANAGER, Person.disabled_at.is_(None))
            .order_by(Person.id)
        )
    )
