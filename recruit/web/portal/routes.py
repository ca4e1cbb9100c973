"""All routes of the portal. Each asks the gates when it is asked for."""

from fastapi import APIRouter

from recruit.web.portal import certificates, home, joining, team, training

router = APIRouter()
for page in (home, joining, training, certificates, team):
    router.include_router(page.router)
