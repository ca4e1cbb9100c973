"""The list of prospects as a file: what the page shows, all its pages, in the page's order."""

import csv
import io
from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.insights.prospect_rows import ProspectRow
from recruit.insights.prospects import ProspectQuery, export_prospects
from recruit.insights.standing import STATE_WORDS
from recruit.spreadsheets import harmless
from recruit.web.desk.prospect_params import read_query
from recruit.web.request import AppDep
from recruit.wiring import App

router = APIRouter()
_COLUMNS = (
    "rank", "firm_id", "firm", "domain", "country", "city", "employees_low", "employees_high",
    "founded_low", "founded_high", "specialties", "score", "low", "high", "of", "why", "state",
)  # fmt: skip
_LEARNED = ("probability", "foretells", "outcomes", "model")


@router.get("/prospects/export.csv")
def export(request: Request, app: AppDep) -> Response:
    """Send the list that the address asks for as CSV; with a probability only where a model is in use."""
    query = read_query(request.url.query)
    with app.transaction() as tx:
        record(tx, Deed.EXPORTED, "prospects", "csv", query=request.url.query[:500])
    return StreamingResponse(
        _write(app, query),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="prospects.csv"'},
    )


def _write(app: App, query: ProspectQuery) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    with app.reading() as tx:
        foretold, rows = export_prospects(tx, query)
        # Spreadsheets read UTF-8 only behind this mark.
        buffer.write("\ufeff")
        writer.writerow([*_COLUMNS, *(_LEARNED if foretold else ())])
        for row in rows:
            cells = _cells(row)
            if foretold:
                chance = None if row.chance is None else round(row.chance, 4)
                cells += [chance, foretold.outcome, foretold.outcomes, foretold.model]
            writer.writerow([harmless(cell) for cell in cells])
            if buffer.tell() > 64 * 1024:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def _cells(row: ProspectRow) -> list[object]:
    return [
        row.rank, row.firm_id, row.name, row.domain, row.country, row.city, row.employees_low,
        row.employees_high, row.founded_low, row.founded_high, "; ".join(row.specialties),
        row.total, row.low, row.high, row.most, row.why,
        STATE_WORDS[row.state].word,
    ]  # fmt: skip
