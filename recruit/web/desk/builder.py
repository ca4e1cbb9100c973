"""The builder: a sequence's steps as a form, and beside it who would get what on which day.

The page keeps nothing on the server: each button posts the whole form and gets it back changed, so that it
works without a script, and nothing is saved before "Save".
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from recruit.db.transaction import Transaction
from recruit.insights.prospects import ProspectQuery, list_prospects
from recruit.insights.sequences import find_definition
from recruit.insights.standing import ProspectState
from recruit.sequences.rendering import TOKENS
from recruit.sequences.usecases import (
    list_mailboxes,
    preview_definition,
    save_sequence,
)
from recruit.sequences.values import SequencesError
from recruit.web.desk.builder_form import (
    OPERATORS,
    STARTER,
    act_on,
    condition_row,
    list_facts,
    read_form,
)
from recruit.web.desk.previews import group_by_day
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson

router = APIRouter(prefix="/sequence-builder")
# So many firms show how the days spread, and are rendered within a moment.
SHOWN = 4


@router.get("")
def show_new(request: Request, tx: ReadingTx) -> Response:
    """Show the form of a new sequence."""
    return _show(request, tx, dict(STARTER), known="")


@router.get("/{name}")
def show_edit(
    request: Request, tx: ReadingTx, name: str, copy: Annotated[bool, Query()] = False
) -> Response:
    """Show a sequence's newest version in the form, or a copy of it under a new name."""
    data = find_definition(tx, name)
    if data is None:
        return show_error(request, 404, text=f"There is no sequence “{name}”.")
    if copy:
        data = data | {"name": "", "title": f"Copy of {data.get('title', name)}"}
    return _show(request, tx, data, known="" if copy else name)


@router.post("")
async def build(request: Request, app: AppDep, person: StaffPerson) -> Response:
    """Do what a button says: change the form, or save it."""
    form = await request.form(max_fields=5000)
    pairs = [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
    data = read_form(pairs)
    act, known = str(form.get("act", "")), str(form.get("known", ""))
    problem = ""
    if act == "save":
        try:
            with app.transaction() as tx:
                version = save_sequence(tx, definition=data, actor=person.name)
                name, number = data["name"], version.number
            return redirect(
                request,
                f"/sequences/{name}",
                f"Saved as version {number}. Firms that are under way keep theirs.",
            )
        except SequencesError as error:
            problem = str(error)
    elif act:
        data = act_on(data, act)
    with app.reading() as tx:
        return _show(request, tx, data, known=known, problem=problem)


@router.post("/preview")
async def show_preview(request: Request, app: AppDep) -> Response:
    """Show beside the form what it would bring, without saving it."""
    try:
        form = await request.form(max_fields=5000)
    except ClientDisconnect:
        # A button was pressed while the preview was asked for.
        return Response(status_code=204)
    data = read_form((k, v) for k, v in form.multi_items() if isinstance(v, str))
    with app.reading() as tx:
        return render(request, "desk/builder_preview.html", **_look_ahead(tx, data))


def _show(
    request: Request, tx: Transaction, data: dict[str, Any], *, known: str, problem: str = ""
) -> Response:
    return render(
        request,
        "desk/builder.html",
        data=data,
        known=known,
        problem=problem,
        mailboxes=[box.address for box in list_mailboxes(tx)],
        facts=list_facts(),
        operators=OPERATORS,
        tokens=TOKENS,
        condition_row=condition_row,
        status=422 if problem else 200,
        **_look_ahead(tx, data),
    )


def _look_ahead(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Return what the preview pane shows: days, or why there are none."""
    best = list_prospects(tx, ProspectQuery(states=(ProspectState.NEW,)))
    firm_ids = [row.firm_id for row in best.rows if row.has_contact][:SHOWN]
    try:
        # Unnamed is how every new sequence begins; its name is asked for when it is saved.
        named = data | {"name": data.get("name") or "unnamed"}
        planned = preview_definition(tx, definition=named, firm_ids=firm_ids)
    except SequencesError as error:
        return {"days": [], "why_not": str(error), "firms": len(firm_ids)}
    return {"days": group_by_day(planned), "why_not": "", "firms": len(firm_ids)}
