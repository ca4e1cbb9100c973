"""A CRM that fails on purpose, and remembers what was asked of it."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from recruit.crm.port import Crm, CrmOutcomeUnknown, CrmRecord, CrmRefused


class FaultyCrm:
    """Stands before another CRM and loses answers, refuses or breaks as it is told.

    `lost_share` is the share of writes whose answer is lost after the write has happened. A
    function in `before` sees each write first and may raise; one in `after` may raise once it is
    done.
    """

    def __init__(self, inner: Crm, *, seed: int = 1, lost_share: float = 0.0) -> None:
        self.inner = inner
        self.name = inner.name
        self.capabilities = inner.capabilities
        self.lost_share = lost_share
        self.before: Callable[[str, str, Mapping[str, Any]], None] = _nothing
        self.after: Callable[[str, str, Mapping[str, Any]], None] = _nothing
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        self.lost = 0
        # Writes that would have made a second record in a CRM which can't upsert by external id.
        self.duplicates = 0
        self._random = random.Random(seed)

    def describe(self, crm_object: str) -> dict[str, str]:
        return self.inner.describe(crm_object)

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        return self.inner.get(crm_object, crm_id)

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        return self.inner.find(crm_object, field, value)

    def upsert(
        self, crm_object: str, external_id: str, fields: Mapping[str, Any], **options: Any
    ) -> CrmRecord:
        self.before(crm_object, external_id, fields)
        known = self.inner.find(crm_object, "external_id", external_id)
        self.duplicates += bool(known) and options.get("crm_id") is None
        self.writes.append((crm_object, external_id, dict(fields)))
        record = self.inner.upsert(crm_object, external_id, fields, **options)
        self.after(crm_object, external_id, fields)
        if self._random.random() < self.lost_share:
            self.lost += 1
            raise CrmOutcomeUnknown("The connection was reset before the answer came.")
        return record

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> Any:
        return self.inner.changes(crm_object, position, limit)

    def close(self) -> None:
        self.inner.close()

    def forget(self) -> None:
        """Begin a new list of writes."""
        self.writes.clear()


def refusing(external_id: str, text: str) -> Callable[[str, str, Mapping[str, Any]], None]:
    """Return what refuses one record, for `before`."""

    def check(_object: str, given: str, _fields: Mapping[str, Any]) -> None:
        if given == external_id:
            raise CrmRefused(text, kind="validation")

    return check


def raising(
    error: BaseException, *, times: int = 1
) -> Callable[[str, str, Mapping[str, Any]], None]:
    """Return what raises the first few times, for `before` or `after`."""
    left = [times]

    def fail(_object: str, _given: str, _fields: Mapping[str, Any]) -> None:
        if left[0]:
            left[0] -= 1
            raise error

    return fail


def _nothing(_object: str, _external_id: str, _fields: Mapping[str, Any]) -> None:
    pass
