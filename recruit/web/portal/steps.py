"""Steps that the partner and we do together: hand in a proof, wait for a call or an approval; choose a path."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from recruit.insights.steps import StepPage, step_page
from recruit.onboarding.uploads import MOST_BYTES, CheckedFile, UploadRefused, check_upload
from recruit.onboarding.usecases import ProofMissing, StepNotOpen, choose_path, hand_in_proof
from recruit.web.pages import redirect, render
from recruit.web.portal.locked import show_locked
from recruit.web.portal.markdown import to_html
from recruit.web.request import AppDep, PartnerPerson, ReadingTx, WritingTx

router = APIRouter()


@router.get("/portal/steps/{step_key}")
def show_step(request: Request, tx: ReadingTx, person: PartnerPerson, step_key: str) -> Response:
    """Show a task, a call or an approval, and where it stands."""
    return _show(request, step_page(tx, person.person_id, step_key))


@router.post("/portal/steps/{step_key}")
def post_proof(
    request: Request,
    app: AppDep,
    person: PartnerPerson,
    step_key: str,
    text: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Hand in what a task asks for."""
    try:
        checked = _read(file)
        with app.transaction() as tx:
            hand_in_proof(
                tx, person_id=person.person_id, step_key=step_key, text=text, file=checked
            )
    except (UploadRefused, ProofMissing) as error:
        with app.reading() as tx:
            page = step_page(tx, person.person_id, step_key)
        return _show(request, page, problem=str(error), text=text)
    except StepNotOpen as error:
        return redirect(request, f"/portal/steps/{step_key}", str(error))
    return redirect(request, "/portal", "Handed in. We look at it and write to you.")


@router.post("/portal/path")
def post_path(
    request: Request,
    tx: WritingTx,
    person: PartnerPerson,
    path: Annotated[str, Form(max_length=100)],
) -> Response:
    """Follow a learning path."""
    choose_path(tx, person_id=person.person_id, path=path)
    return redirect(request, "/portal")


def _read(file: UploadFile | None) -> CheckedFile | None:
    if file is None or not file.filename:
        return None
    # One byte more than is taken tells that it is too large, whatever was announced.
    return check_upload(file.filename, file.file.read(MOST_BYTES + 1))


def _show(request: Request, page: StepPage, *, problem: str = "", text: str = "") -> Response:
    if not page.decision.allowed:
        return show_locked(request, page.view.step.title, page.decision, company=page.company)
    return render(
        request,
        "portal/step.html",
        status=422 if problem else 200,
        page=page,
        problem=problem,
        text=text,
        instructions=to_html(page.view.step.instructions),
        most_mb=MOST_BYTES // 1024**2,
    )
