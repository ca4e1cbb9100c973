"""The portal's one page, and the pages that partners get."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.portal import (
    find_resource,
    list_library,
    portal_home,
    resource_file,
    way_on,
)
from recruit.web.pages import redirect, render
from recruit.web.portal.files import attach
from recruit.web.portal.links import line_link, on_link, step_link
from recruit.web.portal.locked import show_locked
from recruit.web.portal.markdown import to_html
from recruit.web.request import PartnerPerson, ReadingTx

router = APIRouter()


@router.get("/portal")
def show_home(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Show where the partner stands, the one next step, and what is open and what opens later."""
    home = portal_home(tx, person.person_id)
    return render(
        request,
        "portal/home.html",
        home=home,
        step_link=step_link,
        on_link=on_link,
        line_link=line_link,
    )


@router.get("/portal/next")
def go_on(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Send this person on to what comes next for them, or to the start where nothing does."""
    return redirect(request, on_link(way_on(tx, person.person_id)))


@router.get("/portal/resources")
def show_library(
    request: Request, tx: ReadingTx, person: PartnerPerson, product: str = "", audience: str = ""
) -> Response:
    """Show all that partners get, of one product or for one audience where they are named."""
    evidence, lines = list_library(tx, person.person_id)
    return render(
        request,
        "portal/library.html",
        company=evidence.company_name,
        lines=[
            line
            for line in lines
            if product in ("", line.product) and audience in ("", line.audience)
        ],
        products=sorted({line.product for line in lines if line.product}),
        audiences=sorted({line.audience for line in lines if line.audience}),
        product=product,
        audience=audience,
        line_link=line_link,
    )


@router.get("/portal/resources/{key}/file")
def get_resource_file(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Hand out the file of a resource, or say what is missing to open it."""
    evidence, resource, decision = find_resource(tx, person.person_id, key)
    if not decision.allowed:
        return show_locked(request, resource.title, decision, company=evidence.company_name)
    return attach(resource_file(tx, resource), resource.file)


@router.get("/portal/resources/{key}")
def show_resource(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show a page for partners, or what is missing to open it."""
    evidence, resource, decision = find_resource(tx, person.person_id, key)
    if not decision.allowed:
        return show_locked(request, resource.title, decision, company=evidence.company_name)
    return render(
        request,
        "portal/resource.html",
        company=evidence.company_name,
        resource=resource,
        html=to_html(resource.markdown),
    )
