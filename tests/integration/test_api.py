"""What programs may ask and tell, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from recruit.clock import VirtualClock
from recruit.firms.usecases import resolve_firms
from recruit.onboarding.tables import Candidate
from recruit.people.api_keys import Scope, revoke_api_key
from recruit.sourcing.tables import SourceRecord
from recruit.web.app import create_app
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.api import Program, make_key, make_program
from tests.factories.onboarding import add_reply, make_partner, publish_small_track
from tests.factories.scoring import add_firm_row

PROBLEM = "application/problem+json"


@pytest.fixture
def web(app: App) -> FastAPI:
    """The whole web application."""
    return create_app(app)


@pytest.fixture
def program(app: App, web: FastAPI) -> Program:
    """A program that may do everything."""
    return make_program(app, web)


def add_firms(app: App, count: int) -> list[int]:
    with app.transaction() as tx:
        return [
            add_firm_row(
                tx,
                name=f"Firm {n}",
                domain=f"firm{n}.example",
                website=f"https://firm{n}.example",
            ).id
            for n in range(count)
        ]


def test_nobody_without_a_valid_key_learns_anything(app: App, web: FastAPI) -> None:
    key, token = make_key(app)
    with app.transaction() as tx:
        revoke_api_key(tx, key_id=key.key_id)
    _, short = make_key(app, days=1)
    clock = app.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(NOW + timedelta(days=1))
    for given in ("", "rk_wrong", token, short):
        answer = Program(web, given).get("/firms")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == PROBLEM
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.HOOKS, "GET", "/firms"),
        (Scope.READ, "POST", "/candidates"),
        (Scope.READ, "POST", "/firms"),
        (Scope.WRITE_FIRMS, "POST", "/candidates"),
        (Scope.WRITE_CANDIDATES, "GET", "/hooks"),
    ],
)
def test_a_key_opens_no_more_than_its_scopes(
    app: App, web: FastAPI, scope: Scope, method: str, path: str
) -> None:
    program = make_program(app, web, scope)
    answer = program.client.request(method, f"/api/v1{path}", json={} if method == "POST" else None)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:recruit:problem:forbidden"


def test_pages_show_every_firm_once_though_one_comes_in_between(app: App, program: Program) -> None:
    ids = add_firms(app, 5)
    first = program.get("/firms", limit=2).json()
    add_firms(app, 1)
    seen = [firm["id"] for firm in first["data"]]
    cursor = first["next_cursor"]
    while cursor:
        page = program.get("/firms", limit=2, cursor=cursor).json()
        seen += [firm["id"] for firm in page["data"]]
        cursor = page["next_cursor"]
    assert seen == ids[::-1]
    assert set(first["data"][0]) == {
        "id", "name", "domain", "place", "size", "score", "stage", "tags", "updated_at",
    }  # fmt: skip


@pytest.mark.parametrize("cursor", ["x", "bm9wZQ", "WyJwYXJ0bmVycyIsIDFd", "WyJmaXJtcyIsIDBd", "é"])
def test_a_cursor_of_another_list_is_refused(program: Program, cursor: str) -> None:
    answer = program.get("/firms", cursor=cursor)
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:recruit:problem:invalid-cursor",
    )


def test_what_is_not_there_and_what_is_anothers_look_the_same(
    app: App, web: FastAPI, program: Program
) -> None:
    body = {"target_url": "https://hooks.example.com/1", "event": "firm.changed"}
    hook_id = program.post("/hooks", body).json()["id"]
    other = make_program(app, web)
    answers = [
        other.get(f"/hooks/{hook_id}"),
        other.get("/hooks/999999"),
        other.get("/hooks/nonsense"),
        other.delete(f"/hooks/{hook_id}"),
        other.get("/firms/999999"),
        other.get(f"/partners/{2**80}"),
    ]
    assert {(a.status_code, a.text) for a in answers} == {(404, answers[0].text)}
    assert program.get(f"/hooks/{hook_id}").status_code == 200


def test_a_merged_firms_id_answers_as_the_firm_that_it_became(app: App, program: Program) -> None:
    old, new = add_firms(app, 2)
    with app.transaction() as tx:
        from recruit.firms.tables import Firm

        tx.session.get_one(Firm, old).merged_into_id = new
    assert program.get(f"/firms/{old}").json()["id"] == new


def test_partners_candidates_and_replies_are_read(app: App, program: Program) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
        add_reply(tx, None)
    stored = make_partner(app)
    partner = program.get("/partners").json()["data"][0]
    assert partner["id"] == stored.partner_id
    assert partner["missing"]
    assert program.get(f"/partners/{stored.partner_id}").json() == partner
    candidate = program.get("/candidates").json()["data"][0]
    assert candidate["status"] == "accepted"
    assert program.get("/replies").json()["data"][0]["firm_id"] is None


def test_an_application_from_elsewhere_makes_one_candidate(app: App, program: Program) -> None:
    (firm_id,) = add_firms(app, 1)
    body = {"firm_id": firm_id, "contact_email": "ada@firm0.example", "contact_name": "Ada"}
    first = program.post("/candidates", body)
    assert (first.status_code, first.json()["status"]) == (201, "waiting")
    again = program.post(
        "/candidates", {"website": "https://firm0.example", "contact_email": "b@firm0.example"}
    )
    assert (again.status_code, again.json()) == (200, first.json())
    assert program.get(f"/firms/{firm_id}").json()["tags"] == ["open_application"]


def test_a_partner_is_no_candidate_again(app: App, program: Program) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    stored = make_partner(app)
    body = {"firm_id": stored.firm_id, "contact_email": "a@b.example"}
    assert program.post("/candidates", body).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"contact_email": "a@b.example"},
        {"firm_id": 999, "contact_email": "a@b.example"},
        {"firm_id": 1, "contact_email": "nobody"},
        {"firm_id": 1, "contact_email": "a@b.example", "contact_name": "A\x00"},
        {"firm_id": 1, "contact_email": "a@b.example", "contact_name": "\ud800"},
        {"firm_id": 1, "contact_email": "a@b.example", "surprise": 1},
        {"firm_id": 2**70, "contact_email": "a@b.example"},
        [],
    ],
)
def test_a_bad_application_is_refused_in_words(app: App, program: Program, body: Any) -> None:
    add_firms(app, 1)
    import json

    answer = program.client.post(
        "/api/v1/candidates",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == PROBLEM


def test_a_repeated_request_gets_the_first_answer(app: App, program: Program) -> None:
    body = {"name": "Brightwater GmbH", "website": "brightwater.example", "country": "Germany"}
    first = program.post("/firms", body, once="one")
    again = program.post("/firms", body, once="one")
    assert (again.status_code, again.json()) == (202, first.json())
    assert "idempotency-replayed" in again.headers
    assert "idempotency-replayed" not in first.headers
    other = program.post("/firms", body | {"city": "Kiel"}, once="one")
    assert (other.status_code, other.json()["type"]) == (
        422,
        "urn:recruit:problem:idempotency-key-reused",
    )
    with app.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(SourceRecord)) == 1
    clock = app.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(NOW + timedelta(hours=25))
    assert program.post("/firms", body | {"city": "Kiel"}, once="one").status_code == 202


def test_a_refused_request_may_be_repeated_when_it_can_succeed(app: App, program: Program) -> None:
    body = {"website": "firm0.example", "contact_email": "a@firm0.example"}
    assert program.post("/candidates", body, once="k").status_code == 422
    add_firms(app, 1)
    assert program.post("/candidates", body, once="k").status_code == 201


def test_another_keys_idempotency_key_is_another(app: App, web: FastAPI, program: Program) -> None:
    (firm_id,) = add_firms(app, 1)
    body = {"firm_id": firm_id, "contact_email": "a@firm0.example"}
    assert program.post("/candidates", body, once="k").status_code == 201
    assert make_program(app, web).post("/candidates", body, once="k").status_code == 200
    with app.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(Candidate)) == 1


def test_a_firm_that_is_told_of_is_found_by_its_sighting(app: App, program: Program) -> None:
    told = program.post(
        "/firms",
        {"name": "Brightwater GmbH", "reference": "a/1", "country": "DE", "employees": "11-50"},
    ).json()
    assert told["firm_id"] is None
    with app.transaction() as tx:
        resolve_firms(tx, actor="test")
    firm_id = program.get(f"/sightings/{told['id']}").json()["firm_id"]
    firm = program.get(f"/firms/{firm_id}").json()
    assert firm["size"] == {"low": 11, "high": 50}
    assert (
        program.post("/firms", {"name": "Brightwater GmbH", "reference": "a/1"}).json()["id"]
        == (told["id"])
    )


def test_what_cannot_be_read_of_a_firm_is_named(program: Program) -> None:
    answer = program.post("/firms", {"name": "Brightwater", "country": "Atlantis", "founded": "x"})
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {"body/country", "body/founded"}


def test_a_body_that_is_too_large_is_not_read(program: Program) -> None:
    assert program.post("/firms", {"name": "x" * 70_000}).status_code == 413


def test_a_key_that_asks_too_often_waits(app: App, web: FastAPI, program: Program) -> None:
    (api,) = [route.app for route in web.routes if getattr(route, "name", "") == "api"]
    allowance = api.state.allowance
    allowance.burst, allowance.ticks = 3, lambda: 100.0
    assert [program.get("/firms").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert make_program(app, web).get("/firms").status_code == 200
    refused = program.get("/firms")
    assert refused.headers["retry-after"] == "1"
    allowance.ticks = lambda: 101.0
    assert program.get("/firms").status_code == 200
