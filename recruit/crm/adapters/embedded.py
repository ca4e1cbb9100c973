"""A small, real CRM in an SQLite file of its own: for teams that have none yet, and for the demo.

It is a peer, not a part of Recruit's database: it has ids, versions and opinions of its own, and
only speaks through the port. `create`, `edit`, `delete` and `restore` are what its own users do.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from recruit.clock import Clock
from recruit.crm.adapters.embedded_records import START, EmbeddedRecords
from recruit.crm.adapters.embedded_schema import (
    SCHEMA,
    check_external_id,
    check_fields,
    check_object,
    check_required,
)
from recruit.crm.port import (
    Capabilities,
    ChangePage,
    CrmConflict,
    CrmRecord,
    CrmRefused,
    FieldShape,
)


class EmbeddedCrm:
    """The embedded CRM. `path` None keeps it in memory. Safe to share between threads."""

    name = "embedded"
    capabilities = Capabilities(
        native_upsert=True, conditional_write=True, batch_size=1, deletes_in_feed=True
    )

    def __init__(self, path: Path | None, *, clock: Clock) -> None:
        """Remember where the file is; it is opened, and made, when it is first needed."""
        self._records = EmbeddedRecords(path, clock)

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the object's fields."""
        return {
            name: FieldShape(
                field.kind,
                longest=field.most if field.kind == "text" else None,
                required=field.required,
            )
            for name, field in check_object(crm_object).items()
        }

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id."""
        check_object(crm_object)
        record = self._records.by_id(crm_object, crm_id)
        return None if record is None or record.deleted else record

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the live records whose field has this value exactly; `external_id` is a field too."""
        types = check_object(crm_object)
        if field == "external_id":
            record = self._records.by_external_id(crm_object, value)
            return [] if record is None or record.deleted else [record]
        if field not in types:
            raise CrmRefused(f"{crm_object} has no field {field!r}.", kind="unknown_field")
        return self._records.by_field(crm_object, field, value)

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
        stored = check_fields(crm_object, fields)
        with self._records.writing():
            record = self._records.by_external_id(crm_object, external_id)
            if crm_id is not None:
                record = self._meant(crm_object, crm_id, external_id, record)
            if record is None:
                if if_version is not None:
                    raise CrmConflict(f"No {crm_object} {external_id} in version {if_version}.")
                return self._insert(crm_object, external_id, stored)
            if record.deleted:
                raise CrmRefused(f"{crm_object} {record.id} is deleted.", kind="deleted")
            if if_version not in {None, record.version}:
                raise CrmConflict(
                    f"{crm_object} {record.id} is at version {record.version}, not {if_version}."
                )
            return self._update(record, stored, external_id=external_id)

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position`, deleted ones too, by time of change and number."""
        check_object(crm_object)
        place = (position["modified_us"], position["number"]) if position else START
        found, place = self._records.changed_since(crm_object, place, limit)
        # A full page may be the last one; the next question then gets an empty answer.
        return ChangePage(
            records=tuple(found),
            position={"modified_us": place[0], "number": place[1]},
            more=len(found) == limit,
        )

    def create(self, crm_object: str, fields: Mapping[str, Any]) -> CrmRecord:
        """Make a record the way the CRM's own users do: without an external id."""
        stored = check_fields(crm_object, fields)
        with self._records.writing():
            return self._insert(crm_object, None, stored)

    def edit(
        self, crm_object: str, crm_ids: str | Iterable[str], fields: Mapping[str, Any]
    ) -> None:
        """Change one record or many; a mass change gives all of them the same time of change."""
        stored = check_fields(crm_object, fields)
        with self._records.writing():
            moment = self._records.next_moment()
            for crm_id in [crm_ids] if isinstance(crm_ids, str) else crm_ids:
                self._update(self._live(crm_object, crm_id), stored, moment=moment)

    def delete(self, crm_object: str, crm_id: str) -> None:
        """Delete a record. A tombstone stays, and its external id is never given again."""
        check_object(crm_object)
        with self._records.writing():
            record = self._live(crm_object, crm_id)
            moment = self._records.next_moment()
            self._records.replace(record, record.fields, moment, deleted=True)

    def restore(self, crm_object: str, crm_id: str) -> None:
        """Bring a deleted record back, as it was."""
        check_object(crm_object)
        with self._records.writing():
            record = self._records.by_id(crm_object, crm_id)
            if record is None or not record.deleted:
                raise CrmRefused(f"There is no deleted {crm_object} {crm_id}.", kind="not_found")
            self._records.replace(record, record.fields, self._records.next_moment())

    def list_records(self, crm_object: str) -> list[CrmRecord]:
        """Return all live records of an object, oldest first."""
        check_object(crm_object)
        return self._records.live(crm_object)

    def close(self) -> None:
        """Close the file. What was kept in memory is gone."""
        self._records.close()

    def _insert(
        self, crm_object: str, external_id: str | None, fields: Mapping[str, Any]
    ) -> CrmRecord:
        present = {name: value for name, value in fields.items() if value is not None}
        check_required(crm_object, present)
        self._check_references(crm_object, present)
        return self._records.insert(crm_object, external_id, present, self._records.next_moment())

    def _update(
        self,
        record: CrmRecord,
        fields: Mapping[str, Any],
        *,
        external_id: str | None = None,
        moment: int | None = None,
    ) -> CrmRecord:
        merged = {k: v for k, v in {**record.fields, **fields}.items() if v is not None}
        check_required(record.object, merged)
        self._check_references(record.object, fields)
        moment = self._records.next_moment() if moment is None else moment
        return self._records.replace(record, merged, moment, external_id=external_id)

    def _check_references(self, crm_object: str, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            target = SCHEMA[crm_object][name].refers_to
            if target is not None and value is not None and self.get(target, value) is None:
                raise CrmRefused(
                    f"{crm_object}.{name}: there is no {target} {value}.", kind="unknown_reference"
                )

    def _meant(
        self, crm_object: str, crm_id: str, external_id: str, holder: CrmRecord | None
    ) -> CrmRecord:
        """Return the record of this id, unless the external id belongs elsewhere."""
        record = self._live(crm_object, crm_id)
        if holder is not None and holder.id != crm_id:
            raise CrmRefused(
                f"External id {external_id} belongs to {holder.id}.", kind="duplicate_external_id"
            )
        if record.external_id not in {None, external_id}:
            raise CrmRefused(
                f"{crm_id} has the external id {record.external_id} already.",
                kind="duplicate_external_id",
            )
        return record

    def _live(self, crm_object: str, crm_id: str) -> CrmRecord:
        record = self._records.by_id(crm_object, crm_id)
        if record is None:
            raise CrmRefused(f"There is no {crm_object} {crm_id}.", kind="not_found")
        if record.deleted:
            raise CrmRefused(f"{crm_object} {crm_id} is deleted.", kind="deleted")
        return record
