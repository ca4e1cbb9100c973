"""A firm's record on both sides, field by field, and what the policy makes of a difference."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from recruit.crm.merge import may_differ
from recruit.crm.values import CrmMapping, Direction, Policy, Value
from recruit.db.transaction import Transaction
from recruit.sync.tables import CrmFact, CrmLink


class Outcome(StrEnum):
    """What became of a field."""

    SAME = "same"
    TAKEN = "taken"  # the CRM's value stands beside ours
    LEFT = "left"  # the policy lets the sides differ
    TO_TELL = "to_tell"  # the next push writes ours


@dataclass(frozen=True)
class FieldSides:
    """One field as both sides held it when they last spoke. `ours` and `theirs` are in our words."""

    ours_name: str
    theirs_name: str
    ours: Value
    theirs: Value
    policy: Policy
    direction: Direction
    outcome: Outcome


def firm_sides(tx: Transaction, mapping: CrmMapping, firm_id: int) -> list[FieldSides]:
    """Return the mapped fields of a firm's record, the differing ones first; none without a record."""
    link = tx.session.scalar(
        select(CrmLink).where(CrmLink.object_type == "firm", CrmLink.object_id == firm_id)
    )
    if link is None:
        return []
    row = tx.session.get(CrmFact, firm_id)
    facts = row.facts if row else {}
    sides = []
    for rule in mapping.objects["company"].rules:
        name = rule.theirs
        if rule.policy is Policy.OFF or name not in link.ours or name not in link.base:
            continue
        ours, theirs = link.ours[name], link.base[name]
        if ours is None and theirs is None:
            continue
        if rule.direction is Direction.PULL or rule.ours in facts:
            outcome = Outcome.TAKEN
        elif ours == theirs:
            outcome = Outcome.SAME
        else:
            outcome = Outcome.LEFT if may_differ(rule, ours, theirs) else Outcome.TO_TELL
        sides.append(
            FieldSides(
                rule.ours,
                name,
                None if rule.direction is Direction.PULL else rule.from_crm(ours),
                rule.from_crm(theirs),
                rule.policy,
                rule.direction,
                outcome,
            )
        )
    return sorted(sides, key=lambda one: one.outcome is Outcome.SAME)
