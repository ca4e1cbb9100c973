"""The CRM connection: what is fresh, what waits, what was refused in the CRM's own words, and the mapping."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.crm.mapping import MappingInvalid, find_mapping
from recruit.crm.port import CrmError
from recruit.db.transaction import Transaction
from recruit.insights.crm import crm_health, list_dead_letters
from recruit.insights.crm_questions import count_questions
from recruit.insights.crm_sides import FieldSides, firm_sides
from recruit.sync.doctor import Finding, examine
from recruit.sync.usecases import DeadLetterNotFound, discard_dead, replay_dead, replay_dead_class
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx
from recruit.wiring import App

router = APIRouter(prefix="/crm")


@router.get("")
def show_crm(request: Request, app: AppDep, tx: ReadingTx) -> Response:
    """Show how the conversation with the CRM stands."""
    return render(
        request,
        "desk/crm.html",
        health=crm_health(tx),
        letters=list_dead_letters(tx),
        questions=count_questions(tx),
        crm=app.crm.name if app.crm else None,
    )


@router.post("/letters/{entry_id}/replay")
def replay(request: Request, app: AppDep, tx: WritingTx, entry_id: int) -> Response:
    """Queue a refused change again; the firm's present state is told."""
    try:
        replay_dead(tx, entry_id=entry_id)
    except DeadLetterNotFound:
        return redirect(request, "/crm", "That change is not among the refused ones any more.")
    app.wake("sync.push")
    return redirect(request, "/crm", "Queued again.")


@router.post("/letters/{entry_id}/discard")
def discard(request: Request, tx: WritingTx, person: StaffPerson, entry_id: int) -> Response:
    """Close a refused change without telling it."""
    try:
        discard_dead(tx, entry_id=entry_id, actor=person.name)
    except DeadLetterNotFound:
        return redirect(request, "/crm", "That change is not among the refused ones any more.")
    return redirect(request, "/crm", "Discarded. The CRM's words stay on record.")


@router.post("/classes/{error_class}/replay")
def replay_class(request: Request, app: AppDep, tx: WritingTx, error_class: str) -> Response:
    """Queue again everything that was refused for one kind of reason."""
    count = replay_dead_class(tx, error_class=error_class)
    app.wake("sync.push")
    return redirect(request, "/crm", f"Queued again: {count}.")


@router.get("/mapping")
def show_mapping(request: Request, app: AppDep) -> Response:
    """Show which field goes where, which way, and who prevails."""
    return _mapping(request, app, None)


@router.post("/mapping/check")
def check_mapping(request: Request, app: AppDep) -> Response:
    """Look at the CRM as `recruit crm doctor` does; writes nothing."""
    if app.crm is None:
        return redirect(request, "/crm/mapping", "No CRM is connected.")
    try:
        findings = examine(app.crm, find_mapping(app.settings.var_dir, app.settings.crm))
    except MappingInvalid as error:
        return _mapping(request, app, None, str(error))
    except CrmError as error:
        return _mapping(request, app, None, f"The CRM says: {error.text}")
    return _mapping(request, app, findings)


def firm_crm_sides(app: App, tx: Transaction, firm_id: int) -> list[FieldSides]:
    """Return a firm's record on both sides; none where the mapping can't be read."""
    try:
        return firm_sides(tx, find_mapping(app.settings.var_dir, app.settings.crm), firm_id)
    except MappingInvalid:
        return []


def _mapping(
    request: Request, app: App, findings: list[Finding] | None, problem: str = ""
) -> Response:
    own = app.settings.var_dir / "crm_mapping.toml"
    mapping = None
    try:
        mapping = find_mapping(app.settings.var_dir, app.settings.crm)
    except MappingInvalid as error:
        problem = problem or str(error)
    return render(
        request,
        "desk/crm_mapping.html",
        status=422 if problem else 200,
        mapping=mapping,
        is_own=own.exists(),
        crm=app.crm.name if app.crm else None,
        findings=findings,
        problem=problem,
    )
