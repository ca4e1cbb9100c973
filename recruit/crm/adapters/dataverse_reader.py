"""Read Dataverse: descriptions of tables, rows by id or by a filter."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import httpx

from recruit.crm.adapters.dataverse_wire import (
    Column,
    EntityType,
    column_of,
    is_guid,
    literal,
    lookup_of,
    record_of,
)
from recruit.crm.http import CrmHttp, segment
from recruit.crm.port import CrmRecord, CrmRefused

ODATA = {"Accept": "application/json", "OData-Version": "4.0", "OData-MaxVersion": "4.0"}

_TARGETS = frozenset({"account", "contact"})


# On tables whose rows people can merge.
_MERGED, _MASTER = "merged", "masterid"
# A master may have been merged away itself; nobody does that often.
_MOST_MERGES = 5


def is_merged(record: CrmRecord) -> bool:
    """Tell whether people merged a row into another."""
    return record.fields.get(_MERGED) is True


class DataverseReader:
    """Reads one environment. `fields` narrows what is read, by table."""

    def __init__(
        self,
        http: CrmHttp,
        *,
        id_field: str,
        api_version: str,
        fields: Mapping[str, Collection[str]],
    ) -> None:
        """Remember where to ask."""
        self.id_field = id_field
        self.root = f"/api/data/v{segment(api_version)}"
        self._http = http
        self._fields = fields
        self._known: dict[str, EntityType] = {}

    def ask_entity(self, name: str) -> EntityType:
        """Return the table as it is now; refuses one that lacks what is needed here."""
        path = f"/EntityDefinitions(LogicalName={segment(literal(name))})"
        select = "LogicalName,EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled"
        response = self.read(path, {"$select": select}, accept=(404,))
        if response.status_code == 404:
            raise CrmRefused(f"No table {name!r} here.", kind="unknown_object")
        described = self._http.json_of(response)
        self._check(name, path, described)
        columns = self._columns(path)
        relations = self._list(
            f"{path}/ManyToOneRelationships",
            "ReferencingAttribute,ReferencedEntity,ReferencingEntityNavigationPropertyName",
        )
        sets = self._entity_sets({one["ReferencedEntity"] for one in relations})
        columns |= dict(
            lookup_of(one, sets[one["ReferencedEntity"]])
            for one in relations
            if one["ReferencedEntity"] in sets
        )
        entity = EntityType(
            name, described["EntitySetName"], described["PrimaryIdAttribute"], columns
        )
        self._known[name] = entity
        return entity

    def entity(self, name: str) -> EntityType:
        """Return the table as it was when it was last asked for."""
        return self._known.get(name) or self.ask_entity(name)

    def get(self, name: str, crm_id: str) -> CrmRecord | None:
        """Return a row by its id, as it stands."""
        if not is_guid(crm_id):
            return None
        entity = self.entity(name)
        path = f"/{entity.entity_set}({crm_id})"
        response = self.read(path, {"$select": self.select(name)}, accept=(404,))
        if response.status_code == 404:
            return None
        return self.record(name, response, self._http.json_of(response))

    def survivor(self, name: str, record: CrmRecord) -> CrmRecord | None:
        """Return the row that a row was merged into, itself where it wasn't; None where that is gone.

        Dataverse keeps a merged row, inactive, and names its master.
        """
        for _ in range(_MOST_MERGES):
            if not is_merged(record):
                return record
            master = self.get(name, str(record.fields.get(_MASTER, "")))
            if master is None:
                return None
            record = master
        return None

    def find(self, name: str, condition: str) -> list[CrmRecord]:
        """Return the rows that fit, merged ones too; `condition` must be made of names and literals."""
        entity = self.entity(name)
        params = {
            "$select": self.select(name),
            "$filter": condition,
            "$orderby": "createdon asc",
        }
        response = self.read(f"/{entity.entity_set}", params)
        rows = self._http.json_of(response)["value"]
        return [self.record(name, response, row) for row in rows]

    def read(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        prefer: str = "",
        accept: tuple[int, ...] = (),
    ) -> httpx.Response:
        """Ask below the API's root."""
        headers = ODATA | ({"Prefer": prefer} if prefer else {})
        return self._http.read(
            "GET", self.root + path, params=params, headers=headers, accept=accept
        )

    def select(self, name: str) -> str:
        """Return the columns that are read."""
        entity = self.entity(name)
        wanted = set(self._fields.get(name, entity.columns)) & set(entity.columns)
        wanted |= {_MERGED, _MASTER} & set(entity.columns)
        names = {entity.columns[one].read_as for one in wanted}
        return ",".join(sorted(names | {entity.id_column, self.id_field, "modifiedon"}))

    def record(self, name: str, response: httpx.Response, row: Mapping[str, Any]) -> CrmRecord:
        """Return a row of an answer as a record."""
        now = self._http.time_of(response)
        return record_of(self.entity(name), row, self.id_field, now)

    def _check(self, name: str, path: str, described: Mapping[str, Any]) -> None:
        keys = self._list(f"{path}/Keys", "KeyAttributes,EntityKeyIndexStatus")
        if not any(
            one["KeyAttributes"] == [self.id_field] and one["EntityKeyIndexStatus"] == "Active"
            for one in keys
        ):
            raise CrmRefused(
                f"{name} needs a text column {self.id_field} and an active alternate key that "
                "consists of it alone. Create both in Dataverse before the first push.",
                kind="no_external_id",
            )
        if not described["ChangeTrackingEnabled"]:
            raise CrmRefused(
                f"Change tracking is off for {name}. Turn it on in the table's properties.",
                kind="no_change_tracking",
            )

    def _columns(self, path: str) -> dict[str, Column]:
        dates = self._list(
            f"{path}/Attributes/Microsoft.Dynamics.CRM.DateTimeAttributeMetadata",
            "LogicalName,DateTimeBehavior",
        )
        date_only = frozenset(
            one["LogicalName"]
            for one in dates
            if (one.get("DateTimeBehavior") or {}).get("Value") == "DateOnly"
        )
        longest = {
            one["LogicalName"]: int(one["MaxLength"])
            for kind in ("String", "Memo")
            for one in self._list(
                f"{path}/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata",
                "LogicalName,MaxLength",
            )
        }
        described = self._list(
            f"{path}/Attributes",
            "LogicalName,AttributeType,AttributeOf,IsValidForRead,IsValidForCreate",
        )
        known = ((one["LogicalName"], column_of(one, date_only, longest)) for one in described)
        return {name: column for name, column in known if column is not None}

    def _entity_sets(self, names: Collection[str]) -> dict[str, str]:
        """Return the entity sets of those tables that our records may refer to."""
        wanted = sorted(_TARGETS & set(names))
        if not wanted:
            return {}
        params = {
            "$select": "LogicalName,EntitySetName",
            "$filter": " or ".join(f"LogicalName eq {literal(name)}" for name in wanted),
        }
        rows = self._http.json_of(self.read("/EntityDefinitions", params))["value"]
        return {row["LogicalName"]: row["EntitySetName"] for row in rows}

    def _list(self, path: str, select: str) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = self._http.json_of(
            self.read(path, {"$select": select})
        )["value"]
        return rows
