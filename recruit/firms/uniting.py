"""Two firms become one: all relations move, the other id stays as an alias, and it can be undone.

What a stage downstream has to do beyond having its rows moved (stop a sequence that would run twice,
carry a suppression over) it does as a `Follower`, within the same transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms.families import remember_name
from recruit.firms.moving import Moved, list_members_moved, move_relations, remember_moves
from recruit.firms.tables import Firm, FirmChange
from recruit.firms.tag_parting import follow_parting
from recruit.firms.tags import refresh_tags
from recruit.firms.values import ChangeKind

# What a stage needs to undo what it did, as JSON.
Memento = dict[str, Any]


@dataclass(frozen=True)
class Follower:
    """What a stage does when firms become one or two.

    `uniting(tx, keep_id, away_id)` is called before anything moves, and returns what it needs to
    undo what it did. `parted(tx, from_id, to_id, since, memento)` is called after `to_id` has left
    `from_id`: they were one since `since`, or always where that is None.
    """

    uniting: Callable[[Transaction, int, int], Memento]
    parted: Callable[[Transaction, int, int, datetime | None, Memento], None]


_followers: dict[str, Follower] = {}


def follow(stage: str, follower: Follower) -> None:
    """Let a stage follow what becomes of firms; once a stage."""
    _followers[stage] = follower


def unite(
    tx: Transaction, *, keep: Firm, away: Firm, actor: str, because: str, **detail: Any
) -> FirmChange:
    """Let one firm have all that another has, whose id stays as an alias; return the change.

    The fields of the firm that stays are not decided anew here.
    """
    mementos, moved = rejoin(tx, keep=keep, away=away, actor=actor)
    # Which of the two names the firm goes by now is decided anew; it is found by both.
    names = [f.name_key for f in (away, keep) if remember_name(tx, keep.id, f.name, f.name_key)]
    members = list_members_moved(moved)
    change = FirmChange(
        firm_id=keep.id,
        kind=ChangeKind.MERGED,
        detail={
            "from": away.id,
            "members": members,
            "because": because,
            "names": names,
            "stages": mementos,
        }
        | detail,
        actor=actor,
        at=tx.now,
    )
    tx.session.add_all(
        [
            change,
            FirmChange(
                firm_id=away.id,
                kind=ChangeKind.MERGED,
                detail={"into": keep.id},
                actor=actor,
                at=tx.now,
            ),
        ]
    )
    tx.session.flush()
    remember_moves(tx, change.id, moved)
    return change


def rejoin(
    tx: Transaction, *, keep: Firm, away: Firm, actor: str
) -> tuple[dict[str, Memento], list[Moved]]:
    """Let one firm have all that another has, and make the other's id an alias.

    Returns what stages need to undo what they did, and what moved.
    """
    mementos = {
        stage: memento
        for stage, follower in _followers.items()
        if (memento := follower.uniting(tx, keep.id, away.id))
    }
    moved = move_relations(tx, away.id, keep.id)
    away.merged_into_id = keep.id
    away.updated_at = tx.now
    tx.session.flush()
    refresh_tags(tx, [keep.id], actor=actor)
    tx.announce("firm", keep.id)
    tx.announce("firm", away.id)
    return mementos, moved


def part(
    tx: Transaction,
    *,
    from_id: int,
    to_id: int,
    actor: str,
    since: datetime | None = None,
    mementos: Mapping[str, Memento] | None = None,
) -> None:
    """Let every stage do what it has to do once `to_id` has left `from_id`; see `Follower`."""
    for stage, follower in _followers.items():
        follower.parted(tx, from_id, to_id, since, (mementos or {}).get(stage, {}))
    follow_parting(tx, from_id, to_id, since=since, actor=actor)
    tx.announce("firm", from_id)
    tx.announce("firm", to_id)
