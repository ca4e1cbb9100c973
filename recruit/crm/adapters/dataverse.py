"""Microsoft Dataverse, the ground of Dynamics 365: its Web API with an app registration.

A record of ours is known by an alternate key on one text column (`id_field`). Dataverse compares
texts without regard to case and accents, and several characters can't stand in a key at all; so only
external ids of capital letters, digits and hyphens are taken. What was deleted leaves nothing behind
that could be looked for, except in the changes, which are read by a delta link. A lookup stands among
the fields by the name of its navigation property, such as `parentcustomerid_account`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from recruit.clock import Clock
from recruit.config import Secret
from recruit.crm.adapters.batches import Item, Results, check_batch, grouped, write_batch
from recruit.crm.adapters.dataverse_reader import ODATA, DataverseReader, is_merged
from recruit.crm.adapters.dataverse_wire import (
    EXPIRED,
    EXTERNAL_ID,
    DataverseDialect,
    EntityType,
    body_of,
    check_external_id,
    error_of,
    is_guid,
    literal,
)
from recruit.crm.http import CrmHttp, check_address, segment
from recruit.crm.http_auth import ClientCredentials
from recruit.crm.port import (
    Capabilities,
    ChangePage,
    CrmConflict,
    CrmError,
    CrmOutcomeUnknown,
    CrmRecord,
    CrmRefused,
    CrmUnavailable,
    FieldShape,
)
from recruit.logs import get_logger

BATCH = 100
# Conditions of one filter, which travels in an address.
_ASKED_AT_ONCE = 50
# The window of the only limit that answers tell of.
_QUOTA_PAUSE_S = 300.0


class DataverseCrm:
    """A Dataverse environment. Objects are logical names of tables: account, contact, recruit_activity.

    `base_url` is the environment's address, `tenant` the directory that the app is registered in.
    `fields` narrows what is read, by table; without it every column is read. Further keywords go to
    `CrmHttp`.
    """

    name = "dataverse"
    capabilities = Capabilities(
        native_upsert=True, conditional_write=True, batch_size=BATCH, deletes_in_feed=True
    )

    def __init__(
        self,
        base_url: str,
        tenant: str,
        client_id: str,
        client_secret: Secret,
        *,
        clock: Clock,
        login_url: str = "https://login.microsoftonline.com",
        id_field: str = "recruit_id",
        api_version: str = "9.2",
        fields: Mapping[str, Collection[str]] | None = None,
        **http: Any,
    ) -> None:
        """Remember where to ask; nothing is asked before the first question."""
        address = check_address(base_url)
        token_url = f"{check_address(login_url)}/{segment(tenant)}/oauth2/v2.0/token"
        authorizer = ClientCredentials(
            token_url, client_id, client_secret, scope=f"{address}/.default"
        )
        options = {"quota_pause_s": _QUOTA_PAUSE_S} | http
        self._http = CrmHttp(address, authorizer, DataverseDialect(), clock=clock, **options)
        self._reader = DataverseReader(
            self._http, id_field=id_field, api_version=api_version, fields=fields or {}
        )
        self._id_field = id_field

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the table's columns and lookups."""
        columns = self._reader.ask_entity(crm_object).columns
        return {
            name: FieldShape(one.kind, longest=one.longest, writable=one.writable)
            for name, one in columns.items()
            if name != self._id_field
        }

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a row by its id; one that was merged away is found as its master."""
        found = self._reader.get(crm_object, crm_id)
        return None if found is None else self._reader.survivor(crm_object, found)

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the rows whose column has this value; `external_id` is a field too."""
        if field == "external_id":
            if not EXTERNAL_ID.fullmatch(value):
                return []
            found = self._reader.find(crm_object, f"{self._id_field} eq {literal(value)}")
            return self._living(crm_object, [one for one in found if one.external_id == value])
        column = self._reader.entity(crm_object).columns.get(field)
        if column is None or column.kind != "text" or column.target is not None:
            raise CrmRefused(f"{crm_object} has no text column {field!r}.", kind="unknown_field")
        wanted = value.casefold()
        found = self._reader.find(crm_object, f"{column.read_as} eq {literal(value)}")
        alike = [one for one in found if str(one.fields.get(field, "")).casefold() == wanted]
        return self._living(crm_object, alike)

    def find_many(
        self, crm_object: str, field: str, values: Sequence[str]
    ) -> dict[str, list[CrmRecord]]:
        """Do what `find` does for several values, some of them a question."""
        column = self._reader.entity(crm_object).columns.get(field)
        if field == "external_id":
            name, asked = self._id_field, [one for one in values if EXTERNAL_ID.fullmatch(one)]
        elif column is None or column.kind != "text" or column.target is not None:
            raise CrmRefused(f"{crm_object} has no text column {field!r}.", kind="unknown_field")
        else:
            name, asked = column.read_as, list(values)
        found: list[CrmRecord] = []
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            part = asked[start : start + _ASKED_AT_ONCE]
            condition = " or ".join(f"{name} eq {literal(one)}" for one in part)
            found += self._reader.find(crm_object, condition)
        return {
            value: self._living(crm_object, records)
            for value, records in grouped(values, found, field).items()
        }

    def upsert(
        self,
        crm_object: str,
        external_id: str,
        fields: Mapping[str, Any],
        *,
        crm_id: str | None = None,
        if_version: str | None = None,
    ) -> CrmRecord:
        """Write fields to the row with this external id (or this id), or make it."""
        check_external_id(external_id)
        entity = self._reader.entity(crm_object)
        body = body_of(entity, fields)
        headers = {**ODATA, "Prefer": "return=representation"}
        if crm_id is not None:
            self._check_meant(crm_object, crm_id, external_id)
            # Without If-Match an id that is gone would be made anew.
            headers["If-Match"] = f'W/"{if_version}"' if if_version is not None else "*"
            key = crm_id
            body[self._id_field] = external_id
        else:
            key = f"{self._id_field}={segment(literal(external_id))}"
            if if_version is not None:
                headers["If-Match"] = f'W/"{if_version}"'
        try:
            response = self._http.write(
                "PATCH",
                f"{self._reader.root}/{entity.entity_set}({key})",
                params={"$select": self._reader.select(crm_object)},
                body=body,
                headers=headers,
            )
        except CrmRefused as error:
            raise self._explained(error, crm_object, external_id, crm_id, if_version) from error
        row = self._http.json_of(response, wrote=True)
        return self._reader.record(crm_object, response, row)

    def upsert_many(self, crm_object: str, items: Sequence[Item]) -> list[CrmRecord | CrmError]:
        """Upsert up to 100 rows by external id; each gets what is stored now, or its error.

        Raises what the port raises where nothing was written for any of them.
        """
        check_batch(items, BATCH)
        entity = self._reader.entity(crm_object)
        results: Results = {}
        bodies: list[Item] = []
        for external_id, fields in items:
            try:
                check_external_id(external_id)
                bodies.append((external_id, body_of(entity, fields)))
            except CrmRefused as error:
                results[external_id] = error
        if bodies:
            results |= write_batch(bodies, lambda part: self._upsert_batch(entity, part))
        return [results[external_id] for external_id, _ in items]

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return rows changed since `position`, deleted ones too; an expired one starts afresh."""
        prefer = f"odata.track-changes,odata.maxpagesize={limit}"
        link = position.get("link")
        if link:
            response = self._reader.read(str(link), prefer=prefer, accept=(400, 410))
            if response.status_code == 410 or error_of(response)[0] == EXPIRED:
                get_logger("crm.dataverse").warning("delta link expired", table=crm_object)
                return self.changes(crm_object, {}, limit)
            if response.status_code == 400:
                raise CrmRefused(self._http.words(response), kind="refused")
        else:
            entity = self._reader.entity(crm_object)
            params = {"$select": self._reader.select(crm_object)}
            response = self._reader.read(f"/{entity.entity_set}", params, prefer=prefer)
        body = self._http.json_of(response)
        seen = (self._reader.record(crm_object, response, row) for row in body["value"])
        # One that was merged away is told like a deleted one; who asks for it finds its master.
        records = tuple(replace(one, deleted=True) if is_merged(one) else one for one in seen)
        more = "@odata.nextLink" in body
        following = self._own(body["@odata.nextLink" if more else "@odata.deltaLink"])
        return ChangePage(records, {"link": following}, more)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _own(self, url: str) -> str:
        """Return what comes after the API's root; a link to anywhere else is not followed."""
        ours, theirs = urlsplit(self._http.base_url), urlsplit(url)
        same = (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
        if not same or not theirs.path.startswith(f"{self._reader.root}/"):
            raise CrmUnavailable("Dataverse names a strange next page.", kind="not_json")
        return f"{theirs.path.removeprefix(self._reader.root)}?{theirs.query}"

    def _check_meant(self, crm_object: str, crm_id: str, external_id: str) -> None:
        """Refuse a write by id whose external id says otherwise."""
        seen = self._reader.get(crm_object, crm_id)
        if seen is not None and seen.external_id is None:
            self._free(crm_object, external_id)
        if seen is None:
            # Only ids that were there once are known here; nothing else tells what became of it.
            raise CrmRefused(
                f"There is no {crm_object} {crm_id}.",
                kind="deleted" if is_guid(crm_id) else "not_found",
            )
        if seen.external_id not in {None, external_id}:
            raise CrmRefused(
                f"{crm_id} has the external id {seen.external_id} already.",
                kind="duplicate_external_id",
            )

    def _living(self, crm_object: str, records: Sequence[CrmRecord]) -> list[CrmRecord]:
        """Put masters in the place of rows that were merged away, each once."""
        kept = (self._reader.survivor(crm_object, record) for record in records)
        return list({one.id: one for one in kept if one is not None}.values())

    def _free(self, crm_object: str, external_id: str) -> None:
        """Take our key from rows that were merged away: it is unique, and the master needs it."""
        entity = self._reader.entity(crm_object)
        condition = f"{self._id_field} eq {literal(external_id)}"
        for holder in self._reader.find(crm_object, condition):
            if holder.external_id == external_id and is_merged(holder):
                self._http.write(
                    "PATCH",
                    f"{self._reader.root}/{entity.entity_set}({holder.id})",
                    body={self._id_field: None},
                    headers={**ODATA, "If-Match": "*"},
                )

    def _explained(
        self,
        error: CrmRefused,
        crm_object: str,
        external_id: str,
        crm_id: str | None,
        if_version: str | None,
    ) -> CrmError:
        """Return what it means that something isn't there: this row, or what it refers to."""
        if error.kind != "not_found":
            return error
        if crm_id is None and if_version is not None:
            if not self.find(crm_object, "external_id", external_id):
                return CrmConflict(f"No {crm_object} {external_id} in version {if_version}.")
        elif crm_id is not None and self._reader.get(crm_object, crm_id) is None:
            return CrmRefused(error.text, kind="deleted")
        return CrmRefused(error.text, kind="unknown_reference")

    def _upsert_batch(self, entity: EntityType, items: Sequence[Item]) -> Results:
        """Write a batch, of which all is written or nothing."""
        targets = [
            {
                "@odata.type": f"Microsoft.Dynamics.CRM.{entity.name}",
                "@odata.id": f"{entity.entity_set}({self._id_field}={literal(external_id)})",
                **body,
            }
            for external_id, body in items
        ]
        path = f"{self._reader.root}/{entity.entity_set}/Microsoft.Dynamics.CRM.UpsertMultiple"
        try:
            self._http.write("POST", path, body={"Targets": targets}, headers=ODATA)
        except CrmRefused as error:
            # An upsert finds or makes its row: it is what the row refers to that isn't there.
            error.kind = "unknown_reference" if error.kind == "not_found" else error.kind
            raise
        condition = " or ".join(f"{self._id_field} eq {literal(one)}" for one, _ in items)
        try:
            found = self._reader.find(entity.name, condition)
        except CrmError as error:
            text = f"Written, but then: {error.text}"
            return dict.fromkeys((one for one, _ in items), CrmOutcomeUnknown(text))
        by_id = {record.external_id: record for record in found}
        gone = CrmOutcomeUnknown("Written, but gone when it was read back.")
        return {external_id: by_id.get(external_id, gone) for external_id, _ in items}
