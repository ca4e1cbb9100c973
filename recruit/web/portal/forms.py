"""What comes in: forms whose fields are data (a company's profile, a quiz), and what no page can take."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData

from recruit.web.security import SAFE_METHODS

_NUL = "\x00"


async def read_form(request: Request) -> FormData:
    """Return what was posted; read apart, so that the route itself may wait for the database."""
    return await request.form()


PostedForm = Annotated[FormData, Depends(read_form)]


async def refuse_nul(request: Request) -> None:
    """Refuse the one character that PostgreSQL cannot store or compare, before it gets there."""
    if any(_NUL in str(value) for value in request.path_params.values()):
        raise HTTPException(404)
    if request.method in SAFE_METHODS:
        return
    for name, value in (await request.form()).multi_items():
        if _NUL in name or (isinstance(value, str) and _NUL in value):
            raise HTTPException(
                422, "A field holds an invisible character (NUL). Type its text anew."
            )
