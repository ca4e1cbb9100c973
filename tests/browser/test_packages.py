"""SCORM packages of both versions in a real browser: fail, leave, come back, pass; and what they are kept out of."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from sqlalchemy import func, select

from recruit.clock import VirtualClock
from recruit.config import Settings
from recruit.onboarding.package_tables import PackageProgress
from recruit.onboarding.packages import keep_packages, read_package
from recruit.onboarding.tables import Attempt, Award, LessonView
from recruit.onboarding.usecases import publish_course
from recruit.wiring import App, build_app
from tests.browser.conftest import PHONE, keep_picture, run_server, violations
from tests.conftest import NOW
from tests.factories.onboarding import Stored, basics_data, make_partner, publish_small_track
from tests.factories.scorm import golf

pytestmark = pytest.mark.browser
LESSONS = "/portal/courses/basics/lessons"


@dataclass
class Golf:
    """A running site whose basics are a package of each version, and a partner who may take them."""

    app: App
    url: str
    partner: Stored

    def open(self, chromium: Browser) -> Page:
        """Return a page of a browser in which the partner is signed in."""
        assert self.partner.signed_in
        context = chromium.new_context(base_url=self.url, viewport=PHONE)
        cookie = {"name": "recruit_session", "value": self.partner.signed_in.token, "url": self.url}
        context.add_cookies([cookie])  # type: ignore[list-item]
        return context.new_page()

    def count(self, row: type) -> int:
        """Return how many rows there are."""
        with self.app.reading() as tx:
            return tx.session.scalar(select(func.count()).select_from(row)) or 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Golf]:
    """A portal whose course plays golf."""
    folder = tmp_path_factory.mktemp("golf")
    shutil.copy(sqlite_template, folder / "recruit.db")
    settings = Settings(var_dir=folder, database_url=f"sqlite:///{folder / 'recruit.db'}")
    app = build_app(settings, clock=VirtualClock(NOW))
    packages = {"what": read_package(golf("1.2")), "who": read_package(golf("2004"))}
    with app.transaction() as tx:
        publish_small_track(tx)
        keep_packages(tx, [*packages.values()])
        data = basics_data()
        for lesson in data["lessons"]:
            lesson |= {
                "package": "golf.zip",
                "package_sha256": packages[lesson["key"]].sha256,
                "sco": "item_1",
            }
        publish_course(tx, definition=data)
    partner = make_partner(app, 2)
    with run_server(app) as url:
        yield Golf(app, url, partner)
    app.close()


def _package(page: Page) -> FrameLocator:
    return page.frame_locator("iframe.package").frame_locator("#sco")


@pytest.mark.parametrize(("lesson", "left"), [("what", "failed"), ("who", "completed")])
def test_a_learner_fails_leaves_comes_back_where_they_were_and_passes(
    chromium: Browser, site: Golf, lesson: str, left: str
) -> None:
    page = site.open(chromium)
    page.goto(f"{LESSONS}/{lesson}")
    package = _package(page)
    said = package.locator("#said")
    expect(said).to_contain_text("began true")
    expect(said).to_contain_text("entry ab-initio")
    package.locator("#on").click()
    package.locator("#wrong").click()
    expect(said).to_contain_text("graded true")
    page.locator("main .btn-primary").click()
    expect(page.get_by_text("This lesson isn't finished yet")).to_be_visible()
    assert violations(page) == []
    expect(said).to_contain_text("entry")
    package.locator("#on").click()
    package.locator("#later").click()
    expect(said).to_contain_text("left true")
    page.goto(f"{LESSONS}/{lesson}")
    expect(said).to_contain_text("entry resume")
    expect(package.locator("#page")).to_have_text("Page 3")
    with site.app.reading() as tx:
        row = tx.session.scalars(
            select(PackageProgress).where(PackageProgress.lesson_key == lesson)
        ).one()
        assert left in str(row.cmi)
        assert "suspend_data" in row.cmi
    package.locator("#right").click()
    expect(said).to_contain_text("graded true")
    keep_picture(page, f"package-{lesson}")
    assert "refused" not in said.inner_text()
    with page.expect_navigation():
        page.locator("main .btn-primary").click()
    following = f"{LESSONS}/who" if lesson == "what" else "/portal/courses/basics/quiz"
    assert page.url.endswith(following)
    page.context.close()


def test_a_package_cannot_read_the_portal_and_a_forged_pass_certifies_nobody(
    chromium: Browser, site: Golf
) -> None:
    page = site.open(chromium)
    page.goto(f"{LESSONS}/what")
    package = _package(page)
    expect(package.locator("#said")).to_contain_text("began true")
    frame = next(frame for frame in page.frames if "/files/" in frame.url)
    frame.evaluate("portal => snoop(portal)", site.url)
    expect(package.locator("#said")).to_contain_text("found []")
    assert page.url == f"{site.url}{LESSONS}/what"
    frame.evaluate("forge()")
    expect(package.locator("#said")).to_contain_text("forged")
    assert site.count(LessonView) >= 1
    assert (site.count(Attempt), site.count(Award)) == (0, 0)
    # The same address under the portal's own host name is none.
    elsewhere = frame.url.replace("localhost", "127.0.0.1")
    assert page.request.get(elsewhere).status == 404
    page.context.close()
