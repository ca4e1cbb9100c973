"""Salesforce: its REST API with an external client app's own credentials.

A record of ours is known by a custom field that is an external id, unique and case-sensitive
(`id_field`). Values only travel in bodies, and quoted in queries, never as a part of an address.
Deleted and merged records come with the changes, through `queryAll`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from recruit.clock import Clock
from recruit.config import Secret
from recruit.crm.adapters.batches import Item, check_batch, grouped
from recruit.crm.adapters.feed import OVERLAP, Keyset
from recruit.crm.adapters.salesforce_reader import SalesforceReader, is_id
from recruit.crm.adapters.salesforce_wire import (
    SalesforceDialect,
    lists_of,
    literal,
    moment_literal,
)
from recruit.crm.adapters.salesforce_writer import SalesforceWriter
from recruit.crm.http import CrmHttp, check_address
from recruit.crm.http_auth import Authorizer, ClientCredentials, JwtBearer
from recruit.crm.port import Capabilities, ChangePage, CrmError, CrmRecord, CrmRefused, FieldShape

BATCH = 200
# A survivor may have been merged away itself; nobody does that often.
_MOST_MERGES = 5


_NO_KEY = Secret("")


def _login_of(base_url: str) -> str:
    """Return the login server that a signed statement is for: sandboxes have one of their own."""
    host = urlsplit(base_url).hostname or ""
    return f"https://{'test' if '.sandbox.' in host else 'login'}.salesforce.com"


class SalesforceCrm:
    """A Salesforce org. Objects are Salesforce's own: Account, Contact, Recruit_Activity__c.

    `base_url` is the org's My Domain address. `fields` narrows what is read, by object; without it
    every field is read. Further keywords go to `CrmHttp`.
    """

    name = "salesforce"
    capabilities = Capabilities(
        native_upsert=True, conditional_write=False, batch_size=BATCH, deletes_in_feed=True
    )

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: Secret,
        *,
        clock: Clock,
        user: str = "",
        private_key: Secret = _NO_KEY,
        id_field: str = "Recruit_Id__c",
        api_version: str = "62.0",
        fields: Mapping[str, Collection[str]] | None = None,
        overlap: timedelta = OVERLAP,
        **http: Any,
    ) -> None:
        """Remember where to ask; nothing is asked before the first question.

        With a `private_key` (PEM) it signs in as `user` by JWT bearer, and needs no client secret.
        """
        token_url = check_address(base_url) + "/services/oauth2/token"
        authorizer: Authorizer
        if private_key:
            audience = _login_of(base_url)
            authorizer = JwtBearer(
                token_url, client_id, user, private_key, audience=audience, clock=clock
            )
        else:
            authorizer = ClientCredentials(token_url, client_id, client_secret)
        self._http = CrmHttp(base_url, authorizer, SalesforceDialect(), clock=clock, **http)
        self._reader = SalesforceReader(
            self._http, id_field=id_field, api_version=api_version, fields=fields or {}
        )
        self._writer = SalesforceWriter(self._http, self._reader)
        self._id_field = id_field
        self._overlap = overlap

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the object's fields."""
        fields = self._reader.ask_fields(crm_object)
        return {name: field for name, field in fields.items() if name != self._id_field}

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id; one that was merged away is found as its survivor."""
        for _ in range(_MOST_MERGES):
            if not is_id(crm_id):
                return None
            found = self._reader.select(crm_object, f"Id = {literal(crm_id)}")
            if found:
                return found[0]
            crm_id = self._reader.survivor_of(crm_object, crm_id)
        return None

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records whose field has this value; `external_id` is a field too."""
        name = self._id_field if field == "external_id" else field
        if name not in self._reader.field_map(crm_object):
            raise CrmRefused(f"{crm_object} has no field {field!r}.", kind="unknown_field")
        found = self._reader.select(crm_object, f"{name} = {literal(value)}", order="Id")
        if field == "external_id":
            return [record for record in found if record.external_id == value]
        wanted = value.casefold()
        return [one for one in found if str(one.fields.get(name, "")).casefold() == wanted]

    def find_many(
        self, crm_object: str, field: str, values: Sequence[str]
    ) -> dict[str, list[CrmRecord]]:
        """Do what `find` does for several values, in as few queries as addresses allow."""
        name = self._id_field if field == "external_id" else field
        if name not in self._reader.field_map(crm_object):
            raise CrmRefused(f"{crm_object} has no field {field!r}.", kind="unknown_field")
        found: list[CrmRecord] = []
        for part in lists_of(values):
            found += self._reader.select(crm_object, f"{name} IN ({part})", order="Id")
        return grouped(values, found, field)

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
            raise CrmRefused("Salesforce has no conditional write.", kind="no_conditional_write")
        if crm_id is not None:
            return self._writer.update(crm_object, crm_id, external_id, fields)
        (result,) = self.upsert_many(crm_object, [(external_id, fields)])
        if isinstance(result, CrmError):
            raise result
        return result

    def upsert_many(self, crm_object: str, items: Sequence[Item]) -> list[CrmRecord | CrmError]:
        """Upsert up to 200 records by external id; each gets what is stored now, or its error.

        Raises what the port raises where nothing was written for any of them.
        """
        check_batch(items, BATCH)
        results = self._writer.upsert(crm_object, items)
        return [results[external_id] for external_id, _ in items]

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position`, deleted ones too, by time of change and id."""
        place = Keyset.from_json(position)
        limit = min(limit, 2000)
        where = ""
        if place.at is not None:
            at = moment_literal(place.at)
            where = f"SystemModstamp > {at}"
            if place.id:
                after = f"SystemModstamp = {at} AND Id > {literal(place.id)}"
                where = f"{where} OR ({after})"
        order = "SystemModstamp ASC, Id ASC"
        soql = self._reader.soql(crm_object, where, order=order, limit=limit)
        records, answer = self._reader.query(crm_object, soql, with_deleted=True)
        place = place.opened(self._http.time_of(answer), self._overlap)
        if records:
            place = Keyset(records[-1].modified_at, records[-1].id, place.floor)
        more = len(records) == limit
        return ChangePage(tuple(records), (place if more else place.closed()).to_json(), more)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()
