"""What people do to firms: merge two, split one, say that two are or are not the same.

A merge by a person binds later runs as "same" does, a split as "not the same". Either is taken back by
`recruit.firms.undoing`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms import verdicts
from recruit.firms.moving import (
    remember_moves,
    split_relations,
)
from recruit.firms.sightings import SeenSighting, list_sightings_of_firms, wait_for_other_runs
from recruit.firms.store import get_firm, list_contacts
from recruit.firms.survivorship import survive
from recruit.firms.tables import Contact, Firm, FirmChange, FirmMember
from recruit.firms.uniting import part, unite
from recruit.firms.values import ChangeKind
from recruit.firms.writing import Writer, has_name, state
from recruit.sourcing.text import clean
from recruit.sourcing.values import FieldName


class MergeRefused(ValueError):
    """These two cannot be merged; the message says why and what to do."""


class SplitRefused(ValueError):
    """A firm cannot be split so; the message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What was done. `change_id` undoes it, or where firms stayed as they were, `verdict_id` does."""

    firm_id: int
    other_id: int
    change_id: int | None = None
    verdict_id: int | None = None


def merge_firms(tx: Transaction, *, keep: int, away: int, actor: str, why: str = "") -> Outcome:
    """Make two firms one: `keep` has all that `away` had, whose id leads to it from now on.

    Binds later runs like "same". Raises `FirmNotFound`, or `MergeRefused` where they are one already.
    """
    begin(tx)
    stays, goes = get_firm(tx, keep), get_firm(tx, away)
    if stays is goes:
        raise MergeRefused(f"{keep} and {away} are one firm already: {stays.name} ({stays.id}).")
    detail: dict[str, Any] = {}
    ours, theirs = list_members_of(tx, stays.id), list_members_of(tx, goes.id)
    if ours and theirs:
        detail |= _say(tx, ours, theirs, is_same=True, actor=actor, why=why)
    change = unite(tx, keep=stays, away=goes, actor=actor, because=clean(why), **detail)
    Writer(tx, actor).renew([stays.id])
    return Outcome(stays.id, goes.id, change.id)


def split_firm(
    tx: Transaction, *, firm_id: int, record_ids: Collection[int], actor: str, why: str = ""
) -> Outcome:
    """Make a firm of its own of some of a firm's sightings (ids of records), with what hangs on them.

    Contacts that only those sightings state go along, with what was written to them and what they
    answered; the rest stays. Binds later runs like "not the same". Raises `FirmNotFound` or `SplitRefused`.
    """
    begin(tx)
    firm = get_firm(tx, firm_id)
    sightings = {s.id: s for s in list_sightings_of_firms(tx, [firm.id])}
    leaving = _leaving(firm, sightings.keys(), record_ids)
    statements = state([sightings[record] for record in leaving])
    if not has_name(statements):
        raise SplitRefused(
            "None of these sightings names a firm, so nothing could be made of them. "
            "Take one with a name along."
        )
    staying = sorted(sightings.keys() - set(leaving))
    detail = _say(tx, leaving, staying, is_same=False, actor=actor, why=why)
    new = Firm(**vars(survive(statements)), created_at=tx.now, updated_at=tx.now)
    tx.session.add(new)
    tx.session.flush()
    moved = split_relations(
        tx,
        from_ids=[firm.id],
        to_id=new.id,
        record_ids=leaving,
        staying={Contact.__tablename__: _contacts_stated(tx, firm.id, staying, sightings)},
    )
    about = {"members": leaving, "because": clean(why)}
    change = FirmChange(
        firm_id=firm.id,
        kind=ChangeKind.SPLIT,
        detail=about | {"to": new.id} | detail,
        actor=actor,
        at=tx.now,
    )
    start = FirmChange(
        firm_id=new.id,
        kind=ChangeKind.SPLIT,
        detail=about | {"of": firm.id},
        actor=actor,
        at=tx.now,
    )
    tx.session.add_all([change, start])
    tx.session.flush()
    remember_moves(tx, change.id, moved)
    Writer(tx, actor).renew([firm.id, new.id])
    part(tx, from_id=firm.id, to_id=new.id, actor=actor)
    return Outcome(new.id, firm.id, change.id)


def begin(tx: Transaction) -> None:
    """Wait for whoever else unites firms now, and see what came of it."""
    wait_for_other_runs(tx)
    tx.session.flush()
    tx.session.expire_all()


def _leaving(firm: Firm, members: Collection[int], record_ids: Collection[int]) -> list[int]:
    leaving = sorted(set(record_ids))
    strangers = [str(record) for record in leaving if record not in members]
    if strangers:
        raise SplitRefused(
            f"{firm.name} ({firm.id}) has no sighting {', '.join(strangers)}. "
            f"It has: {', '.join(map(str, sorted(members))) or 'none'}."
        )
    if not leaving:
        raise SplitRefused("Name at least one sighting that is to be a firm of its own.")
    if len(leaving) == len(members):
        raise SplitRefused(
            f"These are all sightings of {firm.name} ({firm.id}). Leave it at least one."
        )
    return leaving


def _contacts_stated(
    tx: Transaction, firm_id: int, staying: Collection[int], sightings: dict[int, SeenSighting]
) -> list[int]:
    """Return the contacts whose address a sighting that stays gives too."""
    stated = {
        str(fact.value).lower()
        for record in staying
        for fact in sightings[record].facts
        if fact.field is FieldName.EMAIL
    }
    return [contact.id for contact in list_contacts(tx, firm_id) if contact.email in stated]


def say_same(tx: Transaction, *, firm_ids: tuple[int, int], actor: str, why: str = "") -> Outcome:
    """Say that two firms are one: they are merged into the older, and no later run parts them.

    Raises `FirmNotFound` or `MergeRefused`.
    """
    keep, away = sorted(get_firm(tx, firm_id).id for firm_id in firm_ids)
    return merge_firms(tx, keep=keep, away=away, actor=actor, why=why)


def say_different(
    tx: Transaction, *, firm_ids: tuple[int, int], actor: str, why: str = ""
) -> Outcome:
    """Say that two firms are not the same: no later run makes them one; a second time changes nothing.

    Raises `FirmNotFound`, `MergeRefused` where they are one firm (split it instead), or
    `VerdictRefused` where one has no sighting.
    """
    one, other = (get_firm(tx, firm_id) for firm_id in firm_ids)
    if one is other:
        raise MergeRefused(
            f"{firm_ids[0]} and {firm_ids[1]} are one firm: {one.name} ({one.id}). To part them, "
            f"undo their merge or split it: `recruit firms history {one.id}`."
        )
    ours, theirs = list_members_of(tx, one.id), list_members_of(tx, other.id)
    said = verdicts.list_between(tx, ours, theirs, is_same=False)
    if said:
        return Outcome(one.id, other.id, verdict_id=said[-1].id)
    verdict = verdicts.say(tx, ours=ours, theirs=theirs, is_same=False, actor=actor, why=why)
    return Outcome(one.id, other.id, verdict_id=verdict.id)


def _say(
    tx: Transaction,
    ours: Collection[int],
    theirs: Collection[int],
    *,
    is_same: bool,
    actor: str,
    why: str,
) -> dict[str, Any]:
    """Say what a change means for later runs; return what undoing it has to take back."""
    contrary = [v.id for v in verdicts.list_between(tx, ours, theirs, is_same=not is_same)]
    verdict = verdicts.say(tx, ours=ours, theirs=theirs, is_same=is_same, actor=actor, why=why)
    return {"verdict": verdict.id, "withdrew": contrary}


def list_members_of(tx: Transaction, *firm_ids: int) -> list[int]:
    """Return the sightings (ids of records) of these firms."""
    return list(
        tx.session.scalars(
            select(FirmMember.source_record_id)
            .where(FirmMember.firm_id.in_(firm_ids))
            .order_by(FirmMember.source_record_id)
        )
    )
