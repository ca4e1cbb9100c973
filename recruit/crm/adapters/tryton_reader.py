"""Read Tryton: descriptions of models, records by id or by a domain, and any call of its RPC."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from recruit.crm.adapters.tryton_wire import Field, error_of, field_of, record_of
from recruit.crm.http import CrmHttp
from recruit.crm.port import CrmRecord, CrmRefused

ID_FIELD = "recruit_id"
# What one answer may hold, as the server is configured by default.
MOST = 1_000
_PERSON = "recruit_person"
_OBJECTS: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "company": ("party.party", [[_PERSON, "=", False]], {_PERSON: False}),
    "contact": ("party.party", [[_PERSON, "=", True]], {_PERSON: True}),
    "activity": ("recruit.activity", [], {}),
}
_SYSTEM = ("create_date", "write_date", "_timestamp", "active")
_HIDDEN = frozenset({*_SYSTEM, ID_FIELD, _PERSON, "id", "rec_name"})
_ID = re.compile(r"[1-9][0-9]{0,17}")
_EVERYTHING = {"active_test": False}


class TrytonReader:
    """Reads one database."""

    def __init__(self, http: CrmHttp, path: str) -> None:
        """Remember where to ask."""
        self._http = http
        self._path = path
        self._known: dict[str, dict[str, Field]] = {}

    def ask_fields(self, crm_object: str) -> dict[str, Field]:
        """Return the object's fields as they are now; refuses a model without our external id."""
        model, _, _ = object_of(crm_object)
        described, _ = self.call(model, "fields_get", [], writes=False)
        if ID_FIELD not in described:
            raise CrmRefused(
                f"{model} has no field {ID_FIELD}: Recruit's module is not activated in Tryton.",
                kind="no_external_id",
            )
        known = ((name, field_of(one)) for name, one in described.items())
        self._known[crm_object] = {
            name: field
            for name, field in known
            if field is not None and name not in _HIDDEN and described[name].get("searchable", True)
        }
        return self._known[crm_object]

    def fields(self, crm_object: str) -> dict[str, Field]:
        if crm_object not in self._known:
            self.ask_fields(crm_object)
        return self._known[crm_object]

    def by_id(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        if not _ID.fullmatch(crm_id):
            return None
        return next(iter(self.search(crm_object, [["id", "=", int(crm_id)]])), None)

    def search(self, crm_object: str, domain: list[Any], *, live: bool = False) -> list[CrmRecord]:
        rows, _ = self.rows(crm_object, domain, live=live, order=[["id", "ASC"]])
        return [record_of(crm_object, row, self.fields(crm_object)) for row in rows]

    def rows(
        self,
        crm_object: str,
        domain: list[Any],
        *,
        order: list[list[str]],
        limit: int = MOST,
        live: bool = False,
    ) -> tuple[Sequence[Mapping[str, Any]], httpx.Response]:
        model, own, _ = object_of(crm_object)
        names = [*self.fields(crm_object), ID_FIELD, *_SYSTEM]
        return self.call(
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

    def call(
        self,
        model: str,
        method: str,
        *params: Any,
        writes: bool,
        context: Mapping[str, Any] | None = None,
    ) -> tuple[Any, httpx.Response]:
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


def object_of(crm_object: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Return an object's model, the domain of its records, and what a new one has; refuses others."""
    if crm_object not in _OBJECTS:
        raise CrmRefused(
            f"No object {crm_object!r} here; there are {', '.join(_OBJECTS)}.",
            kind="unknown_object",
        )
    return _OBJECTS[crm_object]
