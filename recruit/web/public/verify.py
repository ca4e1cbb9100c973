"""Where anybody checks a certificate or a sealed agreement, by its code or by the file itself."""

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import Response

from recruit.insights.certificates import certificate_page
from recruit.onboarding.usecases import (
    MOST_DOCUMENT_BYTES,
    UnknownRecord,
    check_record,
    check_upload,
)
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx

router = APIRouter(prefix="/verify")
_DOCUMENT = "AG-"


@router.get("")
def show_form(request: Request, code: str = "") -> Response:
    """Ask for the code or the file."""
    code = "".join(code.split()).upper()[:40]
    if code.isascii() and code.replace("-", "").isalnum():
        return redirect(request, f"/verify/{code}")
    return _ask(
        request, "A code is made of letters and digits, like AG-0123456789ABCDEF." if code else ""
    )


@router.post("")
def check_file(
    request: Request, app: AppDep, tx: ReadingTx, file: Annotated[UploadFile, File()]
) -> Response:
    """Tell whether a file is as it was sealed."""
    pdf = file.file.read(MOST_DOCUMENT_BYTES + 1)
    if len(pdf) > MOST_DOCUMENT_BYTES:
        return _ask(request, "This file is larger than any of our documents.")
    try:
        record = check_upload(tx, pdf=pdf, seal=app.seal)
    except UnknownRecord as error:
        return _ask(request, f"This is no document of ours. {error}")
    return render(request, "public/verify_record.html", record=record)


@router.get("/{code}")
def verify(request: Request, app: AppDep, tx: ReadingTx, code: str) -> Response:
    """Tell whether a certificate is real and valid, or a sealed agreement unchanged."""
    if code.upper().startswith(_DOCUMENT):
        try:
            record = check_record(tx, code=code.upper(), seal=app.seal)
        except UnknownRecord as error:
            return _ask(request, str(error), status=404)
        return render(request, "public/verify_record.html", record=record)
    return render(request, "portal/verify.html", certificate=certificate_page(tx, code))


def _ask(request: Request, problem: str, *, status: int = 422) -> Response:
    return render(request, "public/verify.html", status=status if problem else 200, problem=problem)
