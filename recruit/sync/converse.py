"""Talk to the CRM about one record: look, propose, act. No database here, and no CRM either: what is
asked is yielded (see `recruit.sync.talk`).

`propose` is what a dry run shows and what the push does, so that both say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from recruit.crm.merge import Agreement, MergePlan, list_contested, plan
from recruit.crm.port import Capabilities, CrmConflict, CrmRecord, CrmRefused
from recruit.crm.values import Direction, ObjectMapping, Policy, Value, canonical
from recruit.sync.talk import Find, Get, Talk, Times, Upsert
from recruit.sync.values import Choice, DesiredRecord, Link, QuestionStatus

# The kind of refusal that a person's choice ends.
AMBIGUOUS = "ambiguous"
# The CRM's ids of our records, by (object type, id).
CrmIds = Mapping[tuple[str, int], str]
_MOST_CONFLICTS = 3
_UNDECIDED = Choice(QuestionStatus.WAITING)


class SeveralFit(CrmRefused):
    """More than one record there could be ours, and only a person can tell which."""

    def __init__(
        self, record: DesiredRecord, ours: Mapping[str, Value], fits: Sequence[CrmRecord]
    ) -> None:
        """Say which they are and where to decide."""
        ids = ", ".join(seen.id for seen in fits)
        super().__init__(
            f"{len(fits)} records there could be {record.external_id}: {ids}. Say on the CRM page which "
            "one it is (or `recruit crm questions`), or merge them in the CRM and replay.",
            kind=AMBIGUOUS,
        )
        self.ours = ours
        self.fits = tuple(fits)


class Step(StrEnum):
    """What is to be done with one record."""

    CREATE = "create"
    LINK = "link"  # an existing record is recognised as the twin
    UPDATE = "update"
    NOTHING = "nothing"
    DELETED_THERE = "deleted_there"


@dataclass(frozen=True)
class Proposal:
    """What to do with one record, and why: both sides as they were seen, by CRM field."""

    step: Step
    merge: MergePlan
    ours: Mapping[str, Value]
    theirs: Mapping[str, Value]
    seen: CrmRecord | None = None
    link: Link | None = None

    @property
    def changes(self) -> dict[str, list[Value]]:
        """Return what will change in the CRM: {field: [before, after]}."""
        return {name: [self.theirs.get(name), value] for name, value in self.merge.write.items()}


@dataclass(frozen=True)
class Told:
    """A record after the conversation. `returned` is None where nothing had to be written."""

    proposal: Proposal
    returned: CrmRecord | None = None
    agreement: Agreement = field(default_factory=Agreement)


def our_side(mapping: ObjectMapping, record: DesiredRecord, crm_ids: CrmIds) -> dict[str, Value]:
    """Return our values by CRM field, in the CRM's words.

    A reference to a record that has no twin yet is left out: nothing can be said of it.
    """
    ours: dict[str, Value] = {}
    for rule in mapping.rules:
        if rule.policy is Policy.OFF:
            continue
        if rule.ours in record.references:
            target = crm_ids.get(record.references[rule.ours])
            if target is not None:
                ours[rule.theirs] = target
        elif rule.direction is Direction.PULL:
            # What only the CRM knows: our side of it is what we took last.
            ours[rule.theirs] = rule.to_crm(record.facts.get(rule.ours))
        elif rule.ours in record.values:
            ours[rule.theirs] = rule.to_crm(record.values[rule.ours])
    return ours


def their_side(mapping: ObjectMapping, fields: Mapping[str, object]) -> dict[str, Value]:
    """Return the mapped fields of a record of the CRM, a blank where it has none."""
    return {
        rule.theirs: canonical(fields.get(rule.theirs))
        for rule in mapping.rules
        if rule.policy is not Policy.OFF
    }


def propose(
    capabilities: Capabilities,
    mapping: ObjectMapping,
    record: DesiredRecord,
    link: Link | None,
    crm_ids: CrmIds,
    *,
    look: bool = False,
    choice: Choice = _UNDECIDED,
) -> Talk[Proposal]:
    """Decide what to do with one record, and write nothing.

    A linked record is believed to be as it was last seen, unless `look` is set or its version is
    not known; the write is conditional on that version. An unlinked one is always looked for, by
    external id and then by the field that recognises existing records; where several fit, `choice`
    is what people said of them. Raises `SeveralFit` as long as they have to.
    """
    ours = our_side(mapping, record, crm_ids)
    if link is not None:
        if link.deleted_there:
            return Proposal(Step.DELETED_THERE, MergePlan({}, {}), ours, {}, link=link)
        if not (look or not link.version or not capabilities.conditional_write):
            merge = plan(
                mapping.rules, link.agreement, ours, link.agreement.theirs, ours_later=True
            )
            step = Step.UPDATE if merge.write else Step.NOTHING
            return Proposal(step, merge, ours, link.agreement.theirs, link=link)
        seen = yield Get(mapping.crm_object, link.crm_id)
        if seen is None:
            return Proposal(Step.DELETED_THERE, MergePlan({}, {}), ours, {}, link=link)
        return (yield from _compare(capabilities, mapping, record, ours, seen, link))
    seen = yield from _find_twin(mapping, record, ours, choice)
    if seen is None:
        merge = plan(mapping.rules, Agreement(), ours, {}, ours_later=True)
        return Proposal(Step.CREATE, merge, ours, {})
    return (yield from _compare(capabilities, mapping, record, ours, seen, None))


def tell(
    capabilities: Capabilities,
    mapping: ObjectMapping,
    record: DesiredRecord,
    link: Link | None,
    crm_ids: CrmIds,
    *,
    look: bool = False,
    choice: Choice = _UNDECIDED,
) -> Talk[Told]:
    """Bring one record up to date in the CRM; raises what the port raises."""
    for _ in range(_MOST_CONFLICTS):
        proposal = yield from propose(
            capabilities, mapping, record, link, crm_ids, look=look, choice=choice
        )
        try:
            return (yield from _act(capabilities, mapping, record, proposal))
        except CrmConflict as error:
            conflict, look = error, True
        except CrmRefused as error:
            if error.kind == "deleted":
                return Told(Proposal(Step.DELETED_THERE, MergePlan({}, {}), proposal.ours, {}))
            raise
    raise conflict


def _act(
    capabilities: Capabilities, mapping: ObjectMapping, record: DesiredRecord, proposal: Proposal
) -> Talk[Told]:
    if proposal.step is Step.DELETED_THERE:
        return Told(proposal)
    if proposal.step is Step.NOTHING:
        return Told(proposal, None, agree(mapping, proposal, proposal.theirs))
    seen, link = proposal.seen, proposal.link
    version = seen.version if seen else (link.version if link else None)
    written = yield Upsert(
        mapping.crm_object,
        link.external_id if link else record.external_id,
        proposal.merge.write,
        crm_id=seen.id if seen else (link.crm_id if link else None),
        if_version=version if capabilities.conditional_write else None,
    )
    theirs = their_side(mapping, written.fields)
    proposal = _with_what_was_given(mapping, proposal, theirs)
    return Told(proposal, written, agree(mapping, proposal, theirs))


def _with_what_was_given(
    mapping: ObjectMapping, proposal: Proposal, theirs: Mapping[str, Value]
) -> Proposal:
    """Take also what the CRM itself set while it wrote: an owner, a default.

    It comes back as an echo of our own write, so no pull would ever take it.
    """
    rules = [
        rule
        for rule in mapping.rules
        if rule.direction is not Direction.PUSH and rule.theirs not in proposal.merge.write
    ]
    before = proposal.link.agreement if proposal.link else Agreement()
    given = plan(rules, before, proposal.ours, theirs, ours_later=False)
    merge = MergePlan(proposal.merge.write, {**proposal.merge.take, **given.take})
    return replace(proposal, merge=merge)


def agree(mapping: ObjectMapping, proposal: Proposal, theirs: Mapping[str, Value]) -> Agreement:
    """Return the agreement that holds once `theirs` is what the CRM has."""
    before = proposal.link.agreement if proposal.link else Agreement()
    ours = {**before.ours, **proposal.ours}
    for rule in mapping.rules:
        # Of what only the CRM knows, our side is what was taken.
        if rule.direction is Direction.PULL and rule.theirs in proposal.merge.take:
            ours[rule.theirs] = theirs.get(rule.theirs)
    return Agreement(ours=ours, theirs={**before.theirs, **theirs})


def _compare(
    capabilities: Capabilities,
    mapping: ObjectMapping,
    record: DesiredRecord,
    ours: dict[str, Value],
    seen: CrmRecord,
    link: Link | None,
) -> Talk[Proposal]:
    theirs = their_side(mapping, seen.fields)
    agreement = link.agreement if link else Agreement()
    contested = list_contested(mapping.rules, agreement, ours, theirs)
    times: Mapping[str, datetime] = {}
    if contested and capabilities.field_times:
        names = tuple(rule.theirs for rule in contested)
        times = yield Times(mapping.crm_object, seen.id, names)
    merge = plan(
        mapping.rules,
        agreement,
        ours,
        theirs,
        ours_later=record.changed_at > seen.modified_at,
        later={
            rule.theirs: record.edited(rule.ours) > times.get(rule.theirs, seen.modified_at)
            for rule in contested
        },
    )
    if link is None and seen.external_id is None:
        return Proposal(Step.LINK, merge, ours, theirs, seen)
    # A survivor of a merge bears no id of ours yet: it gets it even where nothing else is to be said.
    step = Step.UPDATE if merge.write or seen.external_id is None else Step.NOTHING
    return Proposal(step, merge, ours, theirs, seen, link)


def _find_twin(
    mapping: ObjectMapping, record: DesiredRecord, ours: Mapping[str, Value], choice: Choice
) -> Talk[CrmRecord | None]:
    known: list[CrmRecord] = yield Find(mapping.crm_object, "external_id", record.external_id)
    if len(known) == 1:
        # Perhaps our own, whose answer was lost.
        return known[0]
    if choice.status is QuestionStatus.LINK and choice.link_to is not None:
        chosen: CrmRecord | None = yield Get(mapping.crm_object, choice.link_to)
        if chosen is not None and chosen.external_id in {None, record.external_id}:
            return chosen
    if choice.status is QuestionStatus.NEW and not known:
        return None
    if not known and mapping.match_by is not None:
        rule = mapping.rule_of(mapping.match_by)
        value = ours.get(rule.theirs) if rule else None
        if rule is not None and isinstance(value, str):
            found = yield Find(mapping.crm_object, rule.theirs, value)
            # One that has an external id already is the twin of another record.
            known = [seen for seen in found if seen.external_id is None]
    fits = [seen for seen in known if seen.id not in choice.not_these]
    # The last one that nobody has ruled out isn't therefore the right one.
    if len(fits) > 1 or (fits and choice.not_these):
        raise SeveralFit(record, ours, fits)
    return fits[0] if fits else None
