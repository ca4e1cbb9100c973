"""Signing in by the company's own sign-in: off to the provider, and back.

Everything here is a GET, since the way leads over another site: a form may lead to our own only, says the
content security policy, and what a provider sends back it sends by the browser's address. What comes back
has to come to the browser that went: its state stands in a cookie, is good for one provider, and once.
"""

import hmac

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.logs import get_logger
from recruit.onboarding.usecases import join_as_colleague
from recruit.people.sso.usecases import AttemptInvalid, admit, begin_sign_in, take_attempt
from recruit.people.sso.values import Provider, SsoRefused
from recruit.web.auth import enter, show_door
from recruit.web.errors import show_error
from recruit.web.pages import render
from recruit.web.request import AppDep, client_ip, user_agent
from recruit.web.security import delete_cookie, get_cookie, safe_next, set_cookie
from recruit.wiring import App

router = APIRouter(prefix="/sign-in/company")
log = get_logger("recruit.web.sso")
_COOKIE = "recruit_sso"
_COOKIE_S = 600


@router.get("")
def find_company(request: Request, app: AppDep, email: str = "", next: str = "") -> Response:  # noqa: A002
    """Ask for the address, and show the way to its company's sign-in."""
    email = email.strip()[:254]
    provider = app.sso.find_for(email) if email else None
    return render(
        request,
        "sign_in_company.html",
        email=email,
        provider=provider,
        next=safe_next(next, ""),
    )


@router.get("/{key}")
def go(request: Request, app: AppDep, key: str, next: str = "") -> Response:  # noqa: A002
    """Send the person to their company's sign-in."""
    provider = app.sso.find(key)
    if provider is None:
        return show_error(request, 404)
    with app.transaction() as tx:
        attempt = begin_sign_in(tx, provider=provider, target=safe_next(next, ""))
        now = tx.now
    try:
        address = app.sso.address_to_sign_in(
            provider,
            state=attempt.state,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            back=_way_back(app, provider),
            now=now,
        )
    except SsoRefused as error:
        return _refuse(request, app, provider, error, attempt.target)
    response = RedirectResponse(address, status_code=303)
    set_cookie(response, app, _COOKIE, attempt.state, max_age_s=_COOKIE_S)
    return response


@router.get("/{key}/back")
def come_back(
    request: Request,
    app: AppDep,
    key: str,
    code: str = "",
    state: str = "",
    error: str = "",
    iss: str = "",
) -> Response:
    """Sign in whom the provider names, or say why not."""
    provider = app.sso.find(key)
    if provider is None:
        return show_error(request, 404)
    cookie = get_cookie(request, app, _COOKIE) or ""
    target = ""
    try:
        if not state or not hmac.compare_digest(cookie.encode(), state.encode()):
            raise AttemptInvalid("This sign-in did not begin in this browser. Begin again.")
        with app.transaction() as tx:
            attempt = take_attempt(tx, provider=provider, state=state)
            now = tx.now
        target = attempt.target
        _check_answer(provider, code=code, error=error, issuer=iss)
        identity = app.sso.redeem(
            provider,
            code=code,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            back=_way_back(app, provider),
            now=now,
        )
        with app.transaction() as tx:
            signed_in = admit(
                tx,
                provider=provider,
                identity=identity,
                join=join_as_colleague,
                ip=client_ip(request),
                user_agent=user_agent(request),
            )
    except SsoRefused as refused:
        return _refuse(request, app, provider, refused, target)
    response = enter(request, app, signed_in, safe_next(target, ""))
    delete_cookie(response, app, _COOKIE)
    return response


def _check_answer(provider: Provider, *, code: str, error: str, issuer: str) -> None:
    if error or not code:
        raise SsoRefused(f"{provider.name} did not sign you in. Begin again, or sign in by mail.")
    # RFC 9207: an answer of another provider's is no answer.
    if issuer and issuer != provider.issuer:
        raise SsoRefused(f"The answer was not {provider.name}'s. Begin again.")


def _way_back(app: App, provider: Provider) -> str:
    return f"{app.settings.base_url.rstrip('/')}{router.prefix}/{provider.key}/back"


def _refuse(
    request: Request, app: App, provider: Provider, refused: SsoRefused, target: str
) -> Response:
    why = getattr(refused, "why", type(refused).__name__)
    log.warning("sign-in by a provider refused", provider=provider.key, why=why)
    # What never began here is noise that anybody can make.
    if not isinstance(refused, AttemptInvalid):
        with app.transaction() as tx:
            record(tx, Deed.SIGN_IN_REFUSED, "sso_provider", provider.key, why=str(why)[:200])
    response = show_door(request, app, target=target, problem=str(refused), status=403)
    delete_cookie(response, app, _COOKIE)
    return response
