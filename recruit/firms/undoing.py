"""Undoing a merge or a split: what it moved goes back, with what came of it since.

It takes back what a person's change said to later runs. Undoing a merge that a run made says "not the
same", or the next run would make it again.
"""

from contextlib import suppress

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.firms import verdicts
from recruit.firms.families import forget_names
from recruit.firms.merging import Outcome, begin, list_members_of
from recruit.firms.moving import list_members_moved, move_back
from recruit.firms.store import get_firm
from recruit.firms.tables import Firm, FirmChange
from recruit.firms.tag_parting import forget_copies
from recruit.firms.uniting import part, rejoin
from recruit.firms.values import ChangeKind
from recruit.firms.writing import Writer


class UndoRefused(ValueError):
    """A change cannot be undone (now); the message says why and what to do."""


def undo(tx: Transaction, *, change_id: int, actor: str) -> Outcome:
    """Undo a merge or a split: what it moved goes back, with what came of it since.

    What was said meanwhile of the one firm (never write to it) holds for both. Raises `UndoRefused`.
    """
    begin(tx)
    change = tx.session.get(FirmChange, change_id)
    if change is None:
        raise UndoRefused(f"There is no change {change_id}. See `recruit firms history FIRM`.")
    if change.undone_at is not None:
        raise UndoRefused(f"Change {change_id} was undone by {change.undone_by} already.")
    match change.kind:
        case ChangeKind.MERGED if "from" in change.detail:
            outcome = _undo_merge(tx, change, actor)
        case ChangeKind.SPLIT if "to" in change.detail:
            outcome = _undo_split(tx, change, actor)
        case _:
            raise UndoRefused(
                f"Change {change_id} ({change.kind.value}) is no merge or split of this firm's, and "
                "only those can be undone."
            )
    change.undone_at = tx.now
    change.undone_by = actor
    record(
        tx,
        Deed.FIRM_CHANGE_UNDONE,
        "firm",
        outcome.firm_id,
        actor=actor,
        change=change_id,
        kind=change.kind.value,
    )
    tx.session.add_all(
        FirmChange(
            firm_id=firm_id,
            kind=ChangeKind.UNDONE,
            detail={"undone": change.id, "what": change.kind.value, "other": other},
            actor=actor,
            at=tx.now,
        )
        for firm_id, other in (
            (outcome.firm_id, outcome.other_id),
            (outcome.other_id, outcome.firm_id),
        )
    )
    tx.session.flush()
    return outcome


def _undo_merge(tx: Transaction, change: FirmChange, actor: str) -> Outcome:
    away = tx.session.get_one(Firm, change.detail["from"])
    if away.merged_into_id != change.firm_id:
        raise UndoRefused(f"{away.name} ({away.id}) is no longer part of firm {change.firm_id}.")
    # Since then the firm may have become part of others itself.
    homes = _line(tx, change.firm_id)
    root = homes[-1]
    brought = set(change.detail.get("members", ()))
    if brought and not brought.intersection(list_members_of(tx, *homes)):
        raise UndoRefused(
            f"All sightings that {away.name} ({away.id}) brought have left firm {root} since. "
            f"Undo that first: `recruit firms history {root}`."
        )
    away.merged_into_id = None
    away.updated_at = tx.now
    members = list_members_moved(move_back(tx, change.id, homes=homes, to_id=away.id))
    forget_names(tx, homes, change.detail.get("names", ()))
    for told_there in _standing_merges(tx, away.id):
        if told_there.detail.get("into") == change.firm_id:
            told_there.undone_at, told_there.undone_by = tx.now, actor
    _unsay(tx, change, actor)
    if "verdict" not in change.detail and members and (rest := list_members_of(tx, root)):
        # A run joined them, by evidence that is still there.
        verdicts.say(
            tx, ours=members, theirs=rest, is_same=False, actor=actor, why="Undid their merge."
        )
    Writer(tx, actor).renew([root, away.id])
    part(
        tx,
        from_id=root,
        to_id=away.id,
        actor=actor,
        since=change.at,
        mementos=change.detail.get("stages"),
    )
    return Outcome(away.id, root, change.id)


def _standing_merges(tx: Transaction, firm_id: int) -> list[FirmChange]:
    return list(
        tx.session.scalars(
            select(FirmChange)
            .where(
                FirmChange.firm_id == firm_id,
                FirmChange.kind == ChangeKind.MERGED,
                FirmChange.undone_at.is_(None),
            )
            .order_by(FirmChange.id)
        )
    )


def _undo_split(tx: Transaction, change: FirmChange, actor: str) -> Outcome:
    split_off = tx.session.get_one(Firm, change.detail["to"])
    home = get_firm(tx, change.firm_id)
    if split_off.merged_into_id is not None:
        raise UndoRefused(
            f"{split_off.name} ({split_off.id}) has been merged into another firm since. "
            f"Undo that first: `recruit firms history {split_off.merged_into_id}`."
        )
    joined = [c.id for c in _standing_merges(tx, split_off.id) if "from" in c.detail]
    if joined:
        raise UndoRefused(
            f"Another firm has been merged into {split_off.name} ({split_off.id}) since. "
            f"Undo that first: `recruit firms undo {joined[-1]}`."
        )
    _unsay(tx, change, actor)
    forget_copies(tx, split_off.id)
    rejoin(tx, keep=home, away=split_off, actor=actor)
    Writer(tx, actor).renew([home.id])
    return Outcome(home.id, split_off.id, change.id)


def _unsay(tx: Transaction, change: FirmChange, actor: str) -> None:
    if "verdict" not in change.detail:
        return
    # It may have been withdrawn by itself since.
    with suppress(verdicts.VerdictNotFound):
        verdicts.withdraw(tx, verdict_id=change.detail["verdict"], actor=actor)
    verdicts.reinstate(tx, change.detail.get("withdrew", ()))


def _line(tx: Transaction, firm_id: int) -> list[int]:
    """Return a firm's id and those that it was merged into since, the one that stays last."""
    line = [firm_id]
    while (into := tx.session.get_one(Firm, line[-1]).merged_into_id) is not None:
        line.append(into)
    return line
