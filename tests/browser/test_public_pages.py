"""The public pages in a real browser: a firm applies by keyboard, and anybody checks a document."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from recruit.clock import VirtualClock
from recruit.onboarding.joining_tables import Application
from recruit.onboarding.program import parse_program
from recruit.onboarding.usecases import publish_program
from tests.browser.conftest import DESKTOP, PHONE, Site, keep_picture, violations

pytestmark = pytest.mark.browser
PROGRAM = {
    "key": "partners",
    "title": "Partner program",
    "summary": "Training, a certificate and partner prices.",
    "track": "service-partner",
    "types": [{"key": "msp", "title": "A provider of managed services"}],
}


@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)]
)
def test_a_firm_applies_by_keyboard_alone(
    chromium: Browser, site: Site, theme: str, viewport: dict[str, int]
) -> None:
    assert site.app
    with site.app.transaction() as tx:
        publish_program(tx, definition=parse_program(PROGRAM))
    context = chromium.new_context(
        base_url=site.url,
        viewport=viewport,  # type: ignore[arg-type]
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto("/apply/partners")
    assert violations(page) == []
    keep_picture(page, f"apply-{theme}-{viewport['width']}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.focus("#company")
    for text in ("Vela Cloud", "velacloud.de", "Germany", "A provider"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.type("We run Linux servers for forty companies.")
    page.keyboard.press("Tab")
    page.keyboard.type("Sam Vela")
    page.keyboard.press("Tab")
    page.keyboard.type("sam@velacloud.de")
    assert isinstance(site.app.clock, VirtualClock)
    site.app.clock.move_to(site.app.clock.now() + timedelta(seconds=30))
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Thank you')")
    assert violations(page) == []
    with site.app.reading() as tx:
        stored = tx.session.query(Application).order_by(Application.id.desc()).first()
        assert stored is not None
        assert (stored.country, stored.partner_type) == ("DE", "msp")
    page.goto("/verify")
    assert violations(page) == []
    page.fill("#code", "AG-0123")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=No document of ours has this code")
    assert violations(page) == []
    context.close()
