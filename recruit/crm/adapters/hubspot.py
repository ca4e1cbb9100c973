"""HubSpot: its dated CRM API with the token of a private app or a service key.

A record of ours is known by a property whose values are unique (`id_field`). Reads by such a
property see every write at once; searches lag behind, so they only serve to find others' records
and to hear of changes. A reference to another record is an association, and stands among the fields
as `associations.companies` or `associations.contacts`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from recruit.clock import Clock
from recruit.config import Secret
from recruit.crm.adapters.batches import Item, check_batch, grouped
from recruit.crm.adapters.feed import OVERLAP
from recruit.crm.adapters.hubspot_changes import read_changes
from recruit.crm.adapters.hubspot_reader import ASSOCIATION, BATCH, HubSpotReader, targets_of
from recruit.crm.adapters.hubspot_wire import HubSpotDialect
from recruit.crm.adapters.hubspot_writer import HubSpotWriter, is_id
from recruit.crm.http import CrmHttp
from recruit.crm.http_auth import Key
from recruit.crm.port import (
    Capabilities,
    ChangePage,
    CrmError,
    CrmRecord,
    CrmRefused,
    FieldShape,
)

ADDRESS = "https://api.hubapi.com"
SEARCH_PAGE = 200


class HubSpotCrm:
    """A HubSpot account. Objects are HubSpot's own: companies, contacts, notes, custom ones.

    `fields` narrows what is read, by object; without it every property is read. Further keywords go
    to `CrmHttp`.
    """

    name = "hubspot"
    capabilities = Capabilities(
        native_upsert=True,
        conditional_write=False,
        batch_size=BATCH,
        deletes_in_feed=True,
        field_times=True,
    )

    def __init__(
        self,
        token: Secret,
        *,
        clock: Clock,
        base_url: str = ADDRESS,
        id_field: str = "recruit_id",
        api_version: str = "2026-09",
        fields: Mapping[str, Collection[str]] | None = None,
        overlap: timedelta = OVERLAP,
        **http: Any,
    ) -> None:
        """Remember where to ask; nothing is asked before the first question."""
        authorizer = Key("Authorization", token, scheme="Bearer")
        self._http = CrmHttp(base_url, authorizer, HubSpotDialect(clock), clock=clock, **http)
        self._reader = HubSpotReader(
            self._http, id_field=id_field, api_version=api_version, fields=fields or {}
        )
        self._writer = HubSpotWriter(self._http, self._reader)
        self._id_field = id_field
        self._overlap = overlap

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the object's properties and associations."""
        properties = self._reader.ask_properties(crm_object)
        described = {name: one.shape for name, one in properties.items() if name != self._id_field}
        links = {ASSOCIATION + target: FieldShape("text") for target in targets_of(crm_object)}
        return described | links

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id; one that was merged away is found as its survivor."""
        if not is_id(crm_id):
            return None
        return next(iter(self._reader.read(crm_object, [crm_id])), None)

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records whose field has this value; `external_id` is a field too."""
        if field == "external_id":
            return self._reader.read(crm_object, [value], id_property=self._id_field)
        if field not in self._reader.properties(crm_object):
            raise CrmRefused(f"{crm_object} have no field {field!r}.", kind="unknown_field")
        if self._is_unique(crm_object, field):
            return self._reader.read(crm_object, [value], id_property=field)
        filters = [{"propertyName": field, "operator": "EQ", "value": value}]
        found, _ = self._reader.search(crm_object, filters, "hs_object_id", SEARCH_PAGE)
        wanted = value.casefold()
        found = [one for one in found if str(one.fields.get(field, "")).casefold() == wanted]
        return self._reader.complete(crm_object, found)

    def find_many(
        self, crm_object: str, field: str, values: Sequence[str]
    ) -> dict[str, list[CrmRecord]]:
        """Do what `find` does for up to 100 values, in one question where HubSpot answers it."""
        if field == "external_id":
            found = self._reader.read(crm_object, values, id_property=self._id_field)
            return grouped(values, found, field)
        if self._is_unique(crm_object, field):
            found = self._reader.read(crm_object, values, id_property=field)
            by_value = grouped(values, found, field)
            # A contact is also found by an address of his that stands in no field.
            if sum(map(len, by_value.values())) == len(found):
                return by_value
        elif field in self._reader.properties(crm_object):
            # Of text, a list is compared without case, and has to be in small letters.
            wanted = sorted({value.casefold() for value in values})
            one_of = {"propertyName": field, "operator": "IN", "values": wanted}
            found, _ = self._reader.search(crm_object, [one_of], "hs_object_id", SEARCH_PAGE)
            if len(found) < SEARCH_PAGE:
                found = self._reader.complete(crm_object, found)
                return grouped(values, found, field)
        return {value: self.find(crm_object, field, value) for value in values}

    def upsert(
        self,
        crm_object: str,
        external_id: str,
        fields: Mapping[str, Any],
        *,
        crm_id: str | None = None,
        if_version: str | None = None,
    ) -> CrmRecord:
        """Write fields to the record with this external id (or this id), or make it."""
        if if_version is not None:
            raise CrmRefused("HubSpot has no conditional write.", kind="no_conditional_write")
        if crm_id is None:
            (result,) = self.upsert_many(crm_object, [(external_id, fields)])
            if isinstance(result, CrmError):
                raise result
            return result
        return self._writer.update(crm_object, crm_id, external_id, fields)

    def upsert_many(self, crm_object: str, items: Sequence[Item]) -> list[CrmRecord | CrmError]:
        """Upsert up to 100 records by external id; each gets what is stored now, or its error.

        Raises what the port raises where nothing was written for any of them.
        """
        check_batch(items, BATCH)
        results = self._writer.upsert(crm_object, items)
        return [results[external_id] for external_id, _ in items]

    def edited_at(self, crm_object: str, crm_id: str, fields: Sequence[str]) -> dict[str, datetime]:
        """Return when these properties were edited last, from their history."""
        return self._reader.read_times(crm_object, crm_id, fields)

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position`: live ones, and then those archived since."""
        return read_changes(self._reader, crm_object, position, limit, self._overlap)

    def _is_unique(self, crm_object: str, field: str) -> bool:
        known = self._reader.properties(crm_object).get(field)
        return known is not None and (known.unique or (crm_object, field) == ("contacts", "email"))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()
