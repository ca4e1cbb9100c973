"""The port to a customer's CRM: few verbs, declared capabilities, and errors that say what is known.

After any error but `CrmOutcomeUnknown` it is certain that nothing was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable


class CrmError(Exception):
    """The CRM did not do what was asked. `kind` groups errors for people, `text` is the CRM's own."""

    def __init__(
        self, text: str, *, kind: str = "refused", retry_after_s: float | None = None
    ) -> None:
        """Keep the CRM's own words."""
        super().__init__(text)
        self.text = text
        self.kind = kind
        self.retry_after_s = retry_after_s


class CrmRefused(CrmError):
    """The CRM understood and said no; asking again the same way gets the same answer."""


class CrmUnavailable(CrmError):
    """The CRM could not be asked now (limit, maintenance, no connection); nothing was written."""


class CrmConflict(CrmError):
    """The record has changed since the version that the write was meant for; nothing was written."""


class CrmOutcomeUnknown(CrmError):
    """The answer was lost: the write may or may not have happened. Look before acting again."""


@dataclass(frozen=True)
class CrmRecord:
    """A record as the CRM returned it. `version` serves conditional writes."""

    object: str
    id: str
    external_id: str | None
    version: str
    modified_at: datetime
    fields: Mapping[str, Any]
    deleted: bool = False


@dataclass(frozen=True)
class FieldShape:
    """What a CRM says of a field of its own.

    `kind` is text, number, date, datetime or boolean; `longest` counts characters, None where the
    CRM tells no limit. `choices` are the only values that are taken, None where any is.
    """

    kind: str
    longest: int | None = None
    choices: frozenset[str] | None = None
    writable: bool = True
    required: bool = False


@dataclass(frozen=True)
class Capabilities:
    """What a CRM can do by itself."""

    native_upsert: bool
    conditional_write: bool
    batch_size: int
    deletes_in_feed: bool
    # Tells when each field was edited last, see `TimingCrm`; else only the record's time is known.
    field_times: bool = False


@dataclass(frozen=True)
class ChangePage:
    """Some changed records in the CRM's order, and where to go on."""

    records: tuple[CrmRecord, ...]
    position: dict[str, Any]
    more: bool


class Crm(Protocol):
    """A customer's CRM. Object names are the CRM's own."""

    name: str
    capabilities: Capabilities

    def describe(self, crm_object: str) -> dict[str, FieldShape]:
        """Return the object's fields as they are now, but for the one that holds our external id.

        Raises `CrmRefused` for an object that isn't there or lacks what an adapter can't do without.
        """
        ...

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        """Return a record by the CRM's id; None when it is deleted or was never there."""
        ...

    def find(self, crm_object: str, field: str, value: str) -> list[CrmRecord]:
        """Return the records whose field has this value exactly."""
        ...

    def upsert(
        self,
        crm_object: str,
        external_id: str,
        fields: Mapping[str, Any],
        *,
        crm_id: str | None = None,
        if_version: str | None = None,
    ) -> CrmRecord:
        """Write fields to the record with this external id, or make it; return what is stored now."""
        ...

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        """Return records changed since `position` ({} means from the start)."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


@runtime_checkable
class TimingCrm(Crm, Protocol):
    """A CRM that knows when each field of a record was edited."""

    def edited_at(self, crm_object: str, crm_id: str, fields: Sequence[str]) -> dict[str, datetime]:
        """Return when these fields were edited last; one that never was is left out."""
        ...


@runtime_checkable
class BatchingCrm(Crm, Protocol):
    """A CRM that takes up to `capabilities.batch_size` records at once."""

    def find_many(
        self, crm_object: str, field: str, values: Sequence[str]
    ) -> dict[str, list[CrmRecord]]:
        """Do what `find` does, for several different values: {value: records}."""
        ...

    def upsert_many(
        self, crm_object: str, items: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> list[CrmRecord | CrmError]:
        """Upsert records by external id, each once; each gets what is stored now, or its error.

        Raises what the port raises where nothing was written for any of them.
        """
        ...
