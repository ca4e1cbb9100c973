"""The CRM's first links by the keyboard alone, a firm's two sides, and the page of other programs."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.crm.mapping import load_mapping
from recruit.crm.values import Inclusion
from recruit.firms.tables import Firm
from recruit.hooks.usecases import subscribe
from recruit.hooks.values import HookEvent
from recruit.mail.adapters.memory import MemoryMailer
from recruit.people.api_keys import Scope, add_api_key
from recruit.people.usecases import add_person
from recruit.people.values import Role
from recruit.sync.pull import pull_changes
from recruit.sync.push import push_changes
from recruit.wiring import build_app
from tests.browser.conftest import EMAIL, PASSWORD, PHONE, Site, examine, open_page, run_server
from tests.conftest import NOW
from tests.factories.sync import make_told_firm
from tests.factories.world import World

pytestmark = pytest.mark.browser

NAMES = ("Northlight Systems", "Kestrel Operations", "Osprey Platform Labs")


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A server with three firms that could be one of several accounts, and one edited on both sides."""
    folder = tmp_path_factory.mktemp("linked")
    shutil.copy(sqlite_template, folder / "recruit.db")
    settings = Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder / 'recruit.db'}",
        mail_transport=MailTransport.MEMORY,
    )
    app = build_app(settings, clock=VirtualClock(NOW), mailer=MemoryMailer())
    mapping = replace(load_mapping(), include=Inclusion.ENROLLED)
    assert app.crm is not None
    with app.transaction() as tx:
        firm = make_told_firm(tx, 9, name="Peregrine Cloud", domain="peregrine.example")
        for n, name in enumerate(NAMES, 1):
            make_told_firm(tx, n, name=name)
            for place in ("Hamburg", "Bremen"):
                app.crm.create(  # type: ignore[attr-defined]
                    "company",
                    {"name": f"{name} {place}", "domain": f"firm{n}.example", "city": place},
                )
        key, _ = add_api_key(
            tx, name="Warehouse", scopes=list(Scope), lasts=timedelta(days=90), actor="Robin Vale"
        )
        subscribe(
            tx,
            key_id=key.key_id,
            target_url="https://hooks.example.com/in",
            event=HookEvent.FIRM_CHANGED,
            allow_private=True,
        )
        add_person(tx, email=EMAIL, name="Robin Vale", role=Role.ADMIN, password=PASSWORD)
    push_changes(app.transaction, app.crm, mapping)
    (company,) = app.crm.find("company", "domain", "peregrine.example")
    app.crm.edit("company", company.id, {"city": "Bremen", "employees_high": 999})  # type: ignore[attr-defined]
    with app.transaction() as tx:
        tx.session.get_one(Firm, firm.id).city = "Kiel"
        tx.announce("firm", firm.id)
    pull_changes(app.transaction, app.crm, mapping)
    push_changes(app.transaction, app.crm, mapping)
    with run_server(app) as url:
        yield Site(url, World(firm_ids=[firm.id]), app=app)
    app.close()


def test_questions_are_answered_by_keys_and_an_answer_can_be_undone(
    chromium: Browser, linked: Site
) -> None:
    page = open_page(chromium, linked)
    page.goto("/crm/questions")
    rows, notice = page.locator("[data-row]"), page.locator(".notice")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    expect(page.locator("#panel h2")).to_contain_text("Kestrel Operations")
    page.keyboard.press("2")
    expect(notice).to_contain_text("Kestrel Operations is C")
    expect(rows).to_have_count(2)
    page.keyboard.press("u")
    expect(notice).to_contain_text("It waits again")
    expect(rows).to_have_count(3)
    page.goto("/crm/questions")
    page.keyboard.press("n")
    expect(notice).to_contain_text("a new record is made")
    page.keyboard.press("u")
    expect(rows).to_have_count(3)
    page.context.close()


def test_the_pages_of_the_crm_have_no_accessibility_violation(
    chromium: Browser, linked: Site
) -> None:
    page = open_page(chromium, linked)
    problems = {}
    for name, path in (
        ("crm-health", "/crm"),
        ("crm-questions", "/crm/questions"),
        ("firm-both-sides", f"/firms/{linked.world.firm_ids[0]}/crm"),
        ("programs", "/programs"),
        ("hook", "/programs/hooks/1"),
    ):
        page.goto(path)
        if found := examine(page, name):
            problems[name] = found
    page.context.close()
    page = open_page(chromium, linked, viewport=PHONE)
    page.goto("/crm/questions")
    page.locator("[data-open]").first.click()
    page.wait_for_timeout(200)
    if found := examine(page, "crm-question-open", viewports=(PHONE,)):
        problems["a question on a phone"] = found
    page.context.close()
    assert problems == {}
