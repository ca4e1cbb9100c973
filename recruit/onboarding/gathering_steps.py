"""Read what is on its way to be done, who has left and what they held, and which paths people follow."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.onboarding.evidence import Certificate, Former, Underway, UnderwayKind
from recruit.onboarding.joining_tables import AwardRevocation
from recruit.onboarding.tables import Award, PartnerMember
from recruit.onboarding.training_tables import MemberPath, StepCall, StepProof

Only = Callable[[Any], Any]


def underway_steps(tx: Transaction, only: Only) -> dict[int, dict[str, Underway]]:
    """Return what happened last to steps that staff have a part in, by partner and step."""
    found: dict[int, dict[str, Underway]] = defaultdict(dict)
    for call in tx.session.scalars(
        select(StepCall).where(only(StepCall.partner_id)).order_by(StepCall.id)
    ):
        found[call.partner_id][call.step_key] = Underway(
            call.step_key, UnderwayKind.BOOKED, call.starts_at, call.actor
        )
    for proof in tx.session.scalars(
        select(StepProof).where(only(StepProof.partner_id)).order_by(StepProof.id)
    ):
        if proof.accepted is None:
            said = Underway(
                proof.step_key,
                UnderwayKind.HANDED_IN,
                proof.at,
                proof.file_name or proof.text[:200],
            )
        elif not proof.accepted:
            said = Underway(
                proof.step_key,
                UnderwayKind.RETURNED,
                proof.decided_at or proof.at,
                proof.reason,
            )
        else:
            continue
        found[proof.partner_id][proof.step_key] = said
    return found


def certificates_of(tx: Transaction, people: Any) -> dict[int, list[Certificate]]:
    """Return people's certificates, oldest first; one that was taken back ends at that moment."""
    found: dict[int, list[Certificate]] = defaultdict(list)
    for award, revoked_at in tx.session.execute(
        select(Award, AwardRevocation.at)
        .join(AwardRevocation, AwardRevocation.award_id == Award.id, isouter=True)
        .where(Award.person_id.in_(people))
        .order_by(Award.awarded_at, Award.id)
    ):
        found[award.person_id].append(_certificate(award, revoked_at))
    return found


def former_people(tx: Transaction, only: Only) -> dict[int, list[Former]]:
    """Return who has left each partner, with what they held."""
    rows = tx.session.execute(
        select(PartnerMember, Award, AwardRevocation.at)
        .join(Award, Award.person_id == PartnerMember.person_id)
        .join(AwardRevocation, AwardRevocation.award_id == Award.id, isouter=True)
        .where(only(PartnerMember.partner_id), PartnerMember.left_at.is_not(None))
        .order_by(PartnerMember.id, Award.id)
    )
    held: dict[int, tuple[PartnerMember, list[Certificate]]] = {}
    for member, award, revoked_at in rows:
        held.setdefault(member.id, (member, []))[1].append(_certificate(award, revoked_at))
    found: dict[int, list[Former]] = defaultdict(list)
    for member, certificates in held.values():
        if member.left_at is not None:
            found[member.partner_id].append(
                Former(member.person_id, member.joined_at, member.left_at, tuple(certificates))
            )
    return found


def paths_of(tx: Transaction, people: Any) -> dict[int, str]:
    """Return the learning path that each person follows."""
    rows = tx.session.execute(
        select(MemberPath.person_id, MemberPath.path).where(MemberPath.person_id.in_(people))
    )
    return {person_id: path for person_id, path in rows}  # noqa: C416


def _certificate(award: Award, revoked_at: datetime | None) -> Certificate:
    until = award.valid_until if revoked_at is None else min(award.valid_until, revoked_at)
    return Certificate(award.serial, award.course_key, award.cycle, award.awarded_at, until)
