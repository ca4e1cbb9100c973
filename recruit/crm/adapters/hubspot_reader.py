"""Read HubSpot: properties, records by id or by a unique property, searches, archived records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from recruit.crm.adapters.hubspot_wire import Property, property_of, record_of
from recruit.crm.http import CrmHttp, segment
from recruit.crm.port import CrmRecord, CrmRefused

# What a batch of any kind may hold.
BATCH = 100
ASSOCIATION = "associations."


class HubSpotReader:
    """Reads one account. `fields` narrows what is read, by object."""

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
        self._http = http
        self._version = api_version
        self._fields = fields
        self._known: dict[str, dict[str, Property]] = {}

    def path(self, crm_object: str, *rest: str) -> str:
        """Return the address of an object's records, or of one."""
        parts = "/".join(segment(part) for part in (crm_object, *rest))
        return f"/crm/objects/{self._version}/{parts}"

    def associations_path(self, crm_object: str, target: str, verb: str) -> str:
        """Return the address of a batch of associations."""
        pair = f"{segment(crm_object)}/{segment(target)}"
        return f"/crm/associations/{self._version}/{pair}/batch/{verb}"

    def ask_properties(self, crm_object: str) -> dict[str, Property]:
        """Return the properties as they are now; refuses an object without our unique one."""
        path = f"/crm/properties/{self._version}/{segment(crm_object)}"
        response = self._http.read("GET", path, accept=(404,))
        if response.status_code == 404:
            raise CrmRefused(f"No object {crm_object!r} here.", kind="unknown_object")
        listed = self._http.json_of(response)["results"]
        properties = {one["name"]: property_of(one) for one in listed if not one.get("archived")}
        own = properties.get(self.id_field)
        if own is None or not own.unique:
            raise CrmRefused(
                f"{crm_object} need a text property {self.id_field!r} whose values are unique "
                "(hasUniqueValue). Create it in HubSpot before the first push.",
                kind="no_external_id",
            )
        self._known[crm_object] = properties
        return properties

    def properties(self, crm_object: str) -> dict[str, Property]:
        """Return the properties as they were when they were last asked for."""
        return self._known.get(crm_object) or self.ask_properties(crm_object)

    def read(
        self,
        crm_object: str,
        values: Sequence[str],
        *,
        id_property: str | None = None,
        archived: bool = False,
    ) -> list[CrmRecord]:
        """Read up to 100 records by id or by a unique property; what isn't there is left out."""
        if not values:
            return []
        body: dict[str, Any] = {
            "inputs": [{"id": value} for value in values],
            "properties": self._wanted(crm_object),
            "propertiesWithHistory": [],
        }
        if id_property is not None:
            body["idProperty"] = id_property
        response = self._http.read(
            "POST",
            self.path(crm_object, "batch", "read"),
            params={"archived": "true"} if archived else None,
            body=body,
            # An account that can't be asked for archived records has to be believed without them.
            accept=(400, 404) if archived else (404,),
        )
        if response.status_code in {400, 404}:
            return []
        found = self._records(crm_object, self._http.json_of(response)["results"])
        if id_property == self.id_field:
            # HubSpot may compare more generously than we do.
            found = [record for record in found if record.external_id in set(values)]
        return found if archived else self.complete(crm_object, found)

    def read_times(self, crm_object: str, crm_id: str, names: Sequence[str]) -> dict[str, datetime]:
        """Return when properties of a record were edited last; associations have no history."""
        known = self.properties(crm_object)
        body = {
            "inputs": [{"id": crm_id}],
            "properties": [],
            "propertiesWithHistory": [name for name in names if name in known],
        }
        response = self._http.read("POST", self.path(crm_object, "batch", "read"), body=body)
        rows = self._http.json_of(response)["results"]
        history = rows[0].get("propertiesWithHistory", {}) if rows else {}
        return {
            name: max(datetime.fromisoformat(version["timestamp"]) for version in versions)
            for name, versions in history.items()
            if versions
        }

    def search(
        self, crm_object: str, filters: Sequence[Mapping[str, Any]], sort: str, limit: int
    ) -> tuple[list[CrmRecord], datetime]:
        """Return what a search finds, without associations, and HubSpot's time."""
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [sort],
            "properties": self._wanted(crm_object),
            "limit": limit,
            "after": "0",
        }
        response = self._http.read("POST", self.path(crm_object, "search"), body=body)
        rows = self._http.json_of(response)["results"]
        return self._records(crm_object, rows), self._http.time_of(response)

    def list_archived(
        self, crm_object: str, after: str, limit: int
    ) -> tuple[list[CrmRecord], str | None]:
        """Return a page of the archived records, by id, and where the next begins."""
        params = {
            "archived": "true",
            "limit": str(min(limit, BATCH)),
            "properties": ",".join(self._wanted(crm_object)),
        }
        if after:
            params["after"] = after
        response = self._http.read("GET", self.path(crm_object), params=params)
        body = self._http.json_of(response)
        following = ((body.get("paging") or {}).get("next") or {}).get("after")
        return self._records(crm_object, body["results"]), following

    def complete(self, crm_object: str, records: Iterable[CrmRecord]) -> list[CrmRecord]:
        """Add to records what they are associated with."""
        records = list(records)
        narrowed = self._fields.get(crm_object)
        for target in targets_of(crm_object):
            name = ASSOCIATION + target
            if not records or (narrowed is not None and name not in narrowed):
                continue
            found: dict[str, str] = {}
            for start in range(0, len(records), BATCH):
                ids = [record.id for record in records[start : start + BATCH]]
                found |= self._associated(crm_object, target, ids)
            records = [
                replace(record, fields={**record.fields, name: found[record.id]})
                if record.id in found
                else record
                for record in records
            ]
        return records

    def _associated(self, crm_object: str, target: str, ids: Sequence[str]) -> dict[str, str]:
        response = self._http.read(
            "POST",
            self.associations_path(crm_object, target, "read"),
            body={"inputs": [{"id": crm_id} for crm_id in ids]},
            accept=(404,),
        )
        if response.status_code == 404:
            return {}
        return {
            # People may add others; the oldest stands for them all, so that it never wavers.
            row["from"]["id"]: str(min(int(to["toObjectId"]) for to in row["to"]))
            for row in self._http.json_of(response)["results"]
            if row["to"]
        }

    def _wanted(self, crm_object: str) -> list[str]:
        known = self.properties(crm_object)
        wanted = set(self._fields.get(crm_object, known)) & set(known)
        return sorted(wanted | {self.id_field, modified_field(crm_object)})

    def _records(self, crm_object: str, rows: Iterable[Mapping[str, Any]]) -> list[CrmRecord]:
        properties = self.properties(crm_object)
        return [record_of(crm_object, row, properties, self.id_field) for row in rows]


def modified_field(crm_object: str) -> str:
    """Return the property that holds a record's time of change; contacts have another name for it."""
    return "lastmodifieddate" if crm_object == "contacts" else "hs_lastmodifieddate"


def targets_of(crm_object: str) -> tuple[str, ...]:
    """Return what an object's records can be associated with here."""
    return {"companies": (), "contacts": ("companies",)}.get(crm_object, ("companies", "contacts"))
