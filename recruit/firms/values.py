"""The words of resolution: a resolved firm, what is known of it, and why two sightings are one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What happened to a firm's record."""

    CREATED = "created"
    UPDATED = "updated"
    MERGED = "merged"
    SPLIT = "split"
    VANISHED = "vanished"
    UNDONE = "undone"


class FirmTag(StrEnum):
    """What a list or the CRM says of a firm; each keeps it out of cold outreach."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    COMPETITOR = "competitor"
    OPEN_APPLICATION = "open_application"
    EXCLUDED = "excluded"


_TAG_WORDS = {
    FirmTag.PARTNER: "a partner already",
    FirmTag.CUSTOMER: "a customer",
    FirmTag.COMPETITOR: "a competitor",
    FirmTag.OPEN_APPLICATION: "a firm whose application is open",
    FirmTag.EXCLUDED: "excluded by a list",
}


def why_left_alone(tags: Iterable[str]) -> str:
    """Return in a sentence why a firm with these tags is not recruited; empty where nothing forbids it."""
    words = [_TAG_WORDS[tag] for tag in FirmTag if tag in set(tags)]
    return f"It is {' and '.join(words)}." if words else ""


class ListedState(StrEnum):
    """Whether an entry of a list means a firm that we know."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"


class Verdict(StrEnum):
    """What is decided of two sightings."""

    SAME = "same"
    DOUBTFUL = "doubtful"  # a person should look
    DIFFERENT = "different"


@dataclass(frozen=True)
class ResolutionReport:
    """What one run of resolution did.

    `records` are the new or changed sightings that it placed; `merged` and `split` count firms that
    were joined into others and sightings that left theirs; `firms` is how many there are now.
    `doubtful` pairs were left apart for a person to look at; `nameless` sightings could not be placed.
    """

    records: int
    new_firms: int
    changed_firms: int
    merged: int
    firms: int
    split: int = 0
    doubtful: int = 0
    nameless: int = 0


@dataclass(frozen=True)
class FirmView:
    """A firm as the stages downstream see it: plain values, nothing of the database.

    Sizes and years are closed intervals with None for an open or unknown end; both ends None means
    unknown. `country` is ISO 3166 alpha-2. `inferred` names the fields that nobody stated.
    """

    id: int
    version: int
    name: str
    domain: str | None = None
    website: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    employees_low: int | None = None
    employees_high: int | None = None
    founded_low: int | None = None
    founded_high: int | None = None
    specialties: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    partnerships: tuple[str, ...] = ()
    # What people and the CRM say the firm is to us, as `FirmTag`s: partner, customer, excluded, …
    tags: tuple[str, ...] = ()
    # Yearly revenue as a closed interval, in whole units of the program's currency.
    revenue_low: int | None = None
    revenue_high: int | None = None
    inferred: frozenset[str] = frozenset()
    # field -> short words on where it was read ("text on https://…", "row of providers.csv")
    origins: tuple[tuple[str, str], ...] = ()
