"""What a package may keep, and the door it comes through, on both databases."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from recruit.onboarding.packages import keep_packages, read_package
from recruit.onboarding.usecases import publish_course
from recruit.people.sessions import revoke_sessions
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.onboarding import Stored, basics_data, make_partner, publish_small_track
from tests.factories.scorm import golf
from tests.factories.web import Visitor

PASSED: dict[str, Any] = {"cmi": {"core": {"lesson_status": "passed"}}}
LESSON = "/portal/courses/basics/lessons/what"


def golfer(app: App) -> tuple[Stored, FastAPI, Visitor]:
    """Return a partner who may take a course whose first lesson is a package."""
    package = read_package(golf())
    with app.transaction() as tx:
        publish_small_track(tx)
        keep_packages(tx, [package])
        data = basics_data()
        data["lessons"][0] |= {
            "package": "golf.zip",
            "package_sha256": package.sha256,
            "sco": "item_1",
        }
        publish_course(tx, definition=data)
    stored, web = make_partner(app, 2), create_app(app)
    assert stored.signed_in
    visitor = Visitor(web, csrf=stored.signed_in.csrf_token, token=stored.signed_in.token)
    visitor.client.base_url = "http://127.0.0.1"
    return stored, web, visitor


def address_in(page: Response) -> str:
    found = re.search(
        r'<iframe class="package" src="http://localhost(/packages/[^"]+)/player"', page.text
    )
    assert found, page.text
    return found[1]


def test_a_package_is_heard_under_its_own_host_only_and_while_its_learner_may_learn(
    app: App,
) -> None:
    stored, web, visitor = golfer(app)
    address = address_in(visitor.get(LESSON))
    beside = TestClient(web, base_url="http://localhost", raise_server_exceptions=False)
    assert beside.get(f"{address}/player").status_code == 200
    assert visitor.client.get(f"{address}/player").status_code == 404
    assert beside.get(f"{address[:-1]}/player").status_code == 404
    assert beside.get(f"{address}/files/../imsmanifest.xml").status_code == 404
    worker = beside.get(f"{address}/files/shared/golf.js", headers={"Service-Worker": "script"})
    assert worker.status_code == 404
    headers = beside.get(f"{address}/files/index.html").headers
    assert "sandbox allow-scripts" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"

    for body, status in (
        ("no json", 422),
        ("[]", 422),
        ('{"cmi": 5}', 422),
        ('{"cmi": {"suspend_data": "\\u0000"}}', 422),
        ('{"cmi": {"suspend_data": "' + "x" * 1_000_001 + '"}}', 422),
        ("x" * (2 * 1024**2 + 1), 413),
        ("[" * 100_000, 422),
    ):
        assert beside.post(f"{address}/cmi", content=body).status_code == status, body[:40]
    assert beside.post(f"{address}/cmi", json=PASSED).json() == {"result": True, "errorCode": 0}
    assert "You have been through this lesson" in visitor.see(LESSON)

    with app.transaction() as tx:
        revoke_sessions(tx, person_id=stored.person_id)
    ended = beside.post(f"{address}/cmi", json=PASSED)
    assert (ended.status_code, ended.json()["result"]) == (404, False)


@pytest.mark.parametrize("posted", [None, {"core": {"lesson_status": "failed"}}])
def test_a_button_does_not_stand_in_for_a_package(app: App, posted: dict[str, Any] | None) -> None:
    _, web, visitor = golfer(app)
    address = address_in(visitor.get(LESSON))
    if posted:
        beside = TestClient(web, base_url="http://localhost")
        beside.post(f"{address}/cmi", json={"cmi": posted})
    assert visitor.post(LESSON).headers["location"] == LESSON
    assert "This lesson isn't finished yet" in visitor.see(LESSON)
    assert visitor.get("/portal/courses/basics/quiz").status_code == 403
