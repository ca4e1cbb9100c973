"""The web application: all routers, and what holds for every one of them."""

from fastapi import Depends, FastAPI

from recruit.web import auth
from recruit.web.errors import add_error_pages
from recruit.web.pages import FOLDER, CachedStatic
from recruit.web.request import check_csrf
from recruit.web.security import SecurityHeaders, is_https
from recruit.wiring import App


def create_app(app: App) -> FastAPI:
    """Return the web application over `app`; the caller closes `app`."""
    web = FastAPI(title="Recruit", docs_url=None, redoc_url=None, openapi_url=None)
    web.state.recruit = app
    web.add_middleware(SecurityHeaders, https=is_https(app))
    add_error_pages(web)
    web.mount("/static", CachedStatic(directory=FOLDER / "static"), name="static")
    for router in (auth.router,):
        web.include_router(router, dependencies=[Depends(check_csrf)])
    return web
