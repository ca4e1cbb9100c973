"""What the API says of itself holds, whatever it is asked: schemathesis as each scope."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from recruit.people.api_keys import Scope
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.api import Program, make_key
from tests.factories.onboarding import add_reply, make_partner, publish_small_track

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def scope_of(method: str, path: str) -> Scope:
    """Return the scope that opens an operation."""
    if "/hooks" in path:
        return Scope.HOOKS
    if method.upper() == "GET":
        return Scope.READ
    return Scope.WRITE_FIRMS if "/firms" in path else Scope.WRITE_CANDIDATES


# PostgreSQL alone, which refuses more than SQLite does.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("scope", [*Scope, None])
def test_every_answer_is_one_that_is_described(app: App, scope: Scope | None) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
        add_reply(tx, None)
    make_partner(app)
    web = create_app(app)
    (api,) = [route.app for route in web.routes if getattr(route, "name", "") == "api"]
    api.state.allowance.burst = 10**6
    headers = {"Authorization": f"Bearer {make_key(app, [scope])[1]}"} if scope else {}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", web)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == 15
    for operation in operations:
        is_open = scope is scope_of(operation.method, operation.path)

        @given(case=operation.as_strategy())
        @settings(
            max_examples=6 if is_open else 1,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()


def test_the_description_is_openapi_3_1_and_needs_no_key(app: App) -> None:
    answer = Program(create_app(app)).get("/openapi.json")
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    assert described["servers"] == [{"url": "/api/v1"}]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] == [{"ApiKey": []}], (method, path)
            assert {"401", "403", "429"} <= set(operation["responses"]), (method, path)
