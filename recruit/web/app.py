"""The web application: all routers, and what holds for every one of them."""

import importlib
from types import ModuleType

from fastapi import Depends, FastAPI

from recruit.web import auth
from recruit.web.errors import add_error_pages
from recruit.web.pages import FOLDER, CachedStatic
from recruit.web.request import check_csrf, require_staff
from recruit.web.security import SecurityHeaders, is_https
from recruit.wiring import App

DESK = (
    "today", "prospects", "firm", "replies", "tasks", "sequences", "onboarding", "profile", "sources",
    "crm", "numbers",
)  # fmt: skip


def _find(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        print(f"not there yet: {name}: {error}")  # noqa: T201
        return None


def create_app(app: App) -> FastAPI:
    """Return the web application over `app`; the caller closes `app`."""
    web = FastAPI(title="Recruit", docs_url=None, redoc_url=None, openapi_url=None)
    web.state.recruit = app
    web.add_middleware(SecurityHeaders, https=is_https(app))
    add_error_pages(web)
    web.mount("/static", CachedStatic(directory=FOLDER / "static"), name="static")
    csrf = Depends(check_csrf)
    web.include_router(auth.router, dependencies=[csrf])
    # Whoever is not of the staff is told so before a form is read.
    for name in DESK:
        page = _find(f"recruit.web.desk.{name}")
        if page:
            web.include_router(page.router, dependencies=[Depends(require_staff), csrf])
    portal = _find("recruit.web.portal.routes")
    if portal:
        web.include_router(portal.router, dependencies=[csrf])
    # Mail providers post here without a session: see the module.
    unsubscribe = _find("recruit.web.unsubscribe")
    if unsubscribe:
        web.include_router(unsubscribe.router)
    return web
