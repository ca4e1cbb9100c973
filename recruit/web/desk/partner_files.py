"""A partner's papers for staff: sealed agreements, certificates, and taking a certificate back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.agreements import find_acceptance_id
from recruit.insights.certificates import certificate_document
from recruit.onboarding.documents import render_certificate
from recruit.onboarding.usecases import RevocationRefused, UnknownCertificate, revoke_certificate
from recruit.web.desk.partners import Manager
from recruit.web.errors import show_error
from recruit.web.files import sealed_pdf, show_pdf
from recruit.web.pages import redirect
from recruit.web.request import AppDep, ReadingTx
from recruit.web.security import safe_next

router = APIRouter()


@router.get("/partners/{partner_id}/agreements/{acceptance_id}.pdf")
def download_agreement(app: AppDep, partner_id: int, acceptance_id: int) -> Response:
    """Hand out the sealed PDF of what a partner accepted."""
    with app.reading() as tx:
        found = find_acceptance_id(tx, partner_id=partner_id, acceptance_id=acceptance_id)
    return show_pdf(*sealed_pdf(app, found))


@router.get("/certificates/{serial}.pdf")
def download_certificate(app: AppDep, tx: ReadingTx, serial: str) -> Response:
    """Hand out a certificate."""
    settings = app.settings
    document = certificate_document(
        tx, serial, program=settings.sender_name, base_url=settings.base_url
    )
    return show_pdf(document.serial, render_certificate(document))


@router.post("/certificates/{serial}/revoke")
def revoke(
    request: Request,
    app: AppDep,
    person: Manager,
    serial: str,
    reason: Annotated[str, Form(max_length=2000)] = "",
    back: Annotated[str, Form()] = "/onboarding",
) -> Response:
    """Take a certificate back, with the reason."""
    try:
        with app.transaction() as tx:
            revoke_certificate(tx, serial=serial, reason=reason, actor=person.name)
    except RevocationRefused as error:
        return show_error(request, 422, text=str(error))
    except UnknownCertificate as error:
        return show_error(request, 404, text=str(error))
    text = f"The certificate {serial} counts no more. What it had opened is closed."
    return redirect(request, safe_next(back, "/onboarding"), text)
