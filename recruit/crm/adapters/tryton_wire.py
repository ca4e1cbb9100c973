"""Tryton's words: how values travel, what an answer means, and how its server lets us in."""

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from recruit.config import Secret
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

_KINDS = {
    "char": "text",
    "text": "text",
    "selection": "text",
    "many2one": "text",
    "integer": "number",
    "float": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
    "datetime": "datetime",
}
# How Tryton's sentences begin or what they hold, in English; a service user should speak it.
_REFUSALS = (
    ("required", "required"),
    ("too long", "too_long"),
    ("longer than", "too_long"),
    ("is not in the selection", "invalid_value"),
    ("not valid", "invalid_value"),
    ("must be unique", "duplicate_external_id"),
    ("does not exist", "unknown_reference"),
    ("not allowed", "forbidden"),
)
_ID_FIELD = "recruit_id"


@dataclass(frozen=True)
class Field:
    """A field of a model: its type there, what it is here, and the model that it refers to."""

    type: str
    shape: FieldShape
    relation: str = ""


class TrytonDialect:
    """What Tryton says in its own way; most refusals come with 200, see `error_of`."""

    def judge(self, response: httpx.Response) -> CrmError | Wait | None:
        """Leave every status to the general rules."""
        if response.status_code == 403:
            return CrmUnavailable("Tryton refuses our user.", kind="auth")
        return None

    def used_share(self, response: httpx.Response) -> float | None:  # noqa: ARG002
        """Return None: there is no quota."""
        return None


class Session:
    """A session of Tryton's, opened with a user's name and password, and again when it has run out."""

    def __init__(self, login_url: str, user: str, password: Secret) -> None:
        """Remember whom to ask; nothing is asked before the first question."""
        if not user or not password:
            raise ValueError("Tryton's user or password is missing.")
        self._login_url = login_url
        self._user = user
        self._password = password
        self._token: Secret | None = None
        self._lock = threading.Lock()

    def headers(self, client: httpx.Client) -> Mapping[str, str]:
        """Return the header with the session."""
        with self._lock:
            if self._token is None:
                self._token = self._open(client)
            return {"Authorization": f"Session {self._token}"}

    def renew(self) -> bool:
        """Forget the session."""
        with self._lock:
            self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        """Return the password and the session."""
        return (str(self._password), *([str(self._token)] if self._token else []))

    def _open(self, client: httpx.Client) -> Secret:
        body = {
            "id": 0,
            "method": "common.db.login",
            "params": [self._user, {"password": str(self._password)}],
        }
        try:
            response = client.post(self._login_url, json=body)
        except httpx.RequestError as error:
            text = f"Tryton could not be asked for a session: {type(error).__name__}."
            raise CrmUnavailable(text, kind="no_connection") from None
        try:
            user_id, key = response.json()["result"][:2]
        except (ValueError, KeyError, TypeError):
            # The answer may quote what was sent, so only its status is told.
            text = f"Tryton gave no session ({response.status_code}). Check the user and password."
            raise CrmUnavailable(text, kind="auth") from None
        token = f"{self._user}:{user_id}:{key}".encode()
        return Secret(base64.b64encode(token).decode())


def field_of(described: Mapping[str, Any]) -> Field | None:
    """Return a field of Tryton's description; None for one that has no plain value."""
    kind = _KINDS.get(str(described["type"]))
    if kind is None:
        return None
    choices = described.get("selection")
    return Field(
        type=str(described["type"]),
        shape=FieldShape(
            kind,
            longest=described.get("size") if isinstance(described.get("size"), int) else None,
            choices=frozenset(str(key) for key, _ in choices if key)
            if isinstance(choices, list)
            else None,
            writable=not described.get("readonly"),
            # Some that are required Tryton fills itself (a code), and doesn't say which.
            required=False,
        ),
        relation=str(described.get("relation") or ""),
    )


def error_of(error: Any) -> CrmError:
    """Return what an answer's `error` means."""
    name, text = (str(error[0]), str(error[1])) if len(error) > 1 else (str(error), "")
    if name == "ConcurrencyException":
        return CrmConflict(text, kind="conflict")
    if name in {"UserError", "UserWarning"}:
        parts = error[1] if isinstance(error[1], list) else [error[1]]
        text = " ".join(str(part) for part in parts if isinstance(part, str) and part)
        known = (kind for words, kind in _REFUSALS if words in text.casefold())
        return CrmRefused(text, kind=next(known, "refused"))
    # A fault of the server's own: its transaction was rolled back, and the trace is not for people.
    return CrmRefused(f"Tryton could not do this: {name}", kind="server_fault")


def to_wire(field: Field, name: str, value: Value) -> Any:
    """Return a value as Tryton takes it; raises `CrmRefused` for one that can't be such a value."""
    if value is None:
        return False if field.type == "boolean" else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        match field.type:
            case "integer" if is_number:
                return int(value)
            case "float" if is_number:
                return float(value)
            case "boolean" if isinstance(value, bool):
                return value
            case "date" if isinstance(value, str):
                day = date.fromisoformat(value)
                return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}
            case "timestamp" | "datetime" if isinstance(value, str):
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is not None:
                    return moment_to_wire(moment)
            case "many2one" if isinstance(value, str):
                return int(value)
            case "char" | "text" | "selection" if isinstance(value, str):
                return value.strip() or None
    except ValueError:
        pass
    kind = "unknown_reference" if field.type == "many2one" else "invalid_value"
    raise CrmRefused(f"{name} takes a {field.shape.kind}, not {value!r}.", kind=kind)


def moment_to_wire(moment: datetime) -> dict[str, Any]:
    """Return a moment as Tryton takes it: in UTC, without saying so."""
    at = moment.astimezone(UTC)
    return {
        "__class__": "datetime",
        "year": at.year,
        "month": at.month,
        "day": at.day,
        "hour": at.hour,
        "minute": at.minute,
        "second": at.second,
        "microsecond": at.microsecond,
    }


def moment_of(wire: Mapping[str, Any]) -> datetime:
    """Return the moment that Tryton tells."""
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    year, month, day, hour, minute, second, microsecond = (int(wire[name]) for name in names)
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


def from_wire(field: Field, value: Any) -> Value:
    """Return a stored value in its canonical form."""
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        if value.get("__class__") == "date":
            return date(value["year"], value["month"], value["day"]).isoformat()
        if value.get("__class__") == "datetime":
            return canonical(moment_of(value))
        return None
    if field.type == "many2one":
        return str(value)
    if field.type == "boolean":
        # SQLite has none, and Tryton hands on what it got.
        return bool(value)
    return canonical(value)


def record_of(crm_object: str, row: Mapping[str, Any], fields: Mapping[str, Field]) -> CrmRecord:
    """Return a row as a record; one that was deactivated counts as deleted."""
    values = {
        name: from_wire(field, row.get(name)) for name, field in fields.items() if name in row
    }
    return CrmRecord(
        object=crm_object,
        id=str(row["id"]),
        external_id=row.get(_ID_FIELD) or None,
        version=str(row["_timestamp"]),
        modified_at=moment_of(row["write_date"] or row["create_date"]),
        fields={name: value for name, value in values.items() if value is not None},
        deleted=not row.get("active", True),
    )
