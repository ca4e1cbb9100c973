"""CSV both ways: download what the CRM should know, upload what it says."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response, StreamingResponse

from recruit.crm.mapping import MappingInvalid, find_mapping
from recruit.crm.values import CrmMapping
from recruit.sync.files import ImportReport, export_lines, import_file
from recruit.sync.sheet import MOST_BYTES, FileRefused
from recruit.web.pages import render
from recruit.web.request import AppDep
from recruit.wiring import App

router = APIRouter(prefix="/crm/files")


@router.get("")
def show_files(request: Request) -> Response:
    """Show what can be downloaded, and where to upload."""
    return _show(request)


@router.get("/firms.csv")
def download(request: Request, app: AppDep, partners: bool = False) -> Response:
    """Send firms as CSV: each that may enter the CRM, or partners alone."""
    try:
        pieces = export_lines(app.reading, _mapping(app), partners_only=partners)
    except MappingInvalid as error:
        return _show(request, problem=str(error))
    name = "partners" if partners else "firms"
    return StreamingResponse(
        pieces,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@router.post("")
def upload(
    request: Request,
    app: AppDep,
    file: Annotated[UploadFile | None, File()] = None,
    dry_run: Annotated[bool, Form()] = False,
) -> Response:
    """Settle what a file says, or only count it, and say what became of each line."""
    if file is None or not file.filename:
        return _show(request, problem="Choose a file first.")
    try:
        content = file.file.read(MOST_BYTES + 1)
        report = import_file(app.transaction, _mapping(app), content, dry_run=dry_run)
    except (FileRefused, MappingInvalid) as error:
        return _show(request, problem=str(error))
    return _show(request, report=report, dry_run=dry_run)


def _mapping(app: App) -> CrmMapping:
    return find_mapping(app.settings.var_dir, app.settings.crm)


def _show(
    request: Request,
    *,
    report: ImportReport | None = None,
    dry_run: bool = False,
    problem: str = "",
) -> Response:
    return render(
        request,
        "desk/crm_files.html",
        status=422 if problem else 200,
        report=report,
        dry_run=dry_run,
        problem=problem,
    )
