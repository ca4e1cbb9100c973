"""What partners wait for in training: read their texts, look at proofs, book calls, approve, give another attempt."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.checks import MOST_ROWS, list_checks, proof_file
from recruit.onboarding.usecases import (
    book_call,
    confirm_step,
    decide_proof,
    grant_attempt,
    review_attempt,
)
from recruit.web.desk.partners import Manager
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.portal.files import attach
from recruit.web.request import ReadingTx, WritingTx

router = APIRouter()
HOME = "/checks"
Note = Annotated[str, Form(max_length=2000)]


@router.get("/checks")
def show_checks(request: Request, tx: ReadingTx) -> Response:
    """Show what waits for staff in training."""
    return render(request, "desk/checks.html", checks=list_checks(tx), most_rows=MOST_ROWS)


@router.post("/checks/answers/{attempt_id}")
def post_review(
    request: Request,
    tx: WritingTx,
    person: Manager,
    attempt_id: int,
    right: Annotated[list[str] | None, Form()] = None,
    note: Note = "",
) -> Response:
    """Say which texts of a quiz are right."""
    review = review_attempt(
        tx, attempt_id=attempt_id, right=right or (), note=note, actor=person.name
    )
    said = "It is a pass" if review.passed else "It is not a pass"
    return redirect(request, HOME, f"{said}; we have told the person.")


@router.get("/checks/proofs/{proof_id}/file")
def get_proof_file(tx: ReadingTx, proof_id: int) -> Response:
    """Hand out the file of a proof."""
    file = proof_file(tx, proof_id)
    return attach(file, file.name)


@router.post("/checks/proofs/{proof_id}")
def post_proof(
    request: Request,
    tx: WritingTx,
    person: Manager,
    proof_id: int,
    accepted: Annotated[bool, Form()],
    reason: Note = "",
) -> Response:
    """Accept what was handed in, or return it with the reason."""
    decide_proof(tx, proof_id=proof_id, accepted=accepted, actor=person.name, reason=reason)
    return redirect(request, HOME, "Accepted." if accepted else "Returned; they read why.")


@router.post("/checks/attempts")
def post_grant(
    request: Request,
    tx: WritingTx,
    person: Manager,
    person_id: Annotated[int, Form()],
    course: Annotated[str, Form(max_length=100)],
    reason: Note = "",
) -> Response:
    """Give a person one attempt more."""
    grant_attempt(tx, person_id=person_id, course_key=course, reason=reason, actor=person.name)
    return redirect(request, HOME, "They can try once more.")


@router.post("/checks/partners/{partner_id}/steps/{step_key}/book")
def post_booking(
    request: Request,
    tx: WritingTx,
    person: Manager,
    partner_id: int,
    step_key: str,
    starts_at: Annotated[str, Form(max_length=40)],
) -> Response:
    """Say when a call is."""
    try:
        when = datetime.fromisoformat(starts_at)
    except ValueError:
        return show_error(request, 422, text="Give the call's day and time.")
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    book_call(tx, partner_id=partner_id, step_key=step_key, starts_at=when, actor=person.name)
    return redirect(request, HOME, "Booked; the partner hears of it.")


@router.post("/checks/partners/{partner_id}/steps/{step_key}/confirm")
def post_confirm(
    request: Request,
    tx: WritingTx,
    person: Manager,
    partner_id: int,
    step_key: str,
    note: Note = "",
) -> Response:
    """Say that a call was held, or approve."""
    confirm_step(tx, partner_id=partner_id, step_key=step_key, actor=person.name, note=note)
    return redirect(request, HOME, "Done. What waited for it is open now.")
