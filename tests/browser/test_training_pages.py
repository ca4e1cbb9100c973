"""Training in a real browser: tasks, levels, paths, every kind of question, a clock, and what waits for staff."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize

from recruit.clock import VirtualClock
from recruit.config import Settings
from recruit.onboarding.usecases import hand_in_proof
from recruit.people.values import Role
from recruit.wiring import App, build_app
from tests.browser.conftest import DESKTOP, PHONE, keep_picture, run_server, violations
from tests.conftest import NOW
from tests.factories.onboarding import Stored, make_partner, publish_small_track, track_data
from tests.factories.web import open_visitor
from tests.unit.onboarding.test_training_rules import NUMBER, ORDER

pytestmark = pytest.mark.browser

TEXT = {"key": "why", "kind": "text", "text": "Why does it sell?", "lesson": "what"}
TASK = {
    "key": "reference",
    "kind": "task",
    "title": "Name a customer",
    "done_title": "Customer named",
    "hint": "Somebody who has bought from you.",
    "instructions": "Tell us *who* it is, or send a letter.",
    "after": ["agreement"],
    "due_days": 14,
}
LEVELS = [
    {"key": "certified", "title": "Certified", "needs": {"selling": 1}, "discount_percent": 15},
    {"key": "gold", "title": "Gold", "needs": {"selling": 3}},
]
PATHS = [
    {"key": "sales", "title": "I sell", "courses": ["basics", "selling"]},
    {"key": "tech", "title": "I install", "courses": ["basics"]},
]


@dataclass
class Training:
    """A running site, a partner on it, and the session of one of the staff."""

    app: App
    url: str
    partner: Stored
    staff: str


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Training]:
    """A partner who may take the basics, whose quiz has a clock and every kind of question."""
    folder = tmp_path_factory.mktemp("training")
    shutil.copy(sqlite_template, folder / "recruit.db")
    settings = Settings(var_dir=folder, database_url=f"sqlite:///{folder / 'recruit.db'}")
    app = build_app(settings, clock=VirtualClock(NOW))
    from recruit.onboarding.usecases import publish_course
    from tests.factories.onboarding import basics_data

    with app.transaction() as tx:
        publish_small_track(tx, steps=[*track_data()["steps"], TASK], levels=LEVELS, paths=PATHS)
        data = basics_data()
        data["quiz"] |= {
            "questions": [*data["quiz"]["questions"], ORDER, NUMBER | {"unit": "days"}, TEXT],
            "attempts": 3,
            "time_limit_minutes": 20,
        }
        publish_course(tx, definition=data)
    partner = make_partner(app, 2)
    partner.read("basics")
    with run_server(app) as url:
        yield Training(
            app,
            url,
            partner,
            open_visitor(app, Role.CHANNEL_MANAGER).client.cookies["recruit_session"],
        )
    app.close()


def _open(chromium: Browser, training: Training, token: str, viewport: ViewportSize, theme: str):  # type: ignore[no-untyped-def]
    context = chromium.new_context(
        base_url=training.url,
        viewport=viewport,
        color_scheme=theme,  # type: ignore[arg-type]
    )
    context.add_cookies([{"name": "recruit_session", "value": token, "url": training.url}])
    return context.new_page()


@pytest.mark.parametrize(
    ("viewport", "theme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"],
)
def test_training_has_no_violation_and_fits_the_window(
    chromium: Browser, training: Training, viewport: ViewportSize, theme: str
) -> None:
    stored = training.partner
    assert stored.signed_in
    with training.app.transaction() as tx:
        hand_in_proof(tx, person_id=stored.person_id, step_key="reference", text="Vela, in Utrecht")
    name = f"{'phone' if viewport is PHONE else 'desktop'}-{theme}"
    page = _open(chromium, training, stored.signed_in.token, viewport, theme)
    problems: dict[str, list[str]] = {}
    shots = {
        "home": "/portal",
        "step": "/portal/steps/reference",
        "course": "/portal/courses/basics",
        "quiz": "/portal/courses/basics/quiz",
    }
    for what, path in shots.items():
        page.goto(path)
        if what == "quiz" and page.get_by_role("button", name="Start the quiz").count():
            problems["start"] = violations(page)
            page.get_by_role("button", name="Start the quiz").click()
        problems[what] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what
        keep_picture(page, f"training-{what}-{name}")
    page.context.close()
    page = _open(chromium, training, training.staff, viewport, theme)
    page.goto("/checks")
    assert page.get_by_text("Vela, in Utrecht").count() == 1
    problems["checks"] = violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "checks"
    keep_picture(page, f"training-checks-{name}")
    page.context.close()
    assert {what: found for what, found in problems.items() if found} == {}
