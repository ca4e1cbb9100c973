"""Numbers: few of them, each with a sentence, a formula and its rows."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.cohorts import training_cohorts
from recruit.insights.funnel import find_stage_rows, read_numbers
from recruit.web.errors import show_error
from recruit.web.pages import render
from recruit.web.request import ReadingTx

router = APIRouter()


@router.get("/numbers")
def show_numbers(request: Request, tx: ReadingTx) -> Response:
    """Show the funnel and what stands beside it."""
    return render(
        request,
        "desk/numbers.html",
        numbers=read_numbers(tx),
        cohorts=training_cohorts(tx),
    )


@router.get("/numbers/{key}")
def show_rows(request: Request, tx: ReadingTx, key: str) -> Response:
    """Show the firms behind one number."""
    found = find_stage_rows(tx, key)
    if found is None:
        return show_error(request, 404, text=f"There is no number “{key}”.")
    stage, rows = found
    return render(request, "desk/number.html", stage=stage, rows=rows)
