"""Applying to a program, and answering what we ask. Both answer the same whether a firm is known or not.

Against machines, without asking anybody else: a field that people don't see, a form that takes a while
to fill in, and a limit by network address.
"""

import secrets
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.onboarding.usecases import (
    ApplicationForm,
    FormRefused,
    QuestionRefused,
    TooManyApplications,
    UnknownProgram,
    UnknownQuestion,
    answer_question,
    apply_to_program,
    find_question,
    get_program,
)
from recruit.people.usecases import InvalidEmail
from recruit.web import words
from recruit.web.errors import show_error
from recruit.web.pages import render
from recruit.web.request import AppDep, ReadingTx, client_ip
from recruit.web.security import sign, unsign
from recruit.wiring import App

router = APIRouter()
_PURPOSE = "application"
# Nobody reads and fills in six fields faster, with a browser's help neither.
_FASTEST = timedelta(seconds=3)
_SLOWEST = timedelta(hours=12)


@router.get("/apply/{program}")
def show_form(request: Request, app: AppDep, tx: ReadingTx, program: str) -> Response:
    """Show what the program is, and the form."""
    try:
        definition = get_program(tx, program, open_only=True)
    except UnknownProgram:
        return show_error(request, 404)
    form = {"ticket": _ticket(app)}
    return render(request, "public/apply.html", program=definition, form=form, problem="", countries=words.countries())  # fmt: skip


@router.post("/apply/{program}")
def post_form(
    request: Request,
    app: AppDep,
    program: str,
    company: Annotated[str, Form(max_length=200)] = "",
    website: Annotated[str, Form(max_length=300)] = "",
    country: Annotated[str, Form(max_length=2)] = "",
    partner_type: Annotated[str, Form(max_length=100)] = "",
    contact_name: Annotated[str, Form(max_length=200)] = "",
    contact_email: Annotated[str, Form(max_length=254)] = "",
    about: Annotated[str, Form(max_length=5000)] = "",
    ticket: Annotated[str, Form(max_length=400)] = "",
    fax: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Keep the application, or show the form again with what is missing."""
    form = ApplicationForm(
        company=company,
        website=website,
        country=country,
        contact_name=contact_name,
        contact_email=contact_email,
        about=about,
        partner_type=partner_type,
    )
    form_id, problem = _read_ticket(app, ticket)
    status = 422
    if not problem and fax:
        # A machine that fills in what no person sees learns nothing from the answer.
        return _thank(request)
    if not problem:
        try:
            with app.transaction() as tx:
                apply_to_program(
                    tx, program=program, form=form, form_id=form_id, ip=client_ip(request)
                )
            app.wake("onboarding.collect_candidates")
            return _thank(request)
        except UnknownProgram:
            return show_error(request, 404)
        except (FormRefused, InvalidEmail) as error:
            problem = str(error)
        except TooManyApplications as error:
            problem, status = str(error), 429
    with app.reading() as tx:
        try:
            definition = get_program(tx, program, open_only=True)
        except UnknownProgram:
            return show_error(request, 404)
    return render(
        request,
        "public/apply.html",
        status=status,
        program=definition,
        form=vars(form) | {"ticket": ticket if form_id else _ticket(app)},
        problem=problem,
        countries=words.countries(),
    )


def _thank(request: Request) -> Response:
    return render(request, "public/applied.html")


def _ticket(app: App) -> str:
    return sign(app, _PURPOSE, f"{app.clock.now().isoformat()} {secrets.token_hex(16)}")


def _read_ticket(app: App, ticket: str) -> tuple[str, str]:
    """Return the form's own id, blank where it can't be used again, and what is wrong with it."""
    text = unsign(app, _PURPOSE, ticket)
    if text is None:
        return "", "The form was not complete. Check it and send it again."
    opened, _, form_id = text.partition(" ")
    age = app.clock.now() - datetime.fromisoformat(opened)
    if age < _FASTEST:
        return form_id, "That was quick. Check what you wrote and send it again."
    if age > _SLOWEST:
        return "", "The form was open for long. Check what you wrote and send it again."
    return form_id, ""


@router.get("/answer/{token}")
def show_question(request: Request, app: AppDep, tx: ReadingTx, token: str) -> Response:
    """Show what we asked, and room for the answer."""
    return _show_question(request, app, tx, token)


@router.post("/answer/{token}")
def post_answer(
    request: Request,
    app: AppDep,
    token: str,
    answer: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    """Keep the answer."""
    problem = ""
    try:
        with app.transaction() as tx:
            answer_question(tx, secret=app.secret, token=token, answer=answer)
        app.wake("notices.send_due_notices")
    except QuestionRefused as error:
        problem = str(error)
    except UnknownQuestion as error:
        return show_error(request, 404, text=str(error))
    with app.reading() as tx:
        return _show_question(request, app, tx, token, problem=problem)


def _show_question(
    request: Request, app: App, tx: ReadingTx, token: str, *, problem: str = ""
) -> Response:
    try:
        question = find_question(tx, secret=app.secret, token=token)
    except UnknownQuestion as error:
        return show_error(request, 404, text=str(error))
    return render(
        request,
        "public/answer.html",
        status=422 if problem else 200,
        question=question.question,
        answered=question.answered_at is not None,
        token=token,
        problem=problem,
    )
