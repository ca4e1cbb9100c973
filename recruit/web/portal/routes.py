"""All routes of the portal. Each asks the gates when it is asked for."""

from fastapi import APIRouter, Depends

from recruit.web.portal import certificates, home, joining, steps, team, training
from recruit.web.portal.forms import refuse_nul

router = APIRouter(dependencies=[Depends(refuse_nul)])
for page in (home, joining, training, steps, certificates, team):
    router.include_router(page.router)
