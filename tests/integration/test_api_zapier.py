"""The Zapier app: current, of our API and no other, and its subscriptions work when they are made as it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from recruit.hooks.values import HookEvent
from recruit.people.api_keys import Scope
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.api import make_key
from tests.factories.scoring import add_firm_row
from tools.make_zapier import TARGET, make_definition, read_openapi

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return read_openapi()


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(TARGET.read_text(encoding="utf-8"))
    return read


def operations(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("triggers", "creates"):
        for key, one in definition[kind].items():
            yield key, one["operation"]


def requests(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield definition["authentication"]["test"]
    for _, operation in operations(definition):
        for name in ("perform", "performSubscribe", "performUnsubscribe"):
            if "url" in operation.get(name, {}):
                yield operation[name]


def test_it_is_what_our_api_is_now(openapi: dict[str, Any], definition: dict[str, Any]) -> None:
    assert definition == make_definition(openapi), "run tools/make_zapier.py"
    assert set(definition["triggers"]) == {event.value.replace(".", "_") for event in HookEvent}


def test_every_request_is_one_that_our_api_knows(
    openapi: dict[str, Any], definition: dict[str, Any]
) -> None:
    known = {
        (method.upper(), re.sub(r"\{[^}]+\}", "{}", f"/api/v1{path}"))
        for path, methods in openapi["paths"].items()
        for method in methods
    }
    for request in requests(definition):
        path = request["url"].removeprefix("{{bundle.authData.base_url}}")
        assert (request["method"], re.sub(r"\{\{[^}]+\}\}", "{}", path)) in known


def test_what_the_code_asks_is_known_too_and_no_address_of_a_payload_is_followed(
    openapi: dict[str, Any], definition: dict[str, Any]
) -> None:
    for _, operation in operations(definition):
        for name in ("perform", "performList"):
            source = operation.get(name, {}).get("source", "")
            assert "link" not in source
            for path in re.findall(r"'/api/v1([^']*)'", source):
                assert path.rstrip("/") in openapi["paths"]
            if "cleanedRequest" in source:
                assert "Number(bundle.cleanedRequest.data." in source


def test_every_sample_is_an_answer_of_our_api(
    openapi: dict[str, Any], definition: dict[str, Any]
) -> None:
    answers = {
        "firm_changed": "ApiFirmDetail",
        "partner_changed": "ApiPartner",
        "candidate_waiting": "ApiCandidate",
        "candidate": "ApiCandidate",
        "firm": "ApiSighting",
    }
    for key, operation in operations(definition):
        schema = {
            "$ref": f"#/components/schemas/{answers[key]}",
            "components": openapi["components"],
        }
        jsonschema_rs.Draft202012Validator(schema).validate(operation["sample"])
        names = {field["key"].split("__")[0] for field in operation["outputFields"]}
        assert names <= set(operation["sample"])


def test_keys_labels_and_descriptions_keep_to_zapiers_rules(definition: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", definition["version"])
    for kind, begins in (("triggers", "Triggers when "), ("creates", "")):
        for key, one in definition[kind].items():
            assert one["key"] == key
            assert re.fullmatch(r"[a-zA-Z]+[a-zA-Z0-9_]*", key)
            assert 2 <= len(one["display"]["label"]) <= 64
            assert one["display"]["description"].startswith(begins)
            assert one["display"]["description"].endswith(".")
            assert "return" in one["operation"]["perform"].get("source", "return")


def filled(value: Any, bundle: dict[str, Any]) -> Any:
    """Replace Zapier's curlies, and leave out what is missing as `removeMissingValuesFrom` does."""
    if isinstance(value, dict):
        done = {name: filled(part, bundle) for name, part in value.items()}
        return {name: part for name, part in done.items() if part not in (None, "")}
    if not isinstance(value, str):
        return value

    def find(match: re.Match[str]) -> Any:
        found: Any = bundle
        for name in match[1].split(".")[1:]:
            found = found.get(name) if found else None
        return found

    whole = re.fullmatch(r"\{\{([^}]+)\}\}", value)
    if whole:
        return find(whole)
    return re.sub(r"\{\{([^}]+)\}\}", lambda match: str(find(match) or ""), value)


@sqlite_only
def test_it_subscribes_unsubscribes_and_creates_as_zapier_would(
    app: App, definition: dict[str, Any]
) -> None:
    _, token = make_key(app, scopes=list(Scope))
    with app.transaction() as tx:
        add_firm_row(tx, name="Northlight")
    bundle: dict[str, Any] = {
        "authData": {"base_url": "http://testserver", "api_key": token},
        "targetUrl": "https://hooks.zapier.com/hooks/standard/1/",
    }
    with TestClient(create_app(app)) as client:

        def send(request: dict[str, Any]) -> Any:
            template = filled(definition["requestTemplate"], bundle)
            asked = filled(request, bundle)
            return client.request(
                asked["method"],
                asked["url"],
                headers=template["headers"],
                params=asked.get("params"),
                json=asked.get("body"),
            )

        assert send(definition["authentication"]["test"]).status_code == 200
        for trigger in definition["triggers"].values():
            subscribed = send(trigger["operation"]["performSubscribe"])
            assert subscribed.status_code == 201
            bundle["subscribeData"] = subscribed.json()
            assert send(trigger["operation"]["performUnsubscribe"]).status_code == 204
        bundle["inputData"] = {"firm_id": 1, "contact_email": "ada@northlight.example"}
        made = send(definition["creates"]["candidate"]["operation"]["perform"])
        assert made.status_code == 201, made.text
        bundle["inputData"] = {"name": "Kestrel", "specialties": ["kubernetes"]}
        told = send(definition["creates"]["firm"]["operation"]["perform"])
        assert told.status_code == 202, told.text
