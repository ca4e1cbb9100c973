"""Bounces and complaints that a mail provider reports as JSON in a mail (Amazon SNS). Pure."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Notice:
    """One reported recipient. `kind` is Bounce, Complaint or Delivery."""

    kind: str
    recipient: str | None
    status: str | None
    permanent: bool
    words: str


def find_notice(text: str) -> Notice | None:
    """Return what a mail's text reports, or None for any other text."""
    if not text.lstrip().startswith("{") or "notificationType" not in text:
        return None
    # The provider folds its JSON with "!" at the end of a line.
    flat = text.replace("!\n ", "").replace("!\n", "").replace("\n", " ").strip()
    try:
        data = json.JSONDecoder().raw_decode(flat)[0]
    except (ValueError, RecursionError):
        return None
    # A topic of SNS wraps what it delivers.
    if isinstance(data, dict) and isinstance(data.get("Message"), str):
        return find_notice(data["Message"])
    kind = data.get("notificationType") if isinstance(data, dict) else None
    if kind not in {"Bounce", "Complaint", "Delivery"}:
        return None
    report = data.get(kind.lower())
    report = report if isinstance(report, dict) else {}
    names = {
        "Bounce": "bouncedRecipients",
        "Complaint": "complainedRecipients",
        "Delivery": "recipients",
    }
    first = _first(report.get(names[kind]))
    return Notice(
        kind=kind,
        recipient=_text(first.get("emailAddress")).lower() or None,
        status=_text(first.get("status")) or None,
        permanent=report.get("bounceType") == "Permanent",
        words=_text(first.get("diagnosticCode")) or _text(report.get("smtpResponse")),
    )


def _first(items: Any) -> dict[str, Any]:
    item = items[0] if isinstance(items, list) and items else {}
    return item if isinstance(item, dict) else {"emailAddress": item}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
