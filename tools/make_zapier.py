"""Write integrations/zapier/definition.json from our OpenAPI description and the events that can be heard of.

python tools/make_zapier.py            # write it
python tools/make_zapier.py --check    # exit with 1 where it is not current
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from recruit.config import MailTransport, Settings
from recruit.hooks.values import HookEvent
from recruit.web.api.app import create_api
from recruit.wiring import build_app

TARGET = Path(__file__).parents[1] / "integrations" / "zapier" / "definition.json"
API = "{{bundle.authData.base_url}}/api/v1"
_MOMENT = "2026-03-03T09:30:00Z"

# The list that an event is about, what its payload names it by, and words for people.
_OF_EVENT: dict[HookEvent, tuple[str, str, str, str, str]] = {
    HookEvent.FIRM_CHANGED: (
        "/firms",
        "firm_id",
        "Firm",
        "Firm Changed",
        "Triggers when anything of a firm changes: its facts, score, stage or replies.",
    ),
    HookEvent.PARTNER_CHANGED: (
        "/partners",
        "partner_id",
        "Partner",
        "Partner Changed",
        "Triggers when a partner's state, open steps or certificates change.",
    ),
    HookEvent.CANDIDATE_WAITING: (
        "/candidates",
        "candidate_id",
        "Candidate",
        "Candidate Waiting",
        "Triggers when a firm begins to wait for a decision whether it becomes a partner.",
    ),
}
_CREATES = {
    "/candidates": (
        "candidate",
        "Candidate",
        "Create Candidate",
        "Sends an application that was made elsewhere, by the firm's id or website.",
    ),
    "/firms": (
        "firm",
        "Firm",
        "Tell of a Firm",
        "Tells of a firm; it is a sighting, and resolution decides which firm it is.",
    ),
}


def make_definition(openapi: dict[str, Any]) -> dict[str, Any]:
    """Return the app's definition; functions are given as source, as Zapier's schema allows it."""
    return {
        "version": "1.0.0",
        "platformVersion": "19.1.0",
        "flags": {"cleanInputData": False},
        "authentication": {
            "type": "custom",
            "fields": [
                {
                    "key": "base_url",
                    "label": "Address of your Recruit",
                    "type": "string",
                    "required": True,
                    "helpText": "As in the browser, without a slash at its end: https://recruit.example.com",
                },
                {
                    "key": "api_key",
                    "label": "API key",
                    "type": "password",
                    "required": True,
                    "helpText": "Made on the page Programs, with the scopes that your Zaps need; triggers need read and hooks.",
                },
            ],
            "test": {"method": "GET", "url": f"{API}/firms", "params": {"limit": 1}},
            "connectionLabel": "{{bundle.authData.base_url}}",
        },
        "requestTemplate": {
            "headers": {
                "Authorization": "Bearer {{bundle.authData.api_key}}",
                "Accept": "application/json",
            }
        },
        "triggers": {
            event.value.replace(".", "_"): _trigger(openapi, event) for event in HookEvent
        },
        "creates": {_CREATES[path][0]: _create(openapi, path) for path in _CREATES},
    }


def _trigger(openapi: dict[str, Any], event: HookEvent) -> dict[str, Any]:
    path, name, noun, label, description = _OF_EVENT[event]
    row = _answer(openapi, f"{path}/{{{name}}}", "get", "200")
    # The id alone is used: an address from a payload must never be sent the key.
    one = (
        f"const id = Number(bundle.cleanedRequest.data.{name});\n"
        f"return z.request(bundle.authData.base_url + '/api/v1{path}/' + id)"
        ".then((response) => [response.data]);"
    )
    listed = (
        f"return z.request({{url: bundle.authData.base_url + '/api/v1{path}', params: {{limit: 3}}}})"
        ".then((response) => response.data.data);"
    )
    return {
        "key": event.value.replace(".", "_"),
        "noun": noun,
        "display": {"label": label, "description": description},
        "operation": {
            "type": "hook",
            "perform": {"source": one},
            "performList": {"source": listed},
            "performSubscribe": {
                "method": "POST",
                "url": f"{API}/hooks",
                "body": {"target_url": "{{bundle.targetUrl}}", "event": event.value},
            },
            "performUnsubscribe": {
                "method": "DELETE",
                "url": f"{API}/hooks/{{{{bundle.subscribeData.id}}}}",
            },
            "sample": _sample(openapi, row),
            "outputFields": _output_fields(openapi, row),
        },
    }


def _create(openapi: dict[str, Any], path: str) -> dict[str, Any]:
    key, noun, label, description = _CREATES[path]
    operation = openapi["paths"][path]["post"]
    given = _resolved(openapi, operation["requestBody"]["content"]["application/json"]["schema"])
    status = next(code for code in sorted(operation["responses"]) if code.startswith("2"))
    answer = _answer(openapi, path, "post", "201" if "201" in operation["responses"] else status)
    names = list(given["properties"])
    return {
        "key": key,
        "noun": noun,
        "display": {"label": label, "description": description},
        "operation": {
            "inputFields": [
                _input_field(openapi, name, given["properties"][name], name in given["required"])
                for name in names
            ],
            "perform": {
                "method": "POST",
                "url": f"{API}{path}",
                "body": {name: f"{{{{bundle.inputData.{name}}}}}" for name in names},
                "removeMissingValuesFrom": {"body": True},
            },
            "sample": _sample(openapi, answer),
            "outputFields": _output_fields(openapi, answer),
        },
    }


def _answer(openapi: dict[str, Any], path: str, method: str, status: str) -> dict[str, Any]:
    answer = openapi["paths"][path][method]["responses"][status]
    return _resolved(openapi, answer["content"]["application/json"]["schema"])


def _resolved(openapi: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without its reference; of several that may be, the first one that isn't null."""
    if "$ref" in schema:
        return _resolved(openapi, openapi["components"]["schemas"][schema["$ref"].split("/")[-1]])
    if "anyOf" in schema:
        found = next(one for one in schema["anyOf"] if one.get("type") != "null")
        described = {k: schema[k] for k in ("title", "description") if k in schema}
        return _resolved(openapi, found) | described
    return schema


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _input_field(
    openapi: dict[str, Any], name: str, schema: dict[str, Any], required: bool
) -> dict[str, Any]:
    plain = _resolved(openapi, schema)
    is_list = plain.get("type") == "array"
    kind = "integer" if plain.get("type") == "integer" else "string"
    field: dict[str, Any] = {"key": name, "label": _words(name), "type": kind, "required": required}
    if is_list:
        field["list"] = True
    if "description" in plain:
        field["helpText"] = f"{plain['description'].rstrip('.')}. Leave it empty if unknown."
    return field


_KINDS = {"integer": "integer", "number": "number", "boolean": "boolean"}


def _output_fields(
    openapi: dict[str, Any], schema: dict[str, Any], prefix: str = "", words: str = ""
) -> list[dict[str, Any]]:
    """Return the plain fields of an answer, nested ones by Zapier's double underscore; lists are left out."""
    fields: list[dict[str, Any]] = []
    for name, part in schema["properties"].items():
        plain = _resolved(openapi, part)
        label = f"{words} {name.replace('_', ' ')}".strip()
        if plain.get("type") == "object":
            fields += _output_fields(openapi, plain, f"{prefix}{name}__", label)
        elif plain.get("type") != "array":
            kind = _KINDS.get(plain.get("type", ""), "string")
            if plain.get("format") == "date-time":
                kind = "datetime"
            fields.append({"key": prefix + name, "label": label.capitalize(), "type": kind})
    return fields


def _sample(openapi: dict[str, Any], schema: dict[str, Any], name: str = "") -> Any:
    plain = _resolved(openapi, schema)
    if "enum" in plain:
        return plain["enum"][0]
    match plain.get("type"):
        case "object":
            return {key: _sample(openapi, part, key) for key, part in plain["properties"].items()}
        case "array":
            return [_sample(openapi, plain["items"], name)]
        case "integer":
            return 12
        case "number":
            return 74.5
        case "boolean":
            return False
    if plain.get("format") == "date-time":
        return _MOMENT
    return {
        "name": "Northlight Systems",
        "firm_name": "Northlight Systems",
        "domain": "northlight.example",
        "website": "https://northlight.example",
        "country": "DE",
        "city": "Hamburg",
        "email": "partners@northlight.example",
        "contact_email": "partners@northlight.example",
    }.get(name, _words(name))


def read_openapi() -> dict[str, Any]:
    """Return our API's description as it is served."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(var_dir=Path(folder), mail_transport=MailTransport.MEMORY)
        app = build_app(settings)
        try:
            return create_api(app).openapi()
        finally:
            app.close()


def main() -> int:
    """Write the definition, or say whether it is current."""
    text = json.dumps(make_definition(read_openapi()), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
