"""Write to HubSpot: batches of upserts by the unique property, one update by id, associations.

Before a write everything is checked that HubSpot would find out too late: a record that was archived
(an upsert would make a second one), an id whose external id is another, an association to nothing.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from recruit.crm.adapters.batches import Item, Results, write_batch
from recruit.crm.adapters.embedded_schema import check_external_id
from recruit.crm.adapters.hubspot_reader import ASSOCIATION, HubSpotReader, targets_of
from recruit.crm.adapters.hubspot_wire import refusal, to_wire
from recruit.crm.http import CrmHttp
from recruit.crm.port import CrmError, CrmOutcomeUnknown, CrmRecord, CrmRefused

_ID = re.compile(r"[0-9]{1,20}")


def is_id(text: str) -> bool:
    """Tell whether a text can be the id of a record."""
    return _ID.fullmatch(text) is not None


class HubSpotWriter:
    """Writes to one account."""

    def __init__(self, http: CrmHttp, reader: HubSpotReader) -> None:
        """Write where `reader` reads."""
        self._http = http
        self._reader = reader
        self._id_field = reader.id_field

    def update(
        self, crm_object: str, crm_id: str, external_id: str, fields: Mapping[str, Any]
    ) -> CrmRecord:
        """Write to the record of this id, and give it the external id if it has none."""
        check_external_id(external_id)
        seen = self._meant(crm_object, crm_id, external_id)
        properties, links = self._split(crm_object, external_id, fields)
        for error in self._dead_links({external_id: links}).values():
            raise error
        path = self._reader.path(crm_object, seen.id)
        self._http.write("PATCH", path, body={"properties": properties})
        return self._finish(crm_object, {external_id: seen.id}, {external_id: links})[external_id]

    def upsert(self, crm_object: str, items: Sequence[Item]) -> Results:
        """Upsert records by external id; each gets what is stored now, or its error."""
        results: Results = dict(self._refuse(crm_object, items))
        left = [item for item in items if item[0] not in results]
        if left:
            results |= write_batch(left, lambda part: self._upsert_batch(crm_object, part))
        return results

    def _split(
        self, crm_object: str, external_id: str, fields: Mapping[str, Any]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return the properties to write, and the ids to associate with by object."""
        links = {}
        properties = {self._id_field: external_id}
        for name, value in fields.items():
            if not name.startswith(ASSOCIATION):
                properties[name] = to_wire(value)
                continue
            target = name.removeprefix(ASSOCIATION)
            if target not in targets_of(crm_object):
                raise CrmRefused(f"{crm_object} have no field {name!r}.", kind="unknown_field")
            if value is None:
                raise CrmRefused("An association can't be made blank.", kind="invalid_value")
            links[target] = str(value)
        return properties, links

    def _refuse(self, crm_object: str, items: Sequence[Item]) -> dict[str, CrmError]:
        """Return what can't be written, before anything is."""
        refused: dict[str, CrmError] = {}
        links = {}
        for external_id, fields in items:
            try:
                check_external_id(external_id)
                _, links[external_id] = self._split(crm_object, external_id, fields)
            except CrmRefused as error:
                refused[external_id] = error
        refused |= self._dead_links(links)
        left = [external_id for external_id, _ in items if external_id not in refused]
        if left:
            # An upsert would make a second one beside a record that was archived.
            archived = self._read_by_external_ids(crm_object, left, archived=True)
            live = self._read_by_external_ids(crm_object, list(archived)) if archived else {}
            for external_id in archived.keys() - live.keys():
                refused[external_id] = CrmRefused(
                    f"{crm_object} {archived[external_id].id} is archived.", kind="deleted"
                )
        return refused

    def _read_by_external_ids(
        self, crm_object: str, external_ids: Sequence[str], *, archived: bool = False
    ) -> dict[str, CrmRecord]:
        found = self._reader.read(
            crm_object, external_ids, id_property=self._id_field, archived=archived
        )
        return {record.external_id: record for record in found if record.external_id}

    def _dead_links(self, links: Mapping[str, Mapping[str, str]]) -> dict[str, CrmError]:
        """Return a refusal for each record that would be associated with nothing."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for targets in links.values():
            for target, crm_id in targets.items():
                wanted[target].add(crm_id)
        alive = {
            (target, record.id)
            for target, ids in wanted.items()
            for record in self._reader.read(target, sorted(filter(is_id, ids)))
        }
        return {
            external_id: CrmRefused(f"There is no {crm_id} in {target}.", kind="unknown_reference")
            for external_id, targets in links.items()
            for target, crm_id in targets.items()
            if (target, crm_id) not in alive
        }

    def _meant(self, crm_object: str, crm_id: str, external_id: str) -> CrmRecord:
        """Return the record of this id, unless an external id says otherwise."""
        if not is_id(crm_id):
            raise CrmRefused(f"There is no {crm_id!r} in {crm_object}.", kind="not_found")
        seen = next(iter(self._reader.read(crm_object, [crm_id])), None)
        if seen is None:
            archived = self._reader.read(crm_object, [crm_id], archived=True)
            raise CrmRefused(
                f"There is no {crm_object} {crm_id}."
                if not archived
                else f"{crm_object} {crm_id} is archived.",
                kind="deleted" if archived else "not_found",
            )
        if seen.external_id not in {None, external_id}:
            raise CrmRefused(
                f"{crm_id} has the external id {seen.external_id} already.",
                kind="duplicate_external_id",
            )
        if seen.external_id is None:
            for holder in self._read_by_external_ids(crm_object, [external_id]).values():
                raise CrmRefused(
                    f"External id {external_id} belongs to {holder.id}.",
                    kind="duplicate_external_id",
                )
        return seen

    def _upsert_batch(self, crm_object: str, items: Sequence[Item]) -> Results:
        split = {
            external_id: self._split(crm_object, external_id, fields)
            for external_id, fields in items
        }
        inputs = [
            {
                "id": external_id,
                "idProperty": self._id_field,
                "properties": properties,
                # Comes back with an input's error, which names it by nothing else.
                "objectWriteTraceId": external_id,
            }
            for external_id, (properties, _) in split.items()
        ]
        path = self._reader.path(crm_object, "batch", "upsert")
        response = self._http.write("POST", path, body={"inputs": inputs})
        body = self._http.json_of(response, wrote=True)
        results = _errors(body, split)
        ids = {row["properties"].get(self._id_field): row["id"] for row in body["results"]}
        written = {external_id: ids[external_id] for external_id in split if external_id in ids}
        for external_id in split.keys() - written.keys() - results.keys():
            results[external_id] = CrmOutcomeUnknown("HubSpot says nothing of this record.")
        links = {external_id: split[external_id][1] for external_id in written}
        try:
            return results | self._finish(crm_object, written, links)
        except CrmOutcomeUnknown as error:
            return results | dict.fromkeys(written, error)

    def _finish(
        self,
        crm_object: str,
        written: Mapping[str, str],
        links: Mapping[str, Mapping[str, str]],
    ) -> dict[str, CrmRecord]:
        """Associate what was written, and return what is stored now.

        Whatever goes wrong from here on doesn't take the write back.
        """
        pairs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for external_id, targets in links.items():
            for target, to in targets.items():
                pairs[target].append({"from": {"id": written[external_id]}, "to": {"id": to}})
        try:
            for target, inputs in pairs.items():
                path = self._reader.associations_path(crm_object, target, "associate/default")
                self._http.write("POST", path, body={"inputs": inputs})
            found = self._reader.read(crm_object, list(written.values())) if written else []
        except CrmError as error:
            raise CrmOutcomeUnknown(f"Written, but then: {error.text}") from error
        by_id = {record.id: record for record in found}
        if set(written.values()) - by_id.keys():
            raise CrmOutcomeUnknown("Written, but gone when it was read back.")
        return {external_id: by_id[crm_id] for external_id, crm_id in written.items()}


def _errors(body: Mapping[str, Any], known: Collection[str]) -> Results:
    """Return the errors of a batch by external id."""
    errors: Results = {}
    for error in body.get("errors") or ():
        context = error.get("context") or {}
        for external_id in (*context.get("objectWriteTraceId", ()), *context.get("ids", ())):
            if external_id in known:
                errors[external_id] = refusal(error)
    return errors
