"""Pages of lists: an opaque cursor that goes on where the last page ended, whatever came in between."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from recruit.web.api.problems import Refused

T = TypeVar("T")
MOST = 200
LARGEST_ID = 2**63 - 1

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[
    str, Query(max_length=200, description="`next_cursor` of the page before; empty: the first.")
]


class Page(BaseModel, Generic[T]):
    """A page of a list, the newest first."""

    data: list[T]
    next_cursor: str | None = Field(description="Ask for the next page with it; null on the last.")


def make_page(
    name: str,
    cursor: str,
    limit: int,
    ask: Callable[[int | None, int], Sequence[T]],
    id_of: Callable[[T], int],
) -> Page[T]:
    """Return a page of the list `name`; `ask(before_id, limit)` gives its rows."""
    rows = list(ask(_read(name, cursor), limit + 1))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(data=rows, next_cursor=_write(name, id_of(rows[-1])) if more else None)


def _write(name: str, before_id: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, before_id]).encode()).decode().rstrip("=")


def _read(name: str, cursor: str) -> int | None:
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        of, before_id = json.loads(text)
    except (binascii.Error, ValueError, TypeError):
        of, before_id = "", 0
    if of != name or type(before_id) is not int or not 0 < before_id <= LARGEST_ID:
        raise Refused(
            422,
            "This cursor is of no page of this list. Begin again without one.",
            name="invalid-cursor",
        )
    return before_id
