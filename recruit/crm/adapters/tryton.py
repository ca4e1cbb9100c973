"""Tryton: its JSON-RPC, with a user's session.

Companies and contacts are parties, told apart by a checkbox; activities are a model of their own. These
fields and the model come with a small module for Tryton's server (see docs/crm-adapters.md). Nothing
upserts there: a record is looked for by its external id, which is unique, and made if it isn't there.
Who made it meanwhile wins, and we write to theirs. What people deactivate counts as deleted.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from recruit.clock import Clock
from recruit.config import Secret
from recruit.crm.adapters.embedded_schema import check_external_id
from recruit.crm.adapters.feed import OVERLAP, Keyset
from recruit.crm.adapters.tryton_wire import (
    Field,
    Session,
    TrytonDialect,
    error_of,
    field_of,
    moment_to_wire,
    record_of,
    to_wire,
)
from recruit.crm.http import CrmHttp, check_address, segment
from recruit.crm.port import (
    Capabilities,
    ChangePage,
    CrmConflict,
    CrmError,
    CrmOutcomeUnknown,
    CrmRecord,
    CrmRefused,
    FieldShape,
)

_PERSON = "recruit_person"
_ID_FIELD = "recruit_id"
_OBJECTS: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "company": ("party.party", [[_PERSON, "=", False]], {_PERSON: False}),
    "contact": ("party.party", [[_PERSON, "=", True]], {_PERSON: True}),
    "activity": ("recruit.activity", [], {}),
}
_SYSTEM = ("create_date", "write_date", "_timestamp", "active")
_HIDDEN = frozenset({*_SYSTEM, _ID_FIELD, _PERSON, "id", "rec_name"})
_ID = re.compile(r"[1-9][0-9]{0,17}")
_EVERYTHING = {"active_test": False}
# What one answer may hold, as the server is configured by default.
_MOST = 1_000


class TrytonCrm:
    """A Tryton database. Objects are company, contact and activity. Further keywords go to `CrmHttp`."""

    name = "tryton"
    capabilities = Capabilities(
        native_upsert=False, conditional_write=True, batch_size=1, deletes_in_feed=True
    )

    def __init__(
        self,
        base_url: str,
        database: str,
        user: str,
        password: Secret,
        *,
        clock: Clock,
        overlap: timedelta = OVERLAP,
        **http: Any,
    ) -> None:
        """Remember where to ask; nothing is asked before the first question."""
        self._path = f"/{segment(database)}/rpc/"
        session = Session(f"{check_address(base_url)}{self._path}", user, password)
        self._http = CrmHttp(base_url, session, TrytonDialect(), clock=clock, **http)
        self._overlap = overlap
        self._known: dict[str, dict[str, Field]] = {}

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the object's fields."""
        model, _, _ = _object(crm_object)
        described, _ = self._call(model, "fields_get", [], writes=False)
        if _ID_FIELD not in described:
            raise CrmRefused(
                f"{model} has no field {_ID_FIELD}: Recruit's module is not activated in Tryton.",
                kind="no_external_id",
            )
        known = ((name, field_of(one)) for name, one in described.items())
        self._known[crm_object] = {
            name: field
            for name, field in known
            if field is not None and name not in _HIDDEN and described[name].get("searchable", True)
        }
        return {name: field.shape for name, field in self._known[crm_object].items()}

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id."""
        found = self._by_id(crm_object, crm_id)
        return None if found is None or found.deleted else found

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records whose field has this value; `external_id` is a field too."""
        name = _ID_FIELD if field == "external_id" else field
        if name != _ID_FIELD and name not in self._fields(crm_object):
            raise CrmRefused(f"{crm_object} has no field {field!r}.", kind="unknown_field")
        found = self._search(crm_object, [[name, "=", value]], live=True)
        if name == _ID_FIELD:
            return [one for one in found if one.external_id == value]
        wanted = value.casefold()
        return [one for one in found if str(one.fields.get(name, "")).casefold() == wanted]

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
        check_external_id(external_id)
        seen = self._meant(crm_object, external_id, crm_id)
        if if_version is not None and (seen is None or seen.version != if_version):
            raise CrmConflict(f"No {crm_object} {external_id} in version {if_version}.")
        values = self._values(crm_object, fields, seen)
        if seen is None:
            return self._create(crm_object, external_id, values)
        if seen.external_id is None:
            values[_ID_FIELD] = external_id
        self._write(crm_object, seen, values, if_version)
        return self._read_back(crm_object, seen.id)

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position`, deactivated ones too.

        Records that were made and never changed come first, by the time of their making; then those
        that were changed, by that time: Tryton keeps the two apart.
        """
        limit = min(limit, _MOST)
        phase = str(position.get("phase", "made"))
        places = {name: Keyset.from_json(position.get(name) or {}) for name in ("made", "changed")}
        column = "create_date" if phase == "made" else "write_date"
        place = places[phase]
        domain: list[Any] = [["write_date", "=" if phase == "made" else "!=", None]]
        if place.at is not None:
            at = moment_to_wire(place.at)
            after: list[Any] = [column, ">", at]
            if place.id:
                after = ["OR", after, [[column, "=", at], ["id", ">", int(place.id)]]]
            domain.append(after)
        order = [[column, "ASC"], ["id", "ASC"]]
        rows, answer = self._rows(crm_object, domain, order=order, limit=limit)
        records = tuple(record_of(crm_object, row, self._fields(crm_object)) for row in rows)
        place = place.opened(self._http.time_of(answer), self._overlap)
        if records:
            place = Keyset(records[-1].modified_at, records[-1].id, place.floor)
        ended = len(records) < limit
        places[phase] = place.closed() if ended else place
        following = {
            "phase": ("changed" if phase == "made" else "made") if ended else phase,
            **{name: one.to_json() for name, one in places.items()},
        }
        return ChangePage(records, following, more=not ended or phase == "made")

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _meant(self, crm_object: str, external_id: str, crm_id: str | None) -> CrmRecord | None:
        """Return the record to write to, None to make one; refuses what would be the wrong one."""
        twins = [
            one
            for one in self._search(crm_object, [[_ID_FIELD, "=", external_id]])
            if one.external_id == external_id
        ]
        if crm_id is None:
            if not twins:
                return None
            (seen,) = twins
        else:
            found = self._by_id(crm_object, crm_id)
            if found is None:
                raise CrmRefused(f"There is no {crm_object} {crm_id!r}.", kind="not_found")
            seen = found
            if seen.external_id not in {None, external_id}:
                raise CrmRefused(
                    f"{crm_id} has the external id {seen.external_id} already.",
                    kind="duplicate_external_id",
                )
            for other in twins:
                if other.id != seen.id:
                    raise CrmRefused(
                        f"External id {external_id} belongs to {other.id}.",
                        kind="duplicate_external_id",
                    )
        if seen.deleted:
            raise CrmRefused(f"{crm_object} {seen.id} was deactivated.", kind="deleted")
        return seen

    def _create(self, crm_object: str, external_id: str, values: dict[str, Any]) -> CrmRecord:
        model, _, own = _object(crm_object)
        row = {**own, **values, _ID_FIELD: external_id}
        (made,), _ = self._call(model, "create", [row], writes=True)
        return self._read_back(crm_object, str(made))

    def _write(
        self, crm_object: str, seen: CrmRecord, values: dict[str, Any], version: str | None
    ) -> None:
        if not values:
            return
        model, _, _ = _object(crm_object)
        # Tryton compares by itself, in the transaction of the write.
        context = {"_timestamp": {f"{model},{seen.id}": version}} if version else {}
        self._call(model, "write", [int(seen.id)], values, writes=True, context=context)

    def _values(
        self, crm_object: str, fields: Mapping[str, Any], seen: CrmRecord | None
    ) -> dict[str, Any]:
        known = self._fields(crm_object)
        unknown = sorted(set(fields) - set(known))
        if unknown:
            raise CrmRefused(
                f"{crm_object} has no field {', '.join(map(repr, unknown))}.", kind="unknown_field"
            )
        values = {name: to_wire(known[name], name, value) for name, value in fields.items()}
        for name, field in known.items():
            text = values.get(name)
            longest = field.shape.longest
            if isinstance(text, str) and longest and len(text) > longest:
                raise CrmRefused(f"{name} holds {longest} characters.", kind="too_long")
            if field.type == "many2one" and text is not None and name in values:
                self._check_target(name, field.relation, int(text))
        is_blank = seen is None or "name" in values
        if crm_object != "activity" and is_blank and not values.get("name"):
            raise CrmRefused(f"{crm_object}.name is required.", kind="required")
        return values

    def _check_target(self, name: str, model: str, target: int) -> None:
        found, _ = self._call(model, "search_count", [["id", "=", target]], writes=False)
        if not found:
            raise CrmRefused(
                f"{name} refers to {target}, which isn't there.", kind="unknown_reference"
            )

    def _read_back(self, crm_object: str, crm_id: str) -> CrmRecord:
        try:
            found = self._by_id(crm_object, crm_id)
        except CrmError as error:
            raise CrmOutcomeUnknown(f"Written, but then: {error.text}") from error
        if found is None:
            raise CrmOutcomeUnknown("Written, but gone when it was read back.")
        return found

    def _by_id(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        if not _ID.fullmatch(crm_id):
            return None
        return next(iter(self._search(crm_object, [["id", "=", int(crm_id)]])), None)

    def _search(self, crm_object: str, domain: list[Any], *, live: bool = False) -> list[CrmRecord]:
        rows, _ = self._rows(crm_object, domain, live=live, order=[["id", "ASC"]])
        return [record_of(crm_object, row, self._fields(crm_object)) for row in rows]

    def _rows(
        self,
        crm_object: str,
        domain: list[Any],
        *,
        order: list[list[str]],
        limit: int = _MOST,
        live: bool = False,
    ) -> tuple[Sequence[Mapping[str, Any]], Any]:
        model, own, _ = _object(crm_object)
        names = [*self._fields(crm_object), _ID_FIELD, *_SYSTEM]
        return self._call(
            model,
            "search_read",
            [*own, *domain],
            0,
            limit,
            order,
            names,
            writes=False,
            context={} if live else _EVERYTHING,
        )

    def _fields(self, crm_object: str) -> dict[str, Field]:
        if crm_object not in self._known:
            self.describe(crm_object)
        return self._known[crm_object]

    def _call(
        self,
        model: str,
        method: str,
        *params: Any,
        writes: bool,
        context: Mapping[str, Any] | None = None,
    ) -> tuple[Any, Any]:
        body = {
            "id": 1,
            "method": f"model.{model}.{method}",
            "params": [*params, dict(context or {})],
        }
        ask = self._http.write if writes else self._http.read
        response = ask("POST", self._path, body=body)
        answer = self._http.json_of(response, wrote=writes)
        if "error" in answer:
            error = error_of(answer["error"])
            error.text = self._http.redacted(error.text)
            raise error
        return answer["result"], response


def _object(crm_object: str) -> tuple[str, list[Any], dict[str, Any]]:
    if crm_object not in _OBJECTS:
        raise CrmRefused(
            f"No object {crm_object!r} here; there are {', '.join(_OBJECTS)}.",
            kind="unknown_object",
        )
    return _OBJECTS[crm_object]
