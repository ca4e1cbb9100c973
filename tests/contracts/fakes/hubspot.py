"""HubSpot as it answers: objects with properties, unique ones, batches, searches, associations."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from recruit.clock import VirtualClock
from tests.contracts.fakes import hubspot_types as published
from tests.contracts.fakes.rows import Row, Table
from tests.contracts.fakes.server import FakeServer, Malformed, Reply, Request

TOKEN = "pat-eu1-0f0f0f0f-secret-of-the-fake"
VERSIONS = {"2026-03", "2026-09"}
LONGEST = 65_536
_SEARCH_CAP = 10_000
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: a == b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
}


@dataclass(frozen=True)
class Property:
    """A property: its type, whether its values are unique, and its options."""

    type: str = "string"
    unique: bool = False
    options: tuple[str, ...] = ()
    read_only: bool = False


@dataclass
class HubObject:
    """An object and its records."""

    properties: dict[str, Property]
    table: Table
    links: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    @property
    def by_time(self) -> str:
        return (
            "lastmodifieddate" if "lastmodifieddate" in self.properties else "hs_lastmodifieddate"
        )


class FakeHubSpot(FakeServer):
    """A HubSpot account. `partial` tells whether a batch with a bad input is done in part."""

    def __init__(
        self, clock: VirtualClock, objects: Mapping[str, Mapping[str, Property]], *, seed: int = 1
    ) -> None:
        self.objects = {name: _object(clock, name, objects[name]) for name in objects}
        self.partial = True
        self.daily_left = 500_000
        self._next = 100
        super().__init__(clock, seed=seed)

    # What the account's own users do.

    def create(self, name: str, fields: Mapping[str, str], links: Mapping[str, str] = {}) -> Row:
        row = self._insert(self.objects[name], fields)
        for target, crm_id in links.items():
            self._link(name, row.id, target, crm_id)
        return row

    def edit(self, name: str, ids: Iterable[str], fields: Mapping[str, str]) -> None:
        table = self.objects[name].table
        moment = table.moment()
        for crm_id in ids:
            table.update(table.rows[crm_id], fields, moment)

    def delete(self, name: str, crm_id: str) -> None:
        table = self.objects[name].table
        table.delete(table.rows[crm_id])

    def restore(self, name: str, crm_id: str) -> None:
        table = self.objects[name].table
        table.restore(table.rows[crm_id])

    def fill(self, name: str, count: int) -> None:
        """Add many records of one moment, as an import does."""
        hub = self.objects[name]
        tick, hub.table.tick = hub.table.tick, timedelta(0)
        for n in range(count):
            self._insert(hub, {"name": f"Imported {n}"})
        hub.table.tick = tick

    def make_late(self, name: str, lag: timedelta) -> None:
        """Show what is written from now on only after a while, in searches."""
        self.objects[name].table.lag = lag

    def list_ids(self, name: str) -> list[str]:
        rows = self.objects[name].table.rows.values()
        return [row.id for row in rows if row.deleted_at is None]

    def merge(self, name: str, primary: str, other: str) -> Row:
        """Merge two records: a new one takes both their places, as HubSpot does it."""
        table = self.objects[name].table
        kept, lost = table.rows[primary], table.rows[other]
        fields = {**lost.fields, **kept.fields}
        table.delete(kept)
        table.delete(lost)
        merged = self._insert(self.objects[name], fields)
        kept.merged_into = lost.merged_into = merged.id
        return merged

    # What the API answers.

    def is_write(self, request: Request) -> bool:
        reading = request.path.endswith(("/batch/read", "/search"))
        return request.method != "GET" and not reading

    def handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        is_json = request.headers.get("content-type") == "application/json"
        if request.method not in {"GET", "DELETE"} and not is_json:
            return _error(415, "VALIDATION_ERROR", "Unsupported media type.")
        if len(request.parts) < 4 or request.parts[0] != "crm" or request.parts[2] not in VERSIONS:
            return _error(404, "OBJECT_NOT_FOUND", f"No resource at {request.path}.")
        self.daily_left -= 1
        area, name, rest = request.parts[1], request.parts[3], request.parts[4:]
        if name not in self.objects:
            return _error(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {name}")
        try:
            reply = self._route(request, area, name, rest)
        except Refused as error:
            return error.reply
        except ValueError as error:
            raise Malformed(
                str(error), _error(400, "VALIDATION_ERROR", f"Invalid input: {error}")
            ) from error
        headers = {
            "X-HubSpot-RateLimit-Daily": "500000",
            "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily_left),
        }
        return Reply(reply.status, reply.body, {**headers, **reply.headers})

    def _route(self, request: Request, area: str, name: str, rest: tuple[str, ...]) -> Reply:
        match area, request.method, rest:
            case "properties", "GET", ():
                return self._describe(name)
            case "objects", "GET", ():
                return self._list(name, request.query)
            case "objects", "POST", ():
                return self._create(name, request.body)
            case "objects", "POST", ("search",):
                return self._search(name, request.body)
            case "objects", "POST", ("merge",):
                return self._merge(name, request.body)
            case "objects", "POST", ("batch", "read"):
                return self._batch_read(name, request.body, request.query)
            case "objects", "POST", ("batch", "upsert"):
                return self._batch_upsert(name, request.body)
            case "objects", "GET", (crm_id,):
                return self._get(name, crm_id, request.query)
            case "objects", "PATCH", (crm_id,):
                return self._update(name, crm_id, request.body)
            case "objects", "DELETE", (crm_id,):
                row = self.objects[name].table.live(crm_id)
                if row is not None:
                    self.objects[name].table.delete(row)
                return Reply(204)
            case "associations", "POST", (target, "batch", "read") if target in self.objects:
                return self._links_read(name, target, request.body)
            case "associations", "POST", (target, "batch", "associate", "default"):
                return self._links_create(name, target, request.body)
        return _error(405, "VALIDATION_ERROR", f"{request.method} is not allowed here.")

    def _describe(self, name: str) -> Reply:
        return Reply(
            200,
            {
                "results": [
                    {
                        "name": key,
                        "label": key,
                        "description": "",
                        "groupName": "information",
                        "type": one.type,
                        "fieldType": "text",
                        "options": [
                            {"label": o, "value": o, "hidden": False, "displayOrder": n}
                            for n, o in enumerate(one.options)
                        ],
                        "hasUniqueValue": one.unique,
                        "modificationMetadata": {
                            "archivable": True,
                            "readOnlyDefinition": False,
                            "readOnlyValue": one.read_only,
                        },
                        "archived": False,
                    }
                    for key, one in self.objects[name].properties.items()
                ]
            },
        )

    def _list(self, name: str, query: Mapping[str, str]) -> Reply:
        published.check(
            published.LIST,
            {
                **{k: v for k, v in query.items() if k == "after"},
                **{k: _boolean(v) for k, v in query.items() if k == "archived"},
                **{k: int(v) for k, v in query.items() if k == "limit"},
                **{
                    k: v.split(",") for k, v in query.items() if k in {"properties", "associations"}
                },
                **{k: v for k, v in query.items() if k not in _LIST_QUERY},
            },
        )
        hub, limit = self.objects[name], int(query.get("limit", 10))
        if not 1 <= limit <= 100:
            raise ValueError(f"limit: {limit} is not between 1 and 100.")
        archived = query.get("archived") == "true"
        rows = sorted(
            (
                row
                for row in hub.table.rows.values()
                if (row.deleted_at is not None) is archived
                and int(row.id) > int(query.get("after", 0))
            ),
            key=lambda row: int(row.id),
        )
        body: dict[str, Any] = {
            "results": [
                self._row(hub, row, query.get("properties", "").split(",")) for row in rows[:limit]
            ]
        }
        if len(rows) > limit:
            body["paging"] = {"next": {"after": rows[limit - 1].id, "link": "?after"}}
        return Reply(200, body)

    def _create(self, name: str, body: Any) -> Reply:
        published.check(published.CREATE, body)
        hub = self.objects[name]
        self._check(hub, body["properties"])
        row = self._insert(hub, body["properties"])
        return Reply(201, self._row(hub, row, body["properties"]))

    def _get(self, name: str, crm_id: str, query: Mapping[str, str]) -> Reply:
        hub = self.objects[name]
        row = self._find(hub, crm_id, query.get("idProperty"), query.get("archived") == "true")
        if row is None:
            return _error(404, "OBJECT_NOT_FOUND", "Object not found.")
        return Reply(200, self._row(hub, row, query.get("properties", "").split(",")))

    def _update(self, name: str, crm_id: str, body: Any) -> Reply:
        published.check(published.UPDATE, body)
        hub = self.objects[name]
        row = hub.table.live(crm_id)
        if row is None:
            return _error(404, "OBJECT_NOT_FOUND", "resource not found")
        self._check(hub, body["properties"], row)
        hub.table.update(row, body["properties"])
        return Reply(200, self._row(hub, row, body["properties"]))

    def _merge(self, name: str, body: Any) -> Reply:
        published.check(published.MERGE, body)
        merged = self.merge(name, body["primaryObjectId"], body["objectIdToMerge"])
        return Reply(200, self._row(self.objects[name], merged, ()))

    def _batch_read(self, name: str, body: Any, query: Mapping[str, str]) -> Reply:
        published.check(published.BATCH_READ, body)
        hub, wanted = self.objects[name], [one["id"] for one in body["inputs"]]
        by = body.get("idProperty")
        if not 1 <= len(wanted) <= 100:
            raise ValueError(f"inputs: {len(wanted)} are not between 1 and 100.")
        if by is not None and not (by in hub.properties and hub.properties[by].unique):
            raise ValueError(f"{by} is no unique property.")
        archived = query.get("archived") == "true"
        found = {one: self._find(hub, one, by, archived) for one in dict.fromkeys(wanted)}
        missing = [one for one, row in found.items() if row is None]
        rows = {row.id: row for row in found.values() if row is not None}
        history = body["propertiesWithHistory"]
        answer = self._batch(
            [
                self._row(hub, row, body["properties"]) | self._history(row, history)
                for row in rows.values()
            ]
        )
        if missing:
            answer["numErrors"] = 1
            answer["errors"] = [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": "Could not get some objects, they may be deleted or not exist.",
                    "context": {"ids": missing},
                }
            ]
        return Reply(207 if missing else 200, answer)

    def _batch_upsert(self, name: str, body: Any) -> Reply:
        published.check(published.BATCH_UPSERT, body)
        hub, inputs = self.objects[name], body["inputs"]
        keys = [(one["id"], one.get("idProperty")) for one in inputs]
        if not 1 <= len(inputs) <= 100 or len(set(keys)) < len(keys):
            raise ValueError("inputs: between 1 and 100, and none twice.")
        for _, by in keys:
            if by is None or by not in hub.properties or not hub.properties[by].unique:
                raise ValueError(f"Unable to perform update/upsert by non-unique property {by}.")
        results, errors = [], []
        planned: list[tuple[Row | None, dict[str, str]]] = []
        for one in inputs:
            row = self._find(hub, one["id"], one["idProperty"], archived=False)
            fields = {one["idProperty"]: one["id"], **one["properties"]}
            try:
                self._check(hub, fields, row)
            except Refused as error:
                if not (self.partial and "objectWriteTraceId" in one):
                    raise
                errors.append(
                    {
                        **error.reply.body,
                        "context": {"objectWriteTraceId": [one["objectWriteTraceId"]]},
                    }
                )
                continue
            planned.append((row, fields))
        for row, fields in planned:
            is_new = row is None
            stored = hub.table.update(row, fields) if row else self._insert(hub, fields)
            results.append({**self._row(hub, stored, fields), "new": is_new})
        answer = self._batch(results)
        if errors:
            answer |= {"errors": errors, "numErrors": len(errors)}
        return Reply(207 if errors else 200, answer)

    def _search(self, name: str, body: Any) -> Reply:
        published.check(published.SEARCH, body)
        hub = self.objects[name]
        start = int(body["after"] or 0)
        if not 1 <= body["limit"] <= 200 or start + body["limit"] > _SEARCH_CAP:
            raise ValueError(
                f"limit {body['limit']} after {start}: 200 a page, {_SEARCH_CAP} in all."
            )
        if len(body["sorts"]) > 1 or len(body["filterGroups"]) > 5:
            raise ValueError("One sort and five groups of filters at most.")
        rows = [
            row
            for row in hub.table.shown()
            if row.deleted_at is None and self._matches(hub, row, body["filterGroups"])
        ]
        for sort in body["sorts"]:
            key = sort.removeprefix("-")
            self._known(hub, key)
            rows.sort(key=lambda row: self._rank(hub, row, key), reverse=sort[0] == "-")
        page = rows[start : start + body["limit"]]
        answer: dict[str, Any] = {
            "total": len(rows),
            "results": [self._row(hub, row, body["properties"]) for row in page],
        }
        if start + len(page) < len(rows):
            answer["paging"] = {"next": {"after": str(start + len(page)), "link": "?after"}}
        return Reply(200, answer)

    def _matches(self, hub: HubObject, row: Row, groups: list[dict[str, Any]]) -> bool:
        def fits(one: Mapping[str, Any]) -> bool:
            name = one["propertyName"]
            self._known(hub, name)
            if one["operator"] == "IN":
                return self._is_one_of(self._value(hub, row, name), one["values"])
            if one["operator"] not in _OPERATORS or "value" not in one:
                raise ValueError(f"{one['operator']} is not known here.")
            compare = _OPERATORS[one["operator"]]
            if name == hub.by_time:
                return compare(_milliseconds(row.modified_at), int(one["value"]))
            mine = self._value(hub, row, name)
            return mine is not None and compare(_comparable(mine), _comparable(one["value"]))

        return not groups or any(all(fits(one) for one in group["filters"]) for group in groups)

    def _is_one_of(self, mine: Any, values: list[str]) -> bool:
        if not 1 <= len(values) <= 100 or any(value != value.lower() for value in values):
            raise ValueError("IN takes texts in small letters.")
        return mine is not None and str(mine).lower() in values

    def _rank(self, hub: HubObject, row: Row, name: str) -> Any:
        by_time = name == hub.by_time
        return row.modified_at if by_time else _comparable(self._value(hub, row, name))

    def _links_read(self, name: str, target: str, body: Any) -> Reply:
        published.check(published.LINKS_READ, body, path={"fromObjectType": name})
        if not 1 <= len(body["inputs"]) <= 100:
            raise ValueError("inputs: between 1 and 100.")
        links = self.objects[name].links
        found = [one["id"] for one in body["inputs"] if links.get((one["id"], target))]
        missing = [one["id"] for one in body["inputs"] if one["id"] not in found]
        results = [
            {
                "from": {"id": crm_id},
                "to": [
                    {"toObjectId": to, "associationTypes": []}
                    for to in sorted(links[crm_id, target], reverse=True)
                ],
            }
            for crm_id in found
        ]
        answer = self._batch(results)
        if missing:
            text = f"No {target} is associated with {', '.join(missing)}."
            answer |= {"numErrors": 1, "errors": [{"status": "error", "message": text}]}
        return Reply(207 if missing else 200, answer)

    def _links_create(self, name: str, target: str, body: Any) -> Reply:
        published.check(published.LINKS_CREATE, body, path={"fromObjectType": name})
        for one in body["inputs"]:
            ends = ((name, one["from"]["id"]), (target, one["to"]["id"]))
            if any(self.objects[o].table.live(crm_id) is None for o, crm_id in ends):
                return _error(404, "OBJECT_NOT_FOUND", "One of the objects does not exist.")
            self._link(name, one["from"]["id"], target, one["to"]["id"])
        return Reply(200, self._batch([]))

    # How records are kept.

    def _insert(self, hub: HubObject, fields: Mapping[str, str]) -> Row:
        self._next += 1
        return hub.table.insert(str(self._next), fields)

    def _link(self, name: str, crm_id: str, target: str, to: str) -> None:
        self.objects[name].links.setdefault((crm_id, target), set()).add(to)

    def _find(self, hub: HubObject, value: str, by: str | None, archived: bool) -> Row | None:
        if by is not None:
            return next(iter(hub.table.holding(by, value, deleted=archived)), None)
        if not archived:
            return hub.table.live(value)
        row = hub.table.rows.get(value)
        return row if row is not None and row.deleted_at is not None else None

    def _known(self, hub: HubObject, name: str) -> None:
        if name not in hub.properties:
            raise ValueError(f"There was a problem: no property {name}.")

    def _check(self, hub: HubObject, fields: Mapping[str, str], row: Row | None = None) -> None:
        for name, text in fields.items():
            problem = _problem(hub.properties.get(name), text)
            if problem:
                raise Refused(
                    f'Property values were not valid: [{{"name":"{name}","error":"{problem}"}}]'
                )
            if hub.properties[name].unique and text:
                holders = hub.table.holding(name, text)
                if any(holder is not row for holder in holders):
                    raise Refused(f"{holders[0].id} already has that value.")

    def _value(self, hub: HubObject, row: Row, name: str) -> str | None:
        if name == hub.by_time:
            return _iso(row.modified_at)
        return {"hs_object_id": row.id}.get(name, row.fields.get(name))

    def _row(self, hub: HubObject, row: Row, wanted: Iterable[str]) -> dict[str, Any]:
        names = {"hs_object_id", hub.by_time, *wanted} & set(hub.properties)
        answer = {
            "id": row.id,
            "properties": {name: self._value(hub, row, name) for name in sorted(names)},
            "createdAt": _iso(row.created_at),
            "updatedAt": _iso(row.modified_at),
            "archived": row.deleted_at is not None,
        }
        return answer | ({"archivedAt": _iso(row.deleted_at)} if row.deleted_at else {})

    def _history(self, row: Row, wanted: Iterable[str]) -> dict[str, Any]:
        versions = {
            name: [
                {
                    "value": row.fields.get(name, ""),
                    "timestamp": _iso(row.edited_at[name]),
                    "sourceType": "CRM_UI",
                }
            ]
            for name in wanted
            if name in row.edited_at
        }
        return {"propertiesWithHistory": versions} if versions else {}

    def _batch(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        now = _iso(self.clock.now())
        return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


_LIST_QUERY = {"after", "archived", "limit", "properties", "associations"}


class Refused(Exception):
    """An input that doesn't fit the account."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.reply = _error(400, "VALIDATION_ERROR", text)


def _object(clock: VirtualClock, name: str, properties: Mapping[str, Property]) -> HubObject:
    by_time = "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
    system = {
        "hs_object_id": Property("number", read_only=True),
        by_time: Property("datetime", read_only=True),
    }
    return HubObject({**system, **properties}, Table(clock))


def _problem(one: Property | None, text: str) -> str | None:
    if one is None:
        return "PROPERTY_DOESNT_EXIST"
    if one.read_only:
        return "READ_ONLY_VALUE"
    if not text:
        return None
    if one.options and text not in one.options:
        return "INVALID_OPTION"
    if len(text) > LONGEST:
        return "VALUE_TOO_LONG"
    fits = {
        "number": r"-?\d+(\.\d+)?",
        "bool": "true|false",
        "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{10,}",
        "date": r"\d{4}-\d\d-\d\d",
    }.get(one.type, r"(?s).*")
    return None if re.fullmatch(fits, text) else f"INVALID_{one.type.upper()}"


def _error(status: int, category: str, text: str) -> Reply:
    body = {"status": "error", "message": text, "category": category, "correlationId": "0-0"}
    return Reply(status, body)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(f"{text} is not true or false.")
    return text == "true"


def _comparable(text: str | None) -> Any:
    if text is None:
        return (0, 0.0, "")
    return (
        (1, float(text), "") if re.fullmatch(r"-?\d+(\.\d+)?", text) else (2, 0.0, text.casefold())
    )
