"""Write to Salesforce: collections of records, each with its own result.

A deleted record keeps its external id, but an upsert doesn't see it and would make a second one, so
it is looked for first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recruit.crm.adapters.batches import Item, Results, write_batch
from recruit.crm.adapters.embedded_schema import check_external_id
from recruit.crm.adapters.salesforce_reader import SalesforceReader, is_id
from recruit.crm.adapters.salesforce_wire import lists_of, literal, refusal_of
from recruit.crm.http import CrmHttp, segment
from recruit.crm.port import CrmError, CrmOutcomeUnknown, CrmRecord, CrmRefused

# What Salesforce demands and a firm's contact may lack, and what stands in for it.
_STAND_INS = {"Contact": ("LastName", "Email")}


class SalesforceWriter:
    """Writes to one org."""

    def __init__(self, http: CrmHttp, reader: SalesforceReader) -> None:
        """Write where `reader` reads."""
        self._http = http
        self._reader = reader
        self._id_field = reader.id_field
        self._path = f"{reader.root}/composite/sobjects"

    def upsert(self, crm_object: str, items: Sequence[Item]) -> Results:
        """Upsert records by external id; each gets what is stored now, or its error."""
        results: Results = {}
        for external_id, _ in items:
            try:
                check_external_id(external_id)
            except CrmRefused as error:
                results[external_id] = error
        asked = [external_id for external_id, _ in items if external_id not in results]
        seen = self._reader.twins(crm_object, asked)
        live = {one.external_id for one in seen if not one.deleted}
        for one in seen:
            if one.deleted and one.external_id is not None and one.external_id not in live:
                results[one.external_id] = _deleted(crm_object, one.id)
        left = [
            (external_id, fields if external_id in live else _standing_in(crm_object, fields))
            for external_id, fields in items
            if external_id not in results
        ]
        if left:
            results |= write_batch(left, lambda part: self._upsert_batch(crm_object, part))
        return results

    def update(
        self, crm_object: str, crm_id: str, external_id: str, fields: Mapping[str, Any]
    ) -> CrmRecord:
        """Write to the record of this id, and give it the external id if it has none."""
        check_external_id(external_id)
        self._check_meant(crm_object, crm_id, external_id)
        record = {"attributes": {"type": crm_object}, "id": crm_id, self._id_field: external_id}
        (result,) = self._write(self._path, [{**record, **fields}])
        if not result.get("success"):
            error = refusal_of(result)
            if error.kind == "deleted" and self._reader.select(crm_object, _id_is(crm_id)):
                # It is what the record refers to that is deleted.
                error.kind = "unknown_reference"
            raise error
        return self._read_back(crm_object, {external_id: crm_id})[external_id]

    def _check_meant(self, crm_object: str, crm_id: str, external_id: str) -> None:
        """Refuse a write by id whose external id says otherwise."""
        found: list[CrmRecord] = []
        if is_id(crm_id):
            soql = self._reader.soql(crm_object, _id_is(crm_id))
            found, _ = self._reader.query(crm_object, soql, with_deleted=True)
        if not found:
            raise CrmRefused(f"There is no {crm_object} {crm_id!r}.", kind="not_found")
        seen = found[0]
        if seen.deleted:
            raise _deleted(crm_object, crm_id)
        if seen.external_id == external_id:
            return
        if seen.external_id is not None:
            raise CrmRefused(
                f"{crm_id} has the external id {seen.external_id} already.",
                kind="duplicate_external_id",
            )
        of_it = f"{self._id_field} = {literal(external_id)}"
        for holder in self._reader.select(crm_object, of_it):
            raise CrmRefused(
                f"External id {external_id} belongs to {holder.id}.", kind="duplicate_external_id"
            )

    def _upsert_batch(self, crm_object: str, items: Sequence[Item]) -> Results:
        records = [
            {"attributes": {"type": crm_object}, self._id_field: external_id, **fields}
            for external_id, fields in items
        ]
        path = f"{self._path}/{segment(crm_object)}/{segment(self._id_field)}"
        results: Results = {}
        written: dict[str, str] = {}
        for (external_id, _), result in zip(items, self._write(path, records), strict=True):
            if result.get("success"):
                written[external_id] = result["id"]
                continue
            error = refusal_of(result)
            # An upsert doesn't see deleted records: it is what this one refers to.
            error.kind = "unknown_reference" if error.kind == "deleted" else error.kind
            results[external_id] = error
        try:
            return results | self._read_back(crm_object, written)
        except CrmOutcomeUnknown as error:
            return results | dict.fromkeys(written, error)

    def _write(self, path: str, records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        body = {"allOrNone": False, "records": records}
        response = self._http.write("PATCH", path, body=body)
        results = self._http.json_of(response, wrote=True)
        if not isinstance(results, list) or len(results) != len(records):
            raise CrmOutcomeUnknown("Salesforce doesn't say what became of each record.")
        return results

    def _read_back(self, crm_object: str, written: Mapping[str, str]) -> dict[str, CrmRecord]:
        """Return what is stored now. Whatever goes wrong here doesn't take the write back."""
        by_id: dict[str, CrmRecord] = {}
        try:
            for part in lists_of(written.values()):
                by_id |= {one.id: one for one in self._reader.select(crm_object, f"Id IN ({part})")}
        except CrmError as error:
            raise CrmOutcomeUnknown(f"Written, but then: {error.text}") from error
        if set(written.values()) - by_id.keys():
            raise CrmOutcomeUnknown("Written, but gone when it was read back.")
        return {external_id: by_id[crm_id] for external_id, crm_id in written.items()}


def _standing_in(crm_object: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    required, stand_in = _STAND_INS.get(crm_object, ("", ""))
    if not required or fields.get(required) or not fields.get(stand_in):
        return fields
    return {**fields, required: fields[stand_in]}


def _deleted(crm_object: str, crm_id: str) -> CrmRefused:
    return CrmRefused(f"{crm_object} {crm_id} is deleted.", kind="deleted")


def _id_is(crm_id: str) -> str:
    return f"Id = {literal(crm_id)}"
