"""The three-way merge: what to write to the CRM and what to take from it, field by field.

Both sides are compared with what they were when they last agreed, each with its own side, because
a CRM may store a value in its own way (trimmed, rounded) and a policy may let the sides differ. So
"changed" means that somebody changed it, and an idle cycle finds nothing to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from recruit.crm.values import Direction, FieldRule, Policy, Value


class Verdict(StrEnum):
    """What becomes of one field."""

    KEEP = "keep"
    WRITE = "write"
    TAKE = "take"


@dataclass(frozen=True)
class Agreement:
    """Both sides at the moment when they last agreed, by the CRM's field names.

    A field that is in neither was never agreed on.
    """

    ours: Mapping[str, Value] = field(default_factory=dict)
    theirs: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class MergePlan:
    """What to write to the CRM and what to take from it, by the CRM's field names."""

    write: Mapping[str, Value]
    take: Mapping[str, Value]


def decide(
    policy: Policy,
    direction: Direction,
    ours: Value,
    theirs: Value,
    *,
    agreed: bool,
    ours_changed: bool,
    theirs_changed: bool,
    ours_later: bool,
) -> Verdict:
    """Decide one field. With `agreed` False the two flags of change are not looked at."""
    verdict = _wish(
        policy,
        ours,
        theirs,
        agreed=agreed,
        ours_changed=ours_changed,
        theirs_changed=theirs_changed,
        ours_later=ours_later,
    )
    if verdict is Verdict.WRITE and direction is Direction.PULL:
        return Verdict.KEEP
    if verdict is Verdict.TAKE and direction is Direction.PUSH:
        # What only we tell, and always, is also told where we know of nothing.
        return Verdict.WRITE if policy is Policy.OURS_WINS else Verdict.KEEP
    return verdict


def _wish(
    policy: Policy,
    ours: Value,
    theirs: Value,
    *,
    agreed: bool,
    ours_changed: bool,
    theirs_changed: bool,
    ours_later: bool,
) -> Verdict:
    if policy is Policy.OFF or ours == theirs:
        return Verdict.KEEP
    if not agreed:
        # A blank that nobody ever agreed to is not knowing, which no value has to yield to.
        if theirs is None:
            return Verdict.WRITE
        if ours is None:
            return Verdict.TAKE
        ours_changed = theirs_changed = True
    if not ours_changed and not theirs_changed:
        return Verdict.KEEP
    match policy:
        case Policy.OURS_WINS:
            return Verdict.WRITE
        case Policy.CRM_WINS:
            return Verdict.TAKE
        case Policy.CRM_UNLESS_BLANK:
            return Verdict.WRITE if theirs is None else Verdict.TAKE
        case Policy.FILL_BLANK_ONLY:
            if theirs is None:
                return Verdict.WRITE
            return Verdict.TAKE if ours is None else Verdict.KEEP
        case Policy.LATEST:
            if ours_changed and theirs_changed:
                return Verdict.WRITE if ours_later else Verdict.TAKE
            return Verdict.WRITE if ours_changed else Verdict.TAKE


def plan(
    rules: Iterable[FieldRule],
    agreement: Agreement,
    ours: Mapping[str, Value],
    theirs: Mapping[str, Value],
    *,
    ours_later: bool,
    later: Mapping[str, bool] | None = None,
) -> MergePlan:
    """Decide every field of a record; all mappings are by the CRM's field names.

    A field that is missing from `ours` is not spoken of; one missing from `theirs` is blank there.
    `later` tells of single fields whether our edit is the later one, where more is known than
    `ours_later`, which is about the whole record.
    """
    write: dict[str, Value] = {}
    take: dict[str, Value] = {}
    for rule in rules:
        name = rule.theirs
        if name not in ours:
            continue
        agreed = name in agreement.ours and name in agreement.theirs
        verdict = decide(
            rule.policy,
            rule.direction,
            ours[name],
            theirs.get(name),
            agreed=agreed,
            ours_changed=agreed and ours[name] != agreement.ours[name],
            theirs_changed=agreed and theirs.get(name) != agreement.theirs[name],
            ours_later=(later or {}).get(name, ours_later),
        )
        if verdict is Verdict.WRITE:
            write[name] = ours[name]
        elif verdict is Verdict.TAKE:
            take[name] = theirs.get(name)
    return MergePlan(write, take)


def list_contested(
    rules: Iterable[FieldRule],
    agreement: Agreement,
    ours: Mapping[str, Value],
    theirs: Mapping[str, Value],
) -> list[FieldRule]:
    """Return the rules of fields whose fate hangs on which side was edited later."""
    return [
        rule
        for rule in rules
        if rule.policy is Policy.LATEST
        and rule.theirs in ours
        and plan([rule], agreement, ours, theirs, ours_later=True)
        != plan([rule], agreement, ours, theirs, ours_later=False)
    ]


def may_differ(rule: FieldRule, ours: Value, theirs: Value) -> bool:
    """Tell whether the policy lets both sides stay apart, even if both had just been edited."""
    return all(
        decide(
            rule.policy,
            rule.direction,
            ours,
            theirs,
            agreed=True,
            ours_changed=True,
            theirs_changed=True,
            ours_later=later,
        )
        is Verdict.KEEP
        for later in (True, False)
    )
