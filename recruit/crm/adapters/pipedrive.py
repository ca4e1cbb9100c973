"""Pipedrive: its API v2 with a user's API token.

Pipedrive has no upsert and nothing unique: a record of ours is known by a text field (`id_field`), is
looked for before it is made, and is made once as long as one program tells of a firm at a time.
Custom fields are called by their names, since their keys differ from account to account. Activities
take no fields of ours; their external id ends their note. Deleted records are in no list.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from recruit.clock import Clock
from recruit.config import Secret
from recruit.crm.adapters.feed import OVERLAP
from recruit.crm.adapters.pipedrive_reader import COSTS, PAGE, PipedriveReader, rfc3339
from recruit.crm.adapters.pipedrive_wire import (
    PipedriveDialect,
    external_id_of,
    note_with,
    plain_note,
    put,
    record_of,
)
from recruit.crm.http import CrmHttp
from recruit.crm.http_auth import Key
from recruit.crm.port import (
    Capabilities,
    ChangePage,
    CrmOutcomeUnknown,
    CrmRecord,
    CrmRefused,
    FieldShape,
)

# An exact search takes 30 characters at most, and doesn't tell case.
_EXTERNAL_ID = re.compile(r"[A-Z0-9][A-Z0-9-]{1,29}")
_SEARCHED = {"name": "name", "email": "email", "phone": "phone"}
_STAND_INS = {"persons": ("name", "email")}


class PipedriveCrm:
    """A Pipedrive account. Objects are Pipedrive's own: organizations, persons, activities.

    `base_url` is the company's address, such as https://acme.pipedrive.com. Further keywords go to
    `CrmHttp`.
    """

    name = "pipedrive"
    capabilities = Capabilities(
        native_upsert=False, conditional_write=False, batch_size=1, deletes_in_feed=False
    )

    def __init__(
        self,
        base_url: str,
        token: Secret,
        *,
        clock: Clock,
        id_field: str = "recruit_id",
        overlap: timedelta = OVERLAP,
        **http: Any,
    ) -> None:
        """Remember where to ask; nothing is asked before the first question."""
        authorizer = Key("x-api-token", token)
        self._http = CrmHttp(base_url, authorizer, PipedriveDialect(clock), clock=clock, **http)
        self._reader = PipedriveReader(self._http, clock=clock, id_field=id_field)
        self._id_field = id_field
        self._overlap = overlap

    @property
    def tokens_spent(self) -> int:
        """Return how many of the day's tokens the answers so far have cost, by the price list."""
        return self._reader.tokens_spent

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the object's fields, the account's own by their names."""
        fields = self._reader.ask_fields(crm_object)
        return {
            name: FieldShape(
                one.kind,
                longest=one.longest,
                choices=frozenset(one.options.values())
                if one.shape == "choice" and one.kind == "text"
                else None,
            )
            for name, one in fields.items()
            if name != self._id_field
        }

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id."""
        return self._reader.get(crm_object, crm_id)

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records whose field has this value; `external_id` is a field too."""
        if field == "external_id":
            known = _EXTERNAL_ID.fullmatch(value)
            return self._reader.twins(crm_object, value) if known else []
        one = self._reader.fields(crm_object).get(field)
        kind = "custom_fields" if one and one.shape == "custom" else _SEARCHED.get(field)
        if one is None or kind is None or one.kind != "text" or crm_object == "activities":
            raise CrmRefused(
                f"{crm_object} can't be searched by a field {field!r}.", kind="unknown_field"
            )
        if not value.strip():
            return []
        wanted = value.casefold()
        found = self._reader.search(crm_object, kind, value)
        found = [one for one in found if str(one.fields.get(field, "")).casefold() == wanted]
        return sorted(found, key=lambda record: int(record.id))

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
        if not _EXTERNAL_ID.fullmatch(external_id):
            raise CrmRefused(
                f"{external_id!r} can't be found in Pipedrive: 2 to 30 capital letters, digits "
                "and hyphens.",
                kind="invalid_external_id",
            )
        if if_version is not None:
            raise CrmRefused("Pipedrive has no conditional write.", kind="no_conditional_write")
        if crm_id is None:
            crm_id = self._twin(crm_object, external_id, fields)
        row = self._meant(crm_object, crm_id, external_id) if crm_id is not None else None
        body = self._body(crm_object, external_id, fields, row or {})
        return self._write(crm_object, external_id, crm_id, body)

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position`, in the order of their changes.

        While a run is under way the position holds Pipedrive's cursor, the time of the last record
        and the floor that the next run begins from at the latest.
        """
        params = {
            "sort_by": "update_time",
            "sort_direction": "asc",
            "limit": str(min(limit, PAGE)),
        }
        for name, parameter in (("since", "updated_since"), ("cursor", "cursor")):
            if position.get(name):
                params[parameter] = str(position[name])
        fields = self._reader.fields(crm_object)
        try:
            rows, cursor, answer = self._reader.page(f"/api/v2/{crm_object}", params)
        except CrmRefused:
            if "cursor" not in position:
                raise
            # A cursor doesn't last. What was read since the last time of change comes again.
            kept = {name: position[name] for name in ("floor", "last") if name in position}
            since = position.get("last") or position.get("since")
            return self.changes(crm_object, kept | ({"since": since} if since else {}), limit)
        id_code = self._reader.id_code(crm_object)
        records = tuple(record_of(crm_object, row, fields, id_code) for row in rows)
        floor = str(position.get("floor") or rfc3339(self._http.time_of(answer) - self._overlap))
        last = rfc3339(records[-1].modified_at) if records else position.get("last")
        since = {"since": position["since"]} if position.get("since") else {}
        if cursor is not None:
            kept = {"cursor": cursor, "floor": floor} | ({"last": last} if last else {})
            return ChangePage(records, since | kept, more=True)
        if last is None:
            return ChangePage(records, since, more=False)
        # Seconds are all that times have: the next one is after everything that bears this one.
        after = rfc3339(datetime.fromisoformat(last) + timedelta(seconds=1))
        return ChangePage(records, {"since": min(after, floor)}, more=False)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _twin(self, crm_object: str, external_id: str, fields: Mapping[str, Any]) -> str | None:
        """Return the id of the record with this external id, None where there is none."""
        if crm_object == "activities" and str(fields.get("org_id") or "").isdigit():
            found = self._reader.twins_of_organization(external_id, str(fields["org_id"]))
        else:
            found = self._reader.twins(crm_object, external_id)
        if len(found) > 1:
            ids = ", ".join(record.id for record in found)
            raise CrmRefused(
                f"{external_id} is in Pipedrive {len(found)} times: {ids}.", kind="ambiguous"
            )
        return found[0].id if found else None

    def _meant(self, crm_object: str, crm_id: str, external_id: str) -> Mapping[str, Any]:
        """Return the row of this id, unless an external id says otherwise."""
        id_code = self._reader.id_code(crm_object)
        row = self._reader.row(crm_object, crm_id)
        if row is None:
            raise CrmRefused(f"There is no {crm_id!r} in {crm_object}.", kind="not_found")
        if row.get("is_deleted"):
            raise CrmRefused(f"{crm_object} {crm_id} is deleted.", kind="deleted")
        holds = external_id_of(row, id_code)
        if holds not in {None, external_id}:
            raise CrmRefused(
                f"{crm_id} has the external id {holds} already.", kind="duplicate_external_id"
            )
        if holds is None:
            for holder in self._reader.twins(crm_object, external_id):
                raise CrmRefused(
                    f"External id {external_id} belongs to {holder.id}.",
                    kind="duplicate_external_id",
                )
        return row

    def _body(
        self,
        crm_object: str,
        external_id: str,
        fields: Mapping[str, Any],
        row: Mapping[str, Any],
    ) -> dict[str, Any]:
        known = self._reader.fields(crm_object)
        values = dict(fields)
        body: dict[str, Any] = {}
        required, stand_in = _STAND_INS.get(crm_object, ("", ""))
        if required and not row and not values.get(required) and values.get(stand_in):
            values[required] = values[stand_in]
        id_code = self._reader.id_code(crm_object)
        if id_code is not None:
            values[self._id_field] = external_id
        else:
            # What Recruit tells of has happened.
            values = {"done": True} | values if not row else values
        for name, value in values.items():
            one = known.get(name)
            if one is None:
                raise CrmRefused(f"{crm_object} have no field {name!r}.", kind="unknown_field")
            if one.shape in {"organizations", "persons"}:
                self._check_reference(one.shape, value)
            put(body, one, value.strip() if isinstance(value, str) else value, row)
        if id_code is None and ("note" in values or external_id_of(row, None) is None):
            body["note"] = note_with(external_id, values.get("note", plain_note(row)))
        return body

    def _check_reference(self, target: str, value: Any) -> None:
        if self._reader.get(target, str(value)) is None:
            raise CrmRefused(f"There is no {value!r} in {target}.", kind="unknown_reference")

    def _write(
        self, crm_object: str, external_id: str, crm_id: str | None, body: Mapping[str, Any]
    ) -> CrmRecord:
        path = f"/api/v2/{crm_object}" + (f"/{crm_id}" if crm_id is not None else "")
        try:
            response = self._http.write("PATCH" if crm_id is not None else "POST", path, body=body)
            row = self._http.json_of(response, wrote=True)["data"]
        except CrmOutcomeUnknown:
            self._reader.doubt(crm_object)
            raise
        self._reader.tokens_spent += COSTS["write"]
        self._reader.made(crm_object, external_id, str(row["id"]))
        fields = self._reader.fields(crm_object)
        return record_of(crm_object, row, fields, self._reader.id_code(crm_object))
