"""Salesforce's words: SOQL, types of fields, rows, and which error an answer is."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from recruit.crm.http import Wait
from recruit.crm.port import (
    CrmConflict,
    CrmError,
    CrmRecord,
    CrmRefused,
    CrmUnavailable,
    FieldShape,
)
from recruit.crm.values import Value, canonical

# A day's limit frees itself little by little.
_LIMIT_PAUSE_S = 900.0
# A whole address may have 16,384 bytes; the fields to select need their share.
_LONGEST_LIST = 6_000
_NUMBERS = frozenset({"double", "int", "long", "currency", "percent"})
_TEXTS = frozenset({"string", "textarea", "url", "phone", "email"})
_LEFT_OUT = frozenset({"address", "location", "base64", "anyType", "complexvalue", "json"})
_SYSTEM = frozenset({"Id", "IsDeleted", "SystemModstamp", "LastModifiedDate", "CreatedDate"})
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}
_KINDS = {
    "INVALID_FIELD": "unknown_field",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "unknown_field",
    "REQUIRED_FIELD_MISSING": "required",
    "STRING_TOO_LONG": "too_long",
    "JSON_PARSER_ERROR": "invalid_value",
    "INVALID_TYPE_ON_FIELD_IN_RECORD": "invalid_value",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "invalid_value",
    "NUMBER_OUTSIDE_VALID_RANGE": "invalid_value",
    "INVALID_EMAIL_ADDRESS": "invalid_value",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "validation",
    "DUPLICATE_VALUE": "duplicate_external_id",
    "DUPLICATE_EXTERNAL_ID": "ambiguous",
    "DUPLICATES_DETECTED": "duplicate_rule",
    "ENTITY_IS_DELETED": "deleted",
    "INVALID_CROSS_REFERENCE_KEY": "unknown_reference",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "unknown_reference",
    "MALFORMED_ID": "unknown_reference",
    "FIELD_INTEGRITY_EXCEPTION": "unknown_reference",
    "NOT_FOUND": "not_found",
}
_OUT_OF_ORDER = frozenset({"API_CURRENTLY_DISABLED", "API_DISABLED_FOR_ORG"})


class SalesforceDialect:
    """What Salesforce says in its own way."""

    def judge(self, response: httpx.Response) -> CrmError | Wait | None:
        """Return what an answer means."""
        if response.status_code == 300:
            return CrmRefused("Several records have this external id.", kind="ambiguous")
        error = _first_error(response)
        code, text = error.get("errorCode", ""), _text(error)
        if code == "REQUEST_LIMIT_EXCEEDED":
            # Too many at a time passes by itself; the day's limit doesn't, and names no moment.
            if "Concurrent" in text:
                return Wait(text, "rate_limit")
            return CrmUnavailable(text, kind="quota", retry_after_s=_LIMIT_PAUSE_S)
        if code in _OUT_OF_ORDER:
            return CrmUnavailable(text, kind="forbidden")
        if code and response.status_code in {400, 403, 404, 409}:
            return refusal(code, text)
        return None

    def used_share(self, response: httpx.Response) -> float | None:
        """Return the used share of the day's requests."""
        match = re.search(r"\bapi-usage=(\d+)/(\d+)", response.headers.get("sforce-limit-info", ""))
        return int(match[1]) / int(match[2]) if match and int(match[2]) else None


def refusal(code: str, text: str) -> CrmError:
    """Return the error for one of Salesforce's codes."""
    if code == "UNABLE_TO_LOCK_ROW":
        return CrmConflict(text, kind="conflict")
    return CrmRefused(text, kind=_KINDS.get(code, code.lower() or "refused"))


def refusal_of(result: Mapping[str, Any]) -> CrmError:
    """Return the error of one record of a batch."""
    error: Mapping[str, Any] = next(iter(result.get("errors") or ()), {})
    return refusal(str(error.get("statusCode", "")), _text(error))


def field_of(described: Mapping[str, Any]) -> FieldShape | None:
    """Return a field of Salesforce's description; None for one that has no plain value."""
    kind = described["type"]
    if kind in _LEFT_OUT:
        return None
    plain = {"boolean": "boolean", "date": "date", "datetime": "datetime"}
    is_closed = described.get("restrictedPicklist") or kind == "multipicklist"
    chosen = described.get("picklistValues") or () if is_closed else ()
    return FieldShape(
        "number" if kind in _NUMBERS else plain.get(kind, "text"),
        longest=described.get("length") or None if kind in _TEXTS else None,
        choices=frozenset(one["value"] for one in chosen if one.get("active")) or None,
        writable=bool(described.get("createable")),
        required=bool(
            described.get("createable")
            and not described.get("nillable")
            and not described.get("defaultedOnCreate")
            and kind != "boolean"
        ),
    )


def literal(text: str) -> str:
    """Return a text as a literal of SOQL."""
    return "'" + "".join(_ESCAPES.get(letter, letter) for letter in text) + "'"


def moment_literal(moment: datetime) -> str:
    """Return a moment as a literal of SOQL; Salesforce compares whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def lists_of(texts: Iterable[str]) -> Iterator[str]:
    """Return the texts as lists of literals, each short enough for an address."""
    part: list[str] = []
    length = 0
    for text in texts:
        one = literal(text)
        length += len(quote(one)) + 3
        if part and length > _LONGEST_LIST:
            yield ",".join(part)
            part, length = [], len(quote(one)) + 3
        part.append(one)
    if part:
        yield ",".join(part)


def record_of(
    crm_object: str, row: Mapping[str, Any], fields: Mapping[str, FieldShape], id_field: str
) -> CrmRecord:
    """Return a row of a query as a record."""
    values = {
        name: _from_wire(fields[name].kind, value)
        for name, value in row.items()
        if name in fields and name != id_field and name not in _SYSTEM
    }
    return CrmRecord(
        object=crm_object,
        id=row["Id"],
        external_id=row.get(id_field),
        version=row["SystemModstamp"],
        modified_at=parse_time(row["SystemModstamp"]),
        fields={name: value for name, value in values.items() if value is not None},
        deleted=bool(row.get("IsDeleted")),
    )


def parse_time(text: str) -> datetime:
    """Read Salesforce's time, such as 2026-03-03T09:30:00.000+0000."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _from_wire(kind: str, value: Any) -> Value:
    if kind == "datetime" and isinstance(value, str):
        return canonical(parse_time(value))
    return canonical(value)


def _first_error(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    first = body[0] if isinstance(body, list) and body else body
    return first if isinstance(first, dict) else {}


def _text(error: Mapping[str, Any]) -> str:
    fields: Sequence[str] = error.get("fields") or ()
    text = str(error.get("message") or error.get("errorCode") or error.get("statusCode") or "")
    missing = [name for name in fields if name not in text]
    return f"{text} ({', '.join(missing)})" if missing else text
