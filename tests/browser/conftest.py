"""A real server on loopback and a real Chromium in front of it."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.logs import set_up_logs
from recruit.mail.adapters.memory import MemoryMailer
from recruit.onboarding.usecases import invite_signatory
from recruit.people.usecases import accept_invitation, add_person
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App, build_app
from tests.conftest import NOW
from tests.factories.world import World, build_world

PASSWORD = "correct horse battery"
EMAIL = "robin@northlight.example"
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
BETWEEN = ViewportSize(width=1100, height=900)
# What axe-core is asked in each theme: everything, then what only colours decide.
THEMES: dict[Literal["light", "dark"], tuple[str, ...]] = {
    "light": (),
    "dark": ("color-contrast", "link-in-text-block"),
}
FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Site:
    """A running server, and what its database holds."""

    url: str
    world: World
    # The sign-in addresses of partners: one who has to sign, one who has signed.
    partners: tuple[str, ...] = ()
    app: App | None = None


@pytest.fixture(scope="session", autouse=True)
def logs() -> None:
    """Write logs as the program does; structlog's own way shows every local of a failed page, which takes a minute."""
    set_up_logs()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium where there is one, else Playwright's own."""
    path = next(
        (
            found
            for name in ("chromium", "chromium-browser", "google-chrome")
            if (found := shutil.which(name))
        ),
        None,
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A server over a world of its own, with one recruiter."""
    yield from _serve(tmp_path_factory.mktemp("site"), sqlite_template, filled=True)


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A server over an empty database, with one recruiter."""
    yield from _serve(tmp_path_factory.mktemp("empty"), sqlite_template, filled=False)


def _serve(folder: Path, template: Path, *, filled: bool) -> Iterator[Site]:
    path = folder / "recruit.db"
    shutil.copy(template, path)
    settings = Settings(
        var_dir=folder,
        database_url=f"sqlite:///{path}",
        mail_transport=MailTransport.MEMORY,
        postal_address="1 Harbour Street, Hamburg, Germany",
    )
    app = build_app(settings, clock=VirtualClock(NOW), mailer=MemoryMailer())
    with app.transaction() as tx:
        world = build_world(tx) if filled else World()
        add_person(tx, email=EMAIL, name="Robin Vale", role=Role.RECRUITER, password=PASSWORD)
        partners = tuple(
            accept_invitation(
                tx, token=invite_signatory(tx, partner_id=partner_id), password=PASSWORD
            ).person.email
            for partner_id in world.partner_ids
        )
    with run_server(app) as url:
        yield Site(url, world, partners, app=app)
    app.close()


@contextmanager
def run_server(app: App) -> Iterator[str]:
    """Serve an App's pages on a free port of loopback; gives the address."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(app), host="127.0.0.1", port=0, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


def open_page(
    browser: Browser,
    site: Site,
    *,
    theme: str = "light",
    viewport: ViewportSize = DESKTOP,
    scripts: bool = True,
    email: str = EMAIL,
) -> Page:
    """Return a page of a browser of its own, with the recruiter (or `email`) signed in.

    A script's error, and whatever the browser refuses, fails the test.
    """
    context = browser.new_context(
        base_url=site.url,
        viewport=viewport,
        color_scheme="dark" if theme == "dark" else "light",
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"A script failed: {error}"))
    page.on("console", _fail_on_refusal)
    page.goto("/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def _fail_on_refusal(message: Any) -> None:
    if "Content Security Policy" in message.text:
        pytest.fail(f"The browser refused something: {message.text}")


def violations(page: Page, *, only: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds on the page as it stands; `only` names the rules, else all are asked."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        "async (only) => (await axe.run(only.length ? {runOnly: only} : {})).violations", list(only)
    )
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: "
        + "; ".join(node["html"][:160] for node in violation["nodes"][:3])
        for violation in found
    ]


def examine(
    page: Page, name: str, *, viewports: tuple[ViewportSize, ...] = (DESKTOP,)
) -> list[str]:
    """Return what is wrong with the loaded page at each size and in both themes; keeps pictures.

    Asked is whether axe-core finds anything, and whether the page is wider than the window. Themes and sizes are the
    stylesheet's, so one load serves them all; in the dark only the rules about colours can answer differently.
    """
    problems = []
    for viewport in viewports:
        page.set_viewport_size(viewport)
        for theme, rules in THEMES.items():
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if theme == "light" or viewport is DESKTOP:
                keep_picture(page, f"{name}-{viewport['width']}-{theme}")
            problems += [
                f"{viewport['width']} px, {theme}: {found}"
                for found in violations(page, only=rules)
            ]
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            problems.append(f"{wide} px wider than {viewport['width']}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(viewports[0])
    return problems


def keep_picture(page: Page, name: str) -> None:
    """Keep a screenshot among the test's artefacts."""
    folder = Path(os.environ.get("TEST_ARTEFACTS", "var/artefacts")) / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")
