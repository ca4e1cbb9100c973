"""What becomes of tags when one firm becomes two: the entries of lists follow the firm that they mean."""

from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.listing import find_meant
from recruit.firms.tables import ListedFirm
from recruit.firms.tags import refresh_tags, what_it_says
from recruit.firms.values import ListedState


def follow_parting(
    tx: Transaction, from_id: int, to_id: int, *, since: datetime | None, actor: str
) -> None:
    """Let the entries that mean a firm follow once another has left it, those added after `since`.

    An entry that means one of the two clearly is that one's; any other holds for both from now on.
    """
    query = select(ListedFirm).where(ListedFirm.firm_id == from_id, ListedFirm.removed_at.is_(None))
    if since is not None:
        query = query.where(ListedFirm.added_at > since)
    for row, meaning in find_meant(tx, tx.session.scalars(query).all()):
        if row.chosen_by or meaning.firm_id not in {from_id, to_id}:
            _copy(tx, row, from_id, to_id, actor)
        elif meaning.firm_id == to_id:
            row.firm_id, row.because = to_id, meaning.because
    tx.session.flush()
    refresh_tags(tx, [from_id, to_id], actor=actor)


def _copy(tx: Transaction, row: ListedFirm, from_id: int, to_id: int, actor: str) -> None:
    key = f"{row.entry_key[:80]}~{to_id}"
    if tx.session.scalar(
        select(ListedFirm.id).where(
            ListedFirm.list_name == row.list_name, ListedFirm.entry_key == key
        )
    ):
        return
    tx.session.add(
        ListedFirm(
            list_name=row.list_name, entry_key=key, tag=row.tag, position=row.position,
            state=ListedState.MATCHED, firm_id=to_id, candidates=[], added_at=tx.now, added_by=actor,
            because=f"was part of firm {from_id}, which the list names", chosen_by=row.chosen_by,
            **what_it_says(row),
        )
    )  # fmt: skip


def forget_copies(tx: Transaction, firm_id: int) -> None:
    """Forget what `follow_parting` let hold for a firm that is no firm of its own any more."""
    for row in tx.session.scalars(
        select(ListedFirm).where(ListedFirm.entry_key.endswith(f"~{firm_id}", autoescape=True))
    ).all():
        tx.session.delete(row)
    tx.session.flush()
