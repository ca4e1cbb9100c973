"""One candidate: what it wrote and what speaks for or against it; ask for more, accept or decline."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.candidates import candidate_page
from recruit.onboarding.asking import token_of
from recruit.onboarding.usecases import QuestionRefused, ask_candidate
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson

router = APIRouter()


@router.get("/candidates/{candidate_id}")
def show_candidate(request: Request, app: AppDep, tx: ReadingTx, candidate_id: int) -> Response:
    """Show the candidate."""
    page = candidate_page(tx, candidate_id)
    base = app.settings.base_url.rstrip("/")
    links = {q.id: f"{base}/answer/{token_of(app.secret, q.id)}" for q in page.questions}
    return render(request, "desk/candidate.html", page=page, links=links)


@router.post("/candidates/{candidate_id}/ask")
def ask(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    candidate_id: int,
    question: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    """Mail the candidate a question."""
    try:
        with app.transaction() as tx:
            ask_candidate(tx, candidate_id=candidate_id, question=question, actor=person.name)
    except QuestionRefused as error:
        return show_error(request, 422, text=str(error))
    app.wake("onboarding.mail_questions")
    return redirect(
        request, f"/candidates/{candidate_id}", "Asked. The answer comes back to this page."
    )
