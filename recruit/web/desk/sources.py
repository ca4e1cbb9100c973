"""Sources and their jobs: what was read, what came of it, and what could not be used."""

import csv
import io
from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from recruit.insights.jobs import (
    JobLine,
    UnknownJobLine,
    count_problems,
    get_job,
    iterate_problems,
    list_job_problems,
    list_jobs,
    list_sources,
)
from recruit.sourcing.steering import (
    CrawlUnderWay,
    JobIsOver,
    NotCrawlable,
    UnknownJob,
    UnknownSource,
    cancel_job,
    pause_job,
    resume_job,
    start_crawl,
)
from recruit.sourcing.values import JobKind
from recruit.spreadsheets import harmless
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx, is_htmx
from recruit.wiring import App

router = APIRouter()
PROBLEMS = 200
_TASKS = {JobKind.CRAWL: "sourcing.run_crawl", JobKind.IMPORT: "sourcing.run_import"}


@router.get("/sources")
def show_sources(request: Request, tx: ReadingTx) -> Response:
    """Show sources as cards and jobs as lines; while a job runs, its lines are asked for again."""
    jobs = list_jobs(tx)
    if is_htmx(request):
        return render(request, "desk/jobs.html", jobs=jobs)
    return render(request, "desk/sources.html", sources=list_sources(tx), jobs=jobs)


@router.post("/sources/{source_id}/crawl")
def crawl(request: Request, app: AppDep, tx: WritingTx, source_id: int) -> Response:
    """Start a crawl of a source."""
    try:
        job = start_crawl(tx, source_id=source_id)
    except CrawlUnderWay as error:
        return redirect(request, f"/sources/jobs/{error.job_id}", str(error), kind="wait")
    except NotCrawlable as error:
        return show_error(request, 409, text=str(error))
    except UnknownSource:
        return show_error(request, 404)
    tx.after_commit(lambda: app.wake("sourcing.run_crawl", job.id))
    return redirect(request, f"/sources/jobs/{job.id}")


@router.get("/sources/jobs/{job_id}")
def show_job(request: Request, tx: ReadingTx, job_id: int) -> Response:
    """Show how far a job is, what it could not use, why, and what helps."""
    try:
        job = get_job(tx, job_id)
    except UnknownJobLine:
        return show_error(request, 404, text=f"There is no job {job_id}.")
    problems = list_job_problems(tx, job_id, PROBLEMS)
    return render(
        request,
        "desk/job_state.html" if is_htmx(request) else "desk/job.html",
        job=job,
        problems=problems,
        kinds=count_problems(tx, job_id) if problems else [],
        left=job.time_left(tx.now),
    )


@router.post("/sources/jobs/{job_id}/{action}")
def steer(
    request: Request, app: AppDep, tx: WritingTx, person: StaffPerson, job_id: int, action: str
) -> Response:
    """Pause, resume or cancel a job."""
    acts = {"pause": pause_job, "resume": resume_job, "cancel": cancel_job}
    if action not in acts:
        return show_error(request, 404)
    try:
        job = acts[action](tx, job_id=job_id, actor=person.name)
    except UnknownJob:
        return show_error(request, 404, text=f"There is no job {job_id}.")
    except JobIsOver as error:
        return show_error(request, 409, text=str(error))
    if action == "resume":
        tx.after_commit(lambda: app.wake(_TASKS[job.kind], job_id))
    return redirect(request, f"/sources/jobs/{job_id}")


@router.get("/sources/jobs/{job_id}/problems.csv")
def download_problems(request: Request, app: AppDep, tx: ReadingTx, job_id: int) -> Response:
    """Send all that a job could not use: the row, the field, the reason, and the row as it was."""
    try:
        job = get_job(tx, job_id)
    except UnknownJobLine:
        return show_error(request, 404, text=f"There is no job {job_id}.")
    return StreamingResponse(
        _write_problems(app, job),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="job-{job_id}-problems.csv"'},
    )


def _write_problems(app: App, job: JobLine) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    head = ["row", "kept", "field", "reason", "remedy"]
    writer.writerow(["\ufeff" + head[0], *head[1:], *(job.header or ["where", "raw"])])
    with app.reading() as tx:
        for problem in iterate_problems(tx, job.job_id):
            kept = "no" if problem.refused else "without this cell"
            told = [problem.row or "", kept, problem.field or "", problem.reason, problem.remedy]
            own = _cells(problem.raw) if job.header else [problem.place, problem.raw]
            writer.writerow([harmless(cell) for cell in [*told, *own]])
            if buffer.tell() > 64 * 1024:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def _cells(raw: str) -> list[str]:
    try:
        return next(csv.reader([raw], strict=False), [])
    except csv.Error:
        return [raw]
