"""Who gets what answer from every route of the portal: role × state × route, as checked in beside this file.

`portal_matrix.csv` has a line for each method and path and a column for each role in each state. A route
without a line fails; where an answer changed on purpose, the failure prints the line to put there.
"""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from recruit.onboarding.tables import Award
from recruit.onboarding.usecases import invite_member, leave_partner
from recruit.onboarding.values import MemberRole
from recruit.people.usecases import accept_invitation
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import make_partner, publish_small_track, track_data
from tests.factories.people import PASSWORD
from tests.factories.web import Visitor, open_visitor
from tests.integration.test_portal_doors import portal_routes

MATRIX = Path(__file__).with_name("portal_matrix.csv")
STATES = ("new", "signed", "described", "trained", "full", "lapsed", "left")
ROLES = ("signatory", "admin", "member", "staff", "nobody")
EXAMPLES = {
    "{lesson_key}": "what",
    "{step_key}": "reference",
    "{serial}": "RC-NOTHING",
    "{colleague_id}": "0",
    "{number}": "1",
    "{path}": "sales",
}
TASK = {
    "key": "reference",
    "kind": "task",
    "title": "Name a customer",
    "done_title": "Customer named",
    "after": ["agreement"],
}


def example_of(path: str) -> str:
    for name, value in EXAMPLES.items():
        path = path.replace(name, value)
    return path.replace("{key}", "prices" if "resources" in path else "basics")


def read_matrix() -> dict[tuple[str, str], dict[str, int]]:
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return {
            (row.pop("method"), row.pop("path")): {k: int(v) for k, v in row.items()}
            for row in csv.DictReader(file)
        }


def routes_of(web: FastAPI) -> list[tuple[str, str]]:
    return [(m, path) for m in ("GET", "POST") for path in portal_routes(web, m)]


def visitors(app: App, web: FastAPI, state: str) -> dict[str, Visitor]:
    """Return a browser of each role, at a partner that has come as far as `state`."""
    steps = track_data()["steps"]
    with app.transaction() as tx:
        publish_small_track(tx, steps=[*steps, TASK])
    stored = make_partner(app, min(STATES.index(state), 4))
    assert stored.signed_in
    found = {
        "signatory": Visitor(web, csrf=stored.signed_in.csrf_token, token=stored.signed_in.token)
    }
    for role in (MemberRole.ADMIN, MemberRole.MEMBER):
        with app.transaction() as tx:
            token = invite_member(
                tx,
                partner_id=stored.partner_id,
                email=f"{role.value}@vela.example",
                name=role.value.capitalize(),
                role=role,
            )
        with app.transaction() as tx:
            signed_in = accept_invitation(
                tx, token=token, password=PASSWORD, ip="192.0.2.1", user_agent="test"
            )
        found[role.value] = Visitor(web, csrf=signed_in.csrf_token, token=signed_in.token)
    if state == "lapsed":
        with app.transaction() as tx:
            tx.session.query(Award).one().valid_until = NOW + timedelta(days=1)
        app.clock.move_to(NOW + timedelta(days=1))  # type: ignore[attr-defined]
    if state == "left":
        with app.transaction() as tx:
            leave_partner(tx, partner_id=stored.partner_id, reason="Parted.")
    found["staff"] = open_visitor(app, Role.RECRUITER, web)
    found["nobody"] = Visitor(web)
    return found


def answers(app: App, state: str) -> dict[tuple[str, str], dict[str, int]]:
    """Return what each route answers to each role in a state; a POST is of an empty form."""
    web = create_app(app)
    asking = visitors(app, web, state)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for method, route in routes_of(web):
        path = example_of(route)
        found[method, route] = {
            f"{role}/{state}": (
                asking[role].get(path) if method == "GET" else asking[role].post(path)
            ).status_code
            for role in ROLES
        }
    return found


def test_every_route_of_the_portal_stands_in_the_matrix(app: App) -> None:
    columns = {f"{role}/{state}" for state in STATES for role in ROLES}
    matrix = read_matrix()
    assert set(routes_of(create_app(app))) - set(matrix) == set(), "add a line to portal_matrix.csv"
    assert set(matrix) - set(routes_of(create_app(app))) == set(), "take these lines away"
    assert all(set(row) == columns for row in matrix.values())


@pytest.mark.parametrize("state", STATES)
def test_every_route_answers_as_the_matrix_says(app: App, state: str) -> None:
    matrix = read_matrix()
    wrong = {
        key: {who: (status, matrix.get(key, {}).get(who)) for who, status in row.items()}
        for key, row in answers(app, state).items()
        if any(matrix.get(key, {}).get(who) != status for who, status in row.items())
    }
    assert wrong == {}, "found, and as the matrix says"
