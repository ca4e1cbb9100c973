"""HubSpot's words: how values are written, what an answer means, and which error it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from recruit.clock import Clock
from recruit.crm.http import Wait, retry_after
from recruit.crm.port import CrmError, CrmRecord, CrmRefused, CrmUnavailable, FieldShape
from recruit.crm.values import Value, canonical

# Another write holds the record; HubSpot asks for two seconds.
_LOCKED_S = 2.0
# Characters that a text property holds.
LONGEST = 65_536
_KINDS = {
    "PROPERTY_DOESNT_EXIST": "unknown_field",
    "does not exist": "unknown_field",
    "INVALID_": "invalid_value",
    "VALUE_TOO_LONG": "too_long",
    "already has that value": "duplicate_external_id",
    "VALIDATION_ERROR": "invalid_value",
    "OBJECT_NOT_FOUND": "not_found",
    "MISSING_SCOPES": "forbidden",
    "CONFLICT": "duplicate_external_id",
}
_SYSTEM = frozenset(
    {"hs_object_id", "hs_lastmodifieddate", "lastmodifieddate", "createdate", "hs_createdate"}
)


@dataclass(frozen=True)
class Property:
    """A property of a HubSpot object, as far as it matters here."""

    kind: str
    unique: bool
    shape: FieldShape


class HubSpotDialect:
    """What HubSpot says in its own way."""

    def __init__(self, clock: Clock) -> None:
        """Keep the clock, for moments in Retry-After."""
        self._clock = clock

    def judge(self, response: httpx.Response) -> CrmError | Wait | None:
        """Return what an answer means."""
        status = response.status_code
        if status == 423:
            return Wait("The record is locked by another write.", "locked", _LOCKED_S)
        body = _body(response)
        after = retry_after(response, self._clock.now())
        if status == 429 and body.get("policyName") == "DAILY":
            return CrmUnavailable(_text(body, status), kind="quota", retry_after_s=after or 3600.0)
        if status == 477:
            return Wait("The account is being moved to another data centre.", "maintenance", after)
        if status in {400, 403, 404, 409} and body:
            return refusal(body, status)
        return None

    def used_share(self, response: httpx.Response) -> float | None:
        """Return the used share of the day's requests."""
        try:
            limit = int(response.headers["x-hubspot-ratelimit-daily"])
            left = int(response.headers["x-hubspot-ratelimit-daily-remaining"])
        except (KeyError, ValueError):
            return None
        return 1 - left / limit if limit > 0 else None


def refusal(error: Mapping[str, Any], status: int = 400) -> CrmRefused:
    """Return what HubSpot refuses, of a whole answer or of one input of a batch."""
    text = _text(error, status)
    category = str(error.get("category", ""))
    kinds = [kind for word, kind in _KINDS.items() if word in text or word == category]
    return CrmRefused(text, kind=kinds[0] if kinds else "refused")


def property_of(described: Mapping[str, Any]) -> Property:
    """Return a property of HubSpot's list."""
    options = {option.get("value") for option in described.get("options") or ()}
    kind = {"number": "number", "datetime": "datetime", "date": "date", "bool": "boolean"}.get(
        str(described["type"]), "boolean" if options == {"true", "false"} else "text"
    )
    rights = described.get("modificationMetadata") or {}
    shape = FieldShape(
        kind,
        longest=LONGEST if kind == "text" and not options else None,
        choices=frozenset(map(str, options)) if options and kind == "text" else None,
        writable=not (rights.get("readOnlyValue") or described.get("calculated")),
    )
    return Property(kind, unique=bool(described.get("hasUniqueValue")), shape=shape)


def to_wire(value: Value) -> str:
    """Return a value as HubSpot takes it: always text, a blank as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def from_wire(kind: str, text: str) -> Value:
    """Return a stored value in its canonical form; text that is no such value stays text."""
    try:
        match kind:
            case "number":
                return canonical(float(text))
            case "boolean":
                return {"true": True, "false": False}[text]
            case "datetime":
                return canonical(parse_time(text))
            case "date":
                return parse_time(text).date().isoformat() if text.isdigit() else text[:10]
    except (ValueError, KeyError):
        pass
    return canonical(text)


def parse_time(text: str) -> datetime:
    """Read HubSpot's time: ISO 8601, or milliseconds since 1970."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return datetime.fromisoformat(text).astimezone(UTC)


def milliseconds(moment: datetime) -> str:
    """Return a moment as HubSpot's searches take it."""
    return str(round(moment.timestamp() * 1000))


def record_of(
    crm_object: str, row: Mapping[str, Any], properties: Mapping[str, Property], id_field: str
) -> CrmRecord:
    """Return a row of HubSpot's as a record."""
    stored = row["properties"]
    fields = {
        name: from_wire(properties[name].kind, text)
        for name, text in stored.items()
        if text and name in properties and name != id_field and name not in _SYSTEM
    }
    return CrmRecord(
        object=crm_object,
        id=row["id"],
        external_id=stored.get(id_field) or None,
        version=row["updatedAt"],
        modified_at=parse_time(row["archivedAt"] if row.get("archived") else row["updatedAt"]),
        fields={name: value for name, value in fields.items() if value is not None},
        deleted=bool(row.get("archived")),
    )


def _body(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(error: Mapping[str, Any], status: int) -> str:
    parts = [str(error.get("message") or error.get("category") or f"status {status}")]
    for detail in error.get("errors") or ():
        message = detail.get("message") if isinstance(detail, dict) else None
        if message and message not in parts[0]:
            parts.append(str(message))
    return " ".join(parts)
