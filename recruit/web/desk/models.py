"""Models: which are in use, what each stands on, and putting one in use or taking it back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.models import (
    ModelPage,
    find_model_page,
    list_models,
    list_traits,
    list_watched,
)
from recruit.insights.yields import read_yields
from recruit.learning.card import TITLES
from recruit.learning.registry import ModelRefused, Models
from recruit.learning.usecases import accept_proposals, promote_model, rollback_model
from recruit.learning.values import WINDOW_DAYS, Stage
from recruit.scoring.section import ProfileError
from recruit.scoring.usecases import find_likeness
from recruit.scoring.values import ScoringRefused
from recruit.web.charts import calibration_chart, lift_chart
from recruit.web.desk.partners import MANAGERS, Manager
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson

router = APIRouter()

_TRAITS_SHOWN = 20
Because = Annotated[str, Form(max_length=1000)]


@router.get("/models")
def show_models(request: Request, app: AppDep, tx: ReadingTx) -> Response:
    """Show all models, and what has moved since those in use were trained."""
    models = Models(app.settings.models)
    likeness = find_likeness(tx)
    return render(
        request,
        "desk/models.html",
        lines=list_models(models),
        watched=list_watched(tx),
        history=list(reversed(models.history())),
        yields=read_yields(tx),
        likeness=likeness,
        traits=list_traits(likeness)[:_TRAITS_SHOWN] if likeness else (),
        windows={stage: WINDOW_DAYS[stage] for stage in Stage},
    )


@router.get("/models/{name}")
def show_model(
    request: Request, app: AppDep, tx: ReadingTx, person: StaffPerson, name: str
) -> Response:
    """Show one model: its verdict, its plots with their tables, and what may be done with it."""
    page = find_model_page(tx, Models(app.settings.models), name)
    if page is None:
        return show_error(request, 404, text=f"There is no model “{name}”.")
    trial = page.record.trial
    return render(
        request,
        "desk/model.html",
        page=page,
        record=page.record,
        trial=trial,
        titles=TITLES,
        lift=lift_chart(trial.lift, _lift_sentence(page)) if trial.lift else None,
        calibration=calibration_chart(trial.reliability, _calibration_sentence(page)),
        lift_sentence=_lift_sentence(page),
        calibration_sentence=_calibration_sentence(page),
        may_decide=person.role in MANAGERS,
    )


@router.post("/models/{name}/promote")
def promote(
    request: Request, app: AppDep, person: Manager, name: str, because: Because = ""
) -> Response:
    """Put a model in use."""
    try:
        with app.transaction() as tx:
            event = promote_model(
                tx, Models(app.settings.models), name=name, because=because, actor=person.name
            )
    except (ModelRefused, ScoringRefused, ProfileError) as error:
        return show_error(request, 422, text=str(error))
    return redirect(
        request,
        f"/models/{name}",
        f"{name} is in use: its probabilities stand beside the points of {event.profile}.",
    )


@router.post("/models/{name}/rollback")
def rollback(
    request: Request, app: AppDep, person: Manager, name: str, because: Because = ""
) -> Response:
    """Take the model in use back."""
    models = Models(app.settings.models)
    try:
        with app.transaction() as tx:
            profile = models.get(name).profile
            if models.current(profile) != name:
                return show_error(request, 422, text=f"{name} is not in use any more.")
            event = rollback_model(
                tx, models, profile_name=profile, because=because, actor=person.name
            )
    except (ModelRefused, ScoringRefused, ProfileError) as error:
        return show_error(request, 422, text=str(error))
    now = f"{event.model} is in use again." if event.model else "The points decide alone again."
    return redirect(request, f"/models/{name}", f"{name} was taken back. {now}")


@router.post("/models/{name}/points")
def accept_points(
    request: Request,
    app: AppDep,
    person: Manager,
    name: str,
    criterion: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Save the profile with the proposed points of the chosen criteria."""
    try:
        with app.transaction() as tx:
            number = accept_proposals(
                tx,
                Models(app.settings.models),
                name=name,
                criteria=set(criterion or []),
                actor=person.name,
            )
    except (ModelRefused, ScoringRefused, ProfileError) as error:
        return show_error(request, 422, text=str(error))
    return redirect(request, f"/models/{name}", f"Saved as version {number} of the profile.")


def _lift_sentence(page: ModelPage) -> str:
    fifth = next((s for s in page.record.trial.lift if s["share"] == 0.2), None)
    if fifth is None:
        return "None of the tested firms had a good outcome."
    return (
        f"The best fifth of the tested firms hold {fifth['caught']:.0%} of the good outcomes, "
        f"{fifth['lift']:.1f} times what chance would."
    )


def _calibration_sentence(page: ModelPage) -> str:
    return (
        "Where 10% was foretold, about 10% should have come. On average the probabilities were off by "
        f"{page.record.trial.rolling_error * 100:.1f} points; the bars are what chance allows for so few firms."
    )
