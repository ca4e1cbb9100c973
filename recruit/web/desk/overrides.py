"""What a person decides of firms against the arithmetic, and takes back; and the views that they save."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.profiles import find_current_profile
from recruit.scoring.usecases import (
    drop_view,
    override_firms,
    save_view,
    undo_overrides,
)
from recruit.scoring.values import OverrideKind, ScoringRefused
from recruit.web.desk.prospect_params import params_of, read_query
from recruit.web.desk.prospects import MOST_AT_ONCE, undoable
from recruit.web.pages import query_string, redirect
from recruit.web.request import AppDep, StaffPerson
from recruit.web.security import safe_next
from recruit.web.words import plural

router = APIRouter()
_DONE = {
    OverrideKind.PIN: "pinned to the top",
    OverrideKind.VETO: "vetoed",
    OverrideKind.POINTS: "given points",
}


@router.post("/prospects/veto")
def veto(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    firm: Annotated[list[int] | None, Form(max_length=MOST_AT_ONCE)] = None,
    because: Annotated[str, Form(max_length=2000)] = "",
    until: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/prospects",
    profile: Annotated[str, Form()] = "",
) -> Response:
    """Take the selected firms out of the ranking."""
    return _decide(
        request, app, person.name, firm or [], OverrideKind.VETO, because, until, back, profile
    )


@router.post("/firms/{firm_id}/override")
def decide(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    firm_id: int,
    kind: Annotated[OverrideKind, Form()],
    because: Annotated[str, Form(max_length=2000)] = "",
    points: Annotated[str, Form(max_length=20)] = "",
    until: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
    profile: Annotated[str, Form()] = "",
) -> Response:
    """Pin or veto one firm, or give it points."""
    back = back or f"/firms/{firm_id}/score"
    return _decide(
        request, app, person.name, [firm_id], kind, because, until, back, profile, points
    )


@router.post("/overrides/undo")
def undo(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    ids: Annotated[str, Form(max_length=10_000)],
    back: Annotated[str, Form()] = "/prospects",
) -> Response:
    """Take overrides back."""
    back = safe_next(back, "/prospects")
    try:
        with app.transaction() as tx:
            rows = undo_overrides(tx, override_ids=undoable(ids), actor=person.name)
    except ScoringRefused as error:
        return redirect(request, back, str(error), kind="stop")
    return redirect(request, back, f"{plural(len(rows), 'decision')} taken back.")


@router.post("/prospects/views")
def keep_view(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    name: Annotated[str, Form(max_length=200)] = "",
    query: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    """Save the list as it is filtered and sorted under a name."""
    # Only what the page understands is kept, in its own order.
    state = read_query(query.removeprefix("/prospects").removeprefix("?"))
    plain = query_string(params_of(state) | {"page": None}).removeprefix("?")
    back = f"/prospects?{plain}" if plain else "/prospects"
    try:
        with app.transaction() as tx:
            save_view(tx, name=name, query=plain, actor=person.name)
    except ScoringRefused as error:
        return redirect(request, back, str(error), kind="stop")
    return redirect(request, back, f"Saved as the view “{name.strip()}”.")


@router.post("/prospects/views/{view_id}/drop")
def forget_view(request: Request, app: AppDep, view_id: int) -> Response:
    """Drop a saved view."""
    with app.transaction() as tx:
        line = drop_view(tx, view_id=view_id)
    if line is None:
        return redirect(request, "/prospects", "That view is gone already.", kind="wait")
    url = f"/prospects?{line.query}" if line.query else "/prospects"
    return redirect(
        request, url, f"The view “{line.name}” is dropped. Its filters stand here still."
    )


def _decide(
    request: Request,
    app: AppDep,
    actor: str,
    firm_ids: list[int],
    kind: OverrideKind,
    because: str,
    until: str,
    back: str,
    profile_name: str,
    points: str = "",
) -> Response:
    back = safe_next(back, "/prospects")
    if not firm_ids:
        return redirect(request, back, "No firm is selected. Select some first.", kind="wait")
    try:
        expires_at = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None
        given = float(points.replace(",", ".")) if points else 0.0
    except ValueError:
        said = (
            f"“{until or points}” cannot be read. Give a date like 2027-03-31, and points like 5."
        )
        return redirect(request, back, said, kind="stop")
    try:
        with app.transaction() as tx:
            profile = find_current_profile(tx, profile_name or None)
            if profile is None:
                return redirect(request, back, "There is no profile to rank by yet.", kind="stop")
            rows = override_firms(
                tx,
                profile_name=profile.name,
                firm_ids=firm_ids,
                kind=kind,
                because=because,
                actor=actor,
                points=given,
                expires_at=expires_at,
            )
            ids = ",".join(str(row.id) for row in rows)
    except ScoringRefused as error:
        return redirect(request, back, str(error), kind="stop")
    if len(ids) < 1500:
        back += ("&" if "?" in back else "?") + f"undo={ids}"
    return redirect(request, back, f"{plural(len(rows), 'firm')} {_DONE[kind]}.")
