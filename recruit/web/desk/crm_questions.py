"""First links: firms of which several records in the CRM could be the twin, side by side, to choose from."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.crm_questions import find_question, list_questions
from recruit.sync.questions import (
    AnswerRefused,
    QuestionNotFound,
    link_to,
    make_new,
    reopen,
    rule_out,
)
from recruit.sync.values import QuestionStatus
from recruit.web.errors import show_error
from recruit.web.pages import query_string, redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx, is_htmx

router = APIRouter(prefix="/crm/questions")


def _url(question: int | None = None, *, last: int | None = None) -> str:
    return "/crm/questions" + query_string({"question": question, "last": last})


@router.get("")
def show_questions(
    request: Request, app: AppDep, tx: ReadingTx, question: int = 0, last: int = 0
) -> Response:
    """Show what waits with one of them open; `last` is the one that was answered just now."""
    waiting = list_questions(tx)
    view = find_question(tx, question) if question else (waiting[0] if waiting else None)
    if question and view is None:
        return show_error(request, 404, text="There is no such question.")
    crm = app.crm.name if app.crm else "the CRM"
    if is_htmx(request):
        return render(request, "desk/crm_question.html", view=view, crm=crm)
    return render(
        request,
        "desk/crm_questions.html",
        waiting=waiting,
        decided=list_questions(tx, waiting=False, limit=20),
        view=view,
        chosen=bool(question),
        last=last,
        url=_url,
        crm=crm,
    )


@router.post("/{question_id}/{answer}")
def answer_question(
    request: Request,
    app: AppDep,
    tx: WritingTx,
    person: StaffPerson,
    question_id: int,
    answer: str,
    crm_id: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Link to a record, make a new one, rule one out, or take an answer back."""
    view = find_question(tx, question_id)
    if view is None or answer not in {"link", "new", "not", "undo"}:
        return show_error(request, 404, text="There is no such question.")
    try:
        match answer:
            case "link":
                link_to(tx, question_id=question_id, crm_id=crm_id, actor=person.name)
                words = f"{view.firm} is {crm_id} in the CRM. It is told with the next push."
            case "new":
                make_new(tx, question_id=question_id, actor=person.name)
                words = f"{view.firm} is none of them: a new record is made with the next push."
            case "not":
                said = rule_out(tx, question_id=question_id, crm_id=crm_id, actor=person.name)
                words = f"{view.firm} is not {crm_id}."
                if said.status is QuestionStatus.WAITING:
                    return redirect(request, _url(question_id), words)
                words += " None is left, so a new record is made with the next push."
            case _:
                reopen(tx, question_id=question_id, actor=person.name)
                return redirect(request, _url(question_id), "Taken back. It waits again.")
    except (AnswerRefused, QuestionNotFound) as error:
        return redirect(request, _url(), str(error), kind="stop")
    tx.after_commit(lambda: app.wake("sync.push"))
    return redirect(request, _url(last=question_id), words)
