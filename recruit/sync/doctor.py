"""Look at a customer's CRM before the first write: what would be refused, cut or kept from us, and why.

Reads only. What `fit` refuses at once is found here together with what a single record would run into:
rights, lengths, picklists, fields that the CRM demands and nobody fills.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from recruit.crm.mapping import list_misfits
from recruit.crm.port import Crm, CrmError, CrmUnavailable, FieldShape
from recruit.crm.values import CrmMapping, Direction, FieldRule, ObjectMapping, Policy
from recruit.sequences.values import ExitReason, Mood
from recruit.sync.values import LONGEST_TEXT, RecruitmentStage

# Which words we may send where only some may stand.
_VOCABULARIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("company", "stage"): tuple(RecruitmentStage),
    ("company", "exit_reason"): tuple(ExitReason),
    ("activity", "kind"): (
        "email_sent",
        "task_done",
        "reply",
        "unsubscribe",
        "bounce",
        "complaint",
    ),
    ("activity", "outcome"): tuple(Mood),
}
# The most characters that we may send, where it is more than any CRM's ordinary text holds.
_LONGEST = {
    ("company", "specialties"): 2_000,
    ("company", "certifications"): 2_000,
    ("company", "partnerships"): 2_000,
    ("company", "score_reasons"): 1_000,
    ("company", "certificates"): 2_000,
    ("activity", "text"): LONGEST_TEXT,
    ("activity", "outcome"): LONGEST_TEXT,
}


class Level(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    WARNING = "warning"  # most records pass, some may be refused
    PROBLEM = "problem"  # every record of this kind would be refused


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: where, how bad, and what to do about it."""

    level: Level
    where: str
    text: str


def examine(crm: Crm, mapping: CrmMapping) -> list[Finding]:
    """Return what was found, object by object; raises `CrmUnavailable` when nothing can be asked."""
    findings: list[Finding] = []
    described: dict[str, Mapping[str, FieldShape]] = {}
    for part in mapping.objects.values():
        try:
            described[part.crm_object] = crm.describe(part.crm_object)
        except CrmUnavailable:
            raise
        except CrmError as error:
            findings.append(Finding(Level.PROBLEM, part.crm_object, error.text))
    findings += _misfits(mapping, described)
    for part in mapping.objects.values():
        if part.crm_object in described:
            findings += _examine_object(crm, part, described[part.crm_object])
    return findings


def _misfits(
    mapping: CrmMapping, described: Mapping[str, Mapping[str, FieldShape]]
) -> Iterator[Finding]:
    objects = {kind: part for kind, part in mapping.objects.items() if part.crm_object in described}
    asked = CrmMapping(mapping.title, mapping.include, objects)
    for text in list_misfits(asked, described):
        where, _, what = text.partition(": ")
        yield Finding(Level.PROBLEM, where, f'{what} Create or correct it, or set policy = "off".')


def _examine_object(
    crm: Crm, part: ObjectMapping, shapes: Mapping[str, FieldShape]
) -> Iterator[Finding]:
    found = [*_rights(crm, part), *_fields(part, shapes), *_demands(part, shapes)]
    pushed = sum(rule.direction is not Direction.PULL for rule in _in_use(part))
    found_good = [*_times(crm, part)]
    if not found:
        text = f"{pushed} fields can be written, {len(_in_use(part)) - pushed} are only read."
        found = [Finding(Level.GOOD, part.crm_object, text)]
    yield from found
    yield from found_good


def _rights(crm: Crm, part: ObjectMapping) -> Iterator[Finding]:
    try:
        crm.changes(part.crm_object, {}, 1)
        if part.match_by is not None and (rule := part.rule_of(part.match_by)) is not None:
            crm.find(part.crm_object, rule.theirs, "recruit-doctor.invalid")
    except CrmUnavailable:
        raise
    except CrmError as error:
        yield Finding(Level.PROBLEM, part.crm_object, f"Can't be read: {error.text}")


def _fields(part: ObjectMapping, shapes: Mapping[str, FieldShape]) -> Iterator[Finding]:
    for rule in _in_use(part):
        shape = shapes.get(rule.theirs)
        if shape is None or rule.direction is Direction.PULL:
            continue
        where = f"[{part.kind}.fields] {rule.ours} = {rule.theirs!r}"
        if not shape.writable:
            yield Finding(
                Level.PROBLEM,
                where,
                "May not be written: read-only there, or the user lacks the right. "
                'Give the right, or set direction = "pull".',
            )
        missing = sorted(set(_words(part, rule)) - (shape.choices or set(_words(part, rule))))
        if missing:
            yield Finding(
                Level.WARNING,
                where,
                f"Its list of choices lacks {', '.join(missing)}. Add them there, or pair them with "
                "others: values = { ours = theirs }.",
            )
        longest = _LONGEST.get((part.kind, rule.ours), 0)
        if shape.longest is not None and shape.longest < longest:
            yield Finding(
                Level.WARNING,
                where,
                f"Holds {shape.longest:,} characters, and we may tell {longest:,}; a longer one is "
                "refused. Make it a long text field.",
            )


def _times(crm: Crm, part: ObjectMapping) -> Iterator[Finding]:
    fields = ", ".join(rule.ours for rule in _in_use(part) if rule.policy is Policy.LATEST)
    if fields:
        how = (
            "the moments at which each field was edited are compared."
            if crm.capabilities.field_times
            else f"{crm.name} tells no moment of a single field, so the record's last change there "
            "is compared with our last change of the field."
        )
        yield Finding(Level.GOOD, part.crm_object, f"The later edit prevails in {fields}: {how}")


def _demands(part: ObjectMapping, shapes: Mapping[str, FieldShape]) -> Iterator[Finding]:
    filled = {rule.theirs for rule in _in_use(part) if rule.direction is not Direction.PULL}
    for name, shape in sorted(shapes.items()):
        if shape.required and shape.writable and name not in filled:
            yield Finding(
                Level.PROBLEM,
                part.crm_object,
                f"{name} is required there, and nothing in the mapping fills it. Give it a default "
                "there, or map one of our fields to it.",
            )


def _in_use(part: ObjectMapping) -> list[FieldRule]:
    return [rule for rule in part.rules if rule.policy is not Policy.OFF]


def _words(part: ObjectMapping, rule: FieldRule) -> list[str]:
    ours = _VOCABULARIES.get((part.kind, rule.ours), ())
    return [str(rule.to_crm(str(word))) for word in ours]
