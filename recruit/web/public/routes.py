"""All routes for people who need not sign in."""

from fastapi import APIRouter, Depends

from recruit.web.portal.forms import refuse_nul
from recruit.web.public import apply, badges, verify

router = APIRouter(dependencies=[Depends(refuse_nul)])
for page in (verify, apply, badges):
    router.include_router(page.router)
