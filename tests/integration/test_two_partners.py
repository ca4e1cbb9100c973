"""Two partners: one of them tries every route with the other's ids, and follows every link it can reach.

Both are driven by the table of routes and by the pages, so that a new route is tried as soon as it is there.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import Response
from sqlalchemy import select, update

from recruit.db import transaction
from recruit.onboarding.tables import AgreementAcceptance, Award, Partner
from recruit.people.tables import Person
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.onboarding import Stored, make_partner, publish_small_track
from tests.factories.web import Visitor
from tests.integration.test_portal_doors import at_browser
from tests.integration.test_web_doors import _routes

# What names something of the program, which is the same for every partner.
SHARED = {"key", "lesson_key", "step_key"}
SHARED_EXAMPLES = {"key": "basics", "lesson_key": "what", "step_key": "company"}
NOBODYS = {"serial": "RC-0123456789AB", "acceptance_id": "999999", "colleague_id": "999999"}
MARK = "Otherwise Ltd"


@pytest.fixture
def partners(app: App) -> tuple[Stored, Stored]:
    """Two partners who have done everything; the other one goes by a name that is found."""
    with app.transaction() as tx:
        publish_small_track(tx)
    mine, other = make_partner(app, 4), make_partner(app, 4)
    with app.transaction() as tx:
        partner = tx.session.get_one(Partner, other.partner_id)
        partner.company = partner.company | {"name": MARK}
        tx.session.execute(
            update(Person).where(Person.id == other.person_id).values(name=f"Quentin {MARK}")
        )
    return mine, other


def ids_of(stored: Stored) -> dict[str, str]:
    """Return the ids of what belongs to a partner, by the routes' names for them."""
    with stored.app.reading() as tx:
        serial = tx.session.scalars(
            select(Award.serial).where(Award.partner_id == stored.partner_id)
        ).one()
        acceptance = tx.session.scalars(
            select(AgreementAcceptance.id).where(
                AgreementAcceptance.partner_id == stored.partner_id
            )
        ).one()
    return {
        "serial": serial,
        "acceptance_id": str(acceptance),
        "colleague_id": str(stored.person_id),
    }


def routes_of(web: FastAPI) -> Iterator[tuple[str, str]]:
    for route in _routes(web.routes):
        if isinstance(route, APIRoute) and route.path.startswith("/portal"):
            yield from ((method, route.path) for method in route.methods or ())


def fill(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: (SHARED_EXAMPLES | ids)[found[1]], path)


def ask(visitor: Visitor, method: str, path: str) -> Response:
    return visitor.get(path) if method == "GET" else visitor.post(path)


def bare(response: Response) -> tuple[int, dict[str, str], bytes]:
    """Return all of an answer but for what is new each time."""
    body = re.sub(rb'(csrf_token" value="|X-CSRF-Token": ")[^"]*', rb"\1", response.content)
    return response.status_code, {k: v for k, v in response.headers.items() if k != "date"}, body


def test_every_id_in_a_route_of_the_portal_is_known_to_be_shared_or_somebodys(app: App) -> None:
    names = {
        name for _, path in routes_of(create_app(app)) for name in re.findall(r"\{(\w+)\}", path)
    }
    assert names - SHARED == set(NOBODYS), "say in SHARED or ids_of whose these ids are"


def test_what_is_anothers_answers_byte_for_byte_like_what_does_not_exist(
    app: App, partners: tuple[Stored, Stored]
) -> None:
    mine, other = partners
    web = create_app(app)
    visitor = at_browser(mine, web)
    tried = 0
    for method, path in routes_of(web):
        if not set(re.findall(r"\{(\w+)\}", path)) & set(NOBODYS):
            continue
        theirs = ask(visitor, method, fill(path, ids_of(other)))
        nothing = ask(visitor, method, fill(path, NOBODYS))
        assert nothing.status_code == 404, (method, path)
        assert bare(theirs) == bare(nothing), (method, path)
        if method == "GET":
            assert visitor.get(fill(path, ids_of(mine))).status_code == 200, path
        tried += 1
    assert tried >= 4


def test_no_page_that_one_can_reach_tells_anything_of_another(
    app: App, partners: tuple[Stored, Stored]
) -> None:
    mine, other = partners
    visitor = at_browser(mine)
    secrets = [MARK, ids_of(other)["serial"]]
    waiting, seen = ["/portal"], set[str]()
    while waiting:
        page = waiting.pop()
        if page in seen or page.startswith(("/static", "/sign-out")):
            continue
        seen.add(page)
        response = visitor.get(page)
        assert response.status_code < 500, page
        assert not [secret for secret in secrets if secret.encode() in response.content], page
        if response.headers.get("content-type", "").startswith("text/html"):
            waiting += re.findall(r'href="(/[^"#?]*)', response.text)
    assert len(seen) >= 12


def test_every_route_of_the_portal_is_within_the_databases_fence(
    app: App, partners: tuple[Stored, Stored], monkeypatch: Any
) -> None:
    mine, _ = partners
    web = create_app(app)
    visitor = at_browser(mine, web)
    fences: list[int] = []
    monkeypatch.setattr(transaction, "raise_fence", lambda _session, fence: fences.append(fence))
    for method, path in routes_of(web):
        # A form with nothing in it may be refused before the database is asked anything.
        ask(visitor, method, fill(path, ids_of(mine)))
        assert set(fences) <= {mine.partner_id}, (method, path)
        assert fences or method == "POST", path
        fences.clear()


def test_a_partners_session_opens_nothing_of_the_api(
    app: App, partners: tuple[Stored, Stored]
) -> None:
    web = create_app(app)
    visitor = at_browser(partners[0], web)
    api = next(route.app for route in web.routes if getattr(route, "path", "") == "/api/v1")
    paths = [p for p in api.openapi()["paths"] if p != "/openapi.json"]
    assert len(paths) > 5
    for path in paths:
        response = visitor.get("/api/v1" + re.sub(r"\{[^}]+\}", "1", path))
        assert response.status_code in {401, 405}, path
