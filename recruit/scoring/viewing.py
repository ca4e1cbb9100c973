"""Saved views: a name for a state of the prospects page, for everybody at the desk."""

from dataclasses import dataclass

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.scoring.tables import SavedView
from recruit.scoring.values import ScoringRefused
from recruit.sourcing.text import clean

_LONGEST_NAME = 60
_LONGEST_QUERY = 2000
MOST_VIEWS = 50


class ViewRefused(ScoringRefused):
    """The view cannot be saved; the message says why and what to do."""


@dataclass(frozen=True)
class ViewLine:
    """A saved view; `query` is the query string of the page that it opens, without its "?"."""

    view_id: int
    name: str
    query: str
    owner: str


def list_views(tx: Transaction) -> list[ViewLine]:
    """Return all saved views, sorted by name."""
    rows = tx.session.scalars(select(SavedView).order_by(func.lower(SavedView.name), SavedView.id))
    return [ViewLine(row.id, row.name, row.query, row.owner) for row in rows]


def save_view(tx: Transaction, *, name: str, query: str, actor: str) -> SavedView:
    """Save a view; one of the same name is replaced. Raises `ViewRefused`."""
    name = clean(name)
    if not name or len(name) > _LONGEST_NAME:
        raise ViewRefused(f"A view needs a name of 1 to {_LONGEST_NAME} characters.")
    if len(query) > _LONGEST_QUERY:
        raise ViewRefused("These filters are too long to be kept. Take some away.")
    row = tx.session.scalar(select(SavedView).where(SavedView.name == name))
    if row is None:
        if (tx.session.scalar(select(func.count(SavedView.id))) or 0) >= MOST_VIEWS:
            raise ViewRefused(f"There are {MOST_VIEWS} views already. Drop one first.")
        row = SavedView(name=name, query=query, owner=actor, created_at=tx.now)
        tx.session.add(row)
    row.query, row.owner = query, actor
    tx.session.flush()
    return row


def drop_view(tx: Transaction, *, view_id: int) -> ViewLine | None:
    """Drop a view and return what it was, so that it can be saved again; None where there is none."""
    row = tx.session.get(SavedView, view_id)
    if row is None:
        return None
    line = ViewLine(row.id, row.name, row.query, row.owner)
    tx.session.delete(row)
    return line
