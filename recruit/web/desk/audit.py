"""The audit log: who did what to what, when. For administrators."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse

from recruit.audit.chain import clean
from recruit.audit.usecases import Wanted, list_entries, record, verify_log, walk_export
from recruit.audit.values import Deed, Row
from recruit.web.pages import query_string, render
from recruit.web.request import AppDep, ReadingTx, WritingTx, require_admin

router = APIRouter(prefix="/audit", dependencies=[Depends(require_admin)])
_A_PAGE = 100


def read_filters(
    who: str = "",
    action: str = "",
    object: str = "",  # noqa: A002
    since: str = "",
    until: str = "",
) -> dict[str, str]:
    """Return what the page's form asks for, as text; an unknown action or day asks for nothing."""
    return {
        "who": clean(who).strip()[:200],
        "action": action if action in set(Deed) else "",
        "object": clean(object).strip()[:240],
        "since": since if _day(since) else "",
        "until": until if _day(until) else "",
    }


Filters = Annotated[dict[str, str], Depends(read_filters)]


@router.get("")
def show_log(request: Request, tx: ReadingTx, filters: Filters, before: str = "") -> Response:
    """Show a page of the log, the newest first."""
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    rows = list_entries(tx, _wanted(filters), limit=_A_PAGE + 1, before=start)
    older = rows[_A_PAGE - 1].seq if len(rows) > _A_PAGE else None
    return render(
        request,
        "desk/audit.html",
        rows=[_shown(row) for row in rows[:_A_PAGE]],
        deeds=sorted(Deed),
        filters=filters,
        is_filtered=any(filters.values()),
        older=query_string(filters | {"before": older}) if older else "",
        is_first=start is None,
    )


@router.post("/verify")
def verify(request: Request, tx: ReadingTx) -> Response:
    """Check the whole chain and show what was found."""
    return render(
        request,
        "desk/audit_verdict.html",
        verdict=verify_log(tx),
    )


@router.post("/export")
def export(app: AppDep, tx: WritingTx) -> Response:
    """Send the whole log as lines of JSON; that it was taken out is written down."""
    record(tx, Deed.EXPORTED, "audit_log", "all")

    def lines() -> Iterator[str]:
        with app.reading() as reading:
            yield from walk_export(reading)

    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)


def _shown(row: Row) -> tuple[Row, datetime | None, list[tuple[str, Any]]]:
    # A row that somebody has changed is shown as far as it can be read.
    try:
        at = datetime.fromisoformat(row.at)
    except ValueError:
        at = None
    try:
        details = json.loads(row.details)
    except ValueError:
        details = None
    pairs = list(details.items()) if isinstance(details, dict) else [("", row.details)]
    return row, at, pairs


def _wanted(filters: dict[str, str]) -> Wanted:
    kind, _, number = filters["object"].partition(":")
    since, until = _day(filters["since"]), _day(filters["until"])
    given: dict[str, Any] = {
        "who": filters["who"],
        "action": filters["action"],
        "object_type": kind.strip(),
        "object_id": number.strip(),
        "since": _begin(since) if since else None,
        # The last day counts in full.
        "until": _begin(until + timedelta(days=1)) if until else None,
    }
    return Wanted(**given)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < date.max else None
