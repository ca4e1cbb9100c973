"""Dataverse as it answers: tables, alternate keys, ETags, UpsertMultiple, change tracking."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from recruit.clock import VirtualClock
from tests.contracts.fakes.odata import folded, read_filter, split_address, split_segment
from tests.contracts.fakes.rows import Row, Table
from tests.contracts.fakes.server import FakeServer, Malformed, Reply, Request

TENANT, CLIENT_ID, CLIENT_SECRET = "fake.example", "recruit-app", "secret-of-the-dataverse-fake"
OWNER = "6f2c1c1e-ffff-4000-8000-000000000000"
_BURST = 6_000
_GUIDS = uuid.UUID("6f2c1c1e-0000-4000-8000-000000000000").int
_QUERY = {
    "$select",
    "$filter",
    "$orderby",
    "$top",
    "$expand",
    "$count",
    "$deltatoken",
    "$skiptoken",
}
_FILTER_TYPES = {"String": "text", "Memo": "text", "Boolean": "boolean", "Decimal": "number"}


@dataclass(frozen=True)
class Column:
    """A column: its type and length; a lookup has a navigation property and a target table."""

    type: str = "String"
    length: int = 255
    date_only: bool = False
    navigation: str = ""
    target: str = ""
    default: Any = None


@dataclass
class Entity:
    """A table and its rows."""

    entity_set: str
    id_column: str
    columns: dict[str, Column]
    table: Table
    key: str = "recruit_id"
    tracked: bool = True


@dataclass
class Refused(Exception):
    """A request that doesn't fit the environment."""

    status: int
    code: str
    text: str = field(default="")


class FakeDataverse(FakeServer):
    """A Dataverse environment, and the directory that gives tokens."""

    def __init__(
        self, clock: VirtualClock, entities: Mapping[str, Mapping[str, Column]], *, seed: int = 1
    ) -> None:
        self.entities = {
            name: Entity(_plural(name), f"{name}id", dict(columns), Table(clock))
            for name, columns in entities.items()
        }
        self.burst_left = _BURST
        self._tokens: set[str] = set()
        self._seen: dict[str, dict[str, int]] = {}
        self._pages: dict[str, tuple[list[Any], str]] = {}
        self._next = 0
        super().__init__(clock, seed=seed)

    # What the environment's own users do.

    def create(self, name: str, fields: Mapping[str, Any]) -> Row:
        return self._insert(self.entities[name], self._by_attribute(name, fields))

    def edit(self, name: str, ids: Iterable[str], fields: Mapping[str, Any]) -> None:
        table = self.entities[name].table
        moment = table.moment()
        for crm_id in ids:
            table.update(table.rows[crm_id], self._by_attribute(name, fields), moment)

    def delete(self, name: str, crm_id: str) -> None:
        table = self.entities[name].table
        table.delete(table.rows[crm_id])

    def restore(self, name: str, crm_id: str) -> None:
        table = self.entities[name].table
        table.restore(table.rows[crm_id])

    def fill(self, name: str, count: int) -> None:
        """Add many rows of one moment, as an import does."""
        entity = self.entities[name]
        tick, entity.table.tick = entity.table.tick, timedelta(0)
        for n in range(count):
            self._insert(entity, {"name": f"Imported {n}"})
        entity.table.tick = tick

    def make_late(self, name: str, lag: timedelta) -> None:
        """Show what is written from now on only after a while, as a long transaction does."""
        self.entities[name].table.lag = lag

    def list_ids(self, name: str) -> list[str]:
        rows = self.entities[name].table.rows.values()
        return [row.id for row in rows if row.deleted_at is None and not row.fields.get("merged")]

    def merge(self, name: str, primary: str, other: str) -> None:
        """Merge two rows: the other one stays, inactive, and names its master."""
        table = self.entities[name].table
        table.update(table.rows[other], {"merged": True, "masterid": primary})
        table.update(table.rows[primary], {})

    def issue_token(self) -> str:
        """Return a token, as the directory gives it."""
        token = f"eyJfake.{len(self._tokens)}.{CLIENT_SECRET[::-1]}"
        self._tokens.add(token)
        return token

    def expire_links(self) -> None:
        """Forget all delta links, as happens after a week."""
        self._seen.clear()

    # What the API answers.

    def is_write(self, request: Request) -> bool:
        return request.method != "GET" and "/oauth2/" not in request.path

    def handle(self, request: Request) -> Reply:
        if request.parts == (TENANT, "oauth2", "v2.0", "token"):
            return self._login(request.body)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _error(401, "0x80040220", "The token is missing or no good.")
        if request.parts[:3] != ("api", "data", "v9.2"):
            return _error(404, "0x8006088a", "Resource not found.")
        self.burst_left -= 1
        try:
            reply = self._route(request, request.parts[3:])
        except Refused as error:
            reply = _error(error.status, error.code, error.text)
        except ValueError as error:
            raise Malformed(str(error), _error(400, "0x80060888", str(error))) from error
        left = {"x-ms-ratelimit-burst-remaining-xrm-requests": str(self.burst_left)}
        return Reply(reply.status, reply.body, {**left, **reply.headers})

    def _route(self, request: Request, rest: tuple[str, ...]) -> Reply:
        if request.headers.get("odata-version") != "4.0":
            raise ValueError("OData-Version 4.0 is needed")
        first, key = split_segment(rest[0])
        if first == "EntityDefinitions":
            return self._metadata(key, rest[1:], request.query)
        name = next((n for n, e in self.entities.items() if e.entity_set == first), None)
        if name is None:
            raise Refused(404, "0x80060888", f"Resource not found for the segment '{first}'.")
        unknown = set(request.query) - _QUERY
        if unknown:
            raise ValueError(f"The query parameter {min(unknown)} is not supported")
        match request.method, rest[1:]:
            case "GET", () if key is None:
                return self._list(name, request)
            case "GET", ():
                row = self._found(name, key)
                return Reply(200, self._row(name, row, self._selected(name, request.query)))
            case "POST", () if key is None:
                row = self._insert(self.entities[name], self._checked(name, request.body))
                return self._written(name, row, request, 201)
            case "PATCH", () if key is not None:
                return self._patch(name, key, request)
            case "DELETE", () if key is not None:
                self.entities[name].table.delete(self._found(name, key))
                return Reply(204)
            case "POST", ("Microsoft.Dynamics.CRM.UpsertMultiple",) if key is None:
                return self._upsert_multiple(name, request.body)
        raise ValueError(f"{request.method} is not allowed here")

    def _login(self, form: Any) -> Reply:
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": f"{self.url}/.default",
        }
        if form != wanted:
            return Reply(401, {"error": "invalid_client", "error_description": "no such client"})
        return Reply(200, {"access_token": self.issue_token(), "token_type": "Bearer"})

    def _metadata(self, key: Any, rest: tuple[str, ...], query: Mapping[str, str]) -> Reply:
        if key is None:
            fits = read_filter(query.get("$filter", ""), {"LogicalName": "text"})
            rows = [self._described(name) for name in self.entities]
            return Reply(200, {"value": [row for row in rows if fits(row)]})
        if key[0] != "LogicalName" or key[1] not in self.entities:
            raise Refused(404, "0x80060888", f"Could not find an entity {key[1]}.")
        entity = self.entities[key[1]]
        match rest:
            case ():
                return Reply(200, self._described(key[1]))
            case ("Keys",):
                keys = {"KeyAttributes": [entity.key], "EntityKeyIndexStatus": "Active"}
                return Reply(200, {"value": [keys] if entity.key else []})
            case ("ManyToOneRelationships",):
                return Reply(200, {"value": _relations(entity)})
            case ("Attributes",):
                return Reply(200, {"value": _attributes(entity)})
            case ("Attributes", "Microsoft.Dynamics.CRM.DateTimeAttributeMetadata"):
                dates = [
                    {
                        "LogicalName": name,
                        "DateTimeBehavior": {"Value": "DateOnly" if c.date_only else "UserLocal"},
                    }
                    for name, c in entity.columns.items()
                    if c.type == "DateTime"
                ]
                return Reply(200, {"value": dates})
            case ("Attributes", "Microsoft.Dynamics.CRM.StringAttributeMetadata"):
                return Reply(200, {"value": _lengths(entity, "String")})
            case ("Attributes", "Microsoft.Dynamics.CRM.MemoAttributeMetadata"):
                return Reply(200, {"value": _lengths(entity, "Memo")})
            case ("Attributes", "Microsoft.Dynamics.CRM.PicklistAttributeMetadata"):
                return Reply(200, {"value": []})
        raise Refused(404, "0x80060888", "Resource not found.")

    def _described(self, name: str) -> dict[str, Any]:
        entity = self.entities[name]
        return {
            "LogicalName": name,
            "EntitySetName": entity.entity_set,
            "PrimaryIdAttribute": entity.id_column,
            "ChangeTrackingEnabled": entity.tracked,
        }

    def _list(self, name: str, request: Request) -> Reply:
        entity, query = self.entities[name], request.query
        prefer = dict(
            part.strip().partition("=")[::2]
            for part in request.headers.get("prefer", "").split(",")
        )
        size = int(prefer.get("odata.maxpagesize") or 5_000)
        if "$skiptoken" in query:
            return self._page(*self._pages.pop(query["$skiptoken"]), size, name, query)
        wanted = self._selected(name, query)
        if "odata.track-changes" in prefer or "$deltatoken" in query:
            return self._delta(name, query, wanted, size)
        fits = read_filter(query["$filter"], self._types(entity)) if "$filter" in query else None
        rows = [
            row
            for row in entity.table.rows.values()
            if row.deleted_at is None and (fits is None or fits(self._values(entity, row)))
        ]
        for order in reversed(query.get("$orderby", "").split(",") if "$orderby" in query else []):
            column, _, way = order.strip().partition(" ")
            if column not in self._readable(entity) or way not in {"", "asc", "desc"}:
                raise ValueError(f"{order} is no order")
            rows.sort(
                key=lambda row, c=column: str(self._values(entity, row).get(c) or ""),
                reverse=way == "desc",
            )
        found = [self._row(name, row, wanted) for row in rows[: int(query.get("$top", len(rows)))]]
        return self._page(found, "", size, name, query)

    def _delta(self, name: str, query: Mapping[str, str], wanted: list[str], size: int) -> Reply:
        if {"$filter", "$orderby", "$top"} & set(query):
            raise ValueError("Change tracking allows $select only")
        entity = self.entities[name]
        if not entity.tracked:
            raise Refused(400, "0x80072491", f"Change tracking is not enabled for {name}.")
        token = query.get("$deltatoken")
        if token is not None and token not in self._seen:
            raise Refused(400, "0x80044352", "Version stamp has expired. Perform a full sync.")
        known = self._seen[token] if token is not None else {}
        shown = {row.id: row for row in entity.table.shown()}
        changed = [row for row in shown.values() if known.get(row.id) != row.version]
        changed.sort(key=lambda row: row.modified_at)
        records: list[dict[str, Any]] = []
        for row in changed:
            if row.deleted_at is None:
                records.append(self._row(name, row, wanted))
            elif row.id in known:
                context = f"{self.url}/api/data/v9.2/$metadata#{entity.entity_set}/$deletedEntity"
                records.append({"@odata.context": context, "id": row.id, "reason": "deleted"})
        following = f"{len(self._seen)}!{self.clock.now():%d/%m/%Y %H:%M:%S}"
        self._seen[following] = {row.id: row.version for row in shown.values()}
        return self._page(records, following, size, name, query)

    def _page(
        self, rows: list[Any], delta: str, size: int, name: str, query: Mapping[str, str]
    ) -> Reply:
        body: dict[str, Any] = {"value": rows[:size]}
        select = f"$select={query['$select']}&" if "$select" in query else ""
        address = f"{self.url}/api/data/v9.2/{self.entities[name].entity_set}?{select}"
        if len(rows) > size:
            skip = f"page{len(self._pages)}-{self._next}-{len(rows)}"
            self._pages[skip] = (rows[size:], delta)
            body["@odata.nextLink"] = f"{address}$skiptoken={quote(skip)}"
        elif delta:
            body["@odata.deltaLink"] = f"{address}$deltatoken={quote(delta, safe='')}"
        return Reply(200, body)

    def _patch(self, name: str, key: Any, request: Request) -> Reply:
        values = self._checked(name, request.body)
        entity = self.entities[name]
        row = self._find(entity, key)
        match = request.headers.get("if-match")
        if row is None:
            if match is not None or isinstance(key, str):
                raise Refused(404, "0x80040217", f"{name} With Id = {key} Does Not Exist")
            row = self._insert(entity, {key[0]: key[1], **values})
            return self._written(name, row, request, 201)
        if match not in {None, "*", f'W/"{row.version}"'}:
            raise Refused(412, "0x80060882", "The version of the existing record doesn't match.")
        self._check_keys(entity, values, row)
        entity.table.update(row, values)
        return self._written(name, row, request, 200)

    def _upsert_multiple(self, name: str, body: Any) -> Reply:
        entity = self.entities[name]
        if not isinstance(body, dict) or set(body) != {"Targets"}:
            raise ValueError("UpsertMultiple has Targets, and nothing else")
        if not isinstance(body["Targets"], list) or not 1 <= len(body["Targets"]) <= 1_000:
            raise ValueError("Targets is a list")
        planned = []
        for target in body["Targets"]:
            if target.get("@odata.type") != f"Microsoft.Dynamics.CRM.{name}":
                raise ValueError("Each target bears its type")
            place, key = split_address(str(target.get("@odata.id", "")))
            if place != entity.entity_set or not isinstance(key, tuple) or key[0] != entity.key:
                raise ValueError("Each target is named by the alternate key")
            values = {k: v for k, v in target.items() if k not in {"@odata.type", "@odata.id"}}
            planned.append((key, self._checked(name, values)))
        if len({folded(key[1]) for key, _ in planned}) < len(planned):
            raise ValueError("No target may come twice")
        for key, values in planned:
            row = self._find(entity, key)
            self._check_keys(entity, values, row)
        for key, values in planned:
            row = self._find(entity, key)
            if row is None:
                self._insert(entity, {key[0]: key[1], **values})
            else:
                entity.table.update(row, values)
        return Reply(204)

    def _written(self, name: str, row: Row, request: Request, status: int) -> Reply:
        address = f"{self.url}/api/data/v9.2/{self.entities[name].entity_set}({row.id})"
        if "return=representation" in request.headers.get("prefer", ""):
            body = self._row(name, row, self._selected(name, request.query))
            return Reply(status, body, {"OData-EntityId": address})
        return Reply(204, None, {"OData-EntityId": address})

    # How rows are kept.

    def _insert(self, entity: Entity, fields: Mapping[str, Any]) -> Row:
        defaults = {n: c.default for n, c in entity.columns.items() if c.default is not None}
        self._check_keys(entity, fields, None)
        self._next += 1
        return entity.table.insert(str(uuid.UUID(int=_GUIDS + self._next)), {**defaults, **fields})

    def _find(self, entity: Entity, key: str | tuple[str, str]) -> Row | None:
        if isinstance(key, str):
            return entity.table.live(key)
        if key[0] != entity.key:
            raise Refused(400, "0x80060888", f"{key[0]} is no key of {entity.entity_set}.")
        return next(iter(self._holding(entity, key[1])), None)

    def _found(self, name: str, key: Any) -> Row:
        row = self._find(self.entities[name], key)
        if row is None:
            raise Refused(404, "0x80040217", f"{name} With Id = {key} Does Not Exist")
        return row

    def _holding(self, entity: Entity, value: Any) -> list[Row]:
        return [
            row
            for row in entity.table.rows.values()
            if row.deleted_at is None and folded(row.fields.get(entity.key)) == folded(value)
        ]

    def _check_keys(self, entity: Entity, fields: Mapping[str, Any], row: Row | None) -> None:
        value = fields.get(entity.key)
        if value is not None and any(one is not row for one in self._holding(entity, value)):
            raise Refused(412, "0x80060892", "Entity key requires unique values.")

    def _checked(self, name: str, body: Any) -> dict[str, Any]:
        """Return a body by attributes, once it fits."""
        entity = self.entities[name]
        if not isinstance(body, dict) or not all(isinstance(key, str) for key in body):
            raise ValueError("The body is no object")
        values: dict[str, Any] = {}
        for key, value in body.items():
            navigation, _, annotation = key.partition("@")
            if annotation == "odata.bind":
                attribute, column = self._navigation(entity, navigation)
                values[attribute] = self._bound(column, value)
                continue
            column = entity.columns.get(key)
            if column is None or column.navigation or annotation:
                text = f"Invalid property '{key}' was found in entity '{name}'."
                raise Refused(400, "0x80048d19", text)
            values[key] = _fitting(key, column, value)
        return values

    def _navigation(self, entity: Entity, navigation: str) -> tuple[str, Column]:
        for attribute, column in entity.columns.items():
            if column.navigation == navigation:
                return attribute, column
        raise Refused(400, "0x80048d19", f"Invalid property '{navigation}' was found.")

    def _bound(self, column: Column, value: Any) -> str | None:
        if value is None:
            return None
        place, key = split_address(str(value))
        target = self.entities[column.target]
        if place != target.entity_set or not isinstance(key, str):
            raise ValueError(f"{value!r} is the address of no {column.target}")
        return self._found(column.target, key).id

    def _by_attribute(self, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        columns = self.entities[name].columns
        by_navigation = {c.navigation: n for n, c in columns.items() if c.navigation}
        return {by_navigation.get(key, key): value for key, value in fields.items()}

    def _types(self, entity: Entity) -> dict[str, str]:
        return {n: _FILTER_TYPES.get(c.type, "text") for n, c in entity.columns.items()}

    def _readable(self, entity: Entity) -> set[str]:
        plain = {n for n, c in entity.columns.items() if c.type not in {"Lookup", "Owner"}}
        lookups = {
            f"_{n}_value" for n, c in entity.columns.items() if c.type in {"Lookup", "Owner"}
        }
        return plain | lookups | {entity.id_column, "modifiedon", "createdon", "versionnumber"}

    def _selected(self, name: str, query: Mapping[str, str]) -> list[str]:
        entity = self.entities[name]
        readable = self._readable(entity)
        if "$select" not in query:
            return sorted(readable)
        wanted = query["$select"].split(",")
        unknown = [one for one in wanted if one not in readable]
        if unknown or len(set(wanted)) < len(wanted):
            raise ValueError(f"Could not find a property named '{(unknown or wanted)[0]}'")
        return wanted

    def _values(self, entity: Entity, row: Row) -> dict[str, Any]:
        lookups = {f"_{n}_value": row.fields.get(n) for n in entity.columns}
        return {
            **lookups,
            **row.fields,
            entity.id_column: row.id,
            "modifiedon": f"{row.modified_at:%Y-%m-%dT%H:%M:%SZ}",
            "createdon": f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "versionnumber": row.version,
        }

    def _row(self, name: str, row: Row, wanted: list[str]) -> dict[str, Any]:
        entity = self.entities[name]
        values = self._values(entity, row)
        answer: dict[str, Any] = {"@odata.etag": f'W/"{row.version}"', entity.id_column: row.id}
        return answer | {column: values.get(column) for column in wanted}


def _relations(entity: Entity) -> list[dict[str, str]]:
    return [
        {
            "ReferencingAttribute": name,
            "ReferencedEntity": column.target,
            "ReferencingEntityNavigationPropertyName": column.navigation,
        }
        for name, column in entity.columns.items()
        if column.navigation
    ]


def _lengths(entity: Entity, kind: str) -> list[dict[str, Any]]:
    return [
        {"LogicalName": name, "MaxLength": column.length}
        for name, column in entity.columns.items()
        if column.type == kind
    ]


def _attributes(entity: Entity) -> list[dict[str, Any]]:
    own = [
        {
            "LogicalName": name,
            "AttributeType": column.type,
            "AttributeOf": None,
            "IsValidForRead": True,
            "IsValidForCreate": True,
        }
        for name, column in entity.columns.items()
    ]
    more = (
        (entity.id_column, "Uniqueidentifier", None),
        ("modifiedon", "DateTime", None),
        ("createdon", "DateTime", None),
        ("versionnumber", "BigInt", None),
        ("owneridname", "String", "ownerid"),
        ("entityimage", "Virtual", None),
    )
    return own + [
        {
            "LogicalName": name,
            "AttributeType": kind,
            "AttributeOf": of,
            "IsValidForRead": True,
            "IsValidForCreate": False,
        }
        for name, kind, of in more
    ]


def _fitting(name: str, column: Column, value: Any) -> Any:
    if value is None:
        return None
    fits = {
        "Boolean": lambda: isinstance(value, bool),
        "Decimal": lambda: isinstance(value, int | float) and not isinstance(value, bool),
        "DateTime": lambda: (
            isinstance(value, str)
            and bool(
                re.fullmatch(
                    r"\d{4}-\d\d-\d\d"
                    if column.date_only
                    else r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
                    value,
                )
            )
        ),
    }.get(column.type, lambda: isinstance(value, str))
    if not fits():
        text = f"Cannot convert the literal '{value}' to the expected type of {name}."
        raise Refused(400, "0x80048d19", text)
    if isinstance(value, str) and len(value) > column.length:
        text = f"The length of the '{name}' attribute exceeded the maximum of {column.length}."
        raise Refused(400, "0x80044331", text)
    return value


def _plural(name: str) -> str:
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _error(status: int, code: str, text: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": text}})
