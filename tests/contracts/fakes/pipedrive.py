"""Pipedrive as it answers: lists with cursors, a search that lags, custom fields, tokens of a day."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from recruit.clock import VirtualClock
from tests.contracts.fakes.rows import Row, Table
from tests.contracts.fakes.server import FakeServer, Malformed, Reply, Request

TOKEN = "secret0of0the0pipedrive0fake0000000000"
DAY = 1_000_000
_SHORT = 255
_LIST = {
    "filter_id",
    "ids",
    "owner_id",
    "org_id",
    "person_id",
    "updated_since",
    "updated_until",
    "sort_by",
    "sort_direction",
    "include_fields",
    "custom_fields",
    "limit",
    "cursor",
}
_SEARCH = {"term", "fields", "exact_match", "limit", "cursor"}
_BODY: dict[str, dict[str, type | tuple[type, ...]]] = {
    "organizations": {
        "name": str,
        "owner_id": int,
        "address": (dict, type(None)),
        "custom_fields": dict,
    },
    "persons": {
        "name": str,
        "owner_id": int,
        "org_id": (int, type(None)),
        "emails": list,
        "phones": list,
        "custom_fields": dict,
    },
    "activities": {
        "subject": str,
        "type": str,
        "note": (str, type(None)),
        "due_date": (str, type(None)),
        "due_time": (str, type(None)),
        "done": bool,
        "owner_id": int,
        "org_id": (int, type(None)),
        "participants": list,
    },
}
_TARGETS = {"org_id": "organizations"}


@dataclass(frozen=True)
class Field:
    """A custom field: its type, and the labels of a choice."""

    name: str
    type: str = "varchar"
    options: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Return the key, which nobody can guess."""
        return f"{abs(hash_of(self.name)):040x}"[-40:]

    @property
    def labels(self) -> dict[int, str]:
        return {27 + n: label for n, label in enumerate(self.options)}


class FakePipedrive(FakeServer):
    """A Pipedrive account. What was written can be searched for after `search_lag`."""

    def __init__(
        self, clock: VirtualClock, fields: Mapping[str, Iterable[Field]], *, seed: int = 1
    ) -> None:
        self.custom = {
            name: {field.code: field for field in fields.get(name, ())} for name in _BODY
        }
        self.tables = {name: Table(clock) for name in _BODY}
        self.search_lag = timedelta(seconds=30)
        self.charged = 0
        self._next = 100
        self._cursors: dict[str, tuple[str, str]] = {}
        super().__init__(clock, seed=seed)

    # What the account's own users do; fields by their names.

    def create(self, name: str, fields: Mapping[str, Any]) -> Row:
        return self._insert(name, self._stored(name, fields))

    def edit(self, name: str, ids: Iterable[str], fields: Mapping[str, Any]) -> None:
        table = self.tables[name]
        moment = table.moment()
        for crm_id in ids:
            table.update(table.rows[crm_id], self._stored(name, fields), moment)

    def delete(self, name: str, crm_id: str) -> None:
        self.tables[name].delete(self.tables[name].rows[crm_id])

    def restore(self, name: str, crm_id: str) -> None:
        self.tables[name].restore(self.tables[name].rows[crm_id])

    def fill(self, name: str, count: int) -> None:
        """Add many records of one moment, as an import does."""
        table = self.tables[name]
        tick, table.tick = table.tick, timedelta(0)
        for n in range(count):
            self._insert(name, {"name": f"Imported {n}"})
        table.tick = tick

    def make_late(self, name: str, lag: timedelta) -> None:
        """Show what is written from now on only after a while, in lists too."""
        self.tables[name].lag = lag

    def list_ids(self, name: str) -> list[str]:
        return [row.id for row in self.tables[name].rows.values() if row.deleted_at is None]

    def expire_cursors(self) -> None:
        """Forget all cursors."""
        self._cursors.clear()

    # What the API answers.

    def handle(self, request: Request) -> Reply:
        if request.headers.get("x-api-token") != TOKEN:
            return _error(401, "unauthorized access")
        if request.parts[:2] != ("api", "v2"):
            return _error(404, "unknown method")
        try:
            reply, cost = self._route(request, request.parts[2:])
        except Refused as error:
            return _error(400, str(error))
        except ValueError as error:
            raise Malformed(str(error), _error(400, f"Validation failed: {error}")) from error
        self.charged += cost
        tokens = {
            "x-daily-ratelimit-token-limit": str(DAY),
            "x-daily-ratelimit-token-remaining": str(DAY - self.charged),
        }
        return Reply(reply.status, reply.body, tokens)

    def _route(self, request: Request, rest: tuple[str, ...]) -> tuple[Reply, int]:
        match request.method, rest:
            case "GET", ("organizationFields" | "personFields" as listed,):
                _only(request.query, {"limit", "cursor"})
                return self._fields(f"{listed.removesuffix('Fields')}s"), 10
            case "GET", (name,) if name in self.tables:
                return self._list(name, request.query), 10
            case "GET", (name, "search") if name in {"organizations", "persons"}:
                return self._search(name, request.query), 20
            case "GET", (name, crm_id) if name in self.tables:
                row = self.tables[name].rows.get(crm_id)
                if row is None:
                    return _error(404, "not found"), 1
                return Reply(200, {"success": True, "data": self._row(name, row)}), 1
            case "POST", (name,) if name in self.tables:
                values = self._checked(name, request.body)
                if not values.get("name") and name != "activities":
                    raise Refused("name is required")
                row = self._insert(name, values)
                return Reply(201, {"success": True, "data": self._row(name, row)}), 5
            case "PATCH", (name, crm_id) if name in self.tables:
                row = self.tables[name].live(crm_id)
                if row is None:
                    return _error(404, "not found"), 5
                values = self._checked(name, request.body)
                if "name" in values and not values["name"]:
                    raise Refused("name is required")
                self.tables[name].update(row, values)
                return Reply(200, {"success": True, "data": self._row(name, row)}), 5
        return _error(404, "unknown method"), 0

    def _fields(self, name: str) -> Reply:
        own = [
            {
                "field_code": field.code,
                "field_name": field.name,
                "field_type": field.type,
                "is_custom_field": True,
                "options": [{"id": n, "label": label} for n, label in field.labels.items()],
            }
            for field in self.custom[name].values()
        ]
        system = [
            {"field_code": "name", "field_name": "Name", "field_type": "varchar"},
            {"field_code": "owner_id", "field_name": "Owner", "field_type": "user"},
        ]
        body = {
            "success": True,
            "data": [{**one, "is_custom_field": False} for one in system] + own,
        }
        return Reply(200, {**body, "additional_data": {"next_cursor": None}})

    def _list(self, name: str, query: Mapping[str, str]) -> Reply:
        _only(query, _LIST)
        limit = int(query.get("limit", 100))
        if not 1 <= limit <= 500:
            raise ValueError("limit: between 1 and 500")
        if query.get("sort_by", "id") not in {"id", "update_time", "add_time"}:
            raise ValueError("sort_by: id, update_time or add_time")
        if query.get("sort_direction", "asc") not in {"asc", "desc"}:
            raise ValueError("sort_direction: asc or desc")
        rows = [row for row in self.tables[name].shown() if row.deleted_at is None]
        if "updated_since" in query:
            since = datetime.fromisoformat(_moment(query["updated_since"]))
            rows = [row for row in rows if row.modified_at.replace(microsecond=0) >= since]
        if "org_id" in query:
            rows = [row for row in rows if row.fields.get("org_id") == int(query["org_id"])]

        def place(row: Row) -> tuple[str, str]:
            by_time = query.get("sort_by") == "update_time"
            return (_iso(row.modified_at) if by_time else "", f"{int(row.id):020d}")

        rows.sort(key=place, reverse=query.get("sort_direction") == "desc")
        if "cursor" in query:
            if query["cursor"] not in self._cursors:
                raise Refused("cursor: is no good any more")
            after = self._cursors[query["cursor"]]
            rows = [row for row in rows if place(row) > after]
        cursor = None
        if len(rows) > limit:
            cursor = f"eyJ{len(self._cursors)}{self._next}"
            self._cursors[cursor] = place(rows[limit - 1])
        data = [self._row(name, row) for row in rows[:limit]]
        return Reply(
            200, {"success": True, "data": data, "additional_data": {"next_cursor": cursor}}
        )

    def _search(self, name: str, query: Mapping[str, str]) -> Reply:
        _only(query, _SEARCH)
        exact = query.get("exact_match") == "true"
        term = query.get("term", "")
        if len(term) < (1 if exact else 2):
            raise ValueError("term: is too short")
        if query.get("fields") not in {"name", "custom_fields", "email", "phone", "address"}:
            raise ValueError("fields: is unknown")
        seen_until = self.clock.now() - self.search_lag
        found = [
            row
            for row in self.tables[name].shown()
            if row.deleted_at is None
            and row.modified_at <= seen_until
            and any(
                term.casefold() == text.casefold() if exact else term.casefold() in text.casefold()
                for text in self._texts(row, query["fields"])
            )
        ]
        items = [
            {"result_score": 1.0, "item": {"id": int(row.id), "type": name[:-1]}} for row in found
        ]
        body = {"items": items}
        return Reply(200, {"success": True, "data": body, "additional_data": {"next_cursor": None}})

    def _texts(self, row: Row, where: str) -> Iterable[str]:
        if where == "custom_fields":
            return [v for v in row.fields.get("custom_fields", {}).values() if isinstance(v, str)]
        if where in {"email", "phone"}:
            return [one["value"] for one in row.fields.get(f"{where}s", ())]
        return [str(row.fields.get(where, ""))]

    # How records are kept.

    def _insert(self, name: str, values: Mapping[str, Any]) -> Row:
        self._next += 1
        return self.tables[name].insert(str(self._next), {"owner_id": 1, **values})

    def _checked(self, name: str, body: Any) -> dict[str, Any]:
        if not isinstance(body, dict) or not body:
            raise ValueError("the body is no object, or an empty one")
        for key, value in body.items():
            if key not in _BODY[name]:
                raise ValueError(f"{key} is not allowed")
            wanted = _BODY[name][key]
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is int):
                raise ValueError(f"{key} is of the wrong type")
            if isinstance(value, str) and key != "note" and len(value) > _SHORT:
                raise Refused(f"{key} exceeds the length of {_SHORT}")
            if key in _TARGETS and value and self.tables[_TARGETS[key]].live(str(value)) is None:
                raise Refused(f"{key}: {value} is not there")
        values = dict(body)
        for channel in ("emails", "phones"):
            for one in values.get(channel, ()):
                if set(one) != {"value", "primary", "label"} or not isinstance(one["value"], str):
                    raise ValueError(f"{channel}: value, primary and label")
        for one in values.get("participants", ()):
            if set(one) - {"person_id", "primary"} or not isinstance(one.get("person_id"), int):
                raise ValueError("participants: person_id and primary")
        custom = values.get("custom_fields")
        if custom is not None:
            for code, value in custom.items():
                self._check_custom(name, code, value)
        return values

    def _check_custom(self, name: str, code: str, value: Any) -> None:
        field = self.custom[name].get(code)
        if field is None:
            raise ValueError(f"custom_fields.{code} is not allowed")
        fits = {
            "double": lambda: isinstance(value, int | float) and not isinstance(value, bool),
            "enum": lambda: value in field.labels,
            "date": lambda: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value),
        }.get(field.type, lambda: isinstance(value, str))
        if value is not None and not fits():
            raise Refused(f"custom_fields.{code}: {value!r} is no {field.type}")
        if field.type == "varchar" and isinstance(value, str) and len(value) > _SHORT:
            raise Refused(f"custom_fields.{code} exceeds the length of {_SHORT}")

    def _stored(self, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return fields by name as the API would store them."""
        by_name = {field.name: field for field in self.custom[name].values()}
        stored: dict[str, Any] = {}
        for key, value in fields.items():
            if key in by_name:
                stored.setdefault("custom_fields", {})[by_name[key].code] = value
            elif key in {"email", "phone"}:
                stored[f"{key}s"] = [{"value": value, "primary": True, "label": "work"}]
            else:
                stored[key] = int(value) if key == "owner_id" else value
        return stored

    def _row(self, name: str, row: Row) -> dict[str, Any]:
        custom = dict.fromkeys(self.custom[name]) | row.fields.get("custom_fields", {})
        own = {} if name == "activities" else {"custom_fields": custom}
        return {
            **dict.fromkeys(_BODY[name]),
            **row.fields,
            **own,
            "id": int(row.id),
            "add_time": _iso(row.created_at),
            "update_time": _iso(row.modified_at),
            "is_deleted": row.deleted_at is not None,
        }


class Refused(Exception):
    """A value that doesn't fit the account."""


def hash_of(text: str) -> int:
    """Return a number that stays the same from run to run."""
    number = 5381
    for letter in text:
        number = (number * 33 + ord(letter)) % (1 << 150)
    return number * 0x9E3779B97F4A7C15


def _only(query: Mapping[str, str], known: set[str]) -> None:
    unknown = set(query) - known
    if unknown:
        raise ValueError(f"{min(unknown)} is not allowed")


def _moment(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        raise ValueError(f"{text} is no RFC 3339 time")
    return text


def _error(status: int, text: str) -> Reply:
    return Reply(status, {"success": False, "error": text, "error_info": ""})


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
