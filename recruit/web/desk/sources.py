"""Sources and their jobs: what was read, what came of it, and what could not be used."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.jobs import (
    UnknownJobLine,
    get_job,
    list_job_problems,
    list_jobs,
    list_sources,
)
from recruit.web.errors import show_error
from recruit.web.pages import render
from recruit.web.request import ReadingTx, is_htmx

router = APIRouter()
PROBLEMS = 500


@router.get("/sources")
def show_sources(request: Request, tx: ReadingTx) -> Response:
    """Show sources as cards and jobs as lines; while a job runs, its lines are asked for again."""
    jobs = list_jobs(tx)
    if is_htmx(request):
        return render(request, "desk/jobs.html", jobs=jobs)
    return render(request, "desk/sources.html", sources=list_sources(tx), jobs=jobs)


@router.get("/sources/jobs/{job_id}")
def show_job(request: Request, tx: ReadingTx, job_id: int) -> Response:
    """Show what a job could not use, why, and what helps."""
    try:
        job = get_job(tx, job_id)
    except UnknownJobLine:
        return show_error(request, 404, text=f"There is no job {job_id}.")
    return render(
        request, "desk/job.html", job=job, problems=list_job_problems(tx, job_id, PROBLEMS)
    )
