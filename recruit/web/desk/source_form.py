"""A new source as a form: tried on a few pages, then kept."""

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from recruit.sourcing.spec import SourceSpec, SpecError, parse_source_spec
from recruit.sourcing.steering import CrawlUnderWay, start_crawl
from recruit.sourcing.text import clean
from recruit.sourcing.trials import TooManyTrials, UnknownTrial, get_trial, open_trial
from recruit.sourcing.usecases import SourceIsOther, define_source
from recruit.sourcing.values import FieldName, Interval, SourceKind
from recruit.web.desk.imports import source_name
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx, is_htmx
from recruit.wiring import App

router = APIRouter()
KINDS = (SourceKind.DIRECTORY, SourceKind.SITES, SourceKind.REGISTRY)
_LISTS = ("next", "follow", "items", "item_patterns", "rows")
_WHERE = re.compile(r"^the form: (?P<key>[\w.]+): (?P<words>.*)$", re.DOTALL)
_MOST_URLS = 1000
# Fields that people name by a selector; the others are found by themselves.
SELECTED = (FieldName.NAME, FieldName.WEBSITE, FieldName.CITY, FieldName.COUNTRY, FieldName.PHONE, FieldName.SPECIALTY)  # fmt: skip


@router.get("/sources/new")
def show_form(request: Request) -> Response:
    """Ask what the source is."""
    return _render_form(
        request, {"kind": SourceKind.DIRECTORY.value, "pages": "10000", "trust": "0.5"}
    )


def _render_form(
    request: Request, values: dict[str, str], *, field: str = "", words: str = ""
) -> Response:
    return render(
        request,
        "desk/source_form.html",
        status=422 if words else 200,
        values=values,
        kinds=KINDS,
        selected=SELECTED,
        field=field,
        words=words,
    )


@router.post("/sources/new")
async def try_or_keep(request: Request, app: AppDep, person: StaffPerson) -> Response:
    """Try what the form says, or keep it without a trial."""
    form = await request.form()
    values = {key: value[:50_000] for key, value in form.multi_items() if isinstance(value, str)}
    return await run_in_threadpool(_handle, request, app, person.name, values)


def _handle(request: Request, app: App, actor: str, values: dict[str, str]) -> Response:
    try:
        spec = read_form(values)
        with app.transaction() as tx:
            if values.get("action") == "keep":
                define_source(tx, spec=spec)
                return redirect(
                    request, "/sources", f"“{spec.title}” is kept. Crawl it when you like."
                )
            trial_id = open_trial(tx, spec=spec, actor=actor)
            tx.after_commit(lambda: app.wake("sourcing.run_trial", trial_id))
    except SpecError as error:
        found = _WHERE.match(str(error))
        key = found["key"].rpartition(".")[2] if found else ""
        words = found["words"] if found else str(error)
        return _render_form(request, values, field=key, words=words[:1].upper() + words[1:])
    except (SourceIsOther, TooManyTrials) as error:
        return _render_form(request, values, field="name", words=str(error))
    return redirect(request, f"/sources/trials/{trial_id}")


def read_form(values: dict[str, str]) -> SourceSpec:
    """Return the source that a form describes. Raises `SpecError`.

    Hosts of one's own network cannot be allowed here: that is for whoever runs the installation.
    """
    title = clean(values.get("title", ""))[:200]
    data: dict[str, Any] = {
        "name": source_name(values.get("name", "") or title),
        "title": title or clean(values.get("name", "")),
        "kind": values.get("kind", ""),
        "start_urls": _lines(values.get("start_urls", ""))[:_MOST_URLS],
        "licence_note": clean(values.get("licence_note", ""))[:2000],
        "lawful_basis": clean(values.get("lawful_basis", ""))[:2000],
        "listing": {key: found for key in _LISTS if (found := _lines(values.get(key, "")))},
        "fields": {
            field.value: found
            for field in FieldName
            if (found := _lines(values.get(f"field-{field.value}", "")))
        },
        "budget": {"pages": _number(values.get("pages", ""), 10_000)},
        "trust": _number(values.get("trust", ""), 0.5),
    }
    if values.get("contacts") == "people":
        data["contacts"] = "people"
    if values.get("schedule", "").strip():
        data["schedule"] = values["schedule"].strip()
    return parse_source_spec(data, "the form")


def _lines(text: str) -> list[str]:
    return [line for line in map(clean, text.splitlines()) if line]


def _number(text: str, default: float) -> float | str:
    text = text.strip().replace(",", ".")
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        return text[:50]
    return int(number) if number.is_integer() else number


@router.get("/sources/trials/{trial_id}")
def show_trial(request: Request, tx: ReadingTx, trial_id: int) -> Response:
    """Show what a trial has found so far, field by field."""
    try:
        trial = get_trial(tx, trial_id)
    except UnknownTrial:
        return show_error(request, 404, text="This trial is not there any more. Begin a new one.")
    return render(
        request,
        "desk/trial_state.html" if is_htmx(request) else "desk/trial.html",
        trial=trial,
        said=_said,
    )


def _said(value: object) -> str:
    if isinstance(value, Interval):
        low, high = value.low, value.high
        if low == high:
            return str(low)
        return (
            f"{low} or more"
            if high is None
            else f"up to {high}"
            if low is None
            else f"{low}–{high}"
        )
    if isinstance(value, str):
        return value
    parts = (
        getattr(value, key, None) for key in ("street", "postcode", "city", "region", "country")
    )
    return ", ".join(str(part) for part in parts if part) or str(value)


@router.post("/sources/trials/{trial_id}/keep")
def keep(request: Request, app: AppDep, tx: WritingTx, trial_id: int) -> Response:
    """Keep the source of a trial and crawl it."""
    try:
        spec = get_trial(tx, trial_id).spec
        source = define_source(tx, spec=spec)
        job = start_crawl(tx, source_id=source.id)
    except UnknownTrial:
        return show_error(request, 404, text="This trial is not there any more. Begin a new one.")
    except SourceIsOther as error:
        return show_error(request, 409, text=str(error))
    except CrawlUnderWay as error:
        return redirect(request, f"/sources/jobs/{error.job_id}", str(error), kind="wait")
    tx.after_commit(lambda: app.wake("sourcing.run_crawl", job.id))
    return redirect(request, f"/sources/jobs/{job.id}")


@router.get("/sources/trials/{trial_id}/form")
def show_form_again(request: Request, tx: ReadingTx, trial_id: int) -> Response:
    """Show the form of a trial again, filled."""
    try:
        spec = get_trial(tx, trial_id).spec
    except UnknownTrial:
        return show_error(request, 404, text="This trial is not there any more. Begin a new one.")
    return _render_form(request, _values_of(spec))


def _values_of(spec: SourceSpec) -> dict[str, str]:
    data = spec.to_definition()
    values = {
        key: str(data[key])
        for key in ("name", "title", "kind", "trust", "licence_note", "lawful_basis")
    }
    values["start_urls"] = "\n".join(spec.start_urls)
    values["pages"] = str(data["budget"]["pages"])
    values["schedule"] = str(data.get("schedule") or "")
    values["contacts"] = str(data.get("contacts") or "")
    for key, lines in data["listing"].items():
        values[key] = "\n".join(lines)
    for field, css in spec.fields.items():
        values[f"field-{field.value}"] = "\n".join(css)
    return values
