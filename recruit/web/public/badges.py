"""Open Badges for whoever verifies one: the badge, who issued it, its keys, and what counts no more."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from recruit.insights.certificates import badge_of, find_badge_course, list_revoked
from recruit.onboarding import badges
from recruit.web.request import AppDep, ReadingTx
from recruit.wiring import App

router = APIRouter()
_CONTEXT = {"@context": badges.CONTEXT}


def issuer_of(app: App) -> badges.Issuer:
    """Return who issues this installation's badges."""
    settings = app.settings
    return badges.Issuer(settings.sender_name, settings.sender_address, settings.base_url)


@router.get("/badges/issuer")
def show_issuer(app: AppDep) -> Response:
    """Show who issues badges."""
    return _json(_CONTEXT | badges.issuer_profile(issuer_of(app)))


@router.get("/badges/keys")
def show_keys(app: AppDep) -> Response:
    """Show the public keys that badges are verified with."""
    return _json(badges.key_set(app.seal))


@router.get("/.well-known/jwks.json")
def show_well_known_keys(app: AppDep) -> Response:
    """Show the public keys where verifiers look for them."""
    return _json(badges.key_set(app.seal))


@router.get("/badges/revocations")
def show_revocations(app: AppDep, tx: ReadingTx) -> Response:
    """Show which badges count no more."""
    return _json(badges.revocation_list(issuer_of(app), list_revoked(tx)))


@router.get("/badges/achievements/{key}/{number}")
def show_achievement(app: AppDep, tx: ReadingTx, key: str, number: int) -> Response:
    """Show what a badge is for."""
    course = find_badge_course(tx, key, number)
    issuer = issuer_of(app)
    found = badges.achievement(
        issuer, course.key, course.number, course.title, str(course.definition.get("summary") or "")
    )
    return _json(_CONTEXT | found | {"creator": badges.issuer_profile(issuer)})


@router.get("/badges/{serial}")
def show_badge(app: AppDep, tx: ReadingTx, serial: str) -> Response:
    """Hand out a badge. Whether it still counts is in its dates and in the revocations."""
    badge = badge_of(tx, serial, secret=app.secret)
    token = badges.sign_badge(app.seal, issuer_of(app), badge)
    return Response(
        token,
        media_type=badges.MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{badge.serial}.jwt"'},
    )


def _json(data: dict[str, Any]) -> Response:
    # Verifiers ask from other origins, and there is nothing in here that isn't public.
    return JSONResponse(data, headers={"Access-Control-Allow-Origin": "*"})
