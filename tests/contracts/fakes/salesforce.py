"""Salesforce as it answers: sObjects, SOQL, collections of records, external ids."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from recruit.clock import VirtualClock
from tests.contracts.fakes.rows import Row, Table
from tests.contracts.fakes.server import FakeServer, Malformed, Reply, Request
from tests.contracts.fakes.soql import MalformedQuery, read_query

CLIENT_ID, CLIENT_SECRET = "recruit-app", "secret-of-the-salesforce-fake"
USER = "integration@vendor.example"
OWNER = "0055f000001abcdAAA"
PAGE = 2000
_VERSION = re.compile(r"v\d\d\.0")
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_SOQL_TYPES = {
    "id": "id",
    "reference": "id",
    "double": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}


@dataclass(frozen=True)
class Field:
    """A field: its type, length, and what it demands."""

    type: str = "string"
    length: int = 255
    required: bool = False
    external_id: bool = False
    case_sensitive: bool = True
    refers_to: str | None = None
    options: tuple[str, ...] = ()
    read_only: bool = False


@dataclass
class SObject:
    """An object and its records. Those of `owner` go when the one that they refer to goes."""

    prefix: str
    fields: dict[str, Field]
    table: Table
    owner: str | None = None


class FakeSalesforce(FakeServer):
    """A Salesforce org. `whole` has a bad record refuse the whole collection."""

    def __init__(
        self,
        clock: VirtualClock,
        objects: Mapping[str, tuple[str, Mapping[str, Field], str | None]],
        *,
        seed: int = 1,
    ) -> None:
        self.objects = {
            name: SObject(prefix, {**_system(name), **fields}, Table(clock), owner)
            for name, (prefix, fields, owner) in objects.items()
        }
        self.whole = False
        self.used, self.limit = 10, 15_000
        self.page = PAGE
        self.certificate: Any = None
        self._tokens: set[str] = set()
        self._pages: dict[str, list[dict[str, Any]]] = {}
        self._next = 0
        super().__init__(clock, seed=seed)

    # What the org's own users do.

    def create(self, name: str, fields: Mapping[str, Any]) -> Row:
        return self._insert(self.objects[name], fields)

    def edit(self, name: str, ids: Iterable[str], fields: Mapping[str, Any]) -> None:
        table = self.objects[name].table
        moment = table.moment()
        for crm_id in ids:
            table.update(table.rows[crm_id], fields, moment)

    def delete(self, name: str, crm_id: str) -> None:
        table = self.objects[name].table
        table.delete(table.rows[crm_id])
        for child in self.objects.values():
            if child.owner is None or child.fields[child.owner].refers_to != name:
                continue
            for row in child.table.holding(child.owner, crm_id):
                child.table.delete(row)

    def restore(self, name: str, crm_id: str) -> None:
        table = self.objects[name].table
        table.restore(table.rows[crm_id])

    def merge(self, name: str, master: str, other: str) -> None:
        """Merge a record into another, which keeps its own values."""
        table = self.objects[name].table
        lost = table.rows[other]
        lost.fields["MasterRecordId"] = master
        table.delete(lost)
        table.update(table.rows[master], {})

    def fill(self, name: str, count: int) -> None:
        """Add many records of one moment, as an import does."""
        sobject = self.objects[name]
        tick, sobject.table.tick = sobject.table.tick, timedelta(0)
        for n in range(count):
            self._insert(sobject, {"Name": f"Imported {n}"})
        sobject.table.tick = tick

    def make_late(self, name: str, lag: timedelta) -> None:
        """Show what is written from now on only after a while, as a long transaction does."""
        self.objects[name].table.lag = lag

    def list_ids(self, name: str) -> list[str]:
        rows = self.objects[name].table.rows.values()
        return [row.id for row in rows if row.deleted_at is None]

    def issue_token(self) -> str:
        """Return a token, as the login gives it."""
        token = f"00Dfake!{len(self._tokens)}.{CLIENT_SECRET[::-1]}"
        self._tokens.add(token)
        return token

    def expire_tokens(self) -> None:
        """Let nobody in with a token of before."""
        self._tokens.clear()

    # What the API answers.

    def is_write(self, request: Request) -> bool:
        return request.method != "GET" and "/oauth2/" not in request.path

    def handle(self, request: Request) -> Reply:
        if request.parts == ("services", "oauth2", "token"):
            return self._login(request.body)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if request.parts[:2] != ("services", "data") or not _VERSION.fullmatch(request.parts[2]):
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        self.used += 1
        if self.used > self.limit:
            return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        try:
            reply = self._route(request, request.parts[3:])
        except MalformedQuery as error:
            raise Malformed(str(error), _error(400, error.code, str(error))) from error
        except Refused as error:
            return _error(400, error.code, str(error), error.fields)
        except ValueError as error:
            raise Malformed(str(error), _error(400, "JSON_PARSER_ERROR", str(error))) from error
        usage = {"Sforce-Limit-Info": f"api-usage={self.used}/{self.limit}"}
        return Reply(reply.status, reply.body, usage)

    def _route(self, request: Request, rest: tuple[str, ...]) -> Reply:
        if request.method in {"POST", "PATCH"}:
            if "application/json" not in request.headers.get("content-type", ""):
                return _error(415, "UNSUPPORTED_MEDIA_TYPE", "The content is of no known type.")
            if not isinstance(request.body, dict):
                raise ValueError("Unexpected character: the body is no object")
        match request.method, rest:
            case "GET", ("query" | "queryAll" as verb,):
                return self._query(request.query, verb)
            case "GET", ("query" | "queryAll", locator) if locator in self._pages:
                return self._page(self._pages.pop(locator), rest[0])
            case "PATCH", ("composite", "sobjects"):
                return self._update_many(request.body)
            case "PATCH", ("composite", "sobjects", name, by) if name in self.objects:
                return self._upsert_many(name, by, request.body)
            case method, ("sobjects", name, *more) if name in self.objects:
                return self._record(method, name, tuple(more), request)
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _record(self, method: str, name: str, more: tuple[str, ...], request: Request) -> Reply:
        sobject = self.objects[name]
        match method, more:
            case "GET", ("describe",):
                return Reply(200, _described(name, sobject))
            case "POST", ():
                return self._create(name, request.body)
            case "GET", ("deleted",):
                return self._deleted(sobject, request.query)
            case _, (by, value) if by in sobject.fields and sobject.fields[by].external_id:
                rows = sobject.table.holding(by, value)
                if method == "PATCH":
                    return self._upsert_one(name, by, value, request.body)
                if rows and method == "GET":
                    return Reply(200, self._row(sobject, name, rows[0], sobject.fields))
            case _, (crm_id,):
                row = sobject.table.rows.get(crm_id)
                if row is None or row.deleted_at is not None:
                    code = "NOT_FOUND" if row is None else "ENTITY_IS_DELETED"
                    return _error(404, code, "The record is not there")
                if method == "GET":
                    return Reply(200, self._row(sobject, name, row, sobject.fields))
                if method == "DELETE":
                    self.delete(name, crm_id)
                    return Reply(204)
                if method == "PATCH":
                    self._check(sobject, request.body, row)
                    sobject.table.update(row, request.body)
                    return Reply(204)
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _login(self, form: Any) -> Reply:
        if form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self._login_by_statement(form)
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        if form != wanted:
            return Reply(400, {"error": "invalid_client", "error_description": "no such client"})
        body = {
            "access_token": self.issue_token(),
            "instance_url": self.url,
            "token_type": "Bearer",
        }
        return Reply(200, body)

    def _login_by_statement(self, form: Any) -> Reply:
        try:
            claims = jwt.decode(
                form["assertion"],
                self.certificate,
                algorithms=["RS256"],
                audience="https://login.salesforce.com",
                options={"require": ["exp", "iss", "sub", "aud"], "verify_exp": False},
            )
        except jwt.PyJWTError:
            return Reply(400, {"error": "invalid_grant", "error_description": "bad assertion"})
        left = claims["exp"] - self.clock.now().timestamp()
        if claims["iss"] != CLIENT_ID or claims["sub"] != USER or not 0 < left <= 180:
            return Reply(400, {"error": "invalid_grant", "error_description": "not approved"})
        return Reply(200, {"access_token": self.issue_token(), "instance_url": self.url})

    def _query(self, query: Mapping[str, str], verb: str) -> Reply:
        if set(query) != {"q"}:
            raise ValueError(f"q is needed, and nothing else, not {sorted(query)}")
        read = read_query(query["q"], self._soql_types)
        sobject = self.objects[read.name]
        rows = [
            (row, values)
            for row in sobject.table.shown()
            if (verb == "queryAll" or row.deleted_at is None)
            and read.fits(values := self._values(row))
        ]
        for field, descending in reversed(read.order):
            rows.sort(key=lambda pair, f=field: _sortable(pair[1].get(f)), reverse=descending)
        found = [self._row(sobject, read.name, row, read.fields) for row, _ in rows[: read.limit]]
        return self._page(found, verb)

    def _page(self, rows: list[dict[str, Any]], verb: str) -> Reply:
        page, rest = rows[: self.page], rows[self.page :]
        body: dict[str, Any] = {"totalSize": len(rows), "done": not rest, "records": page}
        if rest:
            locator = f"01gfake{len(self._pages)}-{self.page}"
            self._pages[locator] = rest
            body["nextRecordsUrl"] = f"/services/data/v62.0/{verb}/{locator}"
        return Reply(200, body)

    def _create(self, name: str, fields: dict[str, Any]) -> Reply:
        sobject = self.objects[name]
        self._check(sobject, fields)
        row = self._insert(sobject, fields)
        return Reply(201, {"id": row.id, "success": True, "errors": []})

    def _deleted(self, sobject: SObject, query: Mapping[str, str]) -> Reply:
        start, end = (datetime.fromisoformat(query[name]) for name in ("start", "end"))
        records = [
            {"id": row.id, "deletedDate": _iso(row.deleted_at)}
            for row in sobject.table.shown()
            if row.deleted_at is not None and start <= row.deleted_at < end
        ]
        dates = {"earliestDateAvailable": query["start"], "latestDateCovered": query["end"]}
        return Reply(200, {"deletedRecords": records, **dates})

    def _upsert_one(self, name: str, by: str, value: str, fields: dict[str, Any]) -> Reply:
        rows = self.objects[name].table.holding(by, value)
        if len(rows) > 1:
            return Reply(300, [f"/services/data/v62.0/sobjects/{name}/{row.id}" for row in rows])
        row, created = self._upsert(name, by, {**fields, by: value})
        body = {"id": row.id, "success": True, "errors": [], "created": created}
        return Reply(201 if created else 200, body)

    def _upsert_many(self, name: str, by: str, body: dict[str, Any]) -> Reply:
        sobject = self.objects[name]
        if by not in sobject.fields or not sobject.fields[by].external_id:
            raise Refused("INVALID_FIELD", f"{by} is no external id of {name}")
        for record in self._records(body, name):
            if "id" in {key.lower() for key in record}:
                raise ValueError("An upsert by external id takes no id")
            if not record.get(by):
                raise Refused("MISSING_ARGUMENT", f"{by} not specified")
        return self._each(body, lambda fields: self._upsert(name, by, fields), whole_of=sobject)

    def _update_many(self, body: dict[str, Any]) -> Reply:
        for record in self._records(body):
            if not _ID.fullmatch(str(record.get("id", ""))):
                raise ValueError("Each record needs an id")
        return self._each(body, lambda fields: (self._update(fields), False))

    def _records(self, body: dict[str, Any], name: str | None = None) -> list[dict[str, Any]]:
        """Return the records of a collection, shaped as they have to be."""
        if set(body) - {"allOrNone", "records"} or not isinstance(body.get("records"), list):
            raise ValueError("A collection has records, and allOrNone")
        if body.get("allOrNone", False) not in (False, True):
            raise ValueError("allOrNone is true or false")
        if not 1 <= len(body["records"]) <= 200:
            raise ValueError("Between 1 and 200 records")
        for record in body["records"]:
            kind = record.get("attributes") if isinstance(record, dict) else None
            if not isinstance(kind, dict) or kind.get("type") not in self.objects:
                raise ValueError("Each record needs attributes with its type")
            if name is not None and kind["type"] != name:
                raise ValueError("All records are of the type in the address")
        records: list[dict[str, Any]] = body["records"]
        return records

    def _each(self, body: dict[str, Any], write: Any, whole_of: SObject | None = None) -> Reply:
        if whole_of is not None and self.whole:
            for record in body["records"]:
                self._check_shape(whole_of, _bare(record))
        results = []
        for record in body["records"]:
            fields = {**_bare(record), "attributes": record["attributes"]}
            try:
                row, created = write(fields)
                results.append({"id": row.id, "success": True, "errors": [], "created": created})
            except Refused as error:
                problem = {"statusCode": error.code, "message": str(error), "fields": error.fields}
                results.append({"success": False, "errors": [problem]})
        return Reply(200, results)

    def _upsert(self, name: str, by: str, fields: dict[str, Any]) -> tuple[Row, bool]:
        sobject, values = self.objects[name], _bare(fields)
        value = values[by]
        rows = [
            row
            for row in sobject.table.rows.values()
            if row.deleted_at is None and self._same(sobject.fields[by], row.fields.get(by), value)
        ]
        if len(rows) > 1:
            raise Refused("DUPLICATE_EXTERNAL_ID", "more than one record found for external id")
        row = rows[0] if rows else None
        self._check(sobject, values, row)
        if row is not None:
            return sobject.table.update(row, _trimmed(values)), False
        return self._insert(sobject, values), True

    def _update(self, fields: dict[str, Any]) -> Row:
        sobject = self.objects[fields["attributes"]["type"]]
        values = {k: v for k, v in _bare(fields).items() if k != "id"}
        row = sobject.table.rows.get(fields["id"])
        if row is None:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.deleted_at is not None:
            raise Refused("ENTITY_IS_DELETED", "entity is deleted")
        self._check(sobject, values, row)
        return sobject.table.update(row, _trimmed(values))

    # How records are kept.

    def _insert(self, sobject: SObject, fields: Mapping[str, Any]) -> Row:
        self._next += 1
        crm_id = f"{sobject.prefix}5f00000{self._next:05d}"
        owner = {"OwnerId": OWNER} if "OwnerId" in sobject.fields else {}
        return sobject.table.insert(crm_id + _suffix(crm_id), owner | _trimmed(fields))

    def _same(self, field: Field, mine: Any, theirs: Any) -> bool:
        if field.case_sensitive or not (isinstance(mine, str) and isinstance(theirs, str)):
            return bool(mine == theirs)
        return mine.casefold() == theirs.casefold()

    def _check_shape(self, sobject: SObject, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            field = sobject.fields.get(name)
            if field is None or field.read_only:
                raise Refused("INVALID_FIELD", f"No such column '{name}'", [name])
            if value is not None and not _has_type(field.type, value):
                raise Refused("JSON_PARSER_ERROR", f"Cannot read {field.type} from {value!r}")

    def _check(self, sobject: SObject, fields: Mapping[str, Any], row: Row | None = None) -> None:
        self._check_shape(sobject, fields)
        for name, value in _trimmed(fields).items():
            field = sobject.fields[name]
            if isinstance(value, str) and len(value) > field.length:
                raise Refused("STRING_TOO_LONG", f"{name}: data value too large", [name])
            if field.options and value not in {None, *field.options}:
                code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
                raise Refused(code, f"bad value for restricted picklist field: {value}", [name])
            if field.refers_to is not None and value is not None:
                self._check_reference(name, field, value)
            if field.external_id and value is not None:
                holders = sobject.table.holding(name, value)
                if any(holder is not row for holder in holders):
                    text = f"duplicate value found: {name} duplicates value on {holders[0].id}"
                    raise Refused("DUPLICATE_VALUE", text)
        merged = {**(row.fields if row else {}), **_trimmed(fields)}
        missing = [n for n, f in sobject.fields.items() if f.required and merged.get(n) is None]
        if missing:
            text = f"Required fields are missing: {missing}"
            raise Refused("REQUIRED_FIELD_MISSING", text, missing)

    def _check_reference(self, name: str, field: Field, value: Any) -> None:
        if not _ID.fullmatch(str(value)):
            raise Refused("MALFORMED_ID", f"{name}: id value of incorrect type: {value}", [name])
        row = self.objects[str(field.refers_to)].table.rows.get(value)
        if row is None:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.deleted_at is not None:
            raise Refused("ENTITY_IS_DELETED", "entity is deleted")

    def _soql_types(self, name: str) -> dict[str, str]:
        if name not in self.objects:
            raise MalformedQuery(f"sObject type '{name}' is not supported.", "INVALID_TYPE")
        fields = self.objects[name].fields
        return {key: _SOQL_TYPES.get(field.type, "text") for key, field in fields.items()}

    def _values(self, row: Row) -> dict[str, Any]:
        return {
            **row.fields,
            "Id": row.id,
            "IsDeleted": row.deleted_at is not None,
            "SystemModstamp": row.modified_at,
        }

    def _row(self, sobject: SObject, name: str, row: Row, wanted: Iterable[str]) -> dict[str, Any]:
        values = self._values(row) | {"SystemModstamp": _iso(row.modified_at)}
        answer: dict[str, Any] = {
            "attributes": {"type": name, "url": f"/services/data/v62.0/sobjects/{name}/{row.id}"}
        }
        for key in wanted:
            value = values.get(key)
            if sobject.fields[key].type == "boolean":
                value = bool(value)
            if sobject.fields[key].type == "datetime" and value and key != "SystemModstamp":
                value = _iso(datetime.fromisoformat(value))
            answer[key] = value
        return answer


class Refused(Exception):
    """A record that doesn't fit the org."""

    def __init__(self, code: str, text: str, fields: list[str] | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.fields = fields or []


def _system(name: str) -> dict[str, Field]:
    system = {
        "Id": Field("id", read_only=True),
        "IsDeleted": Field("boolean", read_only=True),
        "SystemModstamp": Field("datetime", read_only=True),
        "BillingAddress": Field("address", read_only=True),
    }
    merged = Field("reference", read_only=True)
    return system | ({"MasterRecordId": merged} if name in {"Account", "Contact"} else {})


def _described(name: str, sobject: SObject) -> dict[str, Any]:
    return {
        "name": name,
        "keyPrefix": sobject.prefix,
        "fields": [
            {
                "name": key,
                "type": field.type,
                "length": field.length,
                "externalId": field.external_id,
                "unique": field.external_id,
                "caseSensitive": field.external_id and field.case_sensitive,
                "nillable": not field.required,
                "createable": not field.read_only,
                "updateable": not field.read_only,
                "referenceTo": [field.refers_to] if field.refers_to else [],
                "restrictedPicklist": bool(field.options),
                "picklistValues": [{"value": one, "active": True} for one in field.options],
            }
            for key, field in sobject.fields.items()
        ],
    }


def _has_type(kind: str, value: Any) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "date":
            return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value))
        case "datetime":
            zoned = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)"
            return isinstance(value, str) and bool(re.fullmatch(zoned, value))
    return isinstance(value, str)


def _trimmed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: (value.strip() or None) if isinstance(value, str) else value
        for name, value in fields.items()
        if name != "attributes"
    }


def _bare(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "attributes"}


def _suffix(crm_id: str) -> str:
    """Return the three letters that make an id safe where case is not told apart."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    return "".join(
        letters[sum(1 << n for n, letter in enumerate(crm_id[at : at + 5]) if letter.isupper())]
        for at in (0, 5, 10)
    )


def _error(status: int, code: str, text: str, fields: list[str] | None = None) -> Reply:
    body = {"message": text, "errorCode": code} | ({"fields": fields} if fields else {})
    return Reply(status, [body])


def _iso(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000" if moment else None


def _sortable(value: Any) -> tuple[bool, Any]:
    if isinstance(value, datetime):
        return (True, value.replace(microsecond=0))
    return (value is not None, value if value is not None else "")
