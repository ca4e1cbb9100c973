"""The portal's pages. Each asks the gates when it is asked for; what is closed says what opens it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.portal import (
    agreement_page,
    certificate_page,
    company_form,
    course_page,
    evidence_of,
    find_resource,
    last_result,
    portal_home,
)
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.grading import AnswersIncomplete, InvalidAnswer
from recruit.onboarding.usecases import (
    CompanyIncomplete,
    NothingToTake,
    NotSignedProperly,
    hand_in_quiz,
    invite_member,
    save_company,
    sign_agreement,
    view_lesson,
)
from recruit.onboarding.values import Action, MemberRole
from recruit.people.usecases import EmailTaken, InvalidEmail
from recruit.web.pages import redirect, render
from recruit.web.portal.links import step_link
from recruit.web.portal.markdown import to_html
from recruit.web.request import (
    AppDep,
    PartnerPerson,
    ReadingTx,
    WritingTx,
    client_ip,
    user_agent,
)

router = APIRouter()


@router.get("/portal")
def show_home(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Show where the partner stands, the one next step, and what is open and what opens later."""
    home = portal_home(tx, person.person_id)
    return render(request, "portal/home.html", home=home, step_link=step_link)


def locked(request: Request, company: str, title: str, decision: Decision) -> Response:
    """Return the page that says what is missing and links to it."""
    return render(
        request,
        "portal/locked.html",
        status=403,
        company=company,
        title=title,
        decision=decision,
        step_link=step_link,
    )


@router.get("/portal/agreement")
def show_agreement(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Show the agreement: to sign, or as it was signed."""
    page = agreement_page(tx, person.person_id)
    return render(
        request, "portal/agreement.html", page=page, html=to_html(page.text), problem="", form={}
    )


@router.post("/portal/agreement")
def post_agreement(
    request: Request,
    app: AppDep,
    person: PartnerPerson,
    typed_name: Annotated[str, Form(max_length=200)] = "",
    job_title: Annotated[str, Form(max_length=200)] = "",
    authority: Annotated[str, Form()] = "",
    text_sha256: Annotated[str, Form()] = "",
) -> Response:
    """Accept the agreement, or show the form again with what is missing."""
    problem = "" if authority else "Tick the box to say that you may sign for your company."
    if not problem:
        try:
            with app.transaction() as tx:
                sign_agreement(
                    tx,
                    partner_id=evidence_of(tx, person.person_id).partner_id,
                    person_id=person.person_id,
                    typed_name=typed_name,
                    job_title=job_title,
                    ip=client_ip(request),
                    user_agent=user_agent(request),
                    text_sha256=text_sha256,
                )
            return redirect(request, "/portal", "The agreement is signed. Thank you.")
        except NotSignedProperly as error:
            problem = str(error)
    with app.reading() as tx:
        page = agreement_page(tx, person.person_id)
    return render(
        request,
        "portal/agreement.html",
        status=422,
        page=page,
        html=to_html(page.text),
        problem=problem,
        form={"typed_name": typed_name, "job_title": job_title},
    )


@router.get("/portal/company")
def show_company(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Show what the company says of itself."""
    name, company, decision = company_form(tx, person.person_id)
    if not decision.allowed:
        return locked(request, name, "Your company", decision)
    return render(request, "portal/company.html", company=name, form=company, problem="")


@router.post("/portal/company")
async def post_company(request: Request, app: AppDep, person: PartnerPerson) -> Response:
    """Save it, or show the form again with what is missing."""
    form = {key: str(value) for key, value in (await request.form()).items()}
    try:
        with app.transaction() as tx:
            save_company(
                tx,
                partner_id=evidence_of(tx, person.person_id).partner_id,
                person_id=person.person_id,
                company=form,
            )
        return redirect(request, "/portal", "Saved.")
    except CompanyIncomplete as error:
        with app.reading() as tx:
            name, _, _ = company_form(tx, person.person_id)
        return render(
            request, "portal/company.html", status=422, company=name, form=form, problem=str(error)
        )


@router.get("/portal/courses/{key}")
def show_course(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show a course's lessons and how far this person has come."""
    page = course_page(tx, person.person_id, key)
    if not page.decision.allowed:
        return locked(request, page.company, page.course.title, page.decision)
    return render(request, "portal/course.html", page=page)


@router.get("/portal/courses/{key}/lessons/{lesson_key}")
def show_lesson(
    request: Request, tx: ReadingTx, person: PartnerPerson, key: str, lesson_key: str
) -> Response:
    """Show a lesson."""
    page = course_page(tx, person.person_id, key)
    if not page.decision.allowed:
        return locked(request, page.company, page.course.title, page.decision)
    lesson = page.course.find_lesson(lesson_key)
    if lesson is None:
        return redirect(request, f"/portal/courses/{page.course.key}", "There is no such lesson.")
    return render(
        request,
        "portal/lesson.html",
        page=page,
        lesson=lesson,
        number=page.course.lessons.index(lesson) + 1,
        html=to_html(lesson.markdown),
    )


@router.post("/portal/courses/{key}/lessons/{lesson_key}")
def finish_lesson(
    request: Request, tx: WritingTx, person: PartnerPerson, key: str, lesson_key: str
) -> Response:
    """Write down that the lesson was read, and go on to what follows it."""
    view_lesson(tx, person_id=person.person_id, course_key=key, lesson_key=lesson_key)
    page = course_page(tx, person.person_id, key)
    following = page.after(lesson_key) or page.next_lesson
    base = f"/portal/courses/{page.course.key}"
    if following is not None:
        return redirect(request, f"{base}/lessons/{following.key}")
    return redirect(request, f"{base}/quiz" if page.can_take else base)


@router.get("/portal/courses/{key}/quiz")
def show_quiz(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show the quiz."""
    page = course_page(tx, person.person_id, key)
    if not page.quiz_decision.allowed:
        return locked(request, page.company, f"Quiz: {page.course.title}", page.quiz_decision)
    if not page.can_take:
        return redirect(request, f"/portal/courses/{page.course.key}", "You have passed this quiz.")
    return render(request, "portal/quiz.html", page=page, problem="", chosen={})


@router.post("/portal/courses/{key}/quiz")
async def post_quiz(request: Request, app: AppDep, person: PartnerPerson, key: str) -> Response:
    """Grade what was handed in; with an answer missing, show the quiz again as it was filled in."""
    form = await request.form()
    chosen = {
        name.removeprefix("q-"): [str(value) for value in form.getlist(name)]
        for name in form
        if name.startswith("q-")
    }
    try:
        with app.transaction() as tx:
            hand_in_quiz(tx, person_id=person.person_id, course_key=key, answers=chosen)
    except (AnswersIncomplete, InvalidAnswer) as error:
        with app.reading() as tx:
            page = course_page(tx, person.person_id, key)
        return render(
            request, "portal/quiz.html", status=422, page=page, problem=str(error), chosen=chosen
        )
    except NothingToTake as error:
        return redirect(request, f"/portal/courses/{key}", str(error))
    return redirect(request, f"/portal/courses/{key}/result")


@router.get("/portal/courses/{key}/result")
def show_result(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show how the last quiz went, and what to read again; never the right answers."""
    return render(request, "portal/result.html", result=last_result(tx, person.person_id, key))


@router.get("/portal/certificates/{serial}")
def show_certificate(
    request: Request, tx: ReadingTx, app: AppDep, person: PartnerPerson, serial: str
) -> Response:
    """Show a certificate of this partner's people."""
    evidence = evidence_of(tx, person.person_id)
    return render(
        request,
        "portal/certificate.html",
        certificate=certificate_page(tx, serial, partner_id=evidence.partner_id),
        company=evidence.company_name,
        verify=f"{app.settings.base_url.rstrip('/')}/verify/{serial}",
    )


@router.get("/verify/{serial}")
def verify(request: Request, tx: ReadingTx, serial: str) -> Response:
    """Tell anybody whether a certificate is real and valid."""
    return render(request, "portal/verify.html", certificate=certificate_page(tx, serial))


@router.get("/portal/team")
def show_team(request: Request, tx: ReadingTx, person: PartnerPerson) -> Response:
    """Show the people of the partner."""
    evidence = evidence_of(tx, person.person_id)
    return render(
        request,
        "portal/team.html",
        evidence=evidence,
        decision=decide(Action.INVITE_COLLEAGUE, evidence, tx.now, person_id=person.person_id),
        problem="",
        link="",
        form={},
    )


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
    link, problem = "", ""
    try:
        with app.transaction() as tx:
            evidence = evidence_of(tx, person.person_id)
            decision = decide(Action.INVITE_COLLEAGUE, evidence, tx.now, person_id=person.person_id)
            if not decision.allowed:
                return locked(request, evidence.company_name, "Invite a colleague", decision)
            token = invite_member(
                tx, partner_id=evidence.partner_id, email=email, name=name, role=role
            )
            link = f"{app.settings.base_url.rstrip('/')}/invitation/{token}"
    except (EmailTaken, InvalidEmail) as error:
        problem = str(error)
    with app.reading() as tx:
        evidence = evidence_of(tx, person.person_id)
    return render(
        request,
        "portal/team.html",
        status=422 if problem else 200,
        evidence=evidence,
        decision=decision,
        problem=problem,
        link=link,
        form={"name": name, "email": email} if problem else {},
    )


@router.get("/portal/resources/{key}")
def show_resource(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show a page for partners, or what is missing to open it."""
    evidence, resource, decision = find_resource(tx, person.person_id, key)
    if not decision.allowed:
        return locked(request, evidence.company_name, resource.title, decision)
    return render(
        request,
        "portal/resource.html",
        company=evidence.company_name,
        resource=resource,
        html=to_html(resource.markdown),
    )
