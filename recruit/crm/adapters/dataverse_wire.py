"""Dataverse's words: columns, lookups, OData literals, rows, and which error an answer is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from recruit.crm.http import Wait
from recruit.crm.port import CrmConflict, CrmError, CrmRecord, CrmRefused
from recruit.crm.values import Value, canonical

# Of one user's requests in five minutes, which is the only limit that answers tell of.
_BURST = 6_000
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBERS = frozenset(
    {"Integer", "BigInt", "Decimal", "Double", "Money", "Picklist", "State", "Status"}
)
_TEXTS = frozenset({"String", "Memo", "Uniqueidentifier", "EntityName"})
_KINDS = {
    "0x80040217": "not_found",
    "0x80060891": "not_found",
    "0x80040220": "forbidden",
    "0x80060892": "duplicate_external_id",
    "0x80040237": "duplicate_external_id",
    "0x80044331": "too_long",
    "0x80048d19": "invalid_value",
    "0x80048408": "invalid_value",
}
_CONCURRENCY = "0x80060882"
EXPIRED = "0x80044352"


EXTERNAL_ID = re.compile(r"[A-Z0-9][A-Z0-9-]{0,79}")


@dataclass(frozen=True)
class Column:
    """A column: its type, its name in answers, and its name and target when it is written.

    `target` is the entity set that a lookup refers to, None for a plain column.
    """

    kind: str
    read_as: str
    write_as: str
    target: str | None = None
    longest: int | None = None
    writable: bool = True


@dataclass(frozen=True)
class EntityType:
    """A table, as far as it matters here."""

    name: str
    entity_set: str
    id_column: str
    columns: Mapping[str, Column]


class DataverseDialect:
    """What Dataverse says in its own way."""

    def judge(self, response: httpx.Response) -> CrmError | Wait | None:
        """Return what an answer means."""
        code, text = error_of(response)
        if not code or response.status_code not in {400, 403, 404, 409, 412}:
            return None
        if response.status_code == 412 and code in {_CONCURRENCY, ""}:
            return CrmConflict(text, kind="conflict")
        return CrmRefused(text, kind=_KINDS.get(code, "refused"))

    def used_share(self, response: httpx.Response) -> float | None:
        """Return the used share of the requests of five minutes."""
        left = response.headers.get("x-ms-ratelimit-burst-remaining-xrm-requests", "")
        return 1 - int(left) / _BURST if left.isdigit() else None


def error_of(response: httpx.Response) -> tuple[str, str]:
    """Return the code and the words of an error; blank ones where there are none."""
    try:
        error = response.json()["error"]
        return str(error["code"]).lower(), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def is_guid(text: str) -> bool:
    """Tell whether a text can be the id of a row."""
    return _GUID.fullmatch(text) is not None


def literal(text: str) -> str:
    """Return a text as a literal of OData."""
    return "'" + text.replace("'", "''") + "'"


def column_of(
    described: Mapping[str, Any], date_only: frozenset[str], longest: Mapping[str, int]
) -> Column | None:
    """Return a column of Dataverse's description; None for one that has no plain value."""
    name, kind = described["LogicalName"], described["AttributeType"]
    # Parts of others (labels of picklists, names of lookups) say nothing of their own.
    if described.get("AttributeOf") or not described.get("IsValidForRead", True):
        return None
    if kind == "Owner":
        return Column("text", f"_{name}_value", name)
    plain = {"Boolean": "boolean", "DateTime": "date" if name in date_only else "datetime"}
    plain |= dict.fromkeys(_NUMBERS, "number") | dict.fromkeys(_TEXTS, "text")
    if kind not in plain:
        return None
    writable = bool(described.get("IsValidForCreate", True))
    return Column(plain[kind], name, name, longest=longest.get(name), writable=writable)


def lookup_of(described: Mapping[str, Any], entity_set: str) -> tuple[str, Column]:
    """Return a lookup by the name of its navigation property, which tells targets apart."""
    name = described["ReferencingEntityNavigationPropertyName"]
    read_as = f"_{described['ReferencingAttribute']}_value"
    return name, Column("text", read_as, f"{name}@odata.bind", entity_set)


def record_of(
    entity: EntityType, row: Mapping[str, Any], id_field: str, now: datetime
) -> CrmRecord:
    """Return a row as a record; one that was deleted has nothing but its id."""
    if "reason" in row:
        return CrmRecord(entity.name, str(row["id"]), None, "", now, {}, deleted=True)
    system = {id_field, entity.id_column, "modifiedon", "createdon", "versionnumber"}
    values = {
        name: _from_wire(column.kind, row.get(column.read_as))
        for name, column in entity.columns.items()
        if name not in system
    }
    return CrmRecord(
        object=entity.name,
        id=row[entity.id_column],
        external_id=row.get(id_field) or None,
        version=str(row["@odata.etag"]).removeprefix('W/"').removesuffix('"'),
        modified_at=datetime.fromisoformat(row["modifiedon"]).astimezone(UTC),
        fields={name: value for name, value in values.items() if value is not None},
    )


def _from_wire(kind: str, value: Any) -> Value:
    if kind == "datetime" and isinstance(value, str):
        return canonical(datetime.fromisoformat(value))
    return canonical(value)


def body_of(entity: EntityType, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as a request's body; a reference is bound by its navigation property."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        column = entity.columns.get(name)
        if column is None:
            raise CrmRefused(f"{entity.name} has no column {name!r}.", kind="unknown_field")
        if column.target is None or value is None:
            body[column.write_as] = value
        elif is_guid(str(value)):
            body[column.write_as] = f"/{column.target}({value})"
        else:
            raise CrmRefused(f"{value!r} is the id of no row.", kind="unknown_reference")
    return body


def check_external_id(external_id: str) -> None:
    """Refuse an external id that Dataverse could take for another."""
    if not EXTERNAL_ID.fullmatch(external_id):
        raise CrmRefused(
            f"{external_id!r} can be no key in Dataverse: capital letters, digits and hyphens.",
            kind="invalid_external_id",
        )
