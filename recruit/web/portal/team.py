"""A partner's people: who is here, an invitation for a colleague, and who has left."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.portal import NothingHere, evidence_of
from recruit.onboarding.gates import decide
from recruit.onboarding.usecases import (
    AlreadySignedIn,
    NotAMember,
    find_open_domain,
    invite_member,
    leave_member,
    open_to_colleagues,
    renew_invitation,
)
from recruit.onboarding.values import Action, MemberRole
from recruit.people.usecases import EmailTaken, InvalidEmail
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, PartnerPerson
from recruit.wiring import App

router = APIRouter()


@router.get("/portal/team")
def show_team(request: Request, app: AppDep, person: PartnerPerson) -> Response:
    """Show the people of the partner."""
    return _show(request, app, person.person_id)


@router.post("/portal/team")
def invite_colleague(
    request: Request,
    app: AppDep,
    person: PartnerPerson,
    name: Annotated[str, Form(max_length=200)] = "",
    email: Annotated[str, Form(max_length=254)] = "",
    role: Annotated[MemberRole, Form()] = MemberRole.MEMBER,
) -> Response:
    """Invite a colleague and show the link to hand over."""
    try:
        with app.transaction() as tx:
            token = invite_member(
                tx,
                partner_id=evidence_of(tx, person.person_id).partner_id,
                email=email,
                name=name,
                role=role,
                by_person_id=person.person_id,
            )
    except (EmailTaken, InvalidEmail) as error:
        form = {"name": name, "email": email, "role": role.value}
        return _show(request, app, person.person_id, problem=str(error), form=form)
    return _show(request, app, person.person_id, token=token, invited=name.strip() or email)


@router.post("/portal/team/door")
def set_door(
    request: Request,
    app: AppDep,
    person: PartnerPerson,
    is_open: Annotated[bool, Form()] = False,
) -> Response:
    """Let colleagues at the company's domain let themselves in, or no more."""
    with app.transaction() as tx:
        open_to_colleagues(
            tx,
            partner_id=evidence_of(tx, person.person_id).partner_id,
            by_person_id=person.person_id,
            is_open=is_open,
        )
    text = (
        "Your colleagues can let themselves in."
        if is_open
        else "Colleagues come in by invitation only."
    )
    return redirect(request, "/portal/team", text)


@router.post("/portal/team/{colleague_id}/link")
def renew_link(request: Request, app: AppDep, person: PartnerPerson, colleague_id: int) -> Response:
    """Make a new link for a colleague who has not come in yet; earlier ones stop working."""
    try:
        with app.transaction() as tx:
            evidence = evidence_of(tx, person.person_id)
            token = renew_invitation(
                tx,
                partner_id=evidence.partner_id,
                person_id=colleague_id,
                by_person_id=person.person_id,
            )
    except NotAMember as error:
        raise NothingHere(str(error)) from None
    except AlreadySignedIn as error:
        return redirect(request, "/portal/team", str(error), kind="wait")
    colleague = evidence.find_member(colleague_id)
    return _show(
        request, app, person.person_id, token=token, invited=colleague.name if colleague else ""
    )


@router.post("/portal/team/{colleague_id}/remove")
def remove_colleague(
    request: Request, app: AppDep, person: PartnerPerson, colleague_id: int
) -> Response:
    """End a colleague's access. What they earned comes back with them when they are invited again."""
    try:
        with app.transaction() as tx:
            evidence = evidence_of(tx, person.person_id)
            leave_member(
                tx,
                partner_id=evidence.partner_id,
                person_id=colleague_id,
                by_person_id=person.person_id,
            )
    except NotAMember as error:
        raise NothingHere(str(error)) from None
    colleague = evidence.find_member(colleague_id)
    who = colleague.name if colleague else "Your colleague"
    text = f"{who} has no access any more. An invitation brings them back, with all they earned."
    return redirect(request, "/portal/team", text)


def _show(
    request: Request,
    app: App,
    person_id: int,
    *,
    problem: str = "",
    token: str = "",
    invited: str = "",
    form: dict[str, str] | None = None,
) -> Response:
    # A link is a secret that stands nowhere but on this one page, so there is no redirect to it.
    with app.reading() as tx:
        evidence = evidence_of(tx, person_id)
        decision = decide(Action.INVITE_COLLEAGUE, evidence, tx.now, person_id=person_id)
        domain, is_open = find_open_domain(tx, partner_id=evidence.partner_id)
    return render(
        request,
        "portal/team.html",
        status=422 if problem else 200,
        evidence=evidence,
        me=evidence.find_member(person_id),
        decision=decision,
        problem=problem,
        link=f"{app.settings.base_url.rstrip('/')}/invitation/{token}" if token else "",
        invited=invited,
        form=form or {},
        domain=domain,
        is_open=is_open,
        sign_in=f"{app.settings.base_url.rstrip('/')}/sign-in/link",
    )
