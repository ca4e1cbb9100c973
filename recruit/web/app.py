"""The web application: all routers, and what holds for every one of them."""

from fastapi import Depends, FastAPI

from recruit.web import account, auth, crm_hints, inbound, notices, sign_in_links, sso, unsubscribe
from recruit.web.api.app import create_api
from recruit.web.desk import (
    audit,
    builder,
    candidates,
    checks,
    crm,
    crm_files,
    crm_questions,
    firm,
    firm_changes,
    imports,
    library,
    mailboxes,
    models,
    numbers,
    onboarding,
    overrides,
    partner_files,
    partners,
    people,
    profile,
    profile_reports,
    programs,
    prospects,
    prospects_export,
    replies,
    review,
    sequences,
    source_form,
    sources,
    tasks,
    today,
)
from recruit.web.errors import add_error_pages
from recruit.web.packages.origin import frame_sources
from recruit.web.packages.server import PackagesApart, create_packages
from recruit.web.pages import FOLDER, CachedStatic
from recruit.web.portal import routes as portal
from recruit.web.public import routes as public
from recruit.web.request import check_csrf, require_staff, stay_within_partner
from recruit.web.security import SecurityHeaders, is_https
from recruit.wiring import App

DESK = (
    today,
    # Before the pages of firms, whose tabs take any word.
    overrides,
    prospects,
    prospects_export,
    firm,
    firm_changes,
    review,
    replies,
    tasks,
    sequences,
    builder,
    mailboxes,
    onboarding,
    candidates,
    partners,
    partner_files,
    profile,
    profile_reports,
    models,
    imports,
    source_form,
    sources,
    checks,
    crm,
    crm_files,
    crm_questions,
    programs,
    numbers,
    people,
    audit,
    library,
)


def create_app(app: App) -> FastAPI:
    """Return the web application over `app`; the caller closes `app`."""
    web = FastAPI(title="Recruit", docs_url=None, redoc_url=None, openapi_url=None)
    web.state.recruit = app
    web.add_middleware(SecurityHeaders, https=is_https(app), frames=frame_sources(app.settings))
    web.add_middleware(PackagesApart, packages=create_packages(app), settings=app.settings)
    add_error_pages(web)
    web.mount("/static", CachedStatic(directory=FOLDER / "static"), name="static")
    web.mount("/api/v1", create_api(app), name="api")
    csrf = Depends(check_csrf)
    web.include_router(auth.router, dependencies=[csrf])
    web.include_router(sign_in_links.router, dependencies=[csrf])
    web.include_router(sso.router, dependencies=[csrf])
    web.include_router(account.router, dependencies=[csrf])
    # Whoever is not of the staff is told so before a form is read.
    for page in DESK:
        web.include_router(page.router, dependencies=[Depends(require_staff), csrf])
    web.include_router(portal.router, dependencies=[csrf, Depends(stay_within_partner)])
    web.include_router(public.router, dependencies=[csrf])
    # Mail providers post here without a session: see the module.
    web.include_router(unsubscribe.router)
    web.include_router(inbound.router)
    web.include_router(crm_hints.router)
    web.include_router(notices.router)
    return web
