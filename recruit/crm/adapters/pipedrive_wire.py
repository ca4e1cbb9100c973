"""Pipedrive's words: fields and their shapes, rows, and which error an answer is."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from recruit.clock import Clock
from recruit.crm.http import Wait, retry_after
from recruit.crm.port import CrmError, CrmRecord, CrmRefused, CrmUnavailable
from recruit.crm.values import Value, canonical

# Who goes on asking after many 429 gets a page of the firewall, for a while.
_BAN_S = 900.0
_DAY_S = 3_600.0
_SHORT = 255
_CUSTOM = {"varchar": "text", "text": "text", "double": "number", "int": "number", "date": "date"}
# An activity takes no fields of our own, so its external id ends its note.
_MARK = re.compile(r"(?:<br ?/?>)*\[(RC-[A-Z0-9-]+)\]\s*$")
_WORDS = {"required": "required", "length": "too_long", "too long": "too_long"}


@dataclass(frozen=True)
class Field:
    """A field: its type, and how it is written and read. `options` are labels of a choice's ids."""

    kind: str
    code: str
    shape: str = "plain"
    options: Mapping[int, str] = field(default_factory=dict)
    longest: int | None = None


SYSTEM: dict[str, dict[str, Field]] = {
    "organizations": {
        "name": Field("text", "name"),
        "owner_id": Field("number", "owner_id"),
        "address": Field("text", "address", "address"),
    },
    "persons": {
        "name": Field("text", "name"),
        "owner_id": Field("number", "owner_id"),
        "org_id": Field("text", "org_id", "organizations"),
        "email": Field("text", "emails", "channel"),
        "phone": Field("text", "phones", "channel"),
    },
    "activities": {
        "subject": Field("text", "subject"),
        "type": Field("text", "type"),
        "note": Field("text", "note", "note"),
        "due_at": Field("datetime", "due_date", "due"),
        "done": Field("boolean", "done"),
        "org_id": Field("text", "org_id", "organizations"),
        "person_id": Field("text", "person_id", "persons"),
    },
}


class PipedriveDialect:
    """What Pipedrive says in its own way."""

    def __init__(self, clock: Clock) -> None:
        """Keep the clock, for moments in Retry-After."""
        self._clock = clock

    def judge(self, response: httpx.Response) -> CrmError | Wait | None:
        """Return what an answer means."""
        status, headers = response.status_code, response.headers
        text = _text(response)
        if status == 429:
            if headers.get("x-daily-ratelimit-token-remaining") == "0":
                return CrmUnavailable(text, kind="quota", retry_after_s=_DAY_S)
            reset = headers.get("x-ratelimit-reset", "")
            after = retry_after(response, self._clock.now())
            return Wait(
                text, "rate_limit", float(reset) if after is None and reset.isdigit() else after
            )
        if status == 403 and "json" not in headers.get("content-type", ""):
            return CrmUnavailable(
                "Pipedrive's firewall turns us away.", kind="banned", retry_after_s=_BAN_S
            )
        if status == 402:
            return CrmUnavailable(text, kind="forbidden")
        if status in {400, 404, 409, 422} and text:
            kinds = [kind for word, kind in _WORDS.items() if word in text.lower()]
            kind = kinds[0] if kinds else "invalid_value"
            return CrmRefused(text, kind="not_found" if status == 404 else kind)
        return None

    def used_share(self, response: httpx.Response) -> float | None:
        """Return the used share of the day's tokens, which not every answer tells."""
        try:
            limit = int(response.headers["x-daily-ratelimit-token-limit"])
            left = int(response.headers["x-daily-ratelimit-token-remaining"])
        except (KeyError, ValueError):
            return None
        return 1 - left / limit if limit > 0 else None


def custom_field(described: Mapping[str, Any]) -> Field | None:
    """Return a field of the account's own; None for one that has no plain value."""
    kind, code = str(described["field_type"]), str(described["field_code"])
    if kind == "enum":
        options = {int(one["id"]): str(one["label"]) for one in described.get("options") or ()}
        # Pipedrive has no yes or no of its own; a choice between the two words is one.
        is_yes_no = {label.casefold() for label in options.values()} == {"yes", "no"}
        return Field("boolean" if is_yes_no else "text", code, "choice", options)
    if kind not in _CUSTOM:
        return None
    return Field(_CUSTOM[kind], code, "custom", longest=_SHORT if kind == "varchar" else None)


def put(body: dict[str, Any], one: Field, value: Any, row: Mapping[str, Any]) -> None:
    """Add a value to what is written; `row` is what is stored, empty for a new record."""
    match one.shape:
        case "custom":
            body.setdefault("custom_fields", {})[one.code] = value
        case "choice":
            body.setdefault("custom_fields", {})[one.code] = _option(one, value)
        case "address":
            body["address"] = None if value is None else {"value": value}
        case "channel":
            others = [each for each in row.get(one.code) or () if not each.get("primary")]
            own = [{"value": value, "primary": True, "label": "work"}] if value else []
            body[one.code] = own + others
        case "due":
            moment = None if value is None else datetime.fromisoformat(value).astimezone(UTC)
            body["due_date"] = f"{moment:%Y-%m-%d}" if moment else None
            body["due_time"] = f"{moment:%H:%M:%S}" if moment else None
        case "persons":
            body["participants"] = [{"person_id": int(value), "primary": True}]
        case "organizations":
            body[one.code] = int(value)
        case _:
            body[one.code] = value


def note_with(external_id: str, text: str | None) -> str:
    """Return an activity's note: HTML that ends with the external id."""
    plain = html.escape(text or "", quote=False).replace("\n", "<br>")
    return f"{plain}<br><br>[{external_id}]" if plain else f"[{external_id}]"


def plain_note(row: Mapping[str, Any]) -> str:
    """Return an activity's note as text, without the external id."""
    plain = _MARK.sub("", row.get("note") or "")
    return html.unescape(re.sub(r"<br ?/?>", "\n", plain))


def external_id_of(row: Mapping[str, Any], id_code: str | None) -> str | None:
    """Return a row's external id: a field of its own, or the end of an activity's note."""
    if id_code is not None:
        return (row.get("custom_fields") or {}).get(id_code) or None
    match = _MARK.search(row.get("note") or "")
    return match[1] if match else None


def record_of(
    crm_object: str, row: Mapping[str, Any], fields: Mapping[str, Field], id_code: str | None
) -> CrmRecord:
    """Return a row as a record."""
    values = {
        name: canonical(_taken(one, row)) for name, one in fields.items() if one.code != id_code
    }
    return CrmRecord(
        object=crm_object,
        id=str(row["id"]),
        external_id=external_id_of(row, id_code),
        version=row["update_time"],
        modified_at=datetime.fromisoformat(row["update_time"]).astimezone(UTC),
        fields={name: value for name, value in values.items() if value is not None},
        deleted=bool(row.get("is_deleted")),
    )


def _taken(one: Field, row: Mapping[str, Any]) -> Value:
    custom = row.get("custom_fields") or {}
    match one.shape:
        case "custom":
            value: Value = custom.get(one.code)
            return value
        case "choice":
            label = one.options.get(custom.get(one.code) or -1)
            return label and (label.casefold() == "yes" if one.kind == "boolean" else label)
        case "address":
            return (row.get("address") or {}).get("value")
        case "channel":
            channels = row.get(one.code) or ()
            return next((each["value"] for each in channels if each.get("primary")), None)
        case "due":
            time = str(row.get("due_time") or "00:00")
            moment = f"{row.get('due_date')}T{time if len(time) == 8 else f'{time[:5]}:00'}Z"
            return moment if row.get("due_date") else None
        case "note":
            return plain_note(row)
        case "persons":
            first = next(iter(row.get("participants") or ()), None)
            return str(first["person_id"]) if first else None
        case "organizations":
            return str(row[one.code]) if row.get(one.code) else None
    plain_value: Value = row.get(one.code)
    return plain_value


def _option(one: Field, value: Any) -> int | None:
    if value is None:
        return None
    for option_id, label in one.options.items():
        meant = label.casefold() == "yes" if one.kind == "boolean" else label
        if meant == value and isinstance(value, type(meant)):
            return option_id
    raise CrmRefused(
        f"{value!r} is no option; there are {', '.join(one.options.values())}.",
        kind="invalid_value",
    )


def _text(response: httpx.Response) -> str:
    try:
        body = response.json()
        return " ".join(str(body[name]) for name in ("error", "error_info") if body.get(name))
    except (ValueError, TypeError, AttributeError):
        return ""
