"""Certificates, on a page and as a file."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.portal import evidence_of
from recruit.insights.training import certificate_page
from recruit.onboarding.gates import decide
from recruit.onboarding.values import Action
from recruit.web.pages import render
from recruit.web.portal.locked import show_locked
from recruit.web.request import AppDep, PartnerPerson, ReadingTx

router = APIRouter()


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
