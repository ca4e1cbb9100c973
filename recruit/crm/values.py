"""The words of the CRM conversation: values, policies, field rules, and what Recruit can tell a CRM."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

# A field's value in its one canonical form; None is blank.
Value = str | int | float | bool | None


class Policy(StrEnum):
    """Who prevails when a field differs on both sides."""

    CRM_WINS = "crm_wins"
    CRM_UNLESS_BLANK = "crm_unless_blank"
    OURS_WINS = "ours_wins"
    LATEST = "latest"
    FILL_BLANK_ONLY = "fill_blank_only"
    OFF = "off"


class Direction(StrEnum):
    """Which way a field's value may travel."""

    PUSH = "push"
    PULL = "pull"
    BOTH = "both"


class Inclusion(StrEnum):
    """Which firms may enter the CRM; a firm that is in it stays included."""

    ENROLLED = "enrolled"  # once it was written to, or is a candidate or partner
    REPLIED = "replied"  # once it answered positively, or is a candidate or partner
    PARTNER = "partner"  # once it is accepted


@dataclass(frozen=True)
class FieldRule:
    """How one field travels. `values` pairs our words with the CRM's, for picklists."""

    ours: str
    theirs: str
    direction: Direction
    policy: Policy
    values: tuple[tuple[str, str], ...] = ()

    def to_crm(self, value: Value) -> Value:
        """Return our value in the CRM's words."""
        return dict(self.values).get(value, value) if isinstance(value, str) else value

    def from_crm(self, value: Value) -> Value:
        """Return the CRM's value in our words."""
        back = {theirs: ours for ours, theirs in self.values}
        return back.get(value, value) if isinstance(value, str) else value


@dataclass(frozen=True)
class ObjectMapping:
    """How one kind of record travels. `match_by` is our field that recognises an existing record."""

    kind: str
    crm_object: str
    match_by: str | None
    rules: tuple[FieldRule, ...]

    def rule_of(self, ours: str) -> FieldRule | None:
        """Return the rule of one of our fields, None where it isn't mapped."""
        return next((rule for rule in self.rules if rule.ours == ours), None)


@dataclass(frozen=True)
class CrmMapping:
    """A whole mapping: `company`, `contact` and `activity` records, and which firms enter the CRM."""

    title: str
    include: Inclusion
    objects: Mapping[str, ObjectMapping]


# What Recruit can tell of each kind of record, and the type of each value. A field of type
# "reference" names another record and travels as that record's id in the CRM.
OUR_FIELDS: dict[str, dict[str, str]] = {
    "company": {
        "name": "text",
        "domain": "text",
        "website": "text",
        "phone": "text",
        "street": "text",
        "postcode": "text",
        "city": "text",
        "region": "text",
        "country": "text",
        "employees_low": "number",
        "employees_high": "number",
        "founded": "number",
        "specialties": "text",
        "certifications": "text",
        "partnerships": "text",
        "stage": "text",
        "score": "number",
        "profile": "text",
        "score_reasons": "text",
        "sequence": "text",
        "exit_reason": "text",
        "last_touch_at": "datetime",
        "last_reply_at": "datetime",
        "agreement_signed_at": "datetime",
        "certified_people": "number",
        "certificates": "text",
        "certified_until": "date",
    },
    "contact": {
        "company": "reference",
        "name": "text",
        "email": "text",
        "job_title": "text",
        "opted_out": "boolean",
    },
    "activity": {
        "company": "reference",
        "contact": "reference",
        "kind": "text",
        "subject": "text",
        "text": "text",
        "outcome": "text",
        "at": "datetime",
    },
}


def canonical(value: Any) -> Value:
    """Return a value in the one form in which both sides are compared.

    Text is trimmed and blank text is None, several values are joined by "; ", moments are UTC to
    the second (`2026-03-03T09:30:00Z`), numbers have six decimals at most and whole ones no point.
    """
    match value:
        case None | bool():
            return value
        case str():
            return value.strip() or None
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case date():
            return value.isoformat()
        case int() | float():
            rounded = round(value, 6)
            return int(rounded) if rounded == int(rounded) else rounded
        case list() | tuple():
            return "; ".join(str(part) for part in value) or None
    raise TypeError(f"{value!r} is nothing that a CRM field can hold.")


def content_hash(fields: Mapping[str, Value]) -> str:
    """Return a hash that two records share when every field has the same value."""
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
