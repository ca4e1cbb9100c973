"""What the embedded CRM's objects consist of, and which values it takes.

Like any CRM it stores text trimmed, a blank as nothing, and refuses what doesn't fit; the caller
learns from the returned record what is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from recruit.crm.port import CrmRefused

SHORT, LONG = 255, 32_000


@dataclass(frozen=True)
class FieldType:
    """A field's type, the most characters that it holds, and the object that it refers to."""

    kind: str
    most: int = SHORT
    refers_to: str | None = None
    required: bool = False


_TEXT = FieldType("text")
_LONG_TEXT = FieldType("text", LONG)
_NUMBER = FieldType("number")
_BOOLEAN = FieldType("boolean")
_DATETIME = FieldType("datetime")
_COMPANY = FieldType("text", refers_to="company")
_CONTACT = FieldType("text", refers_to="contact")

SCHEMA: dict[str, dict[str, FieldType]] = {
    "company": {
        "name": FieldType("text", required=True),
        "domain": _TEXT,
        "website": FieldType("text", 2_000),
        "phone": _TEXT,
        "street": _TEXT,
        "postal_code": _TEXT,
        "city": _TEXT,
        "state": _TEXT,
        "country": _TEXT,
        "employees_low": _NUMBER,
        "employees_high": _NUMBER,
        "founded_year": _NUMBER,
        "specialties": _LONG_TEXT,
        "certifications": _LONG_TEXT,
        "technology_partnerships": _LONG_TEXT,
        "partner_stage": _TEXT,
        "partner_score": _NUMBER,
        "partner_profile": _TEXT,
        "partner_score_reasons": _LONG_TEXT,
        "sequence": _TEXT,
        "sequence_exit": _TEXT,
        "last_touch_at": _DATETIME,
        "last_reply_at": _DATETIME,
        "agreement_signed_at": _DATETIME,
        "certified_people": _NUMBER,
        "certificates": _LONG_TEXT,
        "certified_until": FieldType("date"),
        "owner": _TEXT,
        "is_customer": _BOOLEAN,
        "open_opportunities": _NUMBER,
        "notes": _LONG_TEXT,
    },
    "contact": {
        "company_id": _COMPANY,
        "name": _TEXT,
        "email": FieldType("text", required=True),
        "job_title": _TEXT,
        "phone": _TEXT,
        "opted_out": _BOOLEAN,
        "notes": _LONG_TEXT,
    },
    "activity": {
        "company_id": _COMPANY,
        "contact_id": _CONTACT,
        "kind": FieldType("text", required=True),
        "subject": FieldType("text", 1_000),
        "text": _LONG_TEXT,
        "outcome": _LONG_TEXT,
        "at": FieldType("datetime", required=True),
    },
}


def check_object(crm_object: str) -> dict[str, FieldType]:
    """Return the fields of an object; refuses an unknown one."""
    if crm_object not in SCHEMA:
        raise CrmRefused(
            f"No object {crm_object!r} here; there are {', '.join(SCHEMA)}.", kind="unknown_object"
        )
    return SCHEMA[crm_object]


def check_external_id(external_id: str) -> None:
    """Refuse an external id that is blank, longer than 80 characters or holds control characters."""
    if not external_id.strip() or len(external_id) > 80 or not external_id.isprintable():
        raise CrmRefused(
            f"{external_id!r} is no external id: 1 to 80 printable characters.",
            kind="invalid_external_id",
        )


def check_fields(crm_object: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they are stored; refuses unknown fields and values that don't fit."""
    types = check_object(crm_object)
    unknown = sorted(set(fields) - set(types))
    if unknown:
        raise CrmRefused(
            f"{crm_object} has no field {', '.join(map(repr, unknown))}.", kind="unknown_field"
        )
    return {name: _stored(crm_object, name, types[name], value) for name, value in fields.items()}


def check_required(crm_object: str, fields: Mapping[str, Any]) -> None:
    """Refuse a record that lacks what its object requires."""
    missing = [n for n, t in SCHEMA[crm_object].items() if t.required and fields.get(n) is None]
    if missing:
        raise CrmRefused(f"{crm_object}.{missing[0]} is required.", kind="required")


def _stored(crm_object: str, name: str, field: FieldType, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    match field.kind:
        case "text" if isinstance(value, str):
            text = value.strip()
            if len(text) > field.most:
                raise CrmRefused(
                    f"{crm_object}.{name} holds {field.most} characters, not {len(text)}.",
                    kind="too_long",
                )
            return text
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case "boolean" if isinstance(value, bool):
            return value
        case "date" | "datetime" if isinstance(value, str) and _is_moment(field.kind, value):
            return value
    raise CrmRefused(
        f"{crm_object}.{name} takes a {field.kind}, not {value!r}.", kind="invalid_value"
    )


def _is_moment(kind: str, text: str) -> bool:
    try:
        if kind == "date":
            date.fromisoformat(text)
            return True
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
