"""The pages of models in a real browser: both themes, a phone, and deciding by keys alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.learning.registry import Models
from recruit.learning.tables import ModelWatch
from recruit.learning.usecases import promote_model, train_on_outcomes
from recruit.learning.values import Stage, Training
from recruit.mail.adapters.memory import MemoryMailer
from recruit.people.usecases import add_person
from recruit.people.values import Role
from recruit.scoring.usecases import rank_firms, save_profile
from recruit.wiring import build_app
from tests.browser.conftest import (
    DESKTOP,
    EMAIL,
    PASSWORD,
    PHONE,
    Site,
    examine,
    keep_picture,
    open_page,
    run_server,
)
from tests.conftest import NOW
from tests.factories.learning import make_history
from tests.factories.scoring import make_profile_data
from tests.factories.world import World

pytestmark = pytest.mark.browser
PROFILE = "cloud-partner"


@pytest.fixture(scope="module")
def trained_site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A server with two models: the first in use and drifted, the second to decide on."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(sqlite_template, folder / "recruit.db")
    settings = Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder / 'recruit.db'}",
        mail_transport=MailTransport.MEMORY,
        postal_address="1 Harbour Street, Hamburg, Germany",
    )
    app = build_app(settings, clock=VirtualClock(NOW), mailer=MemoryMailer())
    models = Models(settings.models)
    with app.transaction() as tx:
        add_person(tx, email=EMAIL, name="Robin Vale", role=Role.CHANNEL_MANAGER, password=PASSWORD)
        save_profile(tx, definition=make_profile_data(), actor="test")
        make_history(tx, 700)
    made = train_on_outcomes(
        app.reading, models, training=Training(PROFILE, Stage.ACCEPTED), now=NOW
    )
    first, _ = (models.add(made.record, made.tables).name for _ in range(2))
    with app.transaction() as tx:
        promote_model(tx, models, name=first, because="ranks better than the points", actor="Robin")
        watch = tx.session.query(ModelWatch).one()
        watch.warnings = ["Good outcomes come at 9.0% now and came at 23.1% when it was trained."]
        watch.drift = {
            "columns": [
                {"column": "fact: country", "index": 0.41},
                {"column": "size", "index": 0.12},
                {"column": "tenure", "index": 0.03},
            ],
            "rows": 180,
            "outcomes": 120,
            "rate_then": 0.231,
            "rate_now": 0.09,
            "error_now": 0.14,
            "warnings": watch.warnings,
        }
        rank_firms(tx, profile_name=PROFILE)
    with run_server(app) as url:
        yield Site(url, World(), app=app)
    app.close()


def test_no_page_of_models_has_a_violation_or_is_wider_than_the_window(
    chromium: Browser, trained_site: Site
) -> None:
    page = open_page(chromium, trained_site)
    problems = {}
    pages = (
        "/models",
        "/models/ipp-0001",
        "/models/ipp-0002",
        "/",
        "/prospects?sort=chance&dir=desc",
    )
    for path in pages:
        page.goto(path)
        name = f"models-{path.strip('/').partition('?')[0].replace('/', '-') or 'today'}"
        if found := examine(page, name, viewports=(DESKTOP, PHONE)):
            problems[path] = found
    page.context.close()
    assert problems == {}


def test_a_model_is_put_in_use_by_keys_alone(chromium: Browser, trained_site: Site) -> None:
    page = open_page(chromium, trained_site, scripts=False)
    page.goto("/models/ipp-0002")
    page.focus("#because")
    page.keyboard.type("trained on newer outcomes")
    page.keyboard.press("Enter")
    page.wait_for_selector("#notices:has-text('ipp-0002 is in use')")
    assert "trained on newer outcomes" in page.inner_text("main")
    page.context.close()


def test_the_editor_shows_who_comes_and_goes_while_a_weight_moves(
    chromium: Browser, trained_site: Site
) -> None:
    page = open_page(chromium, trained_site)
    page.goto("/profile")
    before = page.inner_text("#effect")
    assert "Nobody: the same firms as in the saved version." in before
    with page.expect_response("**/profile/preview"):
        page.fill("[name='criteria.size.points']", "0")
    page.wait_for_selector("#effect .movers")
    after = page.inner_text("#effect")
    keep_picture(page, "profile-moving")
    assert "enters" in after
    assert "leaves" in after
    assert after.partition("Who enters")[0] != before.partition("Who enters")[0]
    page.context.close()
