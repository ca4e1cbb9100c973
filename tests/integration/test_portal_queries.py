"""A page of the portal costs the same number of queries, however many partners and lessons there are."""

from typing import Any

import pytest

from recruit.onboarding.usecases import publish_course, publish_resource
from recruit.onboarding.values import Action
from recruit.wiring import App
from tests.factories.onboarding import basics_data, make_partner, publish_small_track
from tests.integration.test_portal_doors import at_browser, serial_of
from tests.integration.test_web_queries import _counting

PAGES = [
    "/portal", "/portal/agreement", "/portal/company", "/portal/team", "/portal/courses/basics",
    "/portal/courses/basics/lessons/what", "/portal/courses/basics/result", "/portal/resources/deck",
]  # fmt: skip
# Who is signed in, the evidence of one partner, where they stand with the quiz, and the page itself.
MOST = 28


@pytest.mark.parametrize("steps", [1, 4])
def test_the_number_of_queries_grows_with_neither_partners_nor_lessons(
    app: App, steps: int
) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    stored = make_partner(app, steps)
    visitor = at_browser(stored)
    pages = [*PAGES, f"/portal/certificates/{serial_of(stored)}"]

    def counts() -> dict[str, int]:
        # What a version of a course says is read once a process.
        visitor.get("/portal")
        found = {}
        for page in pages:
            with _counting(app) as statements:
                assert visitor.get(page).status_code < 500, page
            found[page] = len(statements)
        return found

    few = counts()
    for number in range(8):
        make_partner(app, 4 if number % 2 else 2)
    with app.transaction() as tx:
        for number in range(5):
            publish_course(tx, definition=_long_course(number))
            publish_resource(
                tx,
                key=f"page-{number}",
                title=f"Page {number}",
                markdown="Words.",
                action=Action.SEE_PORTAL,
                owner="Morgan",
            )
    assert counts() == few
    assert max(few.values()) <= MOST, few


def _long_course(number: int) -> dict[str, Any]:
    lesson = basics_data()["lessons"][0]
    lessons = [lesson | {"key": f"lesson-{n}"} for n in range(30)]
    return basics_data(key=f"more-{number}", lessons=lessons, quiz=None)
