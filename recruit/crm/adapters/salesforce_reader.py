"""Read Salesforce: descriptions of objects, and queries."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import httpx

from recruit.crm.adapters.salesforce_wire import field_of, lists_of, literal, record_of
from recruit.crm.http import CrmHttp, segment
from recruit.crm.port import CrmRecord, CrmRefused, CrmUnavailable, FieldShape

_ALWAYS = ("Id", "IsDeleted", "SystemModstamp")
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")


def is_id(text: str) -> bool:
    """Tell whether a text can be the id of a record."""
    return _ID.fullmatch(text) is not None


class SalesforceReader:
    """Reads one org. `fields` narrows what is read, by object."""

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
        self.root = f"/services/data/v{segment(api_version)}"
        self._http = http
        self._fields = fields
        self._known: dict[str, dict[str, FieldShape]] = {}

    def ask_fields(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the fields as they are now; refuses an object without our external id."""
        path = f"{self.root}/sobjects/{segment(crm_object)}/describe"
        response = self._http.read("GET", path, accept=(404,))
        if response.status_code == 404:
            raise CrmRefused(f"No object {crm_object!r} here.", kind="unknown_object")
        described = {one["name"]: one for one in self._http.json_of(response)["fields"]}
        own = described.get(self.id_field, {})
        if not all(own.get(name) for name in ("externalId", "unique", "caseSensitive")):
            raise CrmRefused(
                f"{crm_object} needs a text field {self.id_field} that is an external id, unique "
                "and case-sensitive. Create it in Salesforce before the first push.",
                kind="no_external_id",
            )
        known = ((name, field_of(one)) for name, one in described.items())
        self._known[crm_object] = {name: field for name, field in known if field is not None}
        return self._known[crm_object]

    def field_map(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the fields as they were when they were last asked for."""
        return self._known.get(crm_object) or self.ask_fields(crm_object)

    def soql(
        self, crm_object: str, where: str, *, order: str = "", limit: int | None = None
    ) -> str:
        """Return a query for an object's records; `where` must be made of names and literals."""
        known = self.field_map(crm_object)
        wanted = set(self._fields.get(crm_object, known)) & set(known)
        names = [*_ALWAYS, *sorted((wanted | {self.id_field}) - set(_ALWAYS))]
        soql = f"SELECT {','.join(names)} FROM {crm_object}"  # noqa: S608 - all are known names
        soql += f" WHERE {where}" if where else ""
        soql += f" ORDER BY {order}" if order else ""
        return soql + (f" LIMIT {limit}" if limit is not None else "")

    def query(
        self, crm_object: str, soql: str, *, with_deleted: bool = False
    ) -> tuple[list[CrmRecord], httpx.Response]:
        """Return all records, which may come in several answers, and the first of these."""
        path = f"{self.root}/{'queryAll' if with_deleted else 'query'}"
        first = response = self._http.read("GET", path, params={"q": soql})
        body = self._http.json_of(response)
        rows: list[Mapping[str, Any]] = list(body["records"])
        while not body["done"]:
            following = str(body["nextRecordsUrl"])
            if not following.startswith(f"{self.root}/"):
                raise CrmUnavailable("Salesforce names a strange next page.", kind="not_json")
            response = self._http.read("GET", following)
            body = self._http.json_of(response)
            rows += body["records"]
        fields = self.field_map(crm_object)
        return [record_of(crm_object, row, fields, self.id_field) for row in rows], first

    def select(self, crm_object: str, where: str, *, order: str = "") -> list[CrmRecord]:
        """Return the live records that fit."""
        return self.query(crm_object, self.soql(crm_object, where, order=order))[0]

    def survivor_of(self, crm_object: str, crm_id: str) -> str:
        """Return the id of the record that this one was merged into, blank when it wasn't."""
        if "MasterRecordId" not in self.field_map(crm_object):
            return ""
        soql = (
            f"SELECT {', '.join(_ALWAYS)}, MasterRecordId FROM {crm_object} "  # noqa: S608
            f"WHERE Id = {literal(crm_id)}"
        )
        found, _ = self.query(crm_object, soql, with_deleted=True)
        return str(found[0].fields.get("MasterRecordId", "")) if found else ""

    def twins(self, crm_object: str, external_ids: Iterable[str]) -> list[CrmRecord]:
        """Return all records with these external ids, deleted ones too."""
        found: list[CrmRecord] = []
        self.field_map(crm_object)
        for part in lists_of(external_ids):
            soql = (
                f"SELECT {', '.join((*_ALWAYS, self.id_field))} FROM {crm_object} "  # noqa: S608
                f"WHERE {self.id_field} IN ({part})"
            )
            found += self.query(crm_object, soql, with_deleted=True)[0]
        return found
