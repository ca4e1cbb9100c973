"""Import a file: upload it, see what its columns were taken for, correct that, and start."""

import re
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from recruit.insights.sources import list_sources
from recruit.sourcing.countries import read_country
from recruit.sourcing.importing import apply_mapping
from recruit.sourcing.labels import TARGETS
from recruit.sourcing.looking import Looked, look_into
from recruit.sourcing.mapping import MappingError, MappingSpec
from recruit.sourcing.opening import open_import
from recruit.sourcing.presets import PRESETS
from recruit.sourcing.readers import KINDS, UnusableFile
from recruit.sourcing.text import clean, fold
from recruit.sourcing.trying import Tried, try_file
from recruit.sourcing.usecases import JobTaken, SourceIsOther
from recruit.sourcing.values import SourceKind
from recruit.web.desk.uploads import (
    MOST_BYTES,
    Upload,
    UploadRefused,
    find_upload,
    keep_upload,
    set_options,
)
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx
from recruit.wiring import App

router = APIRouter()
_TRIED_ROWS = 200
_PROBLEMS_SHOWN = 5
_NOT_IN_NAME = re.compile("[^a-z0-9._-]+")


@dataclass(frozen=True)
class Refused:
    """What is wrong with a form: the field, and the words."""

    field: str
    words: str


@router.get("/sources/import")
def show_upload(request: Request, tx: ReadingTx, source: str = "") -> Response:
    """Ask for the file and its source."""
    return _render_upload(request, tx, source=source)


def _render_upload(
    request: Request, tx: ReadingTx, *, source: str, refused: Refused | None = None
) -> Response:
    return render(
        request,
        "desk/import_upload.html",
        status=422 if refused else 200,
        sources=[line for line in list_sources(tx) if line.kind is SourceKind.FILE],
        presets=PRESETS,
        kinds=KINDS,
        most=MOST_BYTES,
        source=source,
        refused=refused,
    )


@router.post("/sources/import")
def upload(
    request: Request,
    app: AppDep,
    tx: ReadingTx,
    file: Annotated[UploadFile | None, File()] = None,
    source: Annotated[str, Form()] = "",
    preset: Annotated[str, Form()] = "",
) -> Response:
    """Keep the file and look into it."""
    name = source_name(source)
    if not name:
        words = "Name the source: where does the list come from?"
        return _render_upload(request, tx, source=source, refused=Refused("source", words))
    try:
        kept = keep_upload(
            app, file, source_name=name, options={"preset": preset, "title": clean(source)[:200]}
        )
        _look(app, kept)
    except (UploadRefused, UnusableFile, MappingError) as error:
        return _render_upload(request, tx, source=source, refused=Refused("file", str(error)))
    return redirect(request, f"/sources/import/{kept.token}")


def source_name(text: str) -> str:
    """Return the name under which a source is kept: "Trade fair 2026" is "trade-fair-2026"."""
    return _NOT_IN_NAME.sub("-", fold(text)).strip("-._")[:100]


def _look(app: App, kept: Upload) -> Looked:
    options = kept.options
    sheet = options.get("sheet") or None
    return look_into(
        app.reading,
        path=kept.path,
        source_name=kept.source_name,
        options=MappingSpec({}, sheet=sheet) if sheet else None,
        preset=options.get("preset") or None,
        file_name=kept.file_name,
    )


@router.get("/sources/import/{token}")
def show_mapping(
    request: Request, app: AppDep, tx: ReadingTx, token: str, sheet: str = ""
) -> Response:
    """Show what the columns were taken for, with examples, and what the first rows would give."""
    kept = find_upload(app, token)
    if kept is None:
        return show_error(
            request, 404, text="This upload is not there any more. Upload the file again."
        )
    if sheet:
        kept = set_options(kept, {**kept.options, "sheet": clean(sheet)[:200]})
    try:
        looked = _look(app, kept)
    except (UnusableFile, MappingError) as error:
        return _render_upload(
            request, tx, source=kept.source_name, refused=Refused("file", str(error))
        )
    return _render_mapping(request, tx, kept, looked, looked.mapping)


def _render_mapping(
    request: Request,
    tx: ReadingTx,
    kept: Upload,
    looked: Looked,
    mapping: MappingSpec,
    refused: Refused | None = None,
) -> Response:
    tried: Tried | None = None
    if "name" in mapping.columns:
        try:
            tried = try_file(
                kept.path, mapping, tx.now.date(), rows=_TRIED_ROWS, file_name=kept.file_name
            )
        except (UnusableFile, MappingError) as error:
            refused = refused or Refused("file", str(error))
    known = {line.name: line for line in list_sources(tx)}.get(kept.source_name)
    return render(
        request,
        "desk/import_mapping.html",
        status=422 if refused else 200,
        upload=kept,
        looked=looked,
        chosen={head: key for key, heads in mapping.columns.items() for head in heads},
        mapping=mapping,
        targets=list(TARGETS),
        tried=tried,
        problems_shown=_PROBLEMS_SHOWN,
        known=known,
        refused=refused,
    )


@router.post("/sources/import/{token}")
async def start(request: Request, app: AppDep, token: str) -> Response:
    """Start the import as the form says, or show what that would give."""
    from starlette.concurrency import run_in_threadpool

    form = await request.form()
    fields = {key: value for key, value in form.multi_items() if isinstance(value, str)}
    return await run_in_threadpool(_start, request, app, token, fields)


def _start(request: Request, app: App, token: str, fields: dict[str, str]) -> Response:
    kept = find_upload(app, token)
    if kept is None:
        return show_error(
            request, 404, text="This upload is not there any more. Upload the file again."
        )
    looked = _look(app, kept)
    mapping, refused = _read_form(looked, fields)
    if refused is None:
        try:
            apply_mapping(looked.header, mapping)
        except MappingError as error:
            refused = Refused("columns", str(error))
    if refused is not None or fields.get("action") == "look":
        with app.reading() as tx:
            return _render_mapping(request, tx, kept, looked, mapping, refused)
    about = {
        key: clean(fields[key])[:2000]
        for key in ("licence_note", "lawful_basis")
        if fields.get(key, "").strip()
    }
    try:
        with app.transaction() as tx:
            if kept.source_name not in {line.name for line in list_sources(tx)}:
                about["title"] = kept.options.get("title") or kept.source_name
            opened = open_import(
                tx,
                path=kept.path,
                source_name=kept.source_name,
                header=looked.header,
                mapping=mapping,
                about=about,
                file_name=kept.file_name,
                complete=fields.get("complete") == "on",
                is_ours=True,
            )
            tx.after_commit(lambda: app.wake("sourcing.run_import", opened.job_id))
    except (JobTaken, SourceIsOther) as error:
        with app.reading() as tx:
            words = Refused("source", str(error))
            return _render_mapping(request, tx, kept, looked, mapping, words)
    return redirect(request, f"/sources/jobs/{opened.job_id}")


def _read_form(looked: Looked, fields: dict[str, str]) -> tuple[MappingSpec, Refused | None]:
    columns: dict[str, tuple[str, ...]] = {}
    ignored: list[str] = []
    for number, head in enumerate(looked.header):
        key = fields.get(f"column-{number}", "")
        if key in TARGETS:
            columns[key] = (*columns.get(key, ()), head)
        else:
            ignored.append(head)
    mapping = replace(looked.mapping, columns=columns, ignored=tuple(ignored))
    country = fields.get("default_country", "").strip()
    if country and read_country(country) is None:
        words = f"“{clean(country)[:60]}” is no country. Write Germany or DE, or leave it empty."
        return mapping, Refused("default_country", words)
    return replace(mapping, default_country=read_country(country) if country else None), None
