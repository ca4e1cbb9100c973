"""The pages of models: empty, with one to decide on, in use, damaged; and who may decide."""

import csv
import io
import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from recruit.firms.tables import Firm
from recruit.insights.yields import read_yields
from recruit.learning.registry import Models
from recruit.learning.tables import ModelWatch
from recruit.learning.usecases import train_on_outcomes
from recruit.learning.values import Stage, Training
from recruit.onboarding.tables import Partner
from recruit.people.values import Role
from recruit.scoring.usecases import get_profile, rank_firms, save_profile
from recruit.wiring import App
from tests.factories.learning import make_history
from tests.factories.scoring import make_profile_data
from tests.factories.web import Visitor, open_visitor
from tests.factories.world import build_world

PROFILE = "cloud-partner"
EXPORT = "/prospects/export.csv"


@dataclass
class Trained:
    """An app with a trained model, and its folder."""

    app: App
    models: Models
    name: str


@pytest.fixture
def trained(app: App) -> Trained:
    with app.transaction() as tx:
        save_profile(tx, definition=make_profile_data(), actor="test")
        make_history(tx, 200)
    models = Models(app.settings.models)
    made = train_on_outcomes(
        app.reading, models, training=Training(PROFILE, Stage.ACCEPTED), now=app.clock.now()
    )
    return Trained(app, models, models.add(made.record, made.tables).name)


def test_without_models_the_page_says_how_to_get_one(app: App) -> None:
    text = open_visitor(app).see("/models")
    assert "No model yet" in text
    assert "recruit model train" in text


def test_a_model_is_used_and_taken_back_by_a_channel_manager(trained: Trained) -> None:
    manager = open_visitor(trained.app, role=Role.CHANNEL_MANAGER)
    page = f"/models/{trained.name}"
    text = manager.see(page)
    for words in ("Relied on", "Lift", "Calibration", "Backtest", "Limits", "Put it in use"):
        assert words in text
    assert '<svg class="chart"' in manager.get(page).text
    assert manager.post(f"{page}/promote", because=" ").status_code == 422
    assert manager.post(f"{page}/promote", because="ranks better").status_code == 303
    assert trained.models.current(PROFILE) == trained.name
    assert "Take it back" in manager.see(page)
    assert "in use" in manager.see("/models")
    assert manager.post(f"{page}/rollback", because="doubts").status_code == 303
    assert trained.models.current(PROFILE) is None
    assert "taken back" in manager.see(page)
    assert manager.post(f"{page}/rollback", because="doubts").status_code == 422


def test_a_recruiter_sees_all_and_decides_nothing(trained: Trained) -> None:
    recruiter = open_visitor(trained.app, role=Role.RECRUITER)
    page = f"/models/{trained.name}"
    assert "A channel manager or an administrator" in recruiter.see(page)
    for action in ("promote", "rollback", "points"):
        assert recruiter.post(f"{page}/{action}", because="please").status_code == 403
    assert trained.models.current(PROFILE) is None


def test_proposed_points_are_accepted_one_by_one(trained: Trained) -> None:
    manager = open_visitor(trained.app, role=Role.CHANNEL_MANAGER)
    page = f"/models/{trained.name}"
    assert "Points that the outcomes propose" in manager.see(page)
    assert manager.post(f"{page}/points").status_code == 422
    assert manager.post(f"{page}/points", criterion=["size"]).status_code == 303
    with trained.app.reading() as tx:
        points = {c.key: c.hundredths for c in get_profile(tx, profile_name=PROFILE).criteria}
    assert points["size"] != 2000
    assert points["geography"] == 3000


def test_a_damaged_model_is_shown_as_such_and_cannot_be_used(trained: Trained) -> None:
    (trained.models.folder / trained.name / "card.md").unlink()
    manager = open_visitor(trained.app, role=Role.CHANNEL_MANAGER)
    assert "damaged" in manager.see("/models")
    assert "card.md is missing" in manager.see(f"/models/{trained.name}")
    (trained.models.folder / trained.name / "metrics.json").write_text("{}")
    assert manager.get(f"/models/{trained.name}").status_code == 404
    assert "damaged" in manager.see("/models")


@pytest.mark.parametrize("name", ["ipp-9999", "CURRENT", "..%2f..%2fetc", "%00"])
def test_a_model_that_is_not_there_is_not_found(app: App, name: str) -> None:
    assert open_visitor(app).get(f"/models/{name}").status_code == 404


def test_what_has_moved_is_a_warning_on_today(trained: Trained) -> None:
    manager = open_visitor(trained.app, role=Role.CHANNEL_MANAGER)
    manager.post(f"/models/{trained.name}/promote", because="ranks better")
    assert "may no longer fit" not in manager.see("/")
    with trained.app.transaction() as tx:
        watch = tx.session.query(ModelWatch).one()
        watch.warnings = ["Good outcomes come at 2.0% now and came at 20.0% when it was trained."]
    assert "may no longer fit" in manager.see("/")
    assert "come at 2.0% now" in manager.see("/models")
    assert "come at 2.0% now" in manager.see(f"/models/{trained.name}")


def test_a_firms_score_shows_the_probability_beside_the_points(trained: Trained) -> None:
    manager = open_visitor(trained.app, role=Role.CHANNEL_MANAGER)
    with trained.app.transaction() as tx:
        rank_firms(tx, profile_name=PROFILE)
        no_partner = select(Firm.id).where(Firm.id.not_in(select(Partner.firm_id))).limit(1)
        page = f"/firms/{tx.session.scalar(no_partner)}/score"
    assert "likely" not in manager.see(page)
    manager.post(f"/models/{trained.name}/promote", because="ranks better")
    text = manager.see(page)
    assert "Accepted within 60 days:" in text
    assert "changes no rank" in text
    (trained.models.folder / trained.name / "card.md").unlink()
    assert "likely" not in manager.see(page)


def test_the_list_shows_sorts_and_exports_what_the_model_in_use_foretells(trained: Trained) -> None:
    manager = open_visitor(trained.app, role=Role.CHANNEL_MANAGER)
    with trained.app.transaction() as tx:
        rank_firms(tx, profile_name=PROFILE)
    likely = "/prospects?sort=chance&dir=desc"
    assert "Likely" not in manager.see("/prospects")
    assert manager.get(likely).status_code == 200
    assert "probability" not in manager.get("/prospects/export.csv").text
    manager.post(f"/models/{trained.name}/promote", because="ranks better")
    text = manager.see(likely)
    assert re.search(
        r"Likely: accepted within 60 days, on \d+ outcomes of which \d+ were good", text
    )
    assert re.search(r"\d in \d+ \d+%", text)
    rows = list(csv.DictReader(io.StringIO(manager.get(f"{EXPORT}?{likely[11:]}").text)))
    chances = [float(row["probability"]) for row in rows]
    assert len(chances) > 100
    assert chances == sorted(chances, reverse=True)
    assert {(row["foretells"], row["model"]) for row in rows} == {
        ("accepted within 60 days", trained.name)
    }
    manager.post(f"/models/{trained.name}/rollback", because="doubts")
    assert "Likely" not in manager.see("/prospects")


def test_what_sources_and_steps_bring_is_counted(app: App) -> None:
    with app.transaction() as tx:
        world = build_world(tx, firms=60)
        yields = read_yields(tx)
    assert world.partner_ids
    assert sum(s.accepted for s in yields.sources) >= 1
    assert all(s.certified <= s.accepted <= s.contacted for s in yields.sources)
    assert all(s.certified <= s.answered <= s.reached for s in yields.steps)
    assert "Which source brings partners" in open_visitor(app).see("/models")


def test_names_on_the_page_are_text(app: App) -> None:
    visitor: Visitor = open_visitor(app)
    assert "<script>" not in visitor.get("/models/<script>").text
