"""The ideal partner profile: edited as cards or as text, with what it does to the list beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from recruit.db.transaction import Transaction
from recruit.insights.drafts import Effect, preview_profile
from recruit.insights.profiles import ProfileLine, find_current_profile, list_profile_versions
from recruit.scoring.profile import ProfileDefinition, parse_profile, read_profile
from recruit.scoring.section import ProfileError
from recruit.scoring.toml import write_profile
from recruit.scoring.usecases import (
    compare_profile,
    list_examples,
    rank_firms,
    save_profile,
)
from recruit.web.desk.criteria import CriterionCard, criterion_cards
from recruit.web.desk.profile_form import SKELETONS, add_criterion, read_form
from recruit.web.errors import show_error
from recruit.web.pages import Notice, redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson
from recruit.web.words import plural
from recruit.wiring import App

router = APIRouter()
# Up to so many firms are ranked before the page answers; a worker ranks more of them.
RANKED_AT_ONCE = 50_000
_LONGEST_FILE = 500_000


async def form_pairs(request: Request) -> list[tuple[str, str]]:
    """Return the fields of the form that was sent, in its order."""
    form = await request.form()
    return [(key, value) for key, value in form.multi_items() if isinstance(value, str)]


FormPairs = Annotated[list[tuple[str, str]], Depends(form_pairs)]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a profile: where, and what to do."""

    path: str
    message: str


@dataclass(frozen=True)
class Draft:
    """A profile as it stands in the form; `definition` is None where something is wrong with it."""

    source: Mapping[str, Any]
    definition: ProfileDefinition | None
    problems: tuple[Problem, ...]
    cards: Mapping[str, CriterionCard]


@router.get("/profile")
def show_profile(request: Request, tx: ReadingTx, name: str | None = None) -> Response:
    """Show the editor of the profile that ranked last, or of the one with this name."""
    line = _newest(tx, name)
    if line is None:
        return render(request, "desk/profile_empty.html", examples=list_examples())
    return _editor(request, tx, line, draft_of(line.definition))


@router.post("/profile/preview")
def preview(request: Request, app: AppDep, form: FormPairs) -> Response:
    """Show what the profile in the form would do, beside the form and without saving it."""
    with app.reading() as tx:
        line = _newest(tx, dict(form).get("name"))
        if line is None:
            return show_error(request, 404, text="There is no such profile any more.")
        draft = draft_of(read_form(line.definition, form))
        return render(request, "desk/profile_effect.html", **_effect(tx, draft))


@router.post("/profile/edit")
def edit(request: Request, app: AppDep, form: FormPairs) -> Response:
    """Show the editor again with one criterion more; nothing is saved."""
    fields = dict(form)
    with app.reading() as tx:
        line = _newest(tx, fields.get("name"))
        if line is None:
            return show_error(request, 404, text="There is no such profile any more.")
        source = read_form(line.definition, form)
        source = add_criterion(source, fields.get("add_kind", ""), fields.get("add_key", ""))
        notice = Notice("The new criterion stands below. Nothing is saved yet.", "wait")
        return _editor(request, tx, line, draft_of(source), notice=notice)


@router.post("/profile")
def save(request: Request, app: AppDep, person: StaffPerson, form: FormPairs) -> Response:
    """Save the form as a new version and rank all firms against it; what is wrong is shown beside it."""
    fields = dict(form)
    with app.reading() as tx:
        line = _newest(tx, fields.get("name"))
        if line is None:
            return show_error(request, 404, text="There is no such profile any more.")
        source = read_form(line.definition, form)
        if new_name := fields.get("save_as", "").strip():
            source["name"] = new_name
        elif fields.get("base") != str(line.number):
            notice = Notice(
                f"{line.created_by} saved version {line.number} while you were editing. "
                "Your changes stand in the form, on top of that version: look them over and save again.",
                "wait",
            )
            return _editor(request, tx, line, draft_of(source), notice=notice, status=409)
        draft = draft_of(source)
        if draft.definition is None:
            notice = Notice("Nothing is saved: the profile cannot be used like this.", "stop")
            return _editor(request, tx, line, draft, notice=notice, status=422)
    return _saved(request, app, draft.definition, person.name)


@router.get("/profile/text")
def show_text(request: Request, tx: ReadingTx, name: str | None = None) -> Response:
    """Show the profile as a TOML file that can be edited."""
    line = _newest(tx, name)
    text = write_profile(line.definition) if line else list_examples()[0].text
    return render(
        request, "desk/profile_text.html", section="/profile", line=line, text=text, problems=()
    )


@router.post("/profile/text")
def save_text(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    text: Annotated[str, Form(max_length=_LONGEST_FILE)] = "",
) -> Response:
    """Save a TOML file as a profile's new version."""
    try:
        definition = read_profile(text, "profile")
    except ProfileError as error:
        with app.reading() as tx:
            return render(
                request,
                "desk/profile_text.html",
                status=422,
                section="/profile",
                line=_newest(tx, None),
                text=text,
                problems=problems_of(error),
            )
    return _saved(request, app, definition, person.name)


@router.post("/profile/example")
def use_example(
    request: Request, app: AppDep, person: StaffPerson, example: Annotated[str, Form()]
) -> Response:
    """Save one of the examples as a profile, and rank all firms against it."""
    found = next((one for one in list_examples() if one.name == example), None)
    if found is None:
        return show_error(request, 404, text=f"There is no example “{example[:60]}”.")
    return _saved(request, app, read_profile(found.text, found.name), person.name)


def draft_of(source: Mapping[str, Any]) -> Draft:
    """Return a profile's data with what it means, or with what is wrong with it."""
    try:
        definition = parse_profile(source, "profile")
    except ProfileError as error:
        return Draft(source, None, problems_of(error), {})
    cards = {card.key: card for card in criterion_cards(definition)}
    return Draft(source, definition, (), cards)


def problems_of(error: ProfileError) -> tuple[Problem, ...]:
    """Return the lines of an error, each with the place in the profile that it is about."""
    found = []
    for line in str(error).splitlines():
        _, _, rest = line.partition(": ")
        path, mark, message = rest.partition(": ")
        found.append(Problem(path, message) if mark and " " not in path else Problem("", rest))
    return tuple(found)


def _saved(request: Request, app: App, definition: ProfileDefinition, actor: str) -> Response:
    try:
        with app.transaction() as tx:
            change = compare_profile(tx, definition=definition)
            version = save_profile(tx, definition=definition, actor=actor)
            number = version.number
            is_quick = preview_profile(tx, definition).firms <= RANKED_AT_ONCE
            report = rank_firms(tx, profile_name=definition.name, actor=actor) if is_quick else None
    except ProfileError as error:
        with app.reading() as tx:
            return render(
                request,
                "desk/profile_text.html",
                status=422,
                section="/profile",
                line=_newest(tx, definition.name),
                text=write_profile(definition.source),
                problems=problems_of(error),
            )
    url = f"/profile?name={definition.name}"
    if number == change.version_before:
        return redirect(request, url, "Nothing changed, so there is no new version.", kind="wait")
    if report is None:
        app.wake("scoring.rank_stale")
    ranked = (
        f" {plural(report.ranked, 'firm')} ranked."
        if report
        else " The ranking follows in a minute."
    )
    changes = "; ".join(change.changes)
    return redirect(
        request,
        url,
        f"Saved as version {number}.{ranked}{f' What changed: {changes}' if changes else ''}",
    )


def _editor(
    request: Request,
    tx: Transaction,
    line: ProfileLine,
    draft: Draft,
    *,
    notice: Notice | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "desk/profile.html",
        status=status,
        notice=notice,
        line=line,
        kinds=list(SKELETONS),
        versions=list_profile_versions(tx),
        examples=list_examples(),
        **_effect(tx, draft),
    )


def _effect(tx: Transaction, draft: Draft) -> dict[str, Any]:
    effect: Effect | None = None
    if draft.definition is not None:
        try:
            effect = preview_profile(tx, draft.definition)
        except ProfileError as error:
            draft = Draft(draft.source, None, problems_of(error), draft.cards)
    return {"draft": draft, "effect": effect}


def _newest(tx: Transaction, name: str | None) -> ProfileLine | None:
    """Return the newest version of a profile: of the one that is named, else of the one that ranked last."""
    return find_current_profile(tx, name, newest=True)
