"""The library for partners: what is in it, who answers for it, what has gone stale; add, review, take away."""

import hashlib
import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from recruit.db.transaction import Transaction
from recruit.insights.library import list_shelf
from recruit.insights.portal import resource_file
from recruit.onboarding.definitions import ContentError
from recruit.onboarding.lesson_files import keep_lesson_files
from recruit.onboarding.uploads import MOST_BYTES, UploadRefused, check_upload
from recruit.onboarding.usecases import (
    UnknownResource,
    get_resource,
    publish_resource,
    remove_resource,
    review_resource,
)
from recruit.web.desk.partners import Manager
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.portal.files import attach
from recruit.web.request import AppDep, ReadingTx

router = APIRouter(prefix="/resources")
HOME = "/resources"


@router.get("")
def show_shelf(request: Request, tx: ReadingTx) -> Response:
    """Show everything that partners get."""
    return _show(request, tx)


@router.get("/{key}/file")
def get_file(request: Request, tx: ReadingTx, key: str) -> Response:
    """Hand out the file of a resource."""
    try:
        resource = get_resource(tx, key)
    except UnknownResource as error:
        return show_error(request, 404, text=str(error))
    return attach(resource_file(tx, resource), resource.file)


@router.post("")
def add(
    request: Request,
    app: AppDep,
    _person: Manager,
    title: Annotated[str, Form(max_length=200)] = "",
    action: Annotated[str, Form(max_length=40)] = "see_resources",
    owner: Annotated[str, Form(max_length=200)] = "",
    owner_email: Annotated[str, Form(max_length=254)] = "",
    summary: Annotated[str, Form(max_length=300)] = "",
    product: Annotated[str, Form(max_length=100)] = "",
    audience: Annotated[str, Form(max_length=100)] = "",
    level: Annotated[str, Form(max_length=100)] = "",
    review_on: Annotated[str, Form(max_length=10)] = "",
    hide_when_stale: Annotated[bool, Form()] = False,
    markdown: Annotated[str, Form(max_length=200_000)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Put a page or a file on the shelf; the same title replaces what is there."""
    form: dict[str, Any] = {
        "title": title.strip(),
        "action": action,
        "owner": owner.strip(),
        "owner_email": owner_email.strip(),
        "summary": summary.strip(),
        "product": product.strip(),
        "audience": audience.strip(),
        "level": level,
        "review_on": review_on,
        "hide_when_stale": hide_when_stale,
        "markdown": markdown,
    }
    try:
        with app.transaction() as tx:
            publish_resource(tx, **_values(tx, form, file))
    except (ContentError, UploadRefused, ValueError) as error:
        with app.reading() as tx:
            return _show(request, tx, problem=str(error), form=form)
    return redirect(request, HOME, f"“{title.strip()}” is on the shelf.")


def _values(tx: Transaction, form: dict[str, Any], file: UploadFile | None) -> dict[str, Any]:
    if not form["title"] or not form["owner"]:
        raise ContentError("Give it a title, and say who answers for it.")
    values: dict[str, Any] = {key: value for key, value in form.items() if value != ""}
    key = re.sub(r"[^a-z0-9]+", "-", str(form["title"]).lower()).strip("-")[:80]
    values["key"] = key or hashlib.sha256(str(form["title"]).encode()).hexdigest()[:12]
    if form["review_on"]:
        values["review_on"] = _day(str(form["review_on"]))
    if file is not None and file.filename:
        # One byte more than is taken tells that it is too large, whatever was announced.
        checked = check_upload(file.filename, file.file.read(MOST_BYTES + 1))
        keep_lesson_files(tx, [checked])
        values["file"] = checked.name
        values["file_sha256"] = hashlib.sha256(checked.content).hexdigest()
    return values


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ContentError(f"{text!r} is no day. Write it like 2027-01-31.") from None


@router.post("/{key}/review")
def review(
    request: Request,
    app: AppDep,
    _person: Manager,
    key: str,
    review_on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Say that a resource is right as it is, until the next review."""
    try:
        with app.transaction() as tx:
            title = review_resource(
                tx, key=key, review_on=_day(review_on) if review_on else None
            ).title
    except UnknownResource as error:
        return show_error(request, 404, text=str(error))
    except ContentError as error:
        return show_error(request, 422, text=str(error))
    return redirect(request, HOME, f"“{title}” was reviewed.")


@router.post("/{key}/remove")
def remove(request: Request, app: AppDep, _person: Manager, key: str) -> Response:
    """Take a resource away from partners."""
    try:
        with app.transaction() as tx:
            remove_resource(tx, key=key)
    except UnknownResource as error:
        return show_error(request, 404, text=str(error))
    return redirect(request, HOME, "Partners see it no more.")


def _show(
    request: Request,
    tx: Transaction,
    *,
    problem: str = "",
    form: dict[str, Any] | None = None,
) -> Response:
    return render(
        request,
        "desk/library.html",
        status=422 if problem else 200,
        shelf=list_shelf(tx),
        problem=problem,
        form=form or {},
        most_mb=MOST_BYTES // 1024**2,
    )
