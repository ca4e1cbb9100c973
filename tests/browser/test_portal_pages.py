"""The portal in a real browser, at a desk and on a phone: no accessibility violation, no page too wide.

A partner also walks from the invitation to the certificate by keyboard alone, with scripts switched off.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from recruit.clock import VirtualClock
from recruit.config import Settings
from recruit.insights.portal import portal_home
from recruit.onboarding.grading import right_answers
from recruit.onboarding.usecases import accept_candidate, invite_member, invite_signatory
from recruit.onboarding.values import MemberRole
from recruit.people.usecases import sign_in
from recruit.wiring import App, build_app
from tests.browser.conftest import DESKTOP, PHONE, Site, examine, open_page, run_server, violations
from tests.conftest import NOW
from tests.factories.onboarding import make_candidate
from tests.factories.portal import BASICS, PASSWORD, SELLING, Someone, bring_partner, publish

pytestmark = pytest.mark.browser

COURSE, SECOND = f"/portal/courses/{BASICS.key}", f"/portal/courses/{SELLING.key}"


@dataclass
class Portal:
    """A running portal, and a session cookie for each of its people; "" is nobody."""

    app: App
    url: str
    tokens: dict[str, str] = field(default_factory=dict)
    serial: str = ""
    invitation: str = ""

    def pages(self) -> list[tuple[str, str]]:
        """Return every kind of page with who opens it."""
        lesson = f"{COURSE}/lessons/{BASICS.lessons[2].key}"
        return [
            ("", f"/invitation/{self.invitation}"),
            ("", f"/verify/{self.serial}"),
            ("", "/sign-in?next=/portal"),
            ("new", "/portal"),
            ("new", "/portal/agreement"),
            ("new", COURSE),
            ("member", "/portal"),
            ("member", "/portal/agreement"),
            ("member", "/portal/team"),
            ("half", "/portal"),
            ("half", "/portal/company"),
            ("half", COURSE),
            ("half", lesson),
            ("half", f"{COURSE}/quiz"),
            ("half", "/portal/resources/price-list"),
            ("failed", f"{COURSE}/result"),
            ("reader", f"{SECOND}/quiz"),
            ("full", "/portal"),
            ("full", "/portal/agreement"),
            ("full", "/portal/resources/price-list"),
            ("full", "/portal/team"),
            ("full", f"/portal/certificates/{self.serial}"),
            ("full", f"{SECOND}/result"),
            ("full", "/portal/certificates/RC-NONE"),
            ("renewing", "/portal"),
        ]

    def walk(
        self, chromium: Browser, viewport: ViewportSize, theme: str = "light"
    ) -> Iterator[tuple[str, Page]]:
        """Open every page in turn; gives who opened what, and the page."""
        for who, paths in groupby(self.pages(), key=lambda pair: pair[0]):
            context = chromium.new_context(
                base_url=self.url,
                viewport=viewport,
                color_scheme="dark" if theme == "dark" else "light",
            )
            if who:
                cookie = {"name": "recruit_session", "value": self.tokens[who], "url": self.url}
                context.add_cookies([cookie])  # type: ignore[list-item]
            page = context.new_page()
            for _, path in paths:
                page.goto(path)
                yield f"{who} {path}", page
            context.close()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Portal]:
    """A portal with people at every point of the track."""
    folder = tmp_path_factory.mktemp("portal")
    shutil.copy(sqlite_template, folder / "recruit.db")
    settings = Settings(var_dir=folder, database_url=f"sqlite:///{folder / 'recruit.db'}")
    clock = VirtualClock(NOW)
    app = build_app(settings, clock=clock)
    publish(app)
    early = bring_partner(app).finish()
    clock.move_to(NOW + timedelta(days=320))
    people = _people(app)
    with run_server(app) as url:
        portal = Portal(app, url, {who: someone.token for who, someone in people.items()})
        with app.transaction() as tx:
            again = sign_in(tx, email=early.email, password=PASSWORD, ip="", user_agent="")
            portal.tokens["renewing"] = again.token
            portal.serial = portal_home(tx, people["full"].person_id).certificates[0].serial
            invite_member(
                tx,
                partner_id=people["full"].partner_id,
                email="ada@vela.example",
                name="Ada Berg",
                role=MemberRole.ADMIN,
            )
            portal.invitation = _invitation(app, tx)
        yield portal
    app.close()


def _people(app: App) -> dict[str, Someone]:
    new = bring_partner(app)
    return {
        "new": new,
        "member": new.bring("Jan de Wit", MemberRole.MEMBER),
        "half": bring_partner(app).sign().describe().read(BASICS, 2),
        "failed": bring_partner(app).sign().describe().take(BASICS, wrong=3),
        "reader": bring_partner(app).sign().describe().take(BASICS).read(SELLING),
        "full": bring_partner(app).finish(),
    }


def _invitation(app: App, tx: object) -> str:
    candidate = make_candidate(tx, contact_name="")  # type: ignore[arg-type]
    partner = accept_candidate(tx, candidate_id=candidate.id, actor="Alex Moor")  # type: ignore[arg-type]
    return invite_signatory(tx, partner_id=partner.id)  # type: ignore[arg-type]


INTERNAL = re.compile(r"\b(gates?|enroll\w*|prospects?|candidates?|sightings?)\b", re.IGNORECASE)


def test_no_page_has_a_violation_or_a_word_of_ours_and_each_fits_the_window_and_the_thumb(
    chromium: Browser, portal: Portal
) -> None:
    problems: dict[str, list[str]] = {}
    for name, page in portal.walk(chromium, DESKTOP):
        shown = re.sub(r"\W+", "-", name.replace(portal.invitation, "").replace(portal.serial, ""))
        found = examine(page, f"portal-{shown.strip('-')}", viewports=(DESKTOP, PHONE))
        found += [f"says {word}" for word in INTERNAL.findall(page.inner_text("body"))]
        page.set_viewport_size(PHONE)
        found += [
            f"{button.inner_text()} is {box['height']:.0f} px high on a phone"
            for button in page.locator("main :is(.btn, button, .choice)").all()
            if (box := button.bounding_box()) and box["height"] < 32
        ]
        page.set_viewport_size(DESKTOP)
        if found:
            problems[name] = found
    assert problems == {}


def test_the_desk_is_closed_to_partners_in_words(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site, viewport=PHONE, email=site.partners[0])
    page.goto("/prospects")
    assert "Everything for you is in your portal" in page.inner_text("main")
    assert violations(page) == []
    page.context.close()


def _tab_to(page: Page, name: str, *, most: int = 80) -> None:
    """Press Tab until what has the focus reads `name`."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(e => e.ariaLabel || e.labels?.[0]?.innerText || e.innerText || '')(document.activeElement)"
        )
        if str(focused).strip().startswith(name):
            return
    raise AssertionError(f"Tab does not come to {name!r} on {page.url}: {page.inner_text('main')}")


def _press(page: Page, name: str) -> None:
    _tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _type(page: Page, name: str, text: str) -> None:
    _tab_to(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_a_partner_comes_from_the_invitation_to_the_certificate_by_keyboard_and_without_scripts(
    chromium: Browser, portal: Portal
) -> None:
    with portal.app.transaction() as tx:
        token = _invitation(portal.app, tx)
    context = chromium.new_context(base_url=portal.url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/invitation/{token}")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("Mira Okafor")
    _type(page, "Password", "correct horse battery")
    _press(page, "Set the password")

    _type(page, "Your full name", "Mira Okafor")
    _type(page, "Your title", "Managing director")
    _tab_to(page, "I may sign")
    page.keyboard.press("Space")
    _press(page, "Sign the agreement")

    for course in (BASICS, SELLING):
        for lesson in course.lessons[1:]:
            _press(page, f"Next: {lesson.title}")
        _press(page, "Go to the quiz")
        _answer(page, course)
        _press(page, "Hand in")
        assert "Passed, with 100%" in page.inner_text("h1")
        _press(page, "Go on" if course is BASICS else "See the certificate")
        if course is BASICS:
            _type(page, "City", "Utrecht")
            _press(page, "Save")
    assert "Mira Okafor" in page.inner_text(".certificate")
    assert "valid" in page.inner_text(".certificate")
    page.goto("/portal")
    assert page.inner_text("h1") == "You have full access"
    context.close()


def test_a_new_signatory_is_four_clicks_from_the_mail_to_the_first_lesson(
    chromium: Browser, portal: Portal
) -> None:
    with portal.app.transaction() as tx:
        token = _invitation(portal.app, tx)
    context = chromium.new_context(base_url=portal.url, viewport=PHONE)
    page = context.new_page()
    context.expose_binding("clicked", lambda _source, what: clicks.append(what))
    context.add_init_script("addEventListener('click', e => clicked(e.target.innerText), true)")
    clicks = ["the mail's button"]
    page.goto(f"/invitation/{token}")
    page.fill("#name", "Mira Okafor")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Set the password and begin").click()
    page.fill("#typed_name", "Mira Okafor")
    page.fill("#job_title", "Managing director")
    page.get_by_label("I may sign").check()
    page.get_by_role("button", name="Sign the agreement").click()
    page.wait_for_url(f"**{COURSE}/lessons/{BASICS.lessons[0].key}")
    assert len(clicks) <= 4, clicks
    context.close()


def _answer(page: Page, course: object) -> None:
    quiz = course.quiz  # type: ignore[attr-defined]
    right = right_answers(quiz)
    for question in quiz.questions:
        if question.kind.value == "multiple":
            for option in [o for o in question.options if o in right[question.key]]:
                _tab_to(page, option)
                page.keyboard.press("Space")
            continue
        # Tab comes to the group once; arrows choose in it.
        _tab_to(page, question.options[0])
        page.keyboard.press("Space")
        for _ in range(question.options.index(right[question.key][0])):
            page.keyboard.press("ArrowDown")
