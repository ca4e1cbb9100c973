"""Forms whose fields are data: a company's profile, a quiz."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData


async def read_form(request: Request) -> FormData:
    """Return what was posted; read apart, so that the route itself may wait for the database."""
    return await request.form()


PostedForm = Annotated[FormData, Depends(read_form)]
