"""The words of sourcing: a source, its jobs, and the sightings that they bring home."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class SourceKind(StrEnum):
    """How a source is read."""

    DIRECTORY = "directory"
    SITES = "sites"
    FILE = "file"
    REGISTRY = "registry"


class JobKind(StrEnum):
    """What a job does with its source."""

    CRAWL = "crawl"
    IMPORT = "import"


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


# Which status may follow which. A finished job is never run again; a new one is made.
JOB_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset(
        {JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.CANCELLED, JobStatus.FAILED}
    ),
    # A process that is asked to end puts its job back into the queue; only people pause one.
    JobStatus.RUNNING: frozenset(
        {
            JobStatus.QUEUED,
            JobStatus.PAUSED,
            JobStatus.DONE,
            JobStatus.FAILED,
            JobStatus.CANCELLED,
        }
    ),
    JobStatus.PAUSED: frozenset(
        {JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.FAILED}
    ),
    JobStatus.DONE: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


class FieldName(StrEnum):
    """What a sighting can say about a firm."""

    NAME = "name"
    REGISTRY_ID = "registry_id"
    LEGAL_FORM = "legal_form"
    WEBSITE = "website"
    STREET = "street"
    POSTCODE = "postcode"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    PHONE = "phone"
    EMAIL = "email"
    EMPLOYEES = "employees"
    FOUNDED = "founded"
    REVENUE = "revenue"
    SPECIALTY = "specialty"
    CERTIFICATION = "certification"
    PARTNERSHIP = "partnership"
    SOCIAL = "social"
    # A named person at the firm, as `recruit.sourcing.persons` writes one.
    PERSON = "person"
    OFFICE = "office"


# Fields of which a firm may have several values at once; every other field has one.
MANY_VALUED = frozenset(
    {
        FieldName.PHONE,
        FieldName.EMAIL,
        FieldName.SPECIALTY,
        FieldName.CERTIFICATION,
        FieldName.PARTNERSHIP,
        FieldName.SOCIAL,
        FieldName.PERSON,
        FieldName.OFFICE,
    }
)
# Fields whose value is an Interval; that of OFFICE is an Office, every other one is text.
INTERVALS = frozenset({FieldName.EMPLOYEES, FieldName.FOUNDED, FieldName.REVENUE})


@dataclass(frozen=True)
class Interval:
    """A whole number known to lie between `low` and `high`, both included; None is open."""

    low: int | None
    high: int | None

    def __post_init__(self) -> None:
        """Refuse an interval that is empty or says nothing."""
        if self.low is None and self.high is None:
            raise ValueError("An interval needs at least one end.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"The interval {self.low}–{self.high} is empty.")


@dataclass(frozen=True)
class Office:
    """One place of a firm. `head_office` is True where it is called so, or is its only place."""

    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    head_office: bool = False

    def __post_init__(self) -> None:
        """Refuse an office that is nowhere."""
        if not (self.street or self.postcode or self.city or self.region or self.country):
            raise ValueError("An office needs a place.")

    @classmethod
    def from_parts(cls, parts: Mapping[str, str], *, head_office: bool = False) -> "Office":
        """Return an office of the parts that are known, by their names."""
        street, postcode, city = (parts.get(key) for key in ("street", "postcode", "city"))
        return cls(street, postcode, city, parts.get("region"), parts.get("country"), head_office)

    def __str__(self) -> str:
        """Return the place on one line, the head office marked."""
        town = " ".join(filter(None, (self.postcode, self.city)))
        place = ", ".join(filter(None, (self.street, town, self.region, self.country)))
        return f"{place} (head office)" if self.head_office else place


@dataclass(frozen=True)
class Fact:
    """One value that a source states about a firm, and how we came to read it.

    `value` is normalised (country ISO 3166 alpha-2, phone E.164 or, where no country's plan fits, bare
    digits, e-mail lower case, website with scheme); `text` is what stood there. `method` is one of csv, json-ld, microdata, opengraph,
    text, selector, or tld, phone-prefix, language for what is `inferred`. `confidence` is in [0, 1].
    """

    field: FieldName
    value: str | Interval | Office
    text: str
    method: str
    confidence: float
    url: str | None = None
    inferred: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; `from_json` reads it back."""
        value: Any = self.value
        if isinstance(value, Interval):
            value = {"low": value.low, "high": value.high}
        elif isinstance(value, Office):
            value = {key: part for key, part in vars(value).items() if part}
        return {
            "field": self.field.value,
            "value": value,
            "text": self.text,
            "method": self.method,
            "confidence": self.confidence,
            "url": self.url,
            "inferred": self.inferred,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Fact":
        """Read what `to_json` wrote."""
        value = data["value"]
        if isinstance(value, dict):
            value = Interval(value["low"], value["high"]) if "low" in value else Office(**value)
        return cls(
            field=FieldName(data["field"]),
            value=value,
            text=data["text"],
            method=data["method"],
            confidence=data["confidence"],
            url=data.get("url"),
            inferred=data.get("inferred", False),
        )


@dataclass(frozen=True)
class Sighting:
    """All that one source says about one firm at one place (a page, a row); stored as a SourceRecord.

    `record_id` is the source's own name for it and stays the same from run to run.
    """

    record_id: str
    url: str | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Problem:
    """Something that a job could not use: where it stood, why not, and what to do about it.

    For a file `row` is its number as a spreadsheet counts, `raw` the row as a line of CSV, and `refused`
    tells whether the whole row was left out or only what `field` names.
    """

    place: str
    field: str | None
    reason: str
    remedy: str
    raw: str = ""
    row: int | None = None
    refused: bool = False
