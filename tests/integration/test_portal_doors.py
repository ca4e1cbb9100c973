"""Who sees which page of the portal: every route, by everybody, at every point of the track, on both databases."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select

from recruit.onboarding.tables import Award
from recruit.onboarding.usecases import leave_member, leave_partner, waive_step
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import Stored, make_partner, publish_small_track
from tests.factories.web import Visitor, open_visitor, words_of
from tests.integration.test_web_doors import _routes

LAPSED = 5
# What a GET answers after 0, 1, 2, 3 and 4 steps, and when the certificate has run out.
PAGES: dict[str, tuple[int, ...]] = {
    "/portal": (200, 200, 200, 200, 200, 200),
    "/portal/next": (303, 303, 303, 303, 303, 303),
    "/portal/agreement": (200, 200, 200, 200, 200, 200),
    "/portal/team": (200, 200, 200, 200, 200, 200),
    "/portal/company": (403, 200, 200, 200, 200, 200),
    "/portal/courses/basics": (403, 403, 200, 200, 200, 200),
    "/portal/courses/basics/lessons/what": (403, 403, 200, 200, 200, 200),
    "/portal/courses/basics/lessons/nothing": (403, 403, 404, 404, 404, 404),
    "/portal/courses/basics/quiz": (403, 403, 403, 303, 303, 303),
    "/portal/courses/basics/result": (404, 404, 404, 200, 200, 200),
    "/portal/courses/selling": (403, 403, 403, 200, 200, 200),
    "/portal/courses/selling/lessons/register": (403, 403, 403, 200, 200, 200),
    "/portal/courses/selling/quiz": (403, 403, 403, 403, 303, 200),
    "/portal/courses/selling/result": (404, 404, 404, 404, 200, 200),
    "/portal/courses/nothing": (404, 404, 404, 404, 404, 404),
    "/portal/resources": (200, 200, 200, 200, 200, 200),
    "/portal/resources/prices/file": (403, 403, 403, 403, 404, 403),
    "/portal/resources/deck": (403, 200, 200, 200, 200, 200),
    "/portal/resources/prices": (403, 403, 403, 403, 200, 403),
    "/portal/resources/nothing": (404, 404, 404, 404, 404, 404),
    "/portal/certificates/{own}": (404, 404, 404, 404, 200, 200),
    "/portal/certificates/RC-NOTHING": (404, 404, 404, 404, 404, 404),
    "/portal/certificates/{own}.pdf": (404, 404, 404, 404, 200, 200),
    "/portal/agreement/0.pdf": (404, 404, 404, 404, 404, 404),
    "/portal/courses/basics/lessons/what/file": (403, 403, 404, 404, 404, 404),
    "/portal/steps/nothing": (404, 404, 404, 404, 404, 404),
}


@pytest.fixture
def program(app: App) -> App:
    """An app whose small track is published."""
    with app.transaction() as tx:
        publish_small_track(tx)
    return app


def at_browser(stored: Stored, web: FastAPI | None = None) -> Visitor:
    """Return the partner's signatory at a browser."""
    assert stored.signed_in
    return Visitor(
        web or create_app(stored.app),
        csrf=stored.signed_in.csrf_token,
        token=stored.signed_in.token,
    )


def serial_of(stored: Stored) -> str:
    with stored.app.reading() as tx:
        found = tx.session.scalars(
            select(Award.serial).where(Award.partner_id == stored.partner_id)
        ).first()
    return found or "RC-NONE"


def portal_routes(web: FastAPI, method: str) -> list[str]:
    return sorted(
        route.path
        for route in _routes(web.routes)
        if isinstance(route, APIRoute)
        and method in (route.methods or ())
        and route.path.startswith("/portal")
    )


def example_of(path: str) -> str:
    """Return an address of a route that leads to something in the small track."""
    filled = path.replace("{lesson_key}", "what").replace("{serial}", "RC-NONE")
    filled = filled.replace("{colleague_id}", "1").replace("{acceptance_id}", "1")
    filled = filled.replace("{step_key}", "call")
    key = "deck" if "resources" in path else "basics"
    return filled.replace("{key}", key)


def test_every_page_of_the_portal_stands_in_the_table(app: App) -> None:
    patterns = [
        re.compile(re.sub(r"\{\w+\}", r"[^/]+", path) + "$")
        for path in portal_routes(create_app(app), "GET")
    ]
    unseen = [p.pattern for p in patterns if not any(p.match(page) for page in PAGES)]
    assert unseen == []
    assert len(patterns) >= 10


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_sees_anything_before_signing_in(program: App, method: str) -> None:
    web = create_app(program)
    visitor = Visitor(web)
    for route in portal_routes(web, method):
        path = example_of(route)
        if method == "GET":
            response = visitor.get(path)
            wanted = "/sign-in" + (f"?next={path.replace('/', '%2F')}")
            assert (response.status_code, response.headers["location"]) == (303, wanted)
        else:
            response = visitor.post(path)
            assert response.status_code in {303, 403}, path


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CHANNEL_MANAGER, Role.RECRUITER])
def test_staff_are_told_that_the_portal_is_for_partners(program: App, role: Role) -> None:
    web = create_app(program)
    visitor = open_visitor(program, role, web)
    for method in ("GET", "POST"):
        for route in portal_routes(web, method):
            path = example_of(route)
            response = visitor.get(path) if method == "GET" else visitor.post(path)
            assert response.status_code == 403, path
            assert "Your pages are in the menu" in words_of(response.text)


def test_a_partners_account_without_a_partner_finds_nothing_and_breaks_nothing(
    program: App,
) -> None:
    web = create_app(program)
    visitor = open_visitor(program, Role.PARTNER, web)
    for route in portal_routes(web, "GET"):
        assert visitor.get(example_of(route)).status_code == 404, route
    for route in portal_routes(web, "POST"):
        response = visitor.post(
            example_of(route), authority="yes", typed_name="Sam", job_title="D", path="sales"
        )
        assert response.status_code in {404, 409}, route


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, LAPSED])
def test_a_page_is_open_when_its_steps_are_done_and_not_before(program: App, steps: int) -> None:
    stored = make_partner(program, min(steps, 4))
    own = serial_of(stored)
    if steps == LAPSED:
        # Short of the fortnight that a session lasts, and past the end of the certificate.
        with program.transaction() as tx:
            tx.session.scalars(select(Award)).one().valid_until = NOW + timedelta(days=1)
        program.clock.move_to(NOW + timedelta(days=1))  # type: ignore[attr-defined]
    visitor = at_browser(stored)
    found = {page: visitor.get(page.replace("{own}", own)).status_code for page in PAGES}
    assert found == {page: statuses[steps] for page, statuses in PAGES.items()}


@pytest.mark.parametrize("steps", range(4))
def test_a_locked_page_names_every_missing_step_and_leads_to_the_first(
    program: App, steps: int
) -> None:
    stored = make_partner(program, steps)
    visitor = at_browser(stored)
    response = visitor.get("/portal/resources/prices")
    assert response.status_code == 403
    words = words_of(response.text)
    titles = [
        "Sign the agreement",
        "Tell us about your company",
        "Learn the basics",
        "Get certified",
    ]
    for number, title in enumerate(titles):
        assert (title in words) is (number >= steps), title
    main = response.text.partition("<main")[2]
    links = re.findall(r'class="btn btn-primary" href="([^"]+)"', main)
    targets = ["/portal/agreement", "/portal/company", "/portal/courses/basics"]
    assert links[0] == [*targets, "/portal/courses/selling"][steps]
    assert visitor.get(links[0]).status_code == 200


def test_a_locked_quiz_names_the_lessons_and_leads_to_the_first_unread_one(program: App) -> None:
    visitor = at_browser(make_partner(program, 2))
    visitor.post("/portal/courses/basics/lessons/what")
    response = visitor.get("/portal/courses/basics/quiz")
    assert response.status_code == 403
    assert "Who buys it" in words_of(response.text)
    assert "/portal/courses/basics/lessons/who" in response.text
    assert "/portal/courses/basics/lessons/what" not in response.text


def test_the_certificate_of_another_partner_looks_exactly_like_none(program: App) -> None:
    mine, other = make_partner(program, 4), make_partner(program, 4)
    visitor = at_browser(mine)
    theirs = visitor.get(f"/portal/certificates/{serial_of(other)}")
    nothing = visitor.get("/portal/certificates/RC-0123456789AB")
    assert theirs.status_code == nothing.status_code == 404

    def bare(html: str) -> str:
        return re.sub(r'name="csrf_token" value="[^"]*"', "", html)

    assert bare(theirs.text) == bare(nothing.text)
    kept = [{k: v for k, v in r.headers.items() if k != "date"} for r in (theirs, nothing)]
    assert kept[0] == kept[1]
    assert serial_of(other) not in theirs.text
    assert visitor.get(f"/portal/certificates/{serial_of(mine)}").status_code == 200


def test_anybody_may_check_a_certificate_and_is_told_when_it_is_no_longer_valid(
    program: App,
) -> None:
    stored = make_partner(program, 4)
    anybody = open_visitor(program, None)
    path = f"/verify/{serial_of(stored)}"
    assert "is real and valid" in anybody.see(path)
    assert anybody.get("/verify/RC-NOTHING").status_code == 404
    with program.transaction() as tx:
        leave_partner(tx, partner_id=stored.partner_id, reason="By mutual consent.")
    assert "no longer valid" in anybody.see(path)


def test_a_partner_that_has_left_is_out_with_the_next_request(program: App) -> None:
    web = create_app(program)
    stored = make_partner(program, 4)
    visitor = at_browser(stored, web)
    assert visitor.get("/portal/resources/prices").status_code == 200
    with program.transaction() as tx:
        leave_partner(tx, partner_id=stored.partner_id, reason="By mutual consent.")
    for page in PAGES:
        response = visitor.get(page)
        assert response.status_code == 303, page
        assert response.headers["location"].startswith("/sign-in")


def test_a_member_who_has_left_is_out_with_the_next_request(program: App) -> None:
    stored = make_partner(program, 4)
    visitor = at_browser(stored)
    with program.transaction() as tx:
        leave_member(tx, partner_id=stored.partner_id, person_id=stored.person_id)
    assert visitor.get("/portal").status_code == 303


def test_a_waived_step_opens_its_page_with_the_next_request(program: App) -> None:
    stored = make_partner(program, 3)
    visitor = at_browser(stored)
    assert visitor.get("/portal/resources/prices").status_code == 403
    with program.transaction() as tx:
        waive_step(
            tx,
            partner_id=stored.partner_id,
            step_key="certification",
            reason="A pilot.",
            actor="Alex",
        )
    assert visitor.get("/portal/resources/prices").status_code == 200


NUL = "\x00"
HOSTILE = ["%00", "%0A", "..%2F..%2Fetc", "%F0%9F%92%A9", "x" * 3000, "'%20OR%201=1--"]


@pytest.mark.parametrize("path", ["certificates", "resources", "courses", "team"])
def test_no_address_breaks_the_portal(program: App, path: str) -> None:
    visitor = at_browser(make_partner(program, 2))
    for text in HOSTILE:
        assert visitor.get(f"/portal/{path}/{text}").status_code in {404, 405}, text
        assert visitor.get(f"/portal/courses/basics/lessons/{text}").status_code == 404, text
        assert open_visitor(program, None).get(f"/verify/{text}").status_code == 404, text


@pytest.mark.parametrize("text", [NUL, "<script>alert(1)</script>", "x" * 5000, "\ud83d", "💩"])
def test_no_text_breaks_a_form(program: App, text: str) -> None:
    stored = make_partner(program, 2)
    visitor = at_browser(stored)
    fields: dict[str, dict[str, Any]] = {
        "/portal/agreement": {"typed_name": text, "job_title": text, "authority": text},
        "/portal/company": {"name": text, "city": text, "country": text, text: text},
        "/portal/team": {"name": text, "email": text, "role": text},
        "/portal/courses/basics/quiz": {"q-where": text, f"q-{text}": text},
    }
    for path, sent in fields.items():
        try:
            response = visitor.post(path, **{k: v for k, v in sent.items() if k})
        except UnicodeEncodeError:
            continue  # the client cannot even send it
        assert response.status_code in {200, 303, 403, 422}, (path, response.text[:300])
        assert "<script>alert" not in response.text
    for page in ("/portal", "/portal/company", "/portal/team"):
        shown = visitor.get(page)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
