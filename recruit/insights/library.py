"""The library as staff see it: everything on the shelf, what is stale first."""

from dataclasses import dataclass
from datetime import date

from recruit.db.transaction import Transaction
from recruit.onboarding import published
from recruit.onboarding.shelf import is_stale
from recruit.onboarding.values import Action


@dataclass(frozen=True)
class ShelfLine:
    """A resource. `is_hidden`: it is stale, and partners don't see it for that."""

    key: str
    title: str
    summary: str
    owner: str
    action: Action
    level: str
    product: str
    audience: str
    file: str
    review_on: date | None
    is_stale: bool
    is_hidden: bool


@dataclass(frozen=True)
class Shelf:
    """All resources, and what new ones can be asked for."""

    lines: tuple[ShelfLine, ...]
    levels: tuple[str, ...]

    @property
    def stale(self) -> int:
        """Return how many are to be reviewed."""
        return sum(line.is_stale for line in self.lines)


def list_shelf(tx: Transaction) -> Shelf:
    """Return the library."""
    lines = []
    for one in published.list_resources(tx):
        stale = is_stale(one.review_on, tx.now.date())
        lines.append(
            ShelfLine(
                one.key,
                one.title,
                one.summary,
                one.owner,
                one.action,
                one.level,
                one.product,
                one.audience,
                one.file,
                one.review_on,
                stale,
                stale and one.hide_when_stale,
            )
        )
    lines.sort(key=lambda line: not line.is_stale)
    return Shelf(tuple(lines), tuple(published.list_level_keys(tx)))
