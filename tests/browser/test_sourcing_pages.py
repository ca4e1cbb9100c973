"""Importing a file and trying a source, by keyboard, in both themes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from recruit.sourcing.importing import run_import
from recruit.sourcing.trials import open_trial, record_trial
from recruit.sourcing.values import FieldName, Interval, JobStatus, Problem
from recruit.wiring import App
from tests.browser.conftest import PHONE, Site, keep_picture, open_page, violations
from tests.factories.sourcing import make_fact, make_sighting, make_spec

pytestmark = pytest.mark.browser

ROWS = "".join(
    f"Firm {n} GmbH;firm{n}.de;Bonn;0221 47100{n:02};{'viele' if n % 5 == 0 else '11-50'}\n"
    for n in range(40)
)
LIST = f"Firma;Webseite;Ort;Telefon;Größe\n{ROWS};nobody.de;Bonn;;\n"


@pytest.fixture
def firms(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "Trade fair.csv"
    path.write_text(LIST, encoding="cp1252")
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_file_is_imported_with_the_keyboard_alone(
    chromium: Browser, site: Site, firms: Path, theme: str
) -> None:
    page = open_page(chromium, site, theme=theme)
    page.goto("/sources/import")
    assert violations(page) == []
    keep_picture(page, f"import-upload-{theme}")
    page.set_input_files("#file", firms)
    page.focus("#source")
    page.keyboard.type(f"Trade fair {theme}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sources/import/*")
    assert violations(page) == []
    keep_picture(page, f"import-mapping-{theme}")
    assert page.locator("select[name=column-0]").input_value() == "name"
    page.focus("button[value=start]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sources/jobs/*")
    keep_picture(page, f"import-queued-{theme}")
    assert violations(page) == []
    # The test's server has no worker of its own.
    assert site.app is not None
    run_import(site.app.transaction, job_id=int(page.url.rpartition("/")[2]), runner="test")
    page.wait_for_selector(".state.good")
    assert violations(page) == []
    keep_picture(page, f"import-done-{theme}")
    with page.expect_download() as download:
        page.click("text=Download all")
    told = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "row,kept,field,reason,remedy,Firma,Webseite" in told.splitlines()[0]
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_trial_shows_field_by_field_what_is_found(
    chromium: Browser, site: Site, theme: str
) -> None:
    page = open_page(chromium, site, theme=theme)
    page.goto("/sources/new")
    assert violations(page) == []
    keep_picture(page, f"source-new-{theme}")
    page.fill("#title", f"Members {theme}")
    page.fill("#start_urls", "not an address")
    page.click("button[value=try]")
    assert page.locator("#start_urls-problem").count() == 1
    assert violations(page) == []
    keep_picture(page, f"source-new-refused-{theme}")
    page.context.close()
    assert site.app is not None
    trial_id = _store_trial(site.app)
    page = open_page(chromium, site, theme=theme)
    page.goto(f"/sources/trials/{trial_id}")
    assert page.get_by_text("Acme GmbH").count() >= 1
    assert violations(page) == []
    keep_picture(page, f"trial-{theme}")
    page.goto("/sources")
    keep_picture(page, f"sources-cards-{theme}")
    page.context.close()


def test_the_import_page_fits_a_phone(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site, viewport=PHONE)
    page.goto("/sources/import")
    width = page.evaluate("document.documentElement.scrollWidth")
    keep_picture(page, "import-upload-phone")
    assert width <= PHONE["width"]
    page.context.close()


def _store_trial(app: App) -> int:
    facts = (
        make_fact(),
        make_fact(FieldName.EMPLOYEES, Interval(11, 50), text="11-50", confidence=0.6),
        make_fact(
            FieldName.COUNTRY, "DE", text="acme.de", method="tld", confidence=0.6, inferred=True
        ),
    )
    problem = Problem(
        "https://directory.example/2", None, "It did not answer in 20 s.", "Try later."
    )
    with app.transaction() as tx:
        trial_id = open_trial(tx, spec=make_spec(), actor="test")
        record_trial(
            tx,
            trial_id=trial_id,
            read=3,
            sightings=[make_sighting("1", *facts, url="https://directory.example/acme")],
            problems=[problem],
            status=JobStatus.DONE,
        )
    return trial_id
