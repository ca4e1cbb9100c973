"""The review of doubtful firms by the keyboard alone, and how it looks in both themes and on a phone."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.firms.merging import merge_firms, split_firm
from recruit.firms.store import list_firms
from recruit.firms.tables import FirmMember
from recruit.firms.usecases import resolve_firms
from recruit.mail.adapters.memory import MemoryMailer
from recruit.people.usecases import add_person
from recruit.people.values import Role
from recruit.wiring import build_app
from tests.browser.conftest import EMAIL, PASSWORD, PHONE, Site, examine, open_page, run_server
from tests.conftest import NOW
from tests.factories.firms import store_sighting
from tests.factories.world import World

pytestmark = pytest.mark.browser

NAMES = ("Northlight Systems", "Kestrel Operations", "Osprey Platform Labs", "Merlin Data Works")


@pytest.fixture(scope="module")
def doubts(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A server with four pairs of firms that may be one, and one firm with a past."""
    folder = tmp_path_factory.mktemp("doubts")
    shutil.copy(sqlite_template, folder / "recruit.db")
    settings = Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder / 'recruit.db'}",
        mail_transport=MailTransport.MEMORY,
        postal_address="1 Harbour Street, Hamburg, Germany",
    )
    app = build_app(settings, clock=VirtualClock(NOW), mailer=MemoryMailer())
    with app.transaction() as tx:
        for number, name in enumerate(NAMES):
            slug = name.split()[0].lower()
            store_sighting(
                tx, f"a{number}", name=f"{name} GmbH", website=f"https://{slug}.de", country="DE",
                city="Hamburg", street=f"Hafenstraße {number + 1}", postcode="20457",
                email=f"info@{slug}.de", phone=f"+49 40 55512{number}", employees=(20, 50),
                specialty=["kubernetes", "platform engineering"],
            )  # fmt: skip
            store_sighting(
                tx, f"b{number}", "registry", name=name, website=f"https://{slug}.io",
                country="DE", founded=2009 + number, employees=(11, 50),
            )  # fmt: skip
        store_sighting(tx, "c1", name="Peregrine Cloud GmbH", website="https://peregrine.example", city="Bremen", country="DE", employees=(20, 50))  # fmt: skip
        store_sighting(tx, "c2", "registry", name="Peregrine Cloud", website="https://peregrine.example", city="Bremen", country="DE", employees=(11, 30))  # fmt: skip
        resolve_firms(tx)
    with app.transaction() as tx:
        firms = {firm.name: firm.id for firm in list_firms(tx)}
        with_past = next(firm for name, firm in firms.items() if name.startswith("Peregrine"))
        records = [m.source_record_id for m in tx.session.query(FirmMember).filter_by(firm_id=with_past)]  # fmt: skip
        split = split_firm(tx, firm_id=with_past, record_ids=records[1:], actor="Robin Vale", why="Another owner, they say.")  # fmt: skip
        merge_firms(tx, keep=with_past, away=split.firm_id, actor="Robin Vale", why="The same owner after all.")  # fmt: skip
        add_person(tx, email=EMAIL, name="Robin Vale", role=Role.RECRUITER, password=PASSWORD)
    with run_server(app) as url:
        yield Site(url, World(firm_ids=[with_past]))
    app.close()


def test_the_queue_is_worked_by_keys_and_each_decision_can_be_undone(
    chromium: Browser, doubts: Site
) -> None:
    page = open_page(chromium, doubts)
    page.goto("/review")
    names = page.locator("[data-row]")
    expect(names).to_have_count(4)
    second = names.nth(1).locator("b").inner_text()
    page.keyboard.press("j")
    expect(page.locator("#panel thead th a[data-key=o]")).to_have_text(second)
    page.keyboard.press("d")
    expect(page.locator(".notice")).to_contain_text("stay two firms")
    expect(names).to_have_count(3)
    page.keyboard.press("u")
    expect(page.locator(".notice")).to_contain_text("The pair waits again")
    expect(names).to_have_count(4)
    page.keyboard.press("s")
    expect(page.locator(".notice")).to_contain_text("are one firm now")
    expect(names).to_have_count(3)
    page.keyboard.press("u")
    expect(names).to_have_count(4)
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(r"/firms/\d+$"))
    page.context.close()


def test_a_pair_is_decided_without_scripts(chromium: Browser, doubts: Site) -> None:
    page = open_page(chromium, doubts, scripts=False)
    page.goto("/review")
    page.click("text=Not the same")
    assert "stay two firms" in page.inner_text(".notice")
    page.click("button:has-text('Undo')")
    assert "The pair waits again" in page.inner_text(".notice")
    page.context.close()


def test_review_and_the_firm_s_past_have_no_accessibility_violation(
    chromium: Browser, doubts: Site
) -> None:
    problems = {}
    firm = f"/firms/{doubts.world.firm_ids[0]}"
    page = open_page(chromium, doubts)
    for name, path in (
        ("review", "/review"),
        ("firm-past", f"{firm}/history"),
        ("firm-stated", firm),
    ):
        page.goto(path)
        for details in page.locator("details.fact").all():
            details.locator("summary").click()
        if found := examine(page, name):
            problems[name] = found
    page.context.close()
    page = open_page(chromium, doubts, viewport=PHONE)
    page.goto("/review")
    page.locator("[data-open]").first.click()
    page.wait_for_timeout(200)
    problems["review on a phone"] = examine(page, "review-open", viewports=(PHONE,))
    page.context.close()
    assert problems == {"review on a phone": []}
