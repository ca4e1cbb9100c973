"""Tryton: its JSON-RPC, with a user's session.

Companies and contacts are parties, told apart by a checkbox; activities are a model of their own. These
fields and the model come with a small module for Tryton's server (see docs/crm-adapters.md). Nothing
upserts there: a record is looked for by its external id, which is unique, and made if it isn't there.
Who made it meanwhile wins, and we write to theirs. What people deactivate counts as deleted.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from recruit.clock import Clock
from recruit.config import Secret
from recruit.crm.adapters.batches import Item, Results, check_batch, grouped, write_batch
from recruit.crm.adapters.embedded_schema import check_external_id
from recruit.crm.adapters.feed import OVERLAP, Keyset
from recruit.crm.adapters.tryton_reader import ID_FIELD, MOST, TrytonReader, object_of
from recruit.crm.adapters.tryton_wire import (
    Session,
    TrytonDialect,
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

BATCH = 100


class TrytonCrm:
    """A Tryton database. Objects are company, contact and activity. Further keywords go to `CrmHttp`."""

    name = "tryton"
    capabilities = Capabilities(
        native_upsert=False, conditional_write=True, batch_size=BATCH, deletes_in_feed=True
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
        self._reader = TrytonReader(self._http, self._path)
        self._overlap = overlap

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the object's fields."""
        return {name: one.shape for name, one in self._reader.ask_fields(crm_object).items()}

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id."""
        found = self._reader.by_id(crm_object, crm_id)
        return None if found is None or found.deleted else found

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records whose field has this value; `external_id` is a field too."""
        name = ID_FIELD if field == "external_id" else field
        if name != ID_FIELD and name not in self._reader.fields(crm_object):
            raise CrmRefused(f"{crm_object} has no field {field!r}.", kind="unknown_field")
        found = self._reader.search(crm_object, [[name, "=", value]], live=True)
        if name == ID_FIELD:
            return [one for one in found if one.external_id == value]
        wanted = value.casefold()
        return [one for one in found if str(one.fields.get(name, "")).casefold() == wanted]

    def find_many(
        self, crm_object: str, field: str, values: Sequence[str]
    ) -> dict[str, list[CrmRecord]]:
        """Do what `find` does for up to 100 values, in one question."""
        name = ID_FIELD if field == "external_id" else field
        if name != ID_FIELD and name not in self._reader.fields(crm_object):
            raise CrmRefused(f"{crm_object} has no field {field!r}.", kind="unknown_field")
        found = self._reader.search(crm_object, [[name, "in", list(values)]], live=True)
        return grouped(values, found, field)

    def upsert_many(self, crm_object: str, items: Sequence[Item]) -> list[CrmRecord | CrmError]:
        """Upsert up to 100 records by external id; each gets what is stored now, or its error.

        New ones are made in one transaction of Tryton's, so one that is refused is sought out by halves.
        """
        check_batch(items, BATCH)
        asked = [[ID_FIELD, "in", [external_id for external_id, _ in items]]]
        known = {one.external_id for one in self._reader.search(crm_object, asked)}
        results: Results = {}
        new: list[Item] = []
        for external_id, fields in items:
            try:
                if external_id in known:
                    results[external_id] = self.upsert(crm_object, external_id, fields)
                else:
                    check_external_id(external_id)
                    new.append((external_id, self._values(crm_object, fields, None)))
            except CrmError as error:
                results[external_id] = error
        if new:
            results |= write_batch(new, lambda part: self._create_many(crm_object, part))
        return [results[external_id] for external_id, _ in items]

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
            values[ID_FIELD] = external_id
        self._write(crm_object, seen, values, if_version)
        return self._read_back(crm_object, seen.id)

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position`, deactivated ones too.

        Records that were made and never changed come first, by the time of their making; then those
        that were changed, by that time: Tryton keeps the two apart.
        """
        limit = min(limit, MOST)
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
        rows, answer = self._reader.rows(crm_object, domain, order=order, limit=limit)
        records = tuple(record_of(crm_object, row, self._reader.fields(crm_object)) for row in rows)
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
            for one in self._reader.search(crm_object, [[ID_FIELD, "=", external_id]])
            if one.external_id == external_id
        ]
        if crm_id is None:
            if not twins:
                return None
            (seen,) = twins
        else:
            found = self._reader.by_id(crm_object, crm_id)
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
        result = self._create_many(crm_object, [(external_id, values)])[external_id]
        if isinstance(result, CrmError):
            raise result
        return result

    def _create_many(self, crm_object: str, items: Sequence[Item]) -> Results:
        model, _, own = object_of(crm_object)
        rows = [{**own, **values, ID_FIELD: external_id} for external_id, values in items]
        made, _ = self._reader.call(model, "create", rows, writes=True)
        try:
            found = self._reader.search(crm_object, [["id", "in", made]])
        except CrmError as error:
            text = f"Written, but then: {error.text}"
            return {external_id: CrmOutcomeUnknown(text) for external_id, _ in items}
        by_id = {one.external_id: one for one in found}
        gone = CrmOutcomeUnknown("Written, but gone when it was read back.")
        return {external_id: by_id.get(external_id, gone) for external_id, _ in items}

    def _write(
        self, crm_object: str, seen: CrmRecord, values: dict[str, Any], version: str | None
    ) -> None:
        if not values:
            return
        model, _, _ = object_of(crm_object)
        # Tryton compares by itself, in the transaction of the write.
        context = {"_timestamp": {f"{model},{seen.id}": version}} if version else {}
        self._reader.call(model, "write", [int(seen.id)], values, writes=True, context=context)

    def _values(
        self, crm_object: str, fields: Mapping[str, Any], seen: CrmRecord | None
    ) -> dict[str, Any]:
        known = self._reader.fields(crm_object)
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
        found, _ = self._reader.call(model, "search_count", [["id", "=", target]], writes=False)
        if not found:
            raise CrmRefused(
                f"{name} refers to {target}, which isn't there.", kind="unknown_reference"
            )

    def _read_back(self, crm_object: str, crm_id: str) -> CrmRecord:
        try:
            found = self._reader.by_id(crm_object, crm_id)
        except CrmError as error:
            raise CrmOutcomeUnknown(f"Written, but then: {error.text}") from error
        if found is None:
            raise CrmOutcomeUnknown("Written, but gone when it was read back.")
        return found
