"""How a partner joins: the agreement, and what the company says of itself."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.agreements import agreement_page, find_acceptance_id
from recruit.insights.company import company_form, has_described_itself
from recruit.insights.portal import evidence_of
from recruit.onboarding.usecases import (
    CompanyIncomplete,
    NotSignedProperly,
    save_company,
    sign_agreement,
)
from recruit.web.files import sealed_pdf, show_pdf
from recruit.web.pages import redirect, render
from recruit.web.portal.forms import PostedForm
from recruit.web.portal.locked import show_locked
from recruit.web.portal.markdown import to_html
from recruit.web.request import AppDep, PartnerPerson, ReadingTx, client_ip, user_agent

router = APIRouter()


@router.get("/portal/agreement")
def show_agreement(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Show the agreement: to sign, or as it was signed."""
    page = agreement_page(tx, person.person_id)
    return render(
        request, "portal/agreement.html", page=page, html=to_html(page.text), problem="", form={}
    )


@router.post("/portal/agreement")
def post_agreement(
    request: Request,
    app: AppDep,
    person: PartnerPerson,
    typed_name: Annotated[str, Form(max_length=200)] = "",
    job_title: Annotated[str, Form(max_length=200)] = "",
    authority: Annotated[str, Form()] = "",
    text_sha256: Annotated[str, Form()] = "",
) -> Response:
    """Accept the agreement, or show the form again with what is missing."""
    try:
        with app.transaction() as tx:
            acceptance_id = sign_agreement(
                tx,
                partner_id=evidence_of(tx, person.person_id).partner_id,
                person_id=person.person_id,
                typed_name=typed_name,
                job_title=job_title,
                ip=client_ip(request),
                user_agent=user_agent(request),
                text_sha256=text_sha256,
                rendered=str(to_html(agreement_page(tx, person.person_id).text)),
                authority=bool(authority),
                auth_method=f"session {person.session_id}",
            ).id
        sealed_pdf(app, acceptance_id)
        return redirect(request, "/portal/next", "The agreement is signed. Thank you.")
    except NotSignedProperly as error:
        problem = str(error)
    with app.reading() as tx:
        page = agreement_page(tx, person.person_id)
    return render(
        request,
        "portal/agreement.html",
        status=422,
        page=page,
        html=to_html(page.text),
        problem=problem,
        form={"typed_name": typed_name, "job_title": job_title},
    )


@router.get("/portal/agreement/{acceptance_id}.pdf")
def download_agreement(app: AppDep, person: PartnerPerson, acceptance_id: int) -> Response:
    """Hand out the sealed PDF of what this partner has accepted."""
    with app.reading() as tx:
        evidence = evidence_of(tx, person.person_id)
        found = find_acceptance_id(tx, partner_id=evidence.partner_id, acceptance_id=acceptance_id)
    return show_pdf(*sealed_pdf(app, found))


@router.get("/portal/company")
def show_company(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Show what the company says of itself."""
    name, company, decision = company_form(tx, person.person_id)
    if not decision.allowed:
        return show_locked(request, "Your company", decision, company=name)
    return render(request, "portal/company.html", company=name, form=company, problem="")


@router.post("/portal/company")
def post_company(
    request: Request, app: AppDep, person: PartnerPerson, posted: PostedForm
) -> Response:
    """Save it, or show the form again with what is missing."""
    form = {key: str(value) for key, value in posted.items()}
    try:
        with app.transaction() as tx:
            before = evidence_of(tx, person.person_id)
            save_company(tx, partner_id=before.partner_id, person_id=person.person_id, company=form)
        on = "/portal" if has_described_itself(before) else "/portal/next"
        return redirect(request, on, "Saved.")
    except CompanyIncomplete as error:
        problem = str(error)
    with app.reading() as tx:
        name, _, _ = company_form(tx, person.person_id)
    return render(
        request, "portal/company.html", status=422, company=name, form=form, problem=problem
    )
