"""Where a person chooses when to hear from us, from a link in each notice; no sign-in, no hoops.

Opening the link changes nothing. The one-click POST of RFC 8058 comes from mail providers without a
session: the token in the link is all the proof that it needs.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import PlainTextResponse, Response

from recruit.notices.usecases import LinkUnknown, get_preference, person_of, set_preference
from recruit.notices.values import Preference
from recruit.web.pages import render
from recruit.web.request import AppDep

router = APIRouter()


@router.get("/notices/{token}")
def show_choice(request: Request, app: AppDep, token: str) -> Response:
    """Show what is chosen now."""
    try:
        person_id = person_of(app.secret, token)
    except LinkUnknown as error:
        return render(request, "notices.html", status=404, token="", problem=str(error))
    with app.reading() as tx:
        chosen = get_preference(tx, person_id=person_id)
    return render(request, "notices.html", token=token, chosen=chosen, saved=False, problem="")


@router.post("/notices/{token}")
def choose(
    request: Request,
    app: AppDep,
    token: str,
    preference: Annotated[Preference, Form()] = Preference.OFF,
) -> Response:
    """Keep the choice; mail providers send none, and mean off."""
    try:
        person_id = person_of(app.secret, token)
    except LinkUnknown as error:
        return PlainTextResponse(f"{error}\n", status_code=404)
    with app.transaction() as tx:
        set_preference(tx, person_id=person_id, preference=preference)
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("You will get no more notices from us.\n")
    return render(request, "notices.html", token=token, chosen=preference, saved=True, problem="")
