"""Certificates, on a page and as a file."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.certificates import certificate_document, certificate_page
from recruit.insights.portal import evidence_of
from recruit.onboarding.documents import render_certificate
from recruit.onboarding.gates import decide
from recruit.onboarding.values import Action
from recruit.web.files import show_pdf
from recruit.web.pages import render
from recruit.web.portal.locked import show_locked
from recruit.web.request import AppDep, PartnerPerson, ReadingTx

router = APIRouter()


@router.get("/portal/certificates/{serial}.pdf")
def download_certificate(
    tx: ReadingTx, app: AppDep, person: PartnerPerson, serial: str
) -> Response:
    """Hand out a certificate of this partner's people."""
    evidence = evidence_of(tx, person.person_id)
    document = certificate_document(
        tx,
        serial,
        program=app.settings.sender_name,
        base_url=app.settings.base_url,
        partner_id=evidence.partner_id,
    )
    return show_pdf(document.serial, render_certificate(document))


@router.get("/portal/certificates/{serial}")
def show_certificate(
    request: Request, tx: ReadingTx, app: AppDep, person: PartnerPerson, serial: str
) -> Response:
    """Show a certificate of this partner's people."""
    evidence = evidence_of(tx, person.person_id)
    certificate = certificate_page(tx, serial, partner_id=evidence.partner_id)
    decision = decide(Action.SEE_CERTIFICATE, evidence, tx.now, person_id=person.person_id)
    if not decision.allowed:
        return show_locked(request, "The certificate", decision, company=evidence.company_name)
    return render(
        request,
        "portal/certificate.html",
        certificate=certificate,
        company=evidence.company_name,
        verify=f"{app.settings.base_url.rstrip('/')}/verify/{serial}",
    )
