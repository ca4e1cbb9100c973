"""Read Pipedrive: fields, records, searches, lists; and count what it costs.

Searches lag behind, and nothing is unique. So whether a record of ours was made a moment ago is read
from the list of what changed lately, which is up to date, and only older ones are searched for.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from recruit.clock import Clock, stopwatch
from recruit.crm.adapters.pipedrive_wire import (
    SYSTEM,
    Field,
    custom_field,
    external_id_of,
    record_of,
)
from recruit.crm.http import CrmHttp
from recruit.crm.port import CrmRecord, CrmRefused

# What one question of each kind costs of the day's tokens.
COSTS = {"one": 1, "list": 10, "search": 20, "write": 5}
PAGE = 500
_FIELDS_OF = {"organizations": "organizationFields", "persons": "personFields"}
_ID = re.compile(r"[0-9]{1,18}")
# Longer than a search lags, and than anybody holds the right to tell of a firm.
_LATELY = timedelta(minutes=15)
_OVERLAP = timedelta(seconds=5)
_FRESH_S = 60.0


@dataclass
class _Lately:
    """Which external ids the records have that changed lately, as of `at` on the stopwatch."""

    since: datetime
    at: float | None = None
    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class PipedriveReader:
    """Reads one account."""

    def __init__(self, http: CrmHttp, *, clock: Clock, id_field: str) -> None:
        """Remember where to ask."""
        self.tokens_spent = 0
        self._http = http
        self._clock = clock
        self._id_field = id_field
        self._known: dict[str, dict[str, Field]] = {}
        self._lately: dict[str, _Lately] = {}
        self._searched: dict[tuple[str, str], float] = {}
        self._lock = threading.RLock()

    def ask_fields(self, crm_object: str) -> dict[str, Field]:
        """Return the fields as they are now, the account's own by their names."""
        if crm_object not in SYSTEM:
            raise CrmRefused(
                f"No object {crm_object!r} here; there are {', '.join(SYSTEM)}.",
                kind="unknown_object",
            )
        fields = dict(SYSTEM[crm_object])
        if crm_object in _FIELDS_OF:
            for one in self._pages(f"/api/v2/{_FIELDS_OF[crm_object]}", {}):
                own = custom_field(one) if one.get("is_custom_field") else None
                if own is not None:
                    fields[one["field_name"]] = own
            if fields.get(self._id_field, Field("", "")).shape != "custom":
                raise CrmRefused(
                    f"{crm_object} need a text field named {self._id_field!r}. Create it in "
                    "Pipedrive's settings before the first push.",
                    kind="no_external_id",
                )
        self._known[crm_object] = fields
        return fields

    def fields(self, crm_object: str) -> dict[str, Field]:
        """Return the fields as they were when they were last asked for."""
        return self._known.get(crm_object) or self.ask_fields(crm_object)

    def id_code(self, crm_object: str) -> str | None:
        """Return the code of the field that holds our external id; activities have none."""
        return self.fields(crm_object)[self._id_field].code if crm_object in _FIELDS_OF else None

    def row(self, crm_object: str, crm_id: str) -> Mapping[str, Any] | None:
        """Return a row by its id, a deleted one too as long as Pipedrive keeps it."""
        if not _ID.fullmatch(crm_id):
            return None
        path = f"/api/v2/{crm_object}/{crm_id}"
        response = self._http.read("GET", path, accept=(404,))
        self.tokens_spent += COSTS["one"]
        if response.status_code == 404:
            return None
        row: Mapping[str, Any] = self._http.json_of(response)["data"]
        return row

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a live record by its id."""
        fields = self.fields(crm_object)
        row = self.row(crm_object, crm_id)
        if row is None or row.get("is_deleted"):
            return None
        return record_of(crm_object, row, fields, self.id_code(crm_object))

    def search(self, crm_object: str, kind: str, term: str) -> list[CrmRecord]:
        """Return what a search finds for the whole term, each as it is now."""
        params = {"term": term, "fields": kind, "exact_match": "true", "limit": "100"}
        response = self._http.read("GET", f"/api/v2/{crm_object}/search", params=params)
        self.tokens_spent += COSTS["search"]
        items = self._http.json_of(response)["data"]["items"]
        found = (self.get(crm_object, str(one["item"]["id"])) for one in items)
        return [record for record in found if record is not None]

    def page(
        self, path: str, params: Mapping[str, str]
    ) -> tuple[list[Mapping[str, Any]], str | None, httpx.Response]:
        """Return a page of a list, where the next begins, and the answer."""
        response = self._http.read("GET", path, params=params)
        self.tokens_spent += COSTS["list"]
        body = self._http.json_of(response)
        following = (body.get("additional_data") or {}).get("next_cursor")
        return body["data"] or [], following, response

    def twins(self, crm_object: str, external_id: str) -> list[CrmRecord]:
        """Return the live records with this external id."""
        ids = self._changed_lately(crm_object).get(external_id, set())
        found = {one.id: one for crm_id in ids if (one := self.get(crm_object, crm_id))}
        key = (crm_object, external_id)
        # What wasn't there a moment ago can only be there now if it has just been made.
        searched_s = stopwatch() - self._searched.get(key, -_FRESH_S)
        if crm_object in _FIELDS_OF and not found and searched_s >= _FRESH_S:
            found = {one.id: one for one in self.search(crm_object, "custom_fields", external_id)}
            if not found:
                self._searched[key] = stopwatch()
        return [one for one in found.values() if one.external_id == external_id]

    def twins_of_organization(self, external_id: str, org_id: str) -> list[CrmRecord]:
        """Return the activities of an organization with this external id."""
        fields = self.fields("activities")
        return [
            record_of("activities", row, fields, None)
            for row in self._pages("/api/v2/activities", {"org_id": org_id})
            if external_id_of(row, None) == external_id
        ]

    def made(self, crm_object: str, external_id: str, crm_id: str) -> None:
        """Remember a record that was just made: no search shows it yet."""
        with self._lock:
            self._of_late(crm_object).ids[external_id].add(crm_id)

    def doubt(self, crm_object: str) -> None:
        """Look again before the next answer: one was lost."""
        with self._lock:
            self._of_late(crm_object).at = None

    def _of_late(self, crm_object: str) -> _Lately:
        if crm_object not in self._lately:
            self._lately[crm_object] = _Lately(self._clock.now() - _LATELY)
        return self._lately[crm_object]

    def _changed_lately(self, crm_object: str) -> Mapping[str, set[str]]:
        with self._lock:
            lately = self._of_late(crm_object)
            if lately.at is None or stopwatch() - lately.at > _FRESH_S:
                id_code = self.id_code(crm_object)
                began = stopwatch()
                since = {"updated_since": rfc3339(lately.since - _OVERLAP)}
                for row in self._pages(f"/api/v2/{crm_object}", since):
                    external_id = external_id_of(row, id_code)
                    if external_id is not None:
                        lately.ids[external_id].add(str(row["id"]))
                    changed_at = datetime.fromisoformat(row["update_time"])
                    lately.since = max(lately.since, changed_at)
                lately.at = began
            return lately.ids

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            asked = {**params, "limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
            rows, cursor, _ = self.page(path, asked)
            yield from rows


def rfc3339(moment: datetime) -> str:
    """Return a moment as Pipedrive takes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
